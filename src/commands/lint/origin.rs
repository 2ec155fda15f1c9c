//! Which zone a file is of, when nobody says.

use std::path::Path;

use crate::error::{Error, Result};
use crate::model::name::{self, Name};

/// So much of a file is looked at for its first directives.
const HEAD: usize = 64 * 1024;

/// The zone of the master file `text` at `path`: its first absolute `$ORIGIN`, else the owner of its SOA when that is
/// absolute, else the file's name.
///
/// # Errors
/// A usage error that says how to name it.
pub fn of(path: &str, text: &[u8]) -> Result<Name> {
    said(path, text).ok_or_else(|| {
        Error::usage(format!("{path} does not say which zone it is")).hint("name it with --origin DOMAIN")
    })
}

/// The same; nothing where neither the text nor the file's name says it.
pub fn said(path: &str, text: &[u8]) -> Option<Name> {
    let head = text.get(..HEAD).unwrap_or(text);
    from_text(head).or_else(|| from_path(Path::new(path)))
}

fn from_text(head: &[u8]) -> Option<Name> {
    for line in head.split(|b| *b == b'\n') {
        let line = String::from_utf8_lossy(line);
        let code = line.split(';').next().unwrap_or_default();
        let words: Vec<&str> = code.split_whitespace().collect();
        let absolute = |word: &str| word.ends_with('.').then(|| named(word)).flatten();
        match words.as_slice() {
            [first, word, ..] if first.eq_ignore_ascii_case("$ORIGIN") => return absolute(word),
            [first, ..] if first.starts_with('$') => {}
            [owner, rest @ ..] => {
                let soa = rest.iter().any(|w| w.eq_ignore_ascii_case("SOA"));
                return (soa && !code.starts_with(char::is_whitespace)).then(|| absolute(owner)).flatten();
            }
            [] => {}
        }
    }
    None
}

/// `example.com.zone`, `db.example.com`, `example.com.hosts`, or the name itself.
fn from_path(path: &Path) -> Option<Name> {
    let file = path.file_name()?.to_str()?;
    let mut stem = file;
    for front in ["db.", "zone.", "named.", "pri.", "master."] {
        stem = stem.strip_prefix(front).unwrap_or(stem);
    }
    for back in [".zone", ".db", ".txt", ".hosts", ".dns", ".signed", ".yaml", ".yml", ".conf"] {
        stem = stem.strip_suffix(back).unwrap_or(stem);
    }
    // A word without a dot is more often a file's name than a top-level domain.
    (stem.contains('.')).then(|| named(stem)).flatten()
}

fn named(text: &str) -> Option<Name> {
    name::domain(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        let cases = [
            ("x", "$ORIGIN example.com.\n@ SOA", Some("example.com"), "the directive"),
            ("x", "; a comment\n$TTL 1h\n$ORIGIN Example.COM. ; here\n", Some("example.com"), "behind others"),
            ("x", "example.net. 3600 IN SOA ns. host. 1 2 3 4 5\n", Some("example.net"), "the SOA's owner"),
            ("zones/example.org.zone", "@ SOA ns host 1 2 3 4 5\n", Some("example.org"), "the file's name"),
            ("db.example.com", "", Some("example.com"), "BIND's habit"),
            ("example.co.uk", "", Some("example.co.uk"), "the bare name"),
            ("example.com.yaml", "", Some("example.com"), "octoDNS"),
            ("zonefile", "@ SOA ns host 1 2 3 4 5\n", None, "nothing says it"),
            ("zonefile", "$ORIGIN com\n", None, "a relative origin"),
        ];
        for (path, text, want, why) in cases {
            assert_eq!(of(path, text.as_bytes()).ok().map(|n| name::show(&n)).as_deref(), want, "{why}");
        }
    }
}
