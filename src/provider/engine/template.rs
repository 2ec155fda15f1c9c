//! Filling in the templates of a definition.
//!
//! `"{{x}}"` alone keeps the JSON type of `x`; inside other text it is its text. `{{x?}}` may be null: the member that
//! holds it is left out. `{{x|number}}` and `{{x|text}}` give it that type. `{$each: LIST, as: FORM}` becomes a list
//! with FORM filled in for each; inside a list its items are put in its place.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Variables by name, and lists of variables for `$each`. Credentials are among them: never printed.
#[derive(Clone, Default)]
pub struct Variables {
    values: BTreeMap<String, Value>,
    lists: BTreeMap<String, Vec<Variables>>,
}

impl Variables {
    /// Sets one.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.values.insert(name.into(), value.into());
    }

    /// The same, in a chain.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// Sets the list that `$each: NAME` goes through.
    #[must_use]
    pub fn with_list(mut self, name: &str, list: Vec<Variables>) -> Self {
        self.lists.insert(name.into(), list);
        self
    }

    /// Takes over everything of `other`.
    pub fn extend(&mut self, other: &Variables) {
        self.values.extend(other.values.iter().map(|(name, value)| (name.clone(), value.clone())));
        self.lists.extend(other.lists.iter().map(|(name, list)| (name.clone(), list.clone())));
    }

    /// Every value that is a text.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.values.values().filter_map(Value::as_str)
    }

    /// A member that stands as `value` is, whatever the form says.
    pub fn raw(value: Value) -> Self {
        Variables::default().with(RAW, value)
    }

    /// A member whose form is laid over `base`: what the form does not name stays.
    #[must_use]
    pub fn over(self, base: Value) -> Self {
        self.with(BASE, base)
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }
}

/// Where names are looked up: the innermost first.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    variables: &'a Variables,
    outer: Option<&'a Scope<'a>>,
}

impl<'a> Scope<'a> {
    /// The outermost.
    pub fn new(variables: &'a Variables) -> Self {
        Scope { variables, outer: None }
    }

    /// One further in.
    pub fn inside(variables: &'a Variables, outer: &'a Scope<'a>) -> Self {
        Scope { variables, outer: Some(outer) }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.variables.values.get(name).or_else(|| self.outer.and_then(|o| o.get(name)))
    }

    fn list(&self, name: &str) -> Option<&'a [Variables]> {
        self.variables.lists.get(name).map(Vec::as_slice).or_else(|| self.outer.and_then(|o| o.list(name)))
    }
}

/// A member of the list that `$each` goes through which stands as it is, whatever FORM says.
const RAW: &str = "$raw";
/// A member over which FORM is laid: what FORM does not name stays.
const BASE: &str = "$base";

/// The JSON type that a variable is put in as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Number,
    Text,
}

impl Type {
    fn of(value: &Value, as_type: Option<Type>) -> Value {
        match (as_type, value) {
            (Some(Type::Text), Value::Number(_) | Value::Bool(_)) => Value::String(plain(value)),
            (Some(Type::Number), Value::String(text)) => {
                text.trim().parse::<u64>().map_or_else(|_| value.clone(), Value::from)
            }
            _ => value.clone(),
        }
    }
}

/// One piece of a template text.
enum Piece<'a> {
    Text(&'a str),
    Variable { name: &'a str, optional: bool, as_type: Option<Type> },
}

fn pieces(template: &str) -> Result<Vec<Piece<'_>>> {
    let mut out = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else {
            return Err(Error::config(format!("the template `{template}` has a `{{{{` without `}}}}`")));
        };
        if start > 0 {
            out.push(Piece::Text(&rest[..start]));
        }
        let inner = rest[start + 2..start + length].trim();
        let (inner, as_type) = match inner.split_once('|') {
            None => (inner, None),
            Some((inner, "number")) => (inner, Some(Type::Number)),
            Some((inner, "text")) => (inner, Some(Type::Text)),
            Some((_, other)) => {
                return Err(Error::config(format!(
                    "the template `{template}` has `|{other}`; there is number and text"
                )));
            }
        };
        let name = inner.strip_suffix('?').unwrap_or(inner);
        out.push(Piece::Variable { name, optional: name.len() < inner.len(), as_type });
        rest = &rest[start + length + 2..];
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest));
    }
    Ok(out)
}

/// The names of the variables in `template`.
///
/// # Errors
/// A configuration error for an unfinished one.
pub fn names(template: &str) -> Result<Vec<&str>> {
    let variables = pieces(template)?.into_iter().filter_map(|piece| match piece {
        Piece::Variable { name, .. } => Some(name),
        Piece::Text(_) => None,
    });
    Ok(variables.collect())
}

fn unknown(name: &str) -> Error {
    Error::config(format!("the definition uses `{{{{{name}}}}}`, which has no value here"))
}

/// How a value is put into a text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// `template` as text, with `encode` over every value put in.
///
/// # Errors
/// A configuration error for a variable that has no value.
pub fn text(template: &str, scope: &Scope<'_>, encode: &dyn Fn(&str) -> String) -> Result<String> {
    let mut out = String::new();
    for piece in pieces(template)? {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Variable { name, optional, .. } => match scope.get(name) {
                Some(value) => out.push_str(&encode(&plain(value))),
                None if optional => {}
                None => return Err(unknown(name)),
            },
        }
    }
    Ok(out)
}

