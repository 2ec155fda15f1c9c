//! The data of MX records (RFC 1035 §3.3.9) as a master file has it.

use std::fmt;

use crate::model::reading::{Fault, Reading};
use crate::model::source::Span;
use crate::model::words::words;

/// What can be wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MxFault {
    /// The preference is not a number from 0 to 65535.
    BadPreference,
    /// There is no exchange.
    NoExchange,
    /// The exchange is no name: an empty label, one over 63 octets, or 255 octets in all.
    BadExchange,
    /// Something behind the exchange.
    ExtraData,
}

/// Preference and exchange, with their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MxRecord<'a> {
    text: &'a [u8],
    /// Lower is tried first; none where it cannot be read.
    pub preference: Option<u16>,
    /// Where the preference stands.
    pub preference_span: Span,
    /// Where the exchange stands; empty where there is none.
    pub exchange_span: Span,
}

impl<'a> MxRecord<'a> {
    /// Reads `text`, which is nothing but the data. It is MX data when it has more than blanks and is not in the generic
    /// form (RFC 3597 §5).
    pub fn read(text: &'a [u8]) -> Reading<Self, MxFault> {
        Self::of(text, &words(text))
    }

    /// The data whose tokens stand at `tokens` in `text`.
    pub fn of(text: &'a [u8], tokens: &[Span]) -> Reading<Self, MxFault> {
        let Some(first) = tokens.first().filter(|t| t.of(text) != br"\#") else { return Reading::NotOurs };
        let mut faults = Vec::new();
        let digits = std::str::from_utf8(first.of(text)).ok().filter(|t| t.bytes().all(|b| b.is_ascii_digit()));
        let preference: Option<u16> = digits.and_then(|t| t.parse().ok());
        if preference.is_none() {
            faults.push(Fault { kind: MxFault::BadPreference, span: *first });
        }
        let behind = Span { start: first.end, end: first.end };
        let exchange_span = match tokens.get(1) {
            None => {
                faults.push(Fault { kind: MxFault::NoExchange, span: behind });
                behind
            }
            Some(token) => {
                if !is_name(token.of(text)) {
                    faults.push(Fault { kind: MxFault::BadExchange, span: *token });
                }
                *token
            }
        };
        faults.extend(tokens.get(2).map(|token| Fault { kind: MxFault::ExtraData, span: *token }));
        Reading::new(MxRecord { text, preference, preference_span: *first, exchange_span }, faults)
    }

    /// The exchange as it is written.
    pub fn exchange(&self) -> &'a [u8] {
        self.exchange_span.of(self.text)
    }

    /// Whether it says that no mail is taken (RFC 7505).
    pub fn is_null(&self) -> bool {
        self.exchange() == b"."
    }
}

/// Whether a token can be a name, relative or absolute (RFC 1035 §5.1).
fn is_name(token: &[u8]) -> bool {
    if matches!(token, b"." | b"@") {
        return true;
    }
    let (mut label, mut total, mut at) = (0usize, 1usize, 0usize);
    while let Some(b) = token.get(at) {
        match b {
            b'.' if label == 0 => return false,
            b'.' => {
                total += label + 1;
                label = 0;
                at += 1;
                continue;
            }
            b'\\' => match token.get(at + 1) {
                Some(b'0'..=b'9') => {
                    let digits = token.get(at + 1..at + 4).and_then(|d| std::str::from_utf8(d).ok());
                    if digits.and_then(|d| d.parse::<u8>().ok()).is_none() {
                        return false;
                    }
                    at += 4;
                }
                Some(_) => at += 2,
                None => return false,
            },
            _ => at += 1,
        }
        label += 1;
        if label > 63 {
            return false;
        }
    }
    total += if label > 0 { label + 1 } else { 0 };
    !token.is_empty() && total <= 255
}

impl fmt::Display for MxRecord<'_> {
    /// The text that was read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes() {
        use MxFault::*;
        let long = "x".repeat(64);
        let deep = "abcdefg.".repeat(32);
        for (text, preference, exchange, faults, why) in [
            ("10 mail.example.com.", Some(10), "mail.example.com.", &[][..], "as it should be"),
            ("  0\t. ", Some(0), ".", &[], "no mail"),
            ("65535 a\\.b\\046c", Some(65535), "a\\.b\\046c", &[], "escapes"),
            ("65536 mail", None, "mail", &[(BadPreference, 0, 5)], "too large"),
            ("+1 mail", None, "mail", &[(BadPreference, 0, 2)], "no sign stands there"),
            ("mail.example.com.", None, "", &[(BadPreference, 0, 17), (NoExchange, 17, 17)], "no preference"),
            ("10", Some(10), "", &[(NoExchange, 2, 2)], "no exchange"),
            ("10 a..b", Some(10), "a..b", &[(BadExchange, 3, 7)], "an empty label"),
            ("10 a\\300", Some(10), "a\\300", &[(BadExchange, 3, 8)], "no octet"),
            ("10 mail 20", Some(10), "mail", &[(ExtraData, 8, 10)], "too much"),
            (&format!("1 {long}"), Some(1), &long, &[(BadExchange, 2, 66)], "a label of 64"),
            (&format!("1 {deep}"), Some(1), &deep, &[(BadExchange, 2, 258)], "257 octets"),
        ] {
            let reading = MxRecord::read(text.as_bytes());
            let record = reading.record().unwrap();
            assert_eq!((record.preference, record.exchange()), (preference, exchange.as_bytes()), "{why}");
            let got: Vec<_> = reading.faults().iter().map(|f| (f.kind, f.span.start, f.span.end)).collect();
            assert_eq!(got, faults, "{why}");
            assert_eq!(record.to_string(), text, "{why}: nothing is lost");
        }
        for none in ["", "  ", "\\# 4 000a 0000"] {
            assert_eq!(MxRecord::read(none.as_bytes()), Reading::NotOurs, "{none}");
        }
    }
}
