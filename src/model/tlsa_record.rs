//! TLSA records as a master file has them (RFC 6698 §2.2), with places.

use std::fmt;

use crate::model::reading::{Fault, Reading};
use crate::model::source::Span;
use crate::model::tlsa::{Tlsa, TlsaFault};
use crate::model::words::words;

/// What can be wrong with the text of a TLSA record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsaRecordFault {
    /// One of the three numbers is none from 0 to 255, or missing.
    BadNumber,
    /// The data is not hexadecimal, two digits an octet.
    BadHex,
    /// What it says is of no use to SMTP.
    Tlsa(TlsaFault),
}

/// The data of a TLSA record and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsaRecord<'a> {
    text: &'a [u8],
    /// The data. A number that cannot be read is 255, which is private.
    pub data: Tlsa,
}

impl<'a> TlsaRecord<'a> {
    /// Reads `text`, which is nothing but the data. It is TLSA data when it has more than blanks and is not in the generic
    /// form (RFC 3597 §5).
    pub fn read(text: &'a [u8]) -> Reading<Self, TlsaRecordFault> {
        Self::of(text, &words(text))
    }

    /// The data whose tokens stand at `tokens` in `text`.
    pub fn of(text: &'a [u8], tokens: &[Span]) -> Reading<Self, TlsaRecordFault> {
        let Some(first) = tokens.first().filter(|t| t.of(text) != br"\#") else { return Reading::NotOurs };
        let end = tokens.last().map_or(0, |t| t.end);
        let behind = Span { start: end, end };
        let mut faults = Vec::new();
        let mut number = |index: usize| {
            let span = tokens.get(index).copied().unwrap_or(behind);
            let word = std::str::from_utf8(span.of(text)).ok().filter(|t| t.bytes().all(|b| b.is_ascii_digit()));
            word.and_then(|t| t.parse().ok()).unwrap_or_else(|| {
                faults.push(Fault { kind: TlsaRecordFault::BadNumber, span });
                u8::MAX
            })
        };
        let (usage, selector, matching) = (number(0), number(1), number(2));
        let hex = tokens.get(3..).unwrap_or_default();
        let written: Vec<u8> = hex.iter().flat_map(|t| t.of(text).iter().copied()).collect();
        let digits: Vec<u8> = written.iter().filter_map(|b| (*b as char).to_digit(16).map(|d| d as u8)).collect();
        let data = Tlsa { usage, selector, matching, data: digits.chunks_exact(2).map(|c| c[0] << 4 | c[1]).collect() };
        // Without data there is nothing to point at but the record.
        let whole = match (hex.first(), hex.last()) {
            (Some(first), Some(last)) => first.to(*last),
            _ => first.to(behind),
        };
        let read = faults.is_empty();
        if digits.len() != written.len() || !digits.len().is_multiple_of(2) {
            faults.push(Fault { kind: TlsaRecordFault::BadHex, span: whole });
        }
        // What could not be read is not judged.
        for kind in data.faults().into_iter().filter(|_| read) {
            let index = match kind {
                TlsaFault::UnknownUsage | TlsaFault::UsageNotForSmtp => Some(0),
                TlsaFault::UnknownSelector => Some(1),
                TlsaFault::UnknownMatching => Some(2),
                TlsaFault::WrongLength | TlsaFault::Empty => None,
            };
            let span = index.and_then(|i: usize| tokens.get(i).copied()).unwrap_or(whole);
            faults.push(Fault { kind: TlsaRecordFault::Tlsa(kind), span });
        }
        Reading::new(TlsaRecord { text, data }, faults)
    }
}

impl fmt::Display for TlsaRecord<'_> {
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
        use TlsaFault::*;
        use TlsaRecordFault::*;
        let good = format!("3 1 1 {}", "0f".repeat(32));
        for (text, want) in [
            (good.as_str(), &[][..]),
            ("3 0 0 00 01", &[]),
            ("1 1 0 00", &[(Tlsa(UsageNotForSmtp), 0, 1)]),
            ("3 2 0 00", &[(Tlsa(UnknownSelector), 2, 3)]),
            ("3 1 3 00", &[(Tlsa(UnknownMatching), 4, 5)]),
            ("3 1 0 0x 00", &[(BadHex, 6, 11)]),
            ("3 1 0 000", &[(BadHex, 6, 9)]),
            ("3 1 1 00 00", &[(Tlsa(WrongLength), 6, 11)]),
            ("3 1 0", &[(Tlsa(Empty), 0, 5)]),
            ("3 256 0 00", &[(BadNumber, 2, 5)]),
            ("3 1", &[(BadNumber, 3, 3)]),
        ] {
            let reading = TlsaRecord::read(text.as_bytes());
            let got: Vec<_> = reading.faults().iter().map(|f| (f.kind, f.span.start, f.span.end)).collect();
            assert_eq!(got, want, "{text}");
            assert_eq!(reading.record().unwrap().to_string(), text, "nothing is lost");
        }
        assert_eq!(TlsaRecord::read(b" "), Reading::NotOurs);
        assert_eq!(TlsaRecord::read(b"\\# 3 030101"), Reading::NotOurs);
    }
}
