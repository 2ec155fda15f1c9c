//! Files of a name and a value a line: `opendkim.conf` and `opendmarc.conf` (white space between), `policyd-spf.conf`
//! (an equals sign between).

use crate::model::source::Span;

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, as written.
    pub name: String,
    /// Its value.
    pub value: String,
    /// From the name to the end of the value.
    pub span: Span,
}

/// What is between name and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// White space.
    Blank,
    /// An equals sign.
    Equals,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyValue {
    /// The settings, in their order.
    pub entries: Vec<Entry>,
    /// Lines with a name and no value, or none of either.
    pub strays: Vec<Span>,
}

/// The lines of `text` that say something, with their places: without comments, which `#` begins also behind a value, as
/// both milters have it, and without the blanks around.
pub fn lines(text: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let code = line.split('#').next().unwrap_or_default();
        let trimmed = code.trim();
        let start = start + code.len() - code.trim_start().len();
        (!trimmed.is_empty()).then(|| (Span::new(start, start + trimmed.len()), trimmed))
    })
}

/// Reads `text`.
pub fn read(text: &str, between: Between) -> KeyValue {
    let mut file = KeyValue::default();
    for (span, line) in lines(text) {
        let split = match between {
            Between::Blank => line.split_once(char::is_whitespace),
            Between::Equals => line.split_once('='),
        };
        match split {
            Some((name, value)) if !name.trim().is_empty() => {
                file.entries.push(Entry { name: name.trim().into(), value: value.trim().into(), span });
            }
            _ => file.strays.push(span),
        }
    }
    file
}

impl KeyValue {
    /// The setting that counts: the last one of the name, whatever its case.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|e| e.name.eq_ignore_ascii_case(name))
    }

    /// Its value.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.get(name).map(|e| e.value.as_str())
    }

    /// Whether a switch is on; `default` when the file does not say.
    pub fn on(&self, name: &str, default: bool) -> bool {
        match self.value(name) {
            Some(value) => ["yes", "true", "y", "t", "1", "on"].iter().any(|w| w.eq_ignore_ascii_case(value)),
            None => default,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings() {
        let text = "# x\nMode\tsv  # both\n\n  Socket local:/run/a.sock\nsocket inet:1@localhost\nLonely\n";
        let file = read(text, Between::Blank);
        assert_eq!(file.value("MODE"), Some("sv"));
        assert_eq!(file.value("Socket"), Some("inet:1@localhost"), "the last one counts");
        assert_eq!(file.strays.iter().map(|s| s.of(text.as_bytes())).collect::<Vec<_>>(), [b"Lonely"]);
        assert_eq!(file.get("Mode").unwrap().span.of(text.as_bytes()), b"Mode\tsv");
        let file = read("HELO_reject = False\nTestOnly=1\n", Between::Equals);
        assert_eq!((file.value("helo_reject"), file.on("TestOnly", false)), (Some("False"), true));
        assert!(file.on("Other", true) && !file.on("HELO_reject", true));
    }
}
