//! Macro strings (RFC 7208 §7): the text behind `:` and `=`, and explanations.

use std::fmt;
use std::ops::Range;

use crate::model::reading::Fault;
use crate::model::source::Span;
use crate::model::spf::{SpfFault, bad};
use crate::model::txt;

/// A macro string, parsed; prints as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MacroString {
    /// The text as written.
    pub text: String,
    /// Its parts in order.
    pub parts: Vec<MacroPart>,
    /// Where it stands in the record.
    pub span: Span,
}

/// A part of a macro string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MacroPart {
    /// Text that stands for itself: so many octets of the string as written.
    Literal(Range<usize>),
    /// `%%`, `%_` or `%-`, which a domain-spec may end in: what it stands for.
    Escaped(&'static str),
    /// `%{…}`.
    Expand {
        /// Which value.
        letter: MacroLetter,
        /// Written in upper case: the value is URL-escaped (§7.3).
        url_escape: bool,
        /// How many right-hand parts are kept; all where none is written.
        keep: Option<u16>,
        /// The parts are turned round first.
        reverse: bool,
        /// What separates the parts; `.` where none is written.
        delimiters: String,
    },
}

/// The macro letters (§7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacroLetter {
    /// `s`: the sender.
    Sender,
    /// `l`: its local part.
    LocalPart,
    /// `o`: its domain.
    SenderDomain,
    /// `d`: the domain being evaluated.
    Domain,
    /// `i`: the client's address, in parts.
    Ip,
    /// `p`: its validated name.
    ValidatedName,
    /// `v`: `in-addr` or `ip6`.
    Arpa,
    /// `h`: the HELO name.
    Helo,
    /// `c`: the client's address, for people.
    ReadableIp,
    /// `r`: the receiver's name.
    Receiver,
    /// `t`: seconds since 1970.
    Timestamp,
}

impl MacroLetter {
    fn from_octet(octet: u8) -> Option<Self> {
        Some(match octet.to_ascii_lowercase() {
            b's' => MacroLetter::Sender,
            b'l' => MacroLetter::LocalPart,
            b'o' => MacroLetter::SenderDomain,
            b'd' => MacroLetter::Domain,
            b'i' => MacroLetter::Ip,
            b'p' => MacroLetter::ValidatedName,
            b'v' => MacroLetter::Arpa,
            b'h' => MacroLetter::Helo,
            b'c' => MacroLetter::ReadableIp,
            b'r' => MacroLetter::Receiver,
            b't' => MacroLetter::Timestamp,
            _ => return None,
        })
    }

    /// `c`, `r` and `t` (§7.2).
    fn explanation_only(self) -> bool {
        matches!(self, MacroLetter::ReadableIp | MacroLetter::Receiver | MacroLetter::Timestamp)
    }
}

impl MacroString {
    /// Reads a domain-spec (§7.1) that begins at octet `base` of its record.
    ///
    /// # Errors
    /// The first fault: a macro, a letter of explanations, or an end that is no top label.
    pub(super) fn domain_spec(octets: &[u8], base: usize) -> Result<Self, Fault<SpfFault>> {
        let spec = Self::read(octets, base, false)?;
        check_end(&spec)?;
        Ok(spec)
    }

    /// Reads the value of an unknown modifier: its syntax counts, its meaning does not (§6).
    ///
    /// # Errors
    /// A malformed macro.
    pub(super) fn value(octets: &[u8], base: usize) -> Result<Self, Fault<SpfFault>> {
        Self::read(octets, base, true)
    }

    /// Reads an explanation text (§6.2 `explain-string`): macro strings and spaces.
    ///
    /// # Errors
    /// A malformed macro, or an octet that is neither visible US-ASCII nor a space.
    pub fn explanation(octets: &[u8]) -> Result<Self, Fault<SpfFault>> {
        if let Some(at) = octets.iter().position(|b| !(0x20..=0x7e).contains(b)) {
            return Err(bad(SpfFault::NonAscii, at..at + 1));
        }
        Self::read(octets, 0, true)
    }

    /// The text, if no macro needs an evaluation to be known.
    pub fn literal(&self) -> Option<&str> {
        let plain = |p: &MacroPart| matches!(p, MacroPart::Literal(_));
        self.parts.iter().all(plain).then_some(self.text.as_str())
    }

