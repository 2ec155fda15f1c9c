//! MTA-STS (RFC 8461): the TXT record and the policy file.

use crate::model::reading::{Fault, Reading};
use crate::model::source::Span;
use crate::model::tag_list::{TagFault, TagList, trim};

/// What can be wrong with the TXT record (§3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StsFault {
    /// The fields as a list.
    Tags(TagFault),
    /// There is no `id`.
    NoId,
    /// `id` is not 1 to 32 letters and digits.
    BadId,
}

/// The record at `_mta-sts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StsRecord<'a> {
    /// The fields as they stand.
    pub tags: TagList<'a>,
    /// `id`, valid or not.
    pub id: Option<Span>,
}

impl<'a> StsRecord<'a> {
    /// Reads `text`. Texts that do not begin with `v=STSv1;` are passed over by senders (§3.1).
    pub fn read(text: &'a [u8]) -> Reading<Self, StsFault> {
        if !begins(text, b"v=STSv1") {
            return Reading::NotOurs;
        }
        let tags = TagList::read(text);
        let mut faults: Vec<_> =
            tags.faults.iter().map(|f| Fault { kind: StsFault::Tags(f.kind), span: f.span }).collect();
        // Extension names may hold `-` and `.` and begin with a digit, other than in a DKIM tag list.
        faults.retain(|f| f.kind != StsFault::Tags(TagFault::BadName) || !is_extension_name(f.span.of(text)));
        let id = tags.get("id").map(|t| t.value);
        match id {
            None => faults.push(Fault { kind: StsFault::NoId, span: Span::new(0, text.len()) }),
            Some(id) => {
                let octets = id.of(text);
                if !(1..=32).contains(&octets.len()) || !octets.iter().all(u8::is_ascii_alphanumeric) {
                    let whole = tags.get("id").map_or(id, |t| t.whole);
                    faults.push(Fault { kind: StsFault::BadId, span: if id.is_empty() { whole } else { id } });
                }
            }
        }
        Reading::new(StsRecord { tags, id }, faults)
    }
}

/// Whether the first field of `text` is `version`, ended by a semicolon or by the text's end.
pub fn begins(text: &[u8], version: &[u8]) -> bool {
    text.strip_prefix(version).is_some_and(|rest| {
        let spaces = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        matches!(rest.get(spaces), Some(b';') | None)
    })
}

fn is_extension_name(name: &[u8]) -> bool {
    (1..=32).contains(&name.len())
        && name[0].is_ascii_alphanumeric()
        && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

/// The mode of a policy (§3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StsMode {
    /// Mail is not delivered to hosts that fail.
    Enforce,
    /// Failures are only reported.
    Testing,
    /// No policy any more.
    None,
}

/// What can be wrong with the policy file (§3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyFault {
    /// A line without a colon.
    NotAField,
    /// No `version: STSv1` as the first field.
    BadVersion,
    /// No `mode`, or one that is none of `enforce`, `testing`, `none`.
    BadMode,
    /// No `max_age`, or not a number of seconds up to 31557600.
    BadMaxAge,
    /// No `mx`, and the mode is not `none`.
    NoMx,
    /// An `mx` that is no host name, with or without `*.` in front.
    BadMx,
    /// `version`, `mode` or `max_age` again: the first counts.
    Repeated,
    /// A field that is one slip away from a known one; senders ignore it.
    Mistyped,
}

/// The policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StsPolicy {
    /// `mode`, when it is valid.
    pub mode: Option<StsMode>,
    /// `max_age` in seconds, when it is valid.
    pub max_age: Option<u32>,
    /// Where `max_age` has its value.
    pub max_age_span: Option<Span>,
    /// Where `mode` has its value.
    pub mode_span: Option<Span>,
    /// The `mx` patterns and their places.
    pub mx: Vec<(String, Span)>,
}

/// The longest `max_age`, about a year (§3.2).
pub const MAX_AGE_LIMIT: u32 = 31_557_600;

