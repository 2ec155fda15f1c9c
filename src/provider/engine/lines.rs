//! Zones that are one text, a record a line.
//!
//! A line that is not understood is nobody's business here: it is kept as it is, as is every line that no plan names.

use crate::error::{Error, Result};
use crate::provider::definition::Lines;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The type as it stands there.
    pub rtype: String,
    /// The owner as it stands there.
    pub name: String,
    /// The data.
    pub value: String,
    /// The preference of an MX record, where it stands apart.
    pub prio: Option<u16>,
}

/// Reads `text`; `None` when it is not of the form.
pub fn read(forms: &Lines, text: &str) -> Option<Line> {
    let text = text.trim_end_matches(['\r', '\n']);
    let first = text.split_whitespace().next()?;
    let own = forms.by_type.iter().find(|(rtype, _)| rtype.eq_ignore_ascii_case(first));
    let form = own.map_or(&forms.form, |(_, form)| form);
    let words: Vec<&str> = form.split_whitespace().collect();
    let mut line = Line { rtype: String::new(), name: String::new(), value: String::new(), prio: None };
    let mut rest = text.trim_start();
    for (i, word) in words.iter().enumerate() {
        let last = i + 1 == words.len();
        // Only what parts two words is taken away: a value may begin and end in blanks.
        let (found, after) = match rest.find([' ', '\t']) {
            Some(at) if !last => (&rest[..at], &rest[at + 1..]),
            _ => (rest, ""),
        };
        if found.is_empty() && !(last && *word == "{{value}}") {
            return None;
        }
        match *word {
            "{{type}}" => line.rtype = found.to_string(),
            "{{name}}" => line.name = found.to_string(),
            "{{value}}" => line.value = found.to_string(),
            "{{prio}}" => line.prio = Some(found.trim().parse().ok()?),
            fixed if fixed.eq_ignore_ascii_case(found) => {
                if i == 0 {
                    line.rtype = found.to_string();
                }
            }
            _ => return None,
        }
        rest = after;
    }
    Some(line)
}

/// A line in its form; `apex` is how the zone's own name is written, which a form without a name is for.
///
/// # Errors
/// A refusal for what a line cannot hold.
pub fn write(forms: &Lines, line: &Line, apex: &str) -> Result<String> {
    let own = forms.by_type.iter().find(|(rtype, _)| rtype.eq_ignore_ascii_case(&line.rtype));
    let form = own.map_or(&forms.form, |(_, form)| form);
    if line.value.contains(['\n', '\r']) {
        return Err(Error::refused("a value with a line end does not fit into a zone that is kept in lines"));
    }
    let words: Vec<String> = form
        .split_whitespace()
        .map(|word| match word {
            "{{type}}" => line.rtype.to_ascii_lowercase(),
            "{{name}}" => line.name.clone(),
            "{{value}}" => line.value.clone(),
            "{{prio}}" => line.prio.unwrap_or(0).to_string(),
            fixed => fixed.to_string(),
        })
        .collect();
    let text = words.join(" ");
    if !form.contains("{{name}}") && line.name != apex {
        return Err(Error::refused(format!("an {} record is kept for the zone's own name only", line.rtype)));
    }
    let named = |back: &Line| back.name == line.name || (back.name.is_empty() && line.name == apex);
    if read(forms, &text).is_some_and(|back| back.value == line.value && named(&back) && back.prio == line.prio) {
        return Ok(text);
    }
    Err(Error::refused(format!("`{text}` would not be read back as it is meant")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms() -> Lines {
        serde_json::from_value(serde_json::json!({
            "form": "{{type}} {{name}} {{value}}",
            "by_type": {"MX": "mx {{value}} {{prio}}"},
        }))
        .unwrap()
    }

    #[test]
    fn lines_there_and_back() {
        let line = |rtype: &str, name: &str, value: &str, prio: Option<u16>| {
            Some(Line { rtype: rtype.into(), name: name.into(), value: value.into(), prio })
        };
        let cases: &[(&str, Option<Line>)] = &[
            ("a * 192.0.2.1", line("a", "*", "192.0.2.1", None)),
            ("txt @ v=spf1 mx ~all", line("txt", "@", "v=spf1 mx ~all", None)),
            ("txt @  leading and trailing ", line("txt", "@", " leading and trailing ", None)),
            ("txt _dmarc v=DMARC1; p=none\r", line("txt", "_dmarc", "v=DMARC1; p=none", None)),
            ("mx mail.example.com. 10", line("mx", "", "mail.example.com.", Some(10))),
            ("mx mail.example.com. ten", None),
            ("mx mail.example.com.", None),
            ("", None),
            ("# a remark", line("#", "a", "remark", None)),
            ("a", None),
        ];
        for (text, want) in cases {
            let read = read(&forms(), text);
            assert_eq!(read, *want, "{text}");
            if let Some(line) = read {
                assert_eq!(write(&forms(), &line, "").unwrap(), text.trim_end_matches('\r'), "{text}");
            }
        }
        let line = Line { rtype: "TXT".into(), name: "@".into(), value: "two\nlines".into(), prio: None };
        assert!(write(&forms(), &line, "@").is_err());
        let mx = |name: &str| Line { rtype: "MX".into(), name: name.into(), value: "m.example.".into(), prio: Some(5) };
        assert_eq!(write(&forms(), &mx("@"), "@").unwrap(), "mx m.example. 5");
        assert!(write(&forms(), &mx("sub"), "@").unwrap_err().to_string().contains("own name only"));
    }
}
