//! Record data from the tokens of a master file to the wire.
//!
//! One walk serves the parser, which only wants to know whether it is data, and whoever wants the octets.

use std::net::Ipv6Addr;

use crate::model::decoded::{inside, unescape};
use crate::model::source::Span;
use crate::model::wire_name::WireName;
use crate::zone::fault::FaultKind;
use crate::zone::layout::{ALGORITHMS, Field, fields};
use crate::zone::print;

/// A fault and its span in the text.
pub type DataFault = (FaultKind, Span);

/// The longest character-string (RFC 1035 §3.3).
const MAX_TEXT: usize = 255;
/// The longest data (RFC 1035 §3.2.1).
const MAX_DATA: usize = 65_535;

/// Where the octets go: kept, or only counted.
trait Sink {
    fn put(&mut self, octets: &[u8]);
    fn len(&self) -> usize;
}

impl Sink for Vec<u8> {
    fn put(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }

    fn len(&self) -> usize {
        Vec::len(self)
    }
}

struct Count(usize);

impl Sink for Count {
    fn put(&mut self, octets: &[u8]) {
        self.0 += octets.len();
    }

    fn len(&self) -> usize {
        self.0
    }
}

/// The data of one record as it stands in the text.
#[derive(Clone, Copy, Debug)]
pub struct DataText<'a> {
    /// The text of the file.
    pub text: &'a [u8],
    /// The tokens of the data, quotes included.
    pub tokens: &'a [Span],
    /// The number of the type.
    pub rtype: u16,
    /// What relative names are completed with.
    pub origin: &'a WireName,
    /// The point behind the record, for what is missing.
    pub end: Span,
}

