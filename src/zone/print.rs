//! Record data from the wire to master-file text.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use hickory_proto::rr::RData;
use hickory_proto::serialize::binary::{BinEncodable, BinEncoder, NameEncoding};

use crate::model::txt;
use crate::model::wire_name::WireName;
use crate::zone::layout::{Field, fields};

/// Data of the given fields in master-file form, names with their last dot; none if it is not such data.
pub fn data(fields: &[Field], wire: &[u8]) -> Option<String> {
    let parts = parts(fields, wire)?;
    Some(parts.join(" "))
}

/// As [`data`], one element a token (all octets of hexadecimal and base64 in one).
pub fn parts(fields: &[Field], wire: &[u8]) -> Option<Vec<String>> {
    let mut rest = wire;
    let mut out = Vec::new();
    for field in fields {
        match field {
            Field::Address4 => out.push(Ipv4Addr::from(take::<4>(&mut rest)?).to_string()),
            Field::Address6 => out.push(Ipv6Addr::from(take::<16>(&mut rest)?).to_string()),
            Field::Number8 | Field::Algorithm => out.push(take::<1>(&mut rest)?[0].to_string()),
            Field::Number16 => out.push(u16::from_be_bytes(take(&mut rest)?).to_string()),
            Field::Number32 | Field::Period => out.push(u32::from_be_bytes(take(&mut rest)?).to_string()),
            Field::Name => {
                let (name, behind) = WireName::split(rest)?;
                rest = behind;
                out.push(name.to_string());
            }
            Field::Text => out.push(txt::quoted_string(counted(&mut rest)?)),
            Field::Texts => {
                out.push(txt::quoted_string(counted(&mut rest)?));
                while !rest.is_empty() {
                    out.push(txt::quoted_string(counted(&mut rest)?));
                }
            }
            Field::Tag => {
                let tag = std::str::from_utf8(counted(&mut rest)?).ok()?;
                if tag.is_empty() || !tag.bytes().all(|b| b.is_ascii_alphanumeric()) {
                    return None;
                }
                out.push(tag.to_string());
            }
            Field::LongText => out.push(txt::quoted_string(std::mem::take(&mut rest))),
            Field::Hex => out.push(hex(std::mem::take(&mut rest))),
            Field::Salt => match counted(&mut rest)? {
                [] => out.push("-".into()),
                salt => out.push(hex(salt)),
            },
            Field::Base64 => out.push(base64::engine::general_purpose::STANDARD.encode(std::mem::take(&mut rest))),
            Field::Eui(len) => {
                let (octets, behind) = rest.split_at_checked(usize::from(*len))?;
                rest = behind;
                let parts: Vec<String> = octets.iter().map(|b| format!("{b:02x}")).collect();
                out.push(parts.join("-"));
            }
        }
    }
    rest.is_empty().then_some(out)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, behind) = rest.split_first_chunk::<N>()?;
    *rest = behind;
    Some(*head)
}

fn counted<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (len, tail) = rest.split_first()?;
    let (octets, behind) = tail.split_at_checked(usize::from(*len))?;
    *rest = behind;
    Some(octets)
}

/// Octets in lower-case hexadecimal.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// The wire form of `value` without name compression; none where hickory cannot write it.
pub fn wire(value: &RData) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = BinEncoder::new(&mut out);
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    value.emit(&mut encoder).ok()?;
    Some(out)
}

/// The tokens of `value` in master-file form: by the fields of its type, else generic (RFC 3597 §5). A TXT string that
/// is too long for the wire is split (RFC 1035 §3.3).
pub fn tokens(value: &RData) -> Vec<String> {
    if let RData::TXT(text) = value {
        let strings = text.txt_data.iter().flat_map(|s| match s.is_empty() {
            true => vec![&s[..]],
            false => s.chunks(txt::MAX_STRING).collect(),
        });
        let tokens: Vec<String> = strings.map(txt::quoted_string).collect();
        return if tokens.is_empty() { vec![txt::quoted_string(b"")] } else { tokens };
    }
    let octets = wire(value).unwrap_or_default();
    let known = fields(u16::from(value.record_type())).and_then(|fields| parts(fields, &octets));
    known.unwrap_or_else(|| match octets.as_slice() {
        [] => vec![r"\#".into(), "0".into()],
        some => vec![r"\#".into(), some.len().to_string(), hex(some)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::parse_value;
    use hickory_proto::rr::{RecordType, rdata::TXT};

    #[test]
    fn values_of_the_program() {
        let soa = parse_value(RecordType::SOA, "ns.example.com. root.example.com. 1 7200 900 1209600 300");
        let mx = parse_value(RecordType::MX, "10 mail.example.com.");
        let caa = parse_value(RecordType::CAA, "0 issue \"ca.example; a=b\"");
        let long = RData::TXT(TXT::from_bytes(vec![b"a\"", &[b'x'; 300]]));
        let cases = [
            (soa.unwrap(), "ns.example.com. root.example.com. 1 7200 900 1209600 300".to_string()),
            (mx.unwrap(), "10 mail.example.com.".to_string()),
            (caa.unwrap(), "0 issue \"ca.example; a=b\"".to_string()),
            (long, format!("\"a\\\"\" \"{}\" \"{}\"", "x".repeat(255), "x".repeat(45))),
            (RData::TXT(TXT::from_bytes(vec![])), "\"\"".to_string()),
        ];
        for (value, want) in cases {
            assert_eq!(tokens(&value).join(" "), want);
        }
    }
}
