//! `providers/schema.json`: the JSON Schema of definitions for editors, made of the types that read them.
//!
//! The fields, their comments and what may be left out are taken from the source, so that the schema says what the
//! program does. After a change, `UPDATE_DOCS=1 cargo test --test provider_schema` writes it anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The sources that hold the form of definitions.
fn sources() -> String {
    let mut paths = vec![root().join("src/provider/definition.rs")];
    if let Ok(folder) = std::fs::read_dir(root().join("src/provider/definition")) {
        let mut more: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        more.sort();
        paths.extend(more);
    }
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    // Hand-written readers and tests stand behind the types they are for, indented or behind `impl`.
    paths.into_iter().map(read).collect::<Vec<_>>().join("\n")
}

/// A field of a structure or of an enumeration's variant.
struct Field {
    name: String,
    comment: String,
    attributes: String,
    of: String,
}

/// A type as it stands in the source.
struct Type {
    comment: String,
    attributes: String,
    is_enum: bool,
    /// The fields of a structure; those of a variant are in `variants`.
    fields: Vec<Field>,
    variants: Vec<Variant>,
}

/// A variant of an enumeration.
#[derive(Default)]
struct Variant {
    name: String,
    comment: String,
    attributes: String,
    /// What it holds without a name.
    holds: Option<String>,
    fields: Vec<Field>,
}

/// Reads every `pub struct` and `pub enum`. The source is formatted by rustfmt: one field a line, braces where they
/// always are.
fn types(source: &str) -> BTreeMap<String, Type> {
    let mut out: BTreeMap<String, Type> = BTreeMap::new();
    let (mut comment, mut attributes) = (String::new(), String::new());
    let mut open: Option<String> = None;
    let mut variant: Option<usize> = None;
    for line in source.lines() {
        let (indent, text) = (line.len() - line.trim_start().len(), line.trim());
        if let Some(said) = text.strip_prefix("///") {
            comment = format!("{comment} {}", said.trim()).trim().to_string();
            continue;
        }
        if text.starts_with("#[") {
            attributes.push_str(text);
            continue;
        }
        let head = ["pub struct ", "pub enum "].iter().find_map(|word| text.strip_prefix(word));
        if let (0, Some(rest)) = (indent, head) {
            let name = rest.split([' ', '<', '{', '(']).next().unwrap().to_string();
            if attributes.contains("Deserialize") || name == "Capture" {
                let made = Type {
                    comment: std::mem::take(&mut comment),
                    attributes: std::mem::take(&mut attributes),
                    is_enum: text.starts_with("pub enum"),
                    fields: Vec::new(),
                    variants: Vec::new(),
                };
                out.insert(name.clone(), made);
                open = Some(name).filter(|_| !text.ends_with('}'));
            }
        } else if let (Some(name), "}") = (&open, line) {
            let _ = name;
            (open, variant) = (None, None);
        } else if let Some(kind) = open.as_ref().and_then(|name| out.get_mut(name)) {
            let field = text.trim_start_matches("pub ").trim_end_matches(',').split_once(": ");
            match (kind.is_enum, indent, field) {
                (false, 4, Some((name, of))) | (true, 8, Some((name, of))) => {
                    let field = Field {
                        name: name.to_string(),
                        comment: std::mem::take(&mut comment),
                        attributes: std::mem::take(&mut attributes),
                        of: of.to_string(),
                    };
                    match variant {
                        Some(at) => kind.variants[at].fields.push(field),
                        None => kind.fields.push(field),
                    }
                }
                (true, 4, _) if text.starts_with(|c: char| c.is_ascii_uppercase()) => {
                    let name = text.split([' ', ',', '{', '(']).next().unwrap().to_string();
                    let holds = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix("),"));
                    kind.variants.push(Variant {
                        name,
                        comment: std::mem::take(&mut comment),
                        attributes: std::mem::take(&mut attributes),
                        holds: holds.map(str::to_string),
                        fields: Vec::new(),
                    });
                    variant = Some(kind.variants.len() - 1).filter(|_| text.ends_with('{'));
                }
                _ => {}
            }
        }
        (comment, attributes) = (String::new(), String::new());
    }
    out
}

/// The text in quotes after `key = ` in an attribute.
fn attribute<'a>(attributes: &'a str, key: &str) -> Option<&'a str> {
    attributes.split_once(&format!("{key} = \""))?.1.split('"').next()
}

