//! What the shape alone does not say about a definition.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::provider::definition::{Auth, Call, Definition, Model};
use crate::provider::engine::template;

/// Variables that every write has.
const OF_WRITES: &[&str] = &["zone", "name", "name_or_at", "type", "ttl", "value", "prio", "id", "disabled"];

/// Checks `definition`.
///
/// # Errors
/// A configuration error: another schema, an operation that its model needs, a variable that nothing sets.
pub fn check(definition: &Definition) -> Result<()> {
    if definition.schema != 1 {
        return Err(Error::config(format!("it is of schema {}, and this program reads 1", definition.schema)));
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if definition.id.is_empty() || !definition.id.chars().all(plain) {
        return Err(Error::config("its id may have lower-case letters, digits and `-` only"));
    }
    if !["https://", "http://"].iter().any(|scheme| definition.endpoint.starts_with(scheme)) {
        return Err(Error::config("its endpoint must be an http or https URL"));
    }
    let needs = |there: bool, what: &str| match there {
        true => Ok(()),
        false => Err(Error::config(format!("its model needs {what}"))),
    };
    match definition.model {
        Model::Record => {
            needs(definition.list.fields.id.is_some(), "`list.fields.id`")?;
            needs(!definition.create.is_empty() && !definition.delete.is_empty(), "`create` and `delete`")?;
        }
        Model::Rrset => {
            // A listing may also have one item a value, as those of model `record` have.
            let fields = &definition.list.fields;
            needs(fields.values.is_some() || fields.value.is_some(), "`list.fields.values` or `list.fields.value`")?;
            let singly = !definition.replace.is_empty() && !definition.delete.is_empty();
            needs(definition.bulk.is_some() || singly, "`bulk`, or `replace` and `delete`")?;
        }
    }
    let known = known(definition);
    let ttl = [&definition.ttl.min_from, &definition.ttl.default_from];
    if let Some(name) = ttl.into_iter().flatten().find(|name| !known.contains(*name)) {
        return Err(Error::config(format!("nothing captures `{name}`, which `ttl` refers to")));
    }
    for text in templates(definition) {
        for name in template::names(&text)? {
            if !known.contains(name) {
                return Err(Error::config(format!("nothing sets `{{{{{name}}}}}`")));
            }
        }
    }
    Ok(())
}

fn known(definition: &Definition) -> BTreeSet<String> {
    let mut out: BTreeSet<String> = OF_WRITES.iter().map(|name| (*name).to_string()).collect();
    out.extend(definition.credentials.keys().map(|name| format!("cred.{name}")));
    out.extend(definition.settings.keys().map(|name| format!("setting.{name}")));
    out.extend(definition.prepare.iter().flat_map(|call| call.capture.keys().cloned()));
    let lookup = definition.zone.lookup.iter();
    out.extend(lookup.flat_map(|lookup| lookup.capture.keys().map(|name| format!("zone_{name}"))));
    out.extend(definition.poll.iter().flat_map(|poll| poll.capture.keys().cloned()));
    if let Auth::Session { login, .. } = &definition.auth {
        out.extend(login.capture.keys().map(|name| format!("session.{name}")));
    }
    out
}

/// Every text of the definition that is a template.
fn templates(definition: &Definition) -> Vec<String> {
    let mut out = vec![definition.endpoint.clone(), definition.list.path.clone()];
    let mut calls: Vec<&Call> = definition.prepare.iter().collect();
    calls.extend(
        definition.create.iter().chain(&definition.update).chain(&definition.replace).chain(&definition.delete),
    );
    match &definition.auth {
        Auth::Header { headers } => out.extend(headers.values().cloned()),
        Auth::Basic { username, password } => out.extend([username.clone(), password.clone()]),
        Auth::Body { fields: forms } | Auth::Query { params: forms } => out.extend(forms.values().cloned()),
        Auth::Session { login, headers } => {
            calls.push(login);
            out.extend(headers.values().cloned());
        }
    }
    let mut values: Vec<&Value> = definition.list.query.values().chain(&definition.list.body).collect();
    for call in calls {
        out.push(call.path.clone());
        out.extend(call.url.clone());
        values.extend(call.query.values().chain(&call.body));
    }
    if let Some(lookup) = &definition.zone.lookup {
        out.push(lookup.path.clone());
        out.extend(lookup.raw_query.iter().chain(lookup.headers.values()).chain(lookup.matches.values()).cloned());
        values.extend(lookup.query.values().chain(&lookup.body));
    }
    if let Some(bulk) = &definition.bulk {
        out.push(bulk.path.clone());
        values.push(&bulk.body);
    }
    out.extend(definition.poll.iter().map(|poll| poll.path.clone()));
    values.into_iter().for_each(|value| strings(value, &mut out));
    out
}

/// Every text in `value`, lists' names apart.
fn strings(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, out)),
        Value::Object(members) => {
            members.iter().filter(|(key, _)| *key != "$each").for_each(|(_, value)| strings(value, out));
        }
        _ => {}
    }
}