    /// `octets` are US-ASCII.
    fn read(octets: &[u8], base: usize, explanation: bool) -> Result<Self, Fault<SpfFault>> {
        let mut parts = Vec::with_capacity(1);
        let mut at = 0;
        while at < octets.len() {
            if octets[at] != b'%' {
                let end = octets[at..].iter().position(|b| *b == b'%').map_or(octets.len(), |n| at + n);
                parts.push(MacroPart::Literal(at..end));
                at = end;
                continue;
            }
            let (part, length) = match octets.get(at + 1) {
                Some(b'%') => (MacroPart::Escaped("%"), 2),
                Some(b'_') => (MacroPart::Escaped(" "), 2),
                Some(b'-') => (MacroPart::Escaped("%20"), 2),
                Some(b'{') => expand(&octets[at..], base + at, explanation)?,
                _ => {
                    let end = octets.len().min(at + 2);
                    return Err(bad(SpfFault::BadMacro, base + at..base + end));
                }
            };
            parts.push(part);
            at += length;
        }
        let text = txt::shown(octets).into_owned();
        Ok(MacroString { text, parts, span: Span::new(base, base + octets.len()) })
    }
}

impl fmt::Display for MacroString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Reads `%{…}` at the start of `octets`: the part, and its length in octets.
fn expand(octets: &[u8], base: usize, explanation: bool) -> Result<(MacroPart, usize), Fault<SpfFault>> {
    let close = octets.iter().position(|b| *b == b'}');
    let span = base..base + close.map_or(octets.len(), |n| n + 1);
    let wrong = |kind| bad(kind, span.clone());
    let (Some(close), Some(&letter)) = (close, octets.get(2)) else { return Err(wrong(SpfFault::BadMacro)) };
    if !letter.is_ascii_alphabetic() {
        return Err(wrong(SpfFault::BadMacro));
    }
    let shown = char::from(letter);
    let url_escape = letter.is_ascii_uppercase();
    let letter = MacroLetter::from_octet(letter).ok_or_else(|| wrong(SpfFault::UnknownMacro { letter: shown }))?;
    if letter.explanation_only() && !explanation {
        return Err(wrong(SpfFault::ExplanationMacro { letter: shown }));
    }
    let rest = octets.get(3..close).unwrap_or_default();
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at(digits);
    let keep = (!digits.is_empty())
        .then(|| digits.iter().fold(0u16, |n, d| n.saturating_mul(10).saturating_add(u16::from(d - b'0'))));
    // A number of parts must not be zero (RFC 7208 §7.3).
    if keep == Some(0) {
        return Err(wrong(SpfFault::BadMacro));
    }
    let (reverse, rest) = match rest {
        [b'r' | b'R', rest @ ..] => (true, rest),
        _ => (false, rest),
    };
    if !rest.iter().all(|b| b".-+,/_=".contains(b)) {
        return Err(wrong(SpfFault::BadMacro));
    }
    let delimiters = String::from_utf8_lossy(rest).into_owned();
    Ok((MacroPart::Expand { letter, url_escape, keep, reverse, delimiters }, close + 1))
}

/// `domain-end = ( "." toplabel [ "." ] ) / macro-expand` (RFC 7208 §7.1).
fn check_end(spec: &MacroString) -> Result<(), Fault<SpfFault>> {
    let Some(MacroPart::Literal(span)) = spec.parts.last() else { return Ok(()) };
    let text = spec.text.as_bytes().get(span.clone()).unwrap_or_default();
    let end = text.strip_suffix(b".").unwrap_or(text);
    match end.iter().rposition(|b| *b == b'.') {
        Some(dot) if is_toplabel(&end[dot + 1..]) => Ok(()),
        _ => Err(bad(SpfFault::BadDomainEnd, spec.span.range())),
    }
}

/// `toplabel` (RFC 7208 §7.1): letters, digits and inner hyphens, and not digits alone.
fn is_toplabel(label: &[u8]) -> bool {
    let alphanumeric = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    alphanumeric(label.first())
        && alphanumeric(label.last())
        && label.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        && label.iter().any(|b| !b.is_ascii_digit())
}
