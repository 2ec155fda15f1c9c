//! The definitions that come with the program, and those a person adds.

use std::path::Path;

use crate::error::{Error, Result};
use crate::model::typo::nearest;
use crate::provider::definition::Definition;
use crate::provider::definition_check::{self, OF_WRITES};

/// The names and texts of `providers/*.yaml`.
const TEXTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/providers.rs"));

/// The definitions that come with the program, by id.
///
/// # Errors
/// A configuration error in one of them, which the tests rule out.
pub fn definitions() -> Result<Vec<Definition>> {
    TEXTS.iter().map(|(id, text)| parse(text, &format!("providers/{id}.yaml"))).collect()
}

/// Reads the definition in the file at `path`.
///
/// # Errors
/// A configuration error with line and column.
pub fn from_file(path: &Path) -> Result<Definition> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Error::config(format!("the definition {place} cannot be read")).because(e))?;
    parse(&text, &place)
}

/// Reads every `*.yaml` in `folder`; a folder that is not there has none.
///
/// # Errors
/// A configuration error in one of them.
pub fn from_folder(folder: &Path) -> Result<Vec<Definition>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::config(format!("the folder {} cannot be read", folder.display())).because(e)),
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    paths.sort();
    paths.iter().map(|path| from_file(path)).collect()
}

/// Reads a definition; `place` names it in errors.
///
/// # Errors
/// A configuration error with line and column, and what may have been meant.
pub fn parse(text: &str, place: &str) -> Result<Definition> {
    let definition: Definition = serde_yaml::from_str(text).map_err(|e| malformed(&e, place))?;
    definition_check::check(&definition).map_err(|e| unsound(e, &definition, text, place))?;
    Ok(definition)
}

/// What the YAML reader says, with its place first, and the nearest of the names that it expected.
fn malformed(error: &serde_yaml::Error, place: &str) -> Error {
    let said = error.to_string();
    // The place stands at the end of its sentence; here it goes to the front, where editors look for it.
    let (said, at) = match (error.location(), said.rfind(" at line ")) {
        (Some(at), Some(end)) => (said[..end].to_string(), format!("{place}:{}:{}", at.line(), at.column())),
        (Some(at), None) => (said, format!("{place}:{}:{}", at.line(), at.column())),
        (None, _) => (said, place.to_string()),
    };
    let mut quoted = said.split('`').skip(1).step_by(2);
    let slip = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    let hint = match nearest(slip, &known) {
        Some(meant) if said.contains("unknown ") => format!("do you mean `{meant}`?"),
        _ => "`mailproof providers schema` prints what a definition may hold".to_string(),
    };
    Error::config(format!("{at}: {said}")).hint(hint)
}

/// What [`definition_check`] says, with the line that it is about where that can be told.
fn unsound(error: Error, definition: &Definition, text: &str, place: &str) -> Error {
    let variable = error.message().split_once("{{").and_then(|(_, rest)| rest.split_once("}}")).map(|(name, _)| name);
    let Some(name) = variable else {
        return Error::config(format!("{place}: {}", error.message()));
    };
    let uses = |line: &str| line.split("{{").skip(1).any(|rest| rest.trim_start().starts_with(name));
    let line = text.lines().position(uses).map(|index| format!(":{}", index + 1)).unwrap_or_default();
    let credentials = definition.credentials.keys().map(|name| format!("cred.{name}"));
    let settings = definition.settings.keys().map(|name| format!("setting.{name}"));
    let known: Vec<String> = credentials.chain(settings).chain(OF_WRITES.iter().map(|w| (*w).to_string())).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let told = Error::config(format!("{place}{line}: {}", error.message()));
    match nearest(name, &known) {
        Some(meant) => told.hint(format!("do you mean `{{{{{meant}}}}}`?")),
        None => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_ones_are_sound() {
        let all = definitions().unwrap();
        assert!(all.iter().any(|d| d.id == "powerdns"));
        let mut ids: Vec<&str> = all.iter().map(|d| d.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all.len(), "an id stands for one definition");
    }

    #[test]
    fn slips_are_errors() {
        let good = include_str!("../../providers/powerdns.yaml");
        assert!(parse(good, "x").is_ok());
        let cases = [
            ("schema: 1", "schema: 2", "schema 2"),
            ("model: rrset", "model: rrsets", "unknown variant"),
            ("model: rrset", "model: record", "list.fields.id"),
            ("/error}", "/error, mesage: /x}", "mesage"),
            ("{{cred.key}}", "{{cred.kee}}", "cred.kee"),
            ("{{cred.key}}", "{{cred.key", "without"),
            ("id: powerdns", "id: Power DNS", "id"),
            ("endpoint: http", "endpoint: ftp", "endpoint"),
        ];
        for (old, new, message) in cases {
            assert!(good.contains(old), "{old}");
            let error = parse(&good.replacen(old, new, 1), "x").unwrap_err();
            assert!(error.to_string().contains(message), "{new}: {error}");
        }
    }

    #[test]
    fn slips_have_their_place_and_what_was_meant() {
        let good = include_str!("../../providers/powerdns.yaml");
        let cases = [
            ("/error}", "/error, mesage: /x}", "message"),
            ("model: rrset", "model: rrsets", "rrset"),
            ("{{cred.key}}", "{{cred.kee}}", "{{cred.key}}"),
            ("kind: header", "kind: haeder", "header"),
            ("\nbulk:", "\nbluk:", "bulk"),
            (
                "{{setting.server}}/zones/{{zone}}.\"\n  items",
                "{{setting.sever}}/zones/{{zone}}.\"\n  items",
                "{{setting.server}}",
            ),
        ];
        for (old, new, meant) in cases {
            let at = good.find(old).unwrap_or_else(|| panic!("{old}"));
            let line = good[..at].matches('\n').count() + 1 + usize::from(old.starts_with('\n'));
            let error = parse(&good.replacen(old, new, 1), "x.yaml").unwrap_err();
            let told = error.message().to_string();
            assert!(told.starts_with(&format!("x.yaml:{line}")), "{new}: line {line}: {told}");
            assert_eq!(error.hint_text(), Some(format!("do you mean `{meant}`?").as_str()), "{new}: {told}");
        }
        let error = parse("schema: [", "x.yaml").unwrap_err();
        assert!(error.message().starts_with("x.yaml:"), "{error}");
    }
}
