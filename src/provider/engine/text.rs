//! TXT data as a provider writes it, and the limits of what it stores.

use hickory_proto::rr::rdata::TXT;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::txt::{self, MAX_STRING};
use crate::provider::definition::{TextForm, TextRead, TextWrite};

/// `value` as it stands in a request.
pub fn write(form: &TextForm, value: &TXT) -> String {
    match form.write {
        TextWrite::Raw => String::from_utf8_lossy(&txt::joined(value)).into_owned(),
        TextWrite::QuotedSingle => txt::quoted_string(&txt::joined(value)),
        TextWrite::QuotedChunks => txt::quoted(value),
        TextWrite::Array => Value::from(strings(&String::from_utf8_lossy(&txt::joined(value)))).to_string(),
    }
}

/// `text` in strings of at most 255 octets, none of which ends inside a character.
fn strings(text: &str) -> Vec<&str> {
    let (mut rest, mut out) = (text, Vec::new());
    while rest.len() > MAX_STRING {
        let (string, after) = rest.split_at(rest.floor_char_boundary(MAX_STRING));
        out.push(string);
        rest = after;
    }
    out.push(rest);
    out
}

/// The value that `text` of an answer stands for; `None` when it is malformed.
pub fn read(form: &TextForm, text: &str) -> Option<TXT> {
    let quoted = match form.read {
        TextRead::Array => {
            let strings: Vec<String> = serde_json::from_str(text).ok()?;
            return Some(match strings.iter().all(|s| s.len() <= MAX_STRING) && !strings.is_empty() {
                true => TXT::from_bytes(strings.iter().map(String::as_bytes).collect()),
                false => txt::split(strings.concat().as_bytes()),
            });
        }
        TextRead::Raw => false,
        TextRead::Quoted => true,
        TextRead::Auto => text.starts_with('"'),
    };
    if !quoted {
        return Some(txt::split(text.as_bytes()));
    }
    let strings = txt::parse_quoted(text).ok()?;
    // What a provider shows as one long string cannot be one in DNS (RFC 1035 §3.3).
    if strings.is_empty() || strings.iter().any(|s| s.len() > MAX_STRING) {
        return Some(txt::split(&strings.concat()));
    }
    Some(TXT::from_bytes(strings.iter().map(Vec::as_slice).collect()))
}

/// Whether `value` can be stored.
///
/// # Errors
/// A refusal that names the limit.
pub fn check(form: &TextForm, title: &str, value: &TXT) -> Result<()> {
    let octets = txt::joined(value);
    let Ok(text) = std::str::from_utf8(&octets) else {
        return match form.write {
            TextWrite::Raw | TextWrite::Array => {
                Err(Error::refused(format!("{title} stores text only, and this value is none")))
            }
            _ => Ok(()),
        };
    };
    if let Some(max) = form.max.filter(|max| octets.len() > *max) {
        return Err(too_long(title, max, octets.len()));
    }
    let encoded = txt::quoted(&txt::split(&octets)).len();
    if let Some(max) = form.max_encoded.filter(|max| encoded > *max) {
        return Err(too_long(title, max, encoded));
    }
    if let Some(bad) = form.forbid.iter().find(|bad| text.contains(bad.as_str())) {
        return Err(Error::refused(format!("{title} does not store `{bad}` in TXT values")));
    }
    if form.forbid_trailing_space && text.ends_with(' ') {
        return Err(Error::refused(format!("{title} does not store a space at the end of a TXT value")));
    }
    Ok(())
}

fn too_long(title: &str, max: usize, length: usize) -> Error {
    Error::refused(format!("{title} stores TXT values of at most {max} characters, and this one has {length}"))
        .hint("a shorter key (rsa2048, or ed25519 beside it) fits into less")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(write: TextWrite, read: TextRead) -> TextForm {
        TextForm { write, read, max: None, max_encoded: None, forbid: Vec::new(), forbid_trailing_space: false }
    }

    #[test]
    fn there_and_back() {
        let values = ["v=spf1 -all".to_string(), "a\"b\\c;d".into(), "k".repeat(600), "日本".into(), String::new()];
        for value in &values {
            let data = txt::split(value.as_bytes());
            for (write_as, read_as) in [
                (TextWrite::Raw, TextRead::Raw),
                (TextWrite::QuotedSingle, TextRead::Quoted),
                (TextWrite::QuotedChunks, TextRead::Quoted),
                (TextWrite::QuotedChunks, TextRead::Auto),
                (TextWrite::Array, TextRead::Array),
            ] {
                let form = form(write_as, read_as);
                assert_eq!(read(&form, &write(&form, &data)), Some(data.clone()), "{value} {write_as:?}");
            }
        }
        assert_eq!(
            write(&form(TextWrite::QuotedSingle, TextRead::Raw), &txt::split(&[b'x'; 300])).matches('"').count(),
            2
        );
        assert_eq!(
            write(&form(TextWrite::QuotedChunks, TextRead::Raw), &txt::split(&[b'x'; 300])).matches('"').count(),
            4
        );
        assert_eq!(read(&form(TextWrite::Raw, TextRead::Quoted), "\"open"), None);
    }

    #[test]
    fn limits() {
        let base = form(TextWrite::Raw, TextRead::Raw);
        let cases: &[(TextForm, &[u8], &str)] = &[
            (TextForm { max: Some(5), ..base.clone() }, b"123456", "at most 5"),
            (TextForm { max_encoded: Some(7), ..base.clone() }, b"123456", "has 8"),
            (TextForm { forbid: vec!["\\".into()], ..base.clone() }, b"a\\b", "does not store `\\`"),
            (TextForm { forbid_trailing_space: true, ..base.clone() }, b"a ", "space at the end"),
            (base.clone(), &[0xff], "text only"),
        ];
        for (form, value, message) in cases {
            let error = check(form, "X", &txt::split(value)).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        assert!(check(&TextForm { max: Some(6), ..base }, "X", &txt::split(b"123456")).is_ok());
    }
}