impl StsPolicy {
    /// Reads a policy file. A text is one if it has any of the four fields; line ends are LF or CRLF (§3.2).
    pub fn read(text: &[u8]) -> Reading<Self, PolicyFault> {
        let mut policy = StsPolicy { mode: None, max_age: None, max_age_span: None, mode_span: None, mx: Vec::new() };
        let mut faults = Vec::new();
        let mut seen: Vec<&[u8]> = Vec::new();
        let (mut start, mut first) = (0, true);
        for raw in text.split(|b| *b == b'\n') {
            let line = trim(text, Span::new(start, start + raw.len()));
            start += raw.len() + 1;
            if line.is_empty() {
                continue;
            }
            let Some(colon) = line.of(text).iter().position(|b| *b == b':').map(|i| line.start + i as u32) else {
                faults.push(Fault { kind: PolicyFault::NotAField, span: line });
                continue;
            };
            let name_span = Span { start: line.start, end: colon };
            let name = name_span.of(text);
            let span = trim(text, Span { start: colon + 1, end: line.end });
            let value = span.of(text);
            let place = if span.is_empty() { line } else { span };
            let known = matches!(name, b"version" | b"mode" | b"max_age");
            if known && seen.contains(&name) {
                faults.push(Fault { kind: PolicyFault::Repeated, span: line });
                continue;
            }
            if known {
                seen.push(name);
            }
            match name {
                b"version" if first && value == b"STSv1" => {}
                b"version" => faults.push(Fault { kind: PolicyFault::BadVersion, span: place }),
                b"mode" => {
                    policy.mode = match value {
                        b"enforce" => Some(StsMode::Enforce),
                        b"testing" => Some(StsMode::Testing),
                        b"none" => Some(StsMode::None),
                        _ => None,
                    };
                    policy.mode_span = Some(span);
                    if policy.mode.is_none() {
                        faults.push(Fault { kind: PolicyFault::BadMode, span: place });
                    }
                }
                b"max_age" => {
                    policy.max_age = read_max_age(value);
                    policy.max_age_span = Some(span);
                    if policy.max_age.is_none() {
                        faults.push(Fault { kind: PolicyFault::BadMaxAge, span: place });
                    }
                }
                b"mx" => {
                    if is_mx_pattern(value) {
                        policy.mx.push((String::from_utf8_lossy(value).into_owned(), span));
                    } else {
                        faults.push(Fault { kind: PolicyFault::BadMx, span: place });
                    }
                }
                _ if is_mistyped(name) => faults.push(Fault { kind: PolicyFault::Mistyped, span: name_span }),
                _ => {}
            }
            first = false;
        }
        let mistyped = faults.iter().any(|f| f.kind == PolicyFault::Mistyped);
        if seen.is_empty() && policy.mx.is_empty() && !mistyped {
            return Reading::NotOurs;
        }
        let whole = Span::new(0, text.len());
        for (name, kind) in [
            (&b"version"[..], PolicyFault::BadVersion),
            (b"mode", PolicyFault::BadMode),
            (b"max_age", PolicyFault::BadMaxAge),
        ] {
            if !seen.contains(&name) {
                faults.push(Fault { kind, span: whole });
            }
        }
        let bad_mx = faults.iter().any(|f| f.kind == PolicyFault::BadMx);
        if policy.mx.is_empty() && !bad_mx && policy.mode != Some(StsMode::None) {
            faults.push(Fault { kind: PolicyFault::NoMx, span: whole });
        }
        Reading::new(policy, faults)
    }

    /// Whether senders read the same from both, however they are written.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let hosts = |policy: &Self| -> std::collections::BTreeSet<String> {
            policy.mx.iter().map(|(host, _)| host.trim_end_matches('.').to_ascii_lowercase()).collect()
        };
        (self.mode, self.max_age) == (other.mode, other.max_age) && hosts(self) == hosts(other)
    }

    /// Whether a pattern covers `host`: `*.` stands for exactly one label (§4.1).
    pub fn covers(pattern: &str, host: &str) -> bool {
        let (pattern, host) = (pattern.trim_end_matches('.'), host.trim_end_matches('.'));
        match pattern.strip_prefix("*.") {
            Some(tail) => host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(tail)),
            None => pattern.eq_ignore_ascii_case(host),
        }
    }
}

fn read_max_age(value: &[u8]) -> Option<u32> {
    let digits = (1..=10).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
    let number: u32 = std::str::from_utf8(value).ok().filter(|_| digits)?.parse().ok()?;
    (number <= MAX_AGE_LIMIT).then_some(number)
}