impl DataText<'_> {
    /// Whether it is in the generic form `\# length hex` (RFC 3597 §5).
    pub fn is_generic(&self) -> bool {
        self.tokens.first().is_some_and(|t| t.of(self.text) == br"\#")
    }

    /// Whether it is character-strings: TXT, or the obsolete SPF type.
    pub fn is_text(&self) -> bool {
        matches!(self.rtype, 16 | 99)
    }

    /// Whether it is data of its type; types of unknown fields are only looked at for their form.
    ///
    /// # Errors
    /// The first thing that is not.
    pub fn check(&self) -> Result<(), DataFault> {
        if self.is_generic() {
            let mut wire = Vec::new();
            return self.generic(&mut wire);
        }
        match fields(self.rtype) {
            // The commonest type needs no walk.
            Some([Field::Address4]) => match self.tokens {
                [one] => address4(one.of(self.text)).map(drop).ok_or((FaultKind::BadAddress4, *one)),
                [] => Err((FaultKind::MissingData, self.end)),
                [_, extra, ..] => Err((FaultKind::ExtraData, *extra)),
            },
            Some(fields) => self.walk(fields, &mut Count(0)),
            // Of the types whose fields are not known, APL alone may have none (RFC 3123 §4).
            None if self.tokens.is_empty() && self.rtype != 42 => Err((FaultKind::MissingData, self.end)),
            None => Ok(()),
        }
    }

    /// Appends the data in wire form to `out` and gives whether the fields of its type are known.
    ///
    /// # Errors
    /// As [`DataText::check`].
    pub fn wire(&self, out: &mut Vec<u8>) -> Result<bool, DataFault> {
        if self.is_generic() {
            let mut wire = Vec::new();
            self.generic(&mut wire)?;
            out.extend_from_slice(&wire);
            return Ok(true);
        }
        match fields(self.rtype) {
            Some(fields) => {
                let mut wire = Vec::new();
                self.walk(fields, &mut wire)?;
                out.extend_from_slice(&wire);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn walk(&self, fields: &[Field], out: &mut impl Sink) -> Result<(), DataFault> {
        let mut tokens = self.tokens;
        for field in fields {
            let Some((token, rest)) = tokens.split_first() else { return Err((FaultKind::MissingData, self.end)) };
            let bytes = inside(self.text, *token).of(self.text);
            let bad = |kind| (kind, *token);
            match field {
                Field::Address4 => out.put(&address4(bytes).ok_or(bad(FaultKind::BadAddress4))?),
                Field::Address6 => out.put(&address6(bytes).ok_or(bad(FaultKind::BadAddress6))?),
                Field::Number8 => out.put(&[number(bytes, u8::MAX.into()).map_err(bad)? as u8]),
                Field::Number16 => out.put(&(number(bytes, u16::MAX.into()).map_err(bad)? as u16).to_be_bytes()),
                Field::Number32 => out.put(&number(bytes, u32::MAX).map_err(bad)?.to_be_bytes()),
                Field::Period => {
                    let seconds = crate::zone::ttl::read(bytes).and_then(Result::ok);
                    out.put(&seconds.ok_or(bad(FaultKind::BadTtl))?.to_be_bytes());
                }
                Field::Algorithm => out.put(&[algorithm(bytes).ok_or(bad(FaultKind::BadAlgorithm))?]),
                Field::Name => {
                    let mut name = WireName::root();
                    name.read(bytes, self.origin).map_err(|e| bad(FaultKind::BadName(e)))?;
                    out.put(name.wire());
                }
                Field::Text => self.text(*token, out)?,
                Field::Texts => {
                    for token in tokens {
                        self.text(*token, out)?;
                    }
                    tokens = &[];
                    continue;
                }
                Field::Tag => {
                    let good =
                        !bytes.is_empty() && bytes.len() <= MAX_TEXT && bytes.iter().all(u8::is_ascii_alphanumeric);
                    if !good {
                        return Err(bad(FaultKind::BadTag));
                    }
                    out.put(&[bytes.len() as u8]);
                    out.put(bytes);
                }
                Field::LongText => {
                    let mut octets = Vec::new();
                    unescape_all(bytes, |b| octets.push(b)).map_err(|()| bad(FaultKind::BadEscape))?;
                    out.put(&octets);
                }
                Field::Hex => {
                    let octets = hex(self.text, tokens)?;
                    out.put(&octets);
                    tokens = &[];
                    continue;
                }
                Field::Salt if bytes == b"-" => out.put(&[0]),
                Field::Salt => {
                    let octets = hex(self.text, &[*token])?;
                    out.put(&[u8::try_from(octets.len()).map_err(|_| bad(FaultKind::BadHex))?]);
                    out.put(&octets);
                }
                Field::Base64 => {
                    let octets = base64(self.text, tokens)?;
                    out.put(&octets);
                    tokens = &[];
                    continue;
                }
                Field::Eui(len) => out.put(&eui(bytes, usize::from(*len)).ok_or(bad(FaultKind::BadEui))?),
            }
            tokens = rest;
        }
        if let Some(extra) = tokens.first() {
            return Err((FaultKind::ExtraData, *extra));
        }
        if out.len() > MAX_DATA {
            return Err((FaultKind::DataTooLong, self.tokens.first().copied().unwrap_or_default().to(self.end)));
        }
        Ok(())
    }

    fn text(&self, token: Span, out: &mut impl Sink) -> Result<(), DataFault> {
        let bytes = inside(self.text, token).of(self.text);
        if bytes.len() <= MAX_TEXT && memchr::memchr(b'\\', bytes).is_none() {
            out.put(&[bytes.len() as u8]);
            out.put(bytes);
            return Ok(());
        }
        let mut octets = Vec::with_capacity(bytes.len());
        unescape_all(bytes, |b| octets.push(b)).map_err(|()| (FaultKind::BadEscape, token))?;
        let len = u8::try_from(octets.len()).map_err(|_| (FaultKind::StringTooLong(octets.len() as u32), token))?;
        out.put(&[len]);
        out.put(&octets);
        Ok(())
    }

    /// RFC 3597 §5: `\#`, the number of octets, and so many octets in hexadecimal.
    fn generic(&self, out: &mut Vec<u8>) -> Result<(), DataFault> {
        let whole =
            self.tokens.first().copied().unwrap_or_default().to(self.tokens.last().copied().unwrap_or_default());
        let [_, length, digits @ ..] = self.tokens else { return Err((FaultKind::MissingData, self.end)) };
        let length_text = length.of(self.text);
        let expected = number(length_text, u16::MAX.into()).map_err(|kind| (kind, *length))?;
        let octets = hex(self.text, digits)?;
        let fits = fields(self.rtype).is_none_or(|fields| print::data(fields, &octets).is_some());
        if octets.len() != expected as usize || !fits {
            return Err((FaultKind::BadGeneric, whole));
        }
        out.extend_from_slice(&octets);
        Ok(())
    }
}

/// Decodes every escape of `bytes`; the octets go to `put`.
///
/// # Errors
/// An escape that means no octet.
pub(crate) fn unescape_all(bytes: &[u8], mut put: impl FnMut(u8)) -> Result<(), ()> {
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        if b == b'\\' {
            let (octet, width) = unescape(bytes.get(i..).unwrap_or_default()).ok_or(())?;
            put(octet);
            i += width;
        } else {
            put(b);
            i += 1;
        }
    }
    Ok(())
}

/// Four decimal octets without leading zeros.
pub(crate) fn address4(text: &[u8]) -> Option<[u8; 4]> {
    let (mut out, mut part, mut value, mut digits) = ([0u8; 4], 0usize, 0u32, 0u32);
    for &b in text {
        match b {
            b'0'..=b'9' => {
                if digits > 0 && value == 0 {
                    return None;
                }
                value = value * 10 + u32::from(b - b'0');
                digits += 1;
                if value > 255 {
                    return None;
                }
            }
            b'.' if digits > 0 && part < 3 => {
                out[part] = value as u8;
                part += 1;
                (value, digits) = (0, 0);
            }
            _ => return None,
        }
    }
    if part != 3 || digits == 0 {
        return None;
    }
    out[3] = value as u8;
    Some(out)
}

fn address6(text: &[u8]) -> Option<[u8; 16]> {
    std::str::from_utf8(text).ok()?.parse::<Ipv6Addr>().ok().map(|a| a.octets())
}

fn number(text: &[u8], max: u32) -> Result<u32, FaultKind> {
    let mut value = 0u64;
    for &b in text {
        if !b.is_ascii_digit() {
            return Err(FaultKind::BadNumber(max));
        }
        value = (value * 10 + u64::from(b - b'0')).min(1 << 40);
    }
    match u32::try_from(value) {
        Ok(n) if n <= max && !text.is_empty() => Ok(n),
        _ => Err(FaultKind::BadNumber(max)),
    }
}

fn algorithm(text: &[u8]) -> Option<u8> {
    if let Ok(n) = number(text, u8::MAX.into()) {
        return Some(n as u8);
    }
    ALGORITHMS.iter().find(|(m, _)| m.as_bytes().eq_ignore_ascii_case(text)).map(|(_, n)| *n)
}

fn hex_digit(b: u8) -> Option<u8> {
    (b as char).to_digit(16).map(|d| d as u8)
}

fn hex(text: &[u8], tokens: &[Span]) -> Result<Vec<u8>, DataFault> {
    let (mut out, mut half) = (Vec::new(), None);
    for token in tokens {
        for &b in token.of(text) {
            let digit = hex_digit(b).ok_or((FaultKind::BadHex, *token))?;
            half = match half {
                None => Some(digit),
                Some(high) => {
                    out.push(high << 4 | digit);
                    None
                }
            };
        }
    }
    match (half, tokens.last()) {
        (Some(_), Some(last)) => Err((FaultKind::BadHex, *last)),
        _ => Ok(out),
    }
}

fn base64(text: &[u8], tokens: &[Span]) -> Result<Vec<u8>, DataFault> {
    use ::base64::Engine as _;
    let joined: Vec<u8> = tokens.iter().flat_map(|t| t.of(text).iter().copied()).collect();
    let whole = tokens.first().copied().unwrap_or_default().to(tokens.last().copied().unwrap_or_default());
    ::base64::engine::general_purpose::STANDARD.decode(joined).map_err(|_| (FaultKind::BadBase64, whole))
}

fn eui(text: &[u8], len: usize) -> Option<Vec<u8>> {
    let octet = |part: &[u8]| match part {
        [a, b] => Some(hex_digit(*a)? << 4 | hex_digit(*b)?),
        _ => None,
    };
    let octets: Option<Vec<u8>> = text.split(|b| *b == b'-').map(octet).collect();
    octets.filter(|o| o.len() == len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::{print, rtype};

    /// Reads data whose tokens are parted by blanks (or are quoted without blanks inside).
    fn read(rtype: &str, text: &str) -> Result<String, FaultKind> {
        let mut tokens = Vec::new();
        let mut at = 0;
        for part in text.split(' ') {
            if !part.is_empty() {
                tokens.push(Span::new(at, at + part.len()));
            }
            at += part.len() + 1;
        }
        let rtype = u16::from(rtype::read(rtype.as_bytes()).unwrap());
        let origin = WireName::from_name(&crate::model::name::shown("example.com.").unwrap());
        let end = Span::new(text.len(), text.len());
        let data = DataText { text: text.as_bytes(), tokens: &tokens, rtype, origin: &origin, end };
        let mut wire = Vec::new();
        let result = data.wire(&mut wire);
        assert_eq!(data.check().err(), result.err(), "{text}");
        result.map_err(|e| e.0).map(|known| {
            assert!(known, "{text}");
            print::data(fields(rtype).unwrap_or(&[Field::Hex]), &wire).unwrap()
        })
    }

    #[test]
    fn data_reads_and_prints() {
        let long = format!("\"{}\"", "x".repeat(256));
        let cases: &[(&str, &str, Result<&str, FaultKind>)] = &[
            ("A", "192.0.2.1", Ok("192.0.2.1")),
            ("A", "192.0.2.256", Err(FaultKind::BadAddress4)),
            ("A", "192.0.2", Err(FaultKind::BadAddress4)),
            ("A", "192.0.02.1", Err(FaultKind::BadAddress4)),
            ("A", "192.0.2.1.", Err(FaultKind::BadAddress4)),
            ("A", "", Err(FaultKind::MissingData)),
            ("A", "192.0.2.1 x", Err(FaultKind::ExtraData)),
            ("AAAA", "2001:DB8::1", Ok("2001:db8::1")),
            ("AAAA", "192.0.2.1", Err(FaultKind::BadAddress6)),
            ("MX", "10 mail", Ok("10 mail.example.com.")),
            ("MX", "0 .", Ok("0 .")),
            ("MX", "65536 mail", Err(FaultKind::BadNumber(65535))),
            ("MX", "mail", Err(FaultKind::BadNumber(65535))),
            ("MX", "10", Err(FaultKind::MissingData)),
            ("TXT", r#""v=spf1" x\;y"#, Ok(r#""v=spf1" "x;y""#)),
            ("TXT", &long, Err(FaultKind::StringTooLong(256))),
            ("TXT", r"\256", Err(FaultKind::BadEscape)),
            ("TXT", "", Err(FaultKind::MissingData)),
            ("TXT", r"\# 3 02 6869", Ok(r#""hi""#)),
            ("TXT", r"\# 3 056869", Err(FaultKind::BadGeneric)),
            ("TXT", r"\# 4 026869", Err(FaultKind::BadGeneric)),
            ("TYPE65280", r"\# 4 0A000001", Ok("0a000001")),
            ("SOA", "ns root 1 2h 15m 2w 5m", Ok("ns.example.com. root.example.com. 1 7200 900 1209600 300")),
            ("CAA", r#"0 issue "ca.example\;x""#, Ok(r#"0 issue "ca.example;x""#)),
            ("CAA", "0 is_sue x", Err(FaultKind::BadTag)),
            ("TLSA", "3 1 1 AB cd", Ok("3 1 1 abcd")),
            ("TLSA", "3 1 1 abc", Err(FaultKind::BadHex)),
            ("DS", "1 rsasha256 2 00ff", Ok("1 8 2 00ff")),
            ("DNSKEY", "256 3 13 AAEC Aw==", Ok("256 3 13 AAECAw==")),
            ("OPENPGPKEY", "A*==", Err(FaultKind::BadBase64)),
            ("EUI48", "00-00-5e-00-53-2a", Ok("00-00-5e-00-53-2a")),
            ("EUI48", "00-00-5e-00-53", Err(FaultKind::BadEui)),
            ("NSEC3PARAM", "1 0 0 -", Ok("1 0 0 -")),
            ("NSEC3PARAM", "1 0 10 ab", Ok("1 0 10 ab")),
            ("SRV", "0 5 587 mail.example.net.", Ok("0 5 587 mail.example.net.")),
        ];
        for (rtype, text, want) in cases {
            assert_eq!(read(rtype, text).as_deref().map_err(|e| *e), *want, "{rtype} {text}");
        }
    }
}
