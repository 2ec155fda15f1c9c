//! Macro expansion (RFC 7208 §7.3), given the values.

use std::borrow::Cow;

use crate::model::name::Name;
use crate::model::spf::{MacroLetter, MacroPart, MacroString};

/// The longest name that is asked for (RFC 7208 §7.3).
const MAX_NAME: usize = 253;
/// A name's last octets decide what it is truncated to; more are not put together, whatever a record asks for.
const ENOUGH: usize = 1024;

impl MacroString {
    /// A domain-spec made a name: no last dot, whole labels dropped on the left until it has at most 253 octets (§7.3).
    /// `value` gives what a letter stands for; where it does not know, there is no name.
    pub fn name(&self, value: impl Fn(MacroLetter) -> Option<String>) -> Option<String> {
        let whole = match self.literal() {
            Some(text) => Cow::Borrowed(text),
            None => {
                let mut pieces = Vec::new();
                let mut length = 0;
                for part in self.parts.iter().rev() {
                    let piece = self.part(part, &value)?;
                    length += piece.len();
                    pieces.push(piece);
                    if length > ENOUGH {
                        break;
                    }
                }
                pieces.reverse();
                Cow::Owned(pieces.concat())
            }
        };
        let mut name = whole.strip_suffix('.').unwrap_or(&whole);
        while name.len() > MAX_NAME {
            match name.split_once('.') {
                Some((_, rest)) => name = rest,
                None => break,
            }
        }
        Some(name.to_string())
    }

    /// The text, expanded, if it has at most `limit` octets and every value is known.
    pub fn expand(&self, limit: usize, value: impl Fn(MacroLetter) -> Option<String>) -> Option<String> {
        let mut out = String::new();
        for part in &self.parts {
            out.push_str(&self.part(part, &value)?);
            if out.len() > limit {
                return None;
            }
        }
        Some(out)
    }

    /// Whether `letter` stands in it.
    pub fn uses(&self, letter: MacroLetter) -> bool {
        self.parts.iter().any(|p| matches!(p, MacroPart::Expand { letter: l, .. } if *l == letter))
    }

    /// What a part stands for.
    fn part(&self, part: &MacroPart, value: impl Fn(MacroLetter) -> Option<String>) -> Option<Cow<'_, str>> {
        Some(match part {
            MacroPart::Literal(span) => Cow::Borrowed(self.text.get(span.clone()).unwrap_or_default()),
            MacroPart::Escaped(text) => Cow::Borrowed(*text),
            MacroPart::Expand { letter, url_escape, keep, reverse, delimiters } => {
                let value = transform(&value(*letter)?, *keep, *reverse, delimiters);
                Cow::Owned(if *url_escape { escape(&value) } else { value })
            }
        })
    }
}

/// The name that an expanded domain-spec is, or nothing where DNS has no such name: an empty label, a label over 63
/// octets, over 253 octets in all (RFC 7208 §4.3, §4.8; RFC 1035 §2.3.4). Any octet may stand in a label.
pub fn target_name(text: &str) -> Option<Name> {
    let bare = text.strip_suffix('.').unwrap_or(text);
    if bare.is_empty() || bare.len() > MAX_NAME {
        return None;
    }
    Name::from_labels(bare.split('.').map(str::as_bytes))
}

/// Splits, turns round, keeps the right-hand parts, joins with dots (§7.3).
fn transform(value: &str, keep: Option<u16>, reverse: bool, delimiters: &str) -> String {
    if keep.is_none() && !reverse && delimiters.is_empty() {
        return value.to_string();
    }
    let delimiters = if delimiters.is_empty() { "." } else { delimiters };
    let mut parts: Vec<&str> = value.split(|c| delimiters.contains(c)).collect();
    if reverse {
        parts.reverse();
    }
    let kept = keep.map_or(parts.len(), usize::from).min(parts.len());
    parts[parts.len() - kept..].join(".")
}

/// URL escaping: all but the unreserved characters of RFC 3986 §2.3 (RFC 7208 §7.3).
fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for b in value.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}