fn renamed(name: &str, rule: Option<&str>) -> String {
    match rule {
        Some("snake_case") => {
            let mut out = String::new();
            for (i, c) in name.chars().enumerate() {
                if c.is_uppercase() && i > 0 {
                    out.push('_');
                }
                out.extend(c.to_lowercase());
            }
            out
        }
        Some("lowercase") => name.to_lowercase(),
        Some("UPPERCASE") => name.to_uppercase(),
        None => name.to_string(),
        Some(other) => panic!("a rule that this does not know: {other}"),
    }
}

/// The schema of the type written `of`.
fn of_type(of: &str, known: &BTreeMap<String, Type>) -> Value {
    let inner = |head: &str| of.strip_prefix(head).and_then(|rest| rest.strip_suffix('>'));
    if let Some(of) = inner("Option<") {
        return of_type(of, known);
    }
    if let Some(of) = inner("Vec<") {
        return json!({"type": "array", "items": of_type(of, known)});
    }
    if let Some(of) = inner("BTreeMap<String, ") {
        return json!({"type": "object", "additionalProperties": of_type(of, known)});
    }
    match of {
        // YAML writes numbers and yes or no where text is meant: the reader takes them for templates alone.
        "String" => json!({"type": "string"}),
        "bool" => json!({"type": "boolean"}),
        "u16" | "u32" | "u64" | "usize" => json!({"type": "integer", "minimum": 0}),
        "Value" => json!({}),
        name if known.contains_key(name) => json!({"$ref": format!("#/$defs/{name}")}),
        other => panic!("a type that this does not know: {other}"),
    }
}

/// The object with `fields`, and its tag if it has one.
fn object(fields: &[Field], tag: Option<(&str, &str)>, comment: &str, known: &BTreeMap<String, Type>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    if let Some((key, value)) = tag {
        properties.insert(key.into(), json!({"const": value}));
        required.push(key.to_string());
    }
    for field in fields {
        let name = attribute(&field.attributes, "rename").unwrap_or(&field.name).to_string();
        let mut schema = of_type(&field.of, known);
        if field.attributes.contains("one_or_many") {
            let one = schema["items"].clone();
            schema = json!({"anyOf": [one, schema]});
        }
        schema["description"] = field.comment.clone().into();
        if !field.attributes.contains("default") && !field.of.starts_with("Option<") {
            required.push(name.clone());
        }
        properties.insert(name, schema);
    }
    let mut out = json!({"type": "object", "description": comment, "additionalProperties": false});
    out["properties"] = Value::Object(properties);
    if !required.is_empty() {
        out["required"] = required.into();
    }
    out
}

fn schema() -> Value {
    let known = types(&sources());
    let mut defs = Map::new();
    for (name, kind) in &known {
        let rule = attribute(&kind.attributes, "rename_all");
        let schema = if name == "Capture" {
            let header = json!({"header": {"type": "string", "description": "The name of a header field."}});
            json!({"description": kind.comment, "anyOf": [
                {"type": "string"},
                {"type": "object", "additionalProperties": false, "required": ["header"], "properties": header},
            ]})
        } else if !kind.is_enum {
            assert!(kind.attributes.contains("deny_unknown_fields"), "{name} must take no unknown fields");
            object(&kind.fields, None, &kind.comment, &known)
        } else if let Some(tag) = attribute(&kind.attributes, "tag") {
            let one = |v: &Variant| object(&v.fields, Some((tag, &renamed(&v.name, rule))), &v.comment, &known);
            json!({"description": kind.comment, "oneOf": kind.variants.iter().map(one).collect::<Vec<_>>()})
        } else if kind.attributes.contains("untagged") {
            let one = |v: &Variant| of_type(v.holds.as_ref().unwrap(), &known);
            json!({"description": kind.comment, "anyOf": kind.variants.iter().map(one).collect::<Vec<_>>()})
        } else {
            let words = |v: &Variant| {
                let other = attribute(&v.attributes, "alias").map(str::to_string);
                [Some(renamed(&v.name, rule)), other].into_iter().flatten().collect::<Vec<_>>()
            };
            let all: Vec<String> = kind.variants.iter().flat_map(words).collect();
            json!({"description": kind.comment, "enum": all})
        };
        defs.insert(name.clone(), schema);
    }
    let mut out = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A DNS provider for mailproof",
    });
    let members = defs.remove("Definition").unwrap();
    for (key, value) in members.as_object().unwrap() {
        out[key] = value.clone();
    }
    out["$defs"] = Value::Object(defs);
    out
}

