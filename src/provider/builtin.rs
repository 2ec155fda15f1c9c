//! The definitions that come with the program, and those a person adds.

use std::path::Path;

use crate::error::{Error, Result};
use crate::provider::definition::Definition;
use crate::provider::definition_check;

/// The texts of `providers/*.yaml`.
const TEXTS: &[&str] = include!(concat!(env!("OUT_DIR"), "/providers.rs"));

/// The definitions that come with the program, by id.
///
/// # Errors
/// A configuration error in one of them, which the tests rule out.
pub fn definitions() -> Result<Vec<Definition>> {
    TEXTS.iter().map(|text| parse(text, "a built-in definition")).collect()
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
/// A configuration error with line and column.
pub fn parse(text: &str, place: &str) -> Result<Definition> {
    let definition: Definition = serde_yaml::from_str(text)
        .map_err(|e| Error::config(format!("{place} is no definition of a provider")).because(e))?;
    definition_check::check(&definition).map_err(|e| e.during(format!("reading {place}")))?;
    Ok(definition)
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
}
