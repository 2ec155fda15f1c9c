//! Prefix lengths behind `a` and `mx` (RFC 7208 §5.3): `/24`, `//64`, `/24//64`.

use std::fmt;
use std::ops::Range;

use crate::model::reading::Fault;
use crate::model::spf::{SpfFault, bad};

/// The prefix lengths for both families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DualCidr {
    /// For A records, 32 where none is written.
    pub v4: u8,
    /// For AAAA records, 128 where none is written.
    pub v6: u8,
}

impl Default for DualCidr {
    fn default() -> Self {
        DualCidr { v4: 32, v6: 128 }
    }
}

impl fmt::Display for DualCidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.v4 != 32 {
            write!(f, "/{}", self.v4)?;
        }
        if self.v6 != 128 {
            write!(f, "//{}", self.v6)?;
        }
        Ok(())
    }
}

/// The digits of a prefix length, without the slash. A leading zero is an error (RFC 7208 §5.6 `ip4-cidr-length`),
/// as is a length over `max`.
pub(super) fn prefix(digits: &[u8], span: Range<usize>, max: u8) -> Result<u8, Fault<SpfFault>> {
    let wrong = || bad(SpfFault::BadPrefix { max }, span.clone());
    if digits.is_empty() || digits.len() > 3 || (digits[0] == b'0' && digits.len() > 1) {
        return Err(wrong());
    }
    let value = digits.iter().try_fold(0u16, |n, d| d.is_ascii_digit().then(|| n * 10 + u16::from(d - b'0')));
    match value.and_then(|v| u8::try_from(v).ok()) {
        Some(v) if v <= max => Ok(v),
        _ => Err(wrong()),
    }
}

/// Takes a dual prefix off the end of `text`, which begins at `base` in the record: what is left, and the lengths.
pub(super) fn split_dual(text: &[u8], base: usize) -> Result<(&[u8], DualCidr), Fault<SpfFault>> {
    let mut cidr = DualCidr::default();
    let Some(cut) = slash_digits(text) else { return Ok((text, cidr)) };
    let (rest, tail) = text.split_at(cut);
    let at = base + cut;
    let parts: Vec<&[u8]> = tail[1..].split(|b| *b == b'/').collect();
    let (v4, v6) = match parts.as_slice() {
        [v4] if !v4.is_empty() => (Some(*v4), None),
        [b"", v6] if !v6.is_empty() => (None, Some(*v6)),
        [v4, b"", v6] if !v4.is_empty() && !v6.is_empty() => (Some(*v4), Some(*v6)),
        _ => return Err(bad(SpfFault::BadDualCidr, at..base + text.len())),
    };
    if let Some(digits) = v4 {
        cidr.v4 = prefix(digits, at..at + 1 + digits.len(), 32)?;
    }
    if let Some(digits) = v6 {
        let end = base + text.len();
        cidr.v6 = prefix(digits, end - digits.len() - 2..end, 128)?;
    }
    Ok((rest, cidr))
}

/// Where a tail of digits and slashes begins, the first slash of it: something like a prefix length.
/// No name can end so, for a top label has no slash (RFC 7208 §7.1).
pub(super) fn slash_digits(text: &[u8]) -> Option<usize> {
    let tail = text.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b'/').count();
    let start = text.len() - tail;
    text[start..].iter().position(|b| *b == b'/').map(|n| start + n)
}