fn shipped() -> Vec<PathBuf> {
    let all = std::fs::read_dir(root().join("providers")).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = all.filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    all.sort();
    all
}

#[test]
fn the_schema_is_what_the_program_reads() {
    let text = format!("{:#}\n", schema());
    let path = root().join("providers/schema.json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "providers/schema.json is not what the types say: UPDATE_DOCS=1 cargo test --test provider_schema"
    );
    let printed = support::mailproof().args(["providers", "schema"]).output().unwrap();
    assert!(
        std::env::var_os("UPDATE_DOCS").is_some() || String::from_utf8(printed.stdout).unwrap() == text,
        "the program prints it"
    );
}

/// Fields that the reader itself names when it meets one that it does not know: they are those of the schema.
#[test]
fn the_reader_and_the_schema_name_the_same_fields() {
    let schema = schema();
    let told = |yaml: &str| mailproof::provider::builtin::parse(yaml, "x").unwrap_err().to_string();
    let names = |error: &str| -> Vec<String> {
        let mut names: Vec<String> = error.split('`').skip(3).step_by(2).map(str::to_string).collect();
        names.sort();
        names
    };
    let of = |schema: &Value| -> Vec<String> {
        let mut names: Vec<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let cases = [
        ("zzz: 1", &schema),
        ("txt: {zzz: 1}", &schema["$defs"]["TextForm"]),
        ("ttl: {zzz: 1}", &schema["$defs"]["TtlForm"]),
        ("list: {zzz: 1}", &schema["$defs"]["Listing"]),
        ("list: {fields: {zzz: 1}}", &schema["$defs"]["Fields"]),
        ("zone: {lookup: {zzz: 1}}", &schema["$defs"]["Lookup"]),
        ("prepare: [{zzz: 1}]", &schema["$defs"]["Call"]),
        ("poll: {zzz: 1}", &schema["$defs"]["Poll"]),
        ("bulk: {zzz: 1}", &schema["$defs"]["Bulk"]),
        ("retry: {zzz: 1}", &schema["$defs"]["Retry"]),
        ("credentials: {a: {zzz: 1}}", &schema["$defs"]["Credential"]),
    ];
    for (yaml, part) in cases {
        let error = told(yaml);
        assert!(error.contains("unknown field `zzz`"), "{yaml}: {error}");
        assert_eq!(names(&error), of(part), "{yaml}: {error}");
    }
}

#[test]
fn shipped_definitions_point_at_it() {
    for path in shipped() {
        let text = std::fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        assert_eq!(first, "# yaml-language-server: $schema=schema.json", "{}", path.display());
    }
}

const VALIDATE: &str = "
import json, sys, yaml
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for path in sys.argv[2:]:
    errors = [f'{list(e.absolute_path)}: {e.message}' for e in validator.iter_errors(yaml.safe_load(open(path)))]
    print(path, 'good' if not errors else 'bad: ' + '; '.join(errors)[:500])
";

/// With jsonschema of PyPI: every shipped definition is good, and slips are not.
#[test]
fn definitions_validate() {
    let python = Command::new("python3").args(["-c", "import jsonschema, yaml"]).output();
    if !python.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: no Python with jsonschema and PyYAML; tests/run.sh installs it");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let schema_path = dir.path().join("schema.json");
    std::fs::write(&schema_path, schema().to_string()).unwrap();
    let good = include_str!("../providers/powerdns.yaml");
    let slips = [
        ("model: rrset", "model: rrsets"),
        ("error: {message", "error: {mesage"),
        ("kind: header", "kind: heder"),
        ("auth: {kind: header, headers", "auth: {kind: basic, headers"),
        ("schema: 1\n", ""),
        ("method: PATCH", "method: patch"),
        ("txt: {write: quoted_chunks, read: quoted}", "txt: {write: quoted_chunks}"),
    ];
    let mut paths = shipped();
    let bad_from = paths.len();
    for (index, (old, new)) in slips.iter().enumerate() {
        assert!(good.contains(old), "{old}");
        let path = dir.path().join(format!("slip{index}.yaml"));
        std::fs::write(&path, good.replacen(old, new, 1)).unwrap();
        paths.push(path);
    }
    let output = Command::new("python3").args(["-c", VALIDATE]).arg(&schema_path).args(&paths).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(told.lines().count(), paths.len(), "{told}");
    for (index, line) in told.lines().enumerate() {
        assert_eq!(line.ends_with(" good"), index < bad_from, "{line}");
    }
}
