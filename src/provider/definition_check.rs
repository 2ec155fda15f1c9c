//! What the shape alone does not say about a definition.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::provider::definition::{Auth, Call, Definition, Lookup, Model};
use crate::provider::engine::template;

/// Variables that every write has.
pub const OF_WRITES: &[&str] =
    &["zone", "name", "name_or_at", "type", "ttl", "ttl_before", "value", "prio", "id", "version", "disabled"];
/// Lists that `$each` can go through.
const LISTS: &[&str] = &["values", "before", "rrsets", "written", "removed", "standing", "records"];

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
            let list = &definition.list;
            let values = list.fields.values.is_some() || list.fields.value.is_some() || !list.by_type.is_empty();
            needs(values, "`list.fields.values`, `list.fields.value` or `list.by_type`")?;
            let singly = !definition.replace.is_empty() && !definition.delete.is_empty();
            needs(definition.bulk.is_some() || singly, "`bulk`, or `replace` and `delete`")?;
        }
        Model::Zone => needs(definition.put.is_some(), "`put`")?,
    }
    let fields = &definition.list.fields;
    let named = !fields.name.is_empty() && !fields.rtype.is_empty();
    needs(named || definition.list.lines.is_some(), "`list.fields.name` and `list.fields.type`, or `list.lines`")?;
    needs(definition.list.lines.is_none() || definition.model == Model::Zone, "`model: zone` with `list.lines`")?;
    let known = known(definition);
    let ttl = [&definition.ttl.min_from, &definition.ttl.default_from];
    if let Some(name) = ttl.into_iter().flatten().find(|name| !known.contains(*name)) {
        return Err(Error::config(format!("nothing captures `{name}`, which `ttl` refers to")));
    }
    let mut texts = Texts::default();
    texts.definition(definition);
    if let Some(list) = texts.lists.iter().find(|list| !LISTS.contains(&list.as_str())) {
        return Err(Error::config(format!("`$each: {list}` goes through no list: there is {}", LISTS.join(", "))));
    }
    for text in texts.templates {
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
    out.extend(definition.list.capture.keys().map(|name| format!("list_{name}")));
    out.extend(definition.poll.iter().flat_map(|poll| poll.capture.keys().cloned()));
    out.extend(definition.list.each.iter().map(|_| "item".to_string()));
    out.extend(definition.list.lines.iter().map(|_| "lines".to_string()));
    match &definition.auth {
        Auth::Session { login, .. } => out.extend(login.capture.keys().map(|name| format!("session.{name}"))),
        Auth::GoogleJwt { .. } => out.extend(["session.project".to_string()]),
        _ => {}
    }
    out
}

/// Every text of a definition that is a template, and every list that it goes through.
#[derive(Default)]
struct Texts {
    templates: Vec<String>,
    lists: Vec<String>,
}

impl Texts {
    fn definition(&mut self, definition: &Definition) {
        self.templates.push(definition.endpoint.clone());
        let list = &definition.list;
        self.templates.push(list.path.clone());
        self.templates.extend(list.each.iter().cloned());
        list.query.values().chain(&list.body).for_each(|value| self.value(value));
        let operations =
            [&definition.create, &definition.update, &definition.replace, &definition.delete, &definition.commit];
        let calls = definition.prepare.iter().chain(&definition.put);
        calls.chain(operations.into_iter().flatten()).for_each(|call| self.call(call));
        self.auth(&definition.auth);
        definition.zone.lookup.iter().for_each(|lookup| self.lookup(lookup));
        if let Some(bulk) = &definition.bulk {
            self.templates.push(bulk.path.clone());
            self.value(&bulk.body);
        }
        self.templates.extend(definition.poll.iter().map(|poll| poll.path.clone()));
        self.templates.extend(definition.guard.iter().map(|guard| guard.path.clone()));
        let lines = definition.list.lines.iter();
        self.templates.extend(lines.flat_map(|lines| lines.by_type.values().chain([&lines.form])).cloned());
    }

    fn auth(&mut self, auth: &Auth) {
        match auth {
            Auth::Header { headers: forms } | Auth::Body { fields: forms } | Auth::Query { params: forms } => {
                self.templates.extend(forms.values().cloned())
            }
            Auth::Basic { username, password } => self.templates.extend([username.clone(), password.clone()]),
            Auth::Session { login, headers } => {
                self.call(login);
                self.templates.extend(headers.values().cloned());
            }
            Auth::OauthClient { url, form } => self.templates.extend(form.values().chain([url]).cloned()),
            Auth::OvhSignature { application, secret, consumer, time } => {
                self.templates.extend([application, secret, consumer, time].map(String::clone));
            }
            Auth::GoogleJwt { key, scope } => self.templates.extend([key.clone(), scope.clone()]),
        }
    }

    fn call(&mut self, call: &Call) {
        self.templates.push(call.path.clone());
        self.templates.extend(call.url.iter().chain(call.headers.values()).cloned());
        call.query.values().chain(&call.body).for_each(|value| self.value(value));
    }

    fn lookup(&mut self, lookup: &Lookup) {
        self.templates.push(lookup.path.clone());
        let texts = lookup.raw_query.iter().chain(lookup.headers.values()).chain(lookup.matches.values());
        self.templates.extend(texts.cloned());
        lookup.query.values().chain(&lookup.body).for_each(|value| self.value(value));
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.templates.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| self.value(item)),
            Value::Object(members) => {
                for (key, value) in members {
                    match (key.as_str(), value) {
                        ("$each", Value::String(list)) => self.lists.push(list.clone()),
                        _ => self.value(value),
                    }
                }
            }
            _ => {}
        }
    }
}