/// `form` as JSON; `None` when it stands for a member that is left out.
///
/// # Errors
/// A configuration error for a variable or list that has no value, or a malformed `$each`.
pub fn json(form: &Value, scope: &Scope<'_>) -> Result<Option<Value>> {
    match form {
        Value::String(template) => {
            if let [Piece::Variable { name, optional, as_type }] = pieces(template)?.as_slice() {
                return match scope.get(name) {
                    Some(Value::Null) | None if *optional => Ok(None),
                    Some(value) => Ok(Some(Type::of(value, *as_type))),
                    None => Err(unknown(name)),
                };
            }
            Ok(Some(Value::String(text(template, scope, &|s| s.to_string())?)))
        }
        Value::Array(items) => {
            let mut out = Vec::new();
            for item in items {
                match (item.get("$each"), json(item, scope)?) {
                    (Some(_), Some(Value::Array(inner))) => out.extend(inner),
                    (_, value) => out.extend(value),
                }
            }
            Ok(Some(Value::Array(out)))
        }
        Value::Object(members) if members.contains_key("$each") => each(members, scope).map(Some),
        Value::Object(members) => {
            let mut out = Map::new();
            for (key, value) in members {
                if let Some(value) = json(value, scope)? {
                    out.insert(key.clone(), value);
                }
            }
            Ok(Some(Value::Object(out)))
        }
        other => Ok(Some(other.clone())),
    }
}

fn each(members: &Map<String, Value>, scope: &Scope<'_>) -> Result<Value> {
    let (Some(Value::String(name)), Some(form), 2) = (members.get("$each"), members.get("as"), members.len()) else {
        return Err(Error::config("a `$each` needs the name of a list and `as`, and nothing else"));
    };
    let list = scope.list(name).ok_or_else(|| Error::config(format!("there is no list `{name}` to go through")))?;
    let mut out = Vec::new();
    for variables in list {
        if let Some(raw) = variables.get(RAW) {
            out.push(raw.clone());
            continue;
        }
        let made = json(form, &Scope::inside(variables, scope))?;
        match (variables.get(BASE), made) {
            (Some(Value::Object(base)), Some(Value::Object(made))) => {
                let mut merged = base.clone();
                merged.extend(made);
                out.push(Value::Object(merged));
            }
            (_, made) => out.extend(made),
        }
    }
    Ok(Value::Array(out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn variables() -> Variables {
        let value = |v: &str| Variables::default().with("value", v);
        Variables::default()
            .with("n", 60)
            .with("s", "a/b")
            .with("none", Value::Null)
            .with("digits", "86400")
            .with("yes", true)
            .with_list(
                "mixed",
                vec![
                    Variables::raw(json!({"kept": 1})),
                    value("new").over(json!({"note": "mine", "v": "old"})),
                    Variables::raw(json!("a line")),
                ],
            )
            .with_list("values", vec![value("x"), value("y")])
    }

    #[test]
    fn forms() {
        let cases: &[(Value, Value)] = &[
            (json!("{{n}}"), json!(60)),
            (json!("{{ n }}"), json!(60)),
            (json!("ttl={{n}}"), json!("ttl=60")),
            (json!({"a": "{{yes}}", "b": "{{none?}}", "c": "{{absent?}}", "d": 1}), json!({"a": true, "d": 1})),
            (
                json!({"$each": "values", "as": {"content": "{{value}}", "ttl": "{{n}}"}}),
                json!([{"content": "x", "ttl": 60}, {"content": "y", "ttl": 60}]),
            ),
            (json!({"$each": "values", "as": "{{value}}"}), json!(["x", "y"])),
            (json!(["{{s}}", "{{none?}}", null]), json!(["a/b", null])),
            (json!("{{n|text}}"), json!("60")),
            (json!("{{digits|number}}"), json!(86400)),
            (json!("{{s|number}}"), json!("a/b")),
            (json!({"a": "{{none?|text}}"}), json!({})),
            (json!([0, {"$each": "values", "as": "{{value}}"}, 1]), json!([0, "x", "y", 1])),
            (
                json!({"$each": "mixed", "as": {"v": "{{value}}"}}),
                json!([{"kept": 1}, {"note": "mine", "v": "new"}, "a line"]),
            ),
        ];
        for (form, want) in cases {
            assert_eq!(json(form, &Scope::new(&variables())).unwrap().unwrap(), *want, "{form}");
        }
    }

    #[test]
    fn mistakes() {
        let cases = [
            json!("{{absent}}"),
            json!("a {{absent}}"),
            json!("{{n"),
            json!("{{n|float}}"),
            json!({"$each": "rrsets", "as": 1}),
            json!({"$each": "values"}),
            json!({"$each": "values", "as": 1, "also": 2}),
        ];
        for form in cases {
            assert!(json(&form, &Scope::new(&variables())).is_err(), "{form}");
        }
    }

    #[test]
    fn values_are_encoded_and_text_is_not() {
        let got = text("/x/{{s}}/y", &Scope::new(&variables()), &|s| s.replace('/', "%2F")).unwrap();
        assert_eq!(got, "/x/a%2Fb/y");
    }
}