fn is_mx_pattern(value: &[u8]) -> bool {
    let host = value.strip_prefix(b"*.").unwrap_or(value);
    let host = host.strip_suffix(b".").unwrap_or(host);
    !host.is_empty()
        && host.len() <= 253
        && host.split(|b| *b == b'.').all(|label| {
            (1..=63).contains(&label.len())
                && label.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}

fn is_mistyped(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    ["version", "mode", "max_age", "mx"]
        .iter()
        .any(|known| name != *known && name.len() >= 2 && crate::model::typo::distance(&name, known) <= 1)
        || matches!(name.as_str(), "version" | "mode" | "max_age" | "mx" | "max-age" | "maxage")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records() {
        use StsFault::*;
        let rows: &[(&str, bool, &[(StsFault, &str)])] = &[
            ("v=STSv1; id=20260101T000000;", true, &[]),
            ("v=STSv1;id=a", true, &[]),
            ("v=STSv1; id=a; x-note.1=b", true, &[]),
            ("v=STSv1; id=2026-01-01", true, &[(BadId, "2026-01-01")]),
            ("v=STSv1; id=", true, &[(BadId, "id=")]),
            ("v=STSv1; id=123456789012345678901234567890123", true, &[(BadId, "123456789012345678901234567890123")]),
            ("v=STSv1;", true, &[(NoId, "v=STSv1;")]),
            ("v=STSv1", true, &[(NoId, "v=STSv1")]),
            ("v=stsv1; id=1", false, &[]),
            (" v=STSv1; id=1", false, &[]),
            ("v=STSv10; id=1", false, &[]),
        ];
        for (text, ours, want) in rows {
            let reading = StsRecord::read(text.as_bytes());
            assert_eq!(reading.is_ours(), *ours, "{text}");
            let got: Vec<_> = reading.faults().iter().map(|f| (f.kind, &text[f.span.range()])).collect();
            assert_eq!(got, *want, "{text}");
        }
    }

    #[test]
    fn policies() {
        use PolicyFault::*;
        let rows: &[(&str, &[(PolicyFault, &str)])] = &[
            ("version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 604800\r\n", &[]),
            ("version: STSv1\nmode: testing\nmx: *.example.com\nmax_age: 604800", &[]), // LF alone is accepted
            ("version: STSv1\nmode: none\nmax_age: 86400\n", &[]),                      // `none` needs no mx
            (
                "version: STSv1\nmode: enforce\nnmx: mail.example.com\nmax_age: 604800\n",
                &[(NoMx, ""), (Mistyped, "nmx")],
            ),
            ("version: STSv1\nmode: on\nmx: a.example\nmax_age: 1\n", &[(BadMode, "on")]),
            ("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 31557601\n", &[(BadMaxAge, "31557601")]),
            ("version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1\n", &[(BadMx, "a b")]),
            ("mode: enforce\nversion: STSv1\nmx: a.example\nmax_age: 1\n", &[(BadVersion, "STSv1")]),
            ("version: STSv1\nmode: none\nmode: enforce\nmax_age: 1\n", &[(Repeated, "mode: enforce")]),
        ];
        for (text, want) in rows {
            let reading = StsPolicy::read(text.as_bytes());
            let got: Vec<_> = reading.faults().iter().map(|f| (f.kind, &text[f.span.range()])).collect();
            let want: Vec<_> = want.iter().map(|(k, s)| (*k, if s.is_empty() { *text } else { s })).collect();
            assert_eq!(got, want, "{text}");
        }
        assert!(!StsPolicy::read(b"<html>not found</html>").is_ours());
    }

    #[test]
    fn patterns() {
        for (pattern, host, covered) in [
            ("mail.example.com", "MAIL.example.com.", true),
            ("*.example.com", "mail.example.com", true),
            ("*.example.com", "a.mail.example.com", false), // one label only
            ("*.example.com", "example.com", false),
            ("mail.example.com", "mail.example.net", false),
        ] {
            assert_eq!(StsPolicy::covers(pattern, host), covered, "{pattern} {host}");
        }
    }
}
