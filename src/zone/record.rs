//! One record as the parser hands it out: places in the text, decoded only when asked.

use std::borrow::Cow;

use hickory_proto::rr::{RData, RecordType};
use hickory_proto::serialize::binary::{BinDecoder, Restrict};

use crate::model::decoded::{Decoded, inside};
use crate::model::source::{OctetMap, Place, SourceId, Span};
use crate::model::wire_name::WireName;
use crate::zone::data::{DataText, unescape_all};
use crate::zone::rtype;

/// One record of a master file; it borrows from the text and from the parser's buffers.
#[derive(Clone, Copy, Debug)]
pub struct Record<'p> {
    /// The text of the file.
    pub text: &'p [u8],
    /// Which file.
    pub source: SourceId,
    /// From its first token to its last, a closing parenthesis included.
    pub span: Span,
    /// The physical lines that it takes, line ends included.
    pub lines: Span,
    /// The owner, absolute, in the case in which it was written.
    pub owner: &'p WireName,
    /// Where the owner is written; none where it is left out (RFC 1035 §5.1).
    pub owner_span: Option<Span>,
    /// Whether the owner surely is that of the record that was handed out before.
    pub same_owner: bool,
    /// What relative names are completed with.
    pub origin: &'p WireName,
    /// Time to live, in seconds.
    pub ttl: u32,
    /// Where the TTL is written; none where it comes from `$TTL` or a record before.
    pub ttl_span: Option<Span>,
    /// The class: 1 for IN.
    pub class: u16,
    /// The type.
    pub rtype: RecordType,
    /// Where the type is written.
    pub rtype_span: Span,
    /// The tokens of the data, quotes included. They have been checked: what is below cannot fail on them, but for a string
    /// of a TXT record that is too long, which is a fault before it.
    pub tokens: &'p [Span],
    /// The comments on its lines, from `;` on.
    pub comments: &'p [Span],
}

impl<'p> Record<'p> {
    /// The octets of `span`.
    pub fn slice(&self, span: Span) -> &'p [u8] {
        span.of(self.text)
    }

    /// `span` with the file.
    pub fn place(&self, span: Span) -> Place {
        Place { source: self.source, span }
    }

    /// From the first token of the data to the last.
    pub fn data_span(&self) -> Span {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => first.to(*last),
            _ => Span { start: self.span.end, end: self.span.end },
        }
    }

    /// The data with all that reading it takes.
    pub fn data(&self) -> DataText<'p> {
        DataText {
            text: self.text,
            tokens: self.tokens,
            rtype: u16::from(self.rtype),
            origin: self.origin,
            end: Span { start: self.span.end, end: self.span.end },
        }
    }

    /// Whether its data is character-strings: TXT, or the obsolete SPF type.
    pub fn is_text(&self) -> bool {
        self.rtype == RecordType::TXT || self.rtype == rtype::SPF
    }

    /// The strings of a TXT record joined, as a verifier reads them; nothing is copied where there is one string
    /// without escapes. Empty for other types.
    pub fn joined(&self) -> Cow<'p, [u8]> {
        if !self.is_text() {
            return Cow::Borrowed(&[]);
        }
        if let [one] = self.tokens {
            let octets = self.slice(inside(self.text, *one));
            if memchr::memchr(b'\\', octets).is_none() {
                return Cow::Borrowed(octets);
            }
        }
        let mut out = Vec::new();
        self.join_into(&mut out);
        Cow::Owned(out)
    }

    /// As [`Record::joined`], appended to a buffer.
    pub fn join_into(&self, out: &mut Vec<u8>) {
        if self.data().is_generic() {
            out.extend(self.decoded().octets);
            return;
        }
        for token in self.tokens.iter().filter(|_| self.is_text()) {
            let octets = self.slice(inside(self.text, *token));
            if memchr::memchr(b'\\', octets).is_none() {
                out.extend_from_slice(octets);
            } else {
                let _ = unescape_all(octets, |b| out.push(b));
            }
        }
    }

    /// The strings of a TXT record joined, with the way back to the text. Empty for other types.
    pub fn decoded(&self) -> Decoded {
        let empty = || Decoded { octets: Vec::new(), map: OctetMap::new(self.source) };
        if !self.is_text() {
            return empty();
        }
        if !self.data().is_generic() {
            return Decoded::tokens(self.source, self.text, self.tokens).unwrap_or_else(|_| empty());
        }
        // RFC 3597 §5: two digits an octet, the first octet of each string its length.
        let digits = self.tokens.iter().skip(2).flat_map(|t| t.start..t.end).collect::<Vec<u32>>();
        let (mut decoded, mut left) = (empty(), 0u8);
        for pair in digits.chunks_exact(2) {
            let octet = pair.iter().fold(0u8, |n, at| {
                let b = self.text.get(*at as usize).copied().unwrap_or_default();
                n << 4 | (b as char).to_digit(16).unwrap_or_default() as u8
            });
            let at = pair.first().copied().unwrap_or_default() as usize;
            if left == 0 {
                left = octet;
                decoded.map.begin_string(at + 2);
            } else {
                left -= 1;
                decoded.octets.push(octet);
                decoded.map.push(1, at, 2);
            }
        }
        decoded
    }

    /// The data as the rest of the program has it; none for types that are kept as they are written.
    pub fn rdata(&self) -> Option<RData> {
        if !rtype::is_modelled(self.rtype) {
            return None;
        }
        let mut wire = Vec::new();
        self.data().wire(&mut wire).ok().filter(|known| *known)?;
        let len = u16::try_from(wire.len()).ok()?;
        RData::read(&mut BinDecoder::new(&wire), self.rtype, Restrict::new(len)).ok()
    }
}
