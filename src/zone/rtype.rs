//! Record types by their mnemonics, those that hickory does not model too.

use std::borrow::Cow;

use hickory_proto::rr::RecordType;

/// Mnemonics of the IANA registry "Resource Record (RR) TYPEs", in the order of the alphabet, with their numbers.
const MNEMONICS: &[(&str, u16)] = &[
    ("A", 1),
    ("A6", 38),
    ("AAAA", 28),
    ("AFSDB", 18),
    ("AMTRELAY", 260),
    ("APL", 42),
    ("ATMA", 34),
    ("AVC", 258),
    ("BRID", 68),
    ("CAA", 257),
    ("CDNSKEY", 60),
    ("CDS", 59),
    ("CERT", 37),
    ("CLA", 263),
    ("CNAME", 5),
    ("CSYNC", 62),
    ("DHCID", 49),
    ("DLV", 32769),
    ("DNAME", 39),
    ("DNSKEY", 48),
    ("DOA", 259),
    ("DS", 43),
    ("DSYNC", 66),
    ("EID", 31),
    ("EUI48", 108),
    ("EUI64", 109),
    ("GID", 102),
    ("GPOS", 27),
    ("HHIT", 67),
    ("HINFO", 13),
    ("HIP", 55),
    ("HTTPS", 65),
    ("IPN", 264),
    ("IPSECKEY", 45),
    ("ISDN", 20),
    ("KEY", 25),
    ("KX", 36),
    ("L32", 105),
    ("L64", 106),
    ("LOC", 29),
    ("LP", 107),
    ("MB", 7),
    ("MD", 3),
    ("MF", 4),
    ("MG", 8),
    ("MINFO", 14),
    ("MR", 9),
    ("MX", 15),
    ("NAPTR", 35),
    ("NID", 104),
    ("NIMLOC", 32),
    ("NINFO", 56),
    ("NS", 2),
    ("NSAP", 22),
    ("NSAP-PTR", 23),
    ("NSEC", 47),
    ("NSEC3", 50),
    ("NSEC3PARAM", 51),
    ("NULL", 10),
    ("NXT", 30),
    ("OPENPGPKEY", 61),
    ("PTR", 12),
    ("PX", 26),
    ("RESINFO", 261),
    ("RKEY", 57),
    ("RP", 17),
    ("RRSIG", 46),
    ("RT", 21),
    ("SIG", 24),
    ("SINK", 40),
    ("SMIMEA", 53),
    ("SOA", 6),
    ("SPF", 99),
    ("SRV", 33),
    ("SSHFP", 44),
    ("SVCB", 64),
    ("TA", 32768),
    ("TALINK", 58),
    ("TLSA", 52),
    ("TXT", 16),
    ("UID", 101),
    ("UINFO", 100),
    ("UNSPEC", 103),
    ("URI", 256),
    ("WALLET", 262),
    ("WKS", 11),
    ("X25", 19),
    ("ZONEMD", 63),
];

/// The obsolete SPF type (RFC 7208 §3.1), which hickory does not name.
pub const SPF: RecordType = RecordType::Unknown(99);

/// The type that `text` names: a mnemonic in either case, or `TYPE` and a number (RFC 3597 §5).
///
/// Types that only ever travel in messages (`ANY`, `OPT`, `TSIG` …) are none here.
pub fn read(text: &[u8]) -> Option<RecordType> {
    match text {
        b"A" => return Some(RecordType::A),
        b"TXT" => return Some(RecordType::TXT),
        b"MX" => return Some(RecordType::MX),
        b"NS" => return Some(RecordType::NS),
        b"AAAA" => return Some(RecordType::AAAA),
        b"CNAME" => return Some(RecordType::CNAME),
        _ => {}
    }
    if text.len() > 10 {
        return None;
    }
    let mut buffer = [0u8; 10];
    let upper = buffer.get_mut(..text.len())?;
    upper.copy_from_slice(text);
    upper.make_ascii_uppercase();
    if let Ok(i) = MNEMONICS.binary_search_by(|(m, _)| m.as_bytes().cmp(upper)) {
        return MNEMONICS.get(i).map(|(_, number)| RecordType::from(*number));
    }
    number(upper.strip_prefix(b"TYPE")?).map(RecordType::from)
}

/// A number of at most 65535 without a sign.
pub(crate) fn number(digits: &[u8]) -> Option<u16> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The mnemonic of a type, `TYPE` and its number where it has none (RFC 3597 §5).
pub fn show(rtype: RecordType) -> Cow<'static, str> {
    let number = u16::from(rtype);
    match MNEMONICS.iter().find(|(_, n)| *n == number) {
        Some((mnemonic, _)) => Cow::Borrowed(mnemonic),
        None => Cow::Owned(format!("TYPE{number}")),
    }
}

/// Whether the program has the data of this type as values; other data is kept as it is written.
pub fn is_modelled(rtype: RecordType) -> bool {
    use RecordType as T;
    matches!(rtype, T::A | T::AAAA | T::CAA | T::CNAME | T::MX | T::NS | T::PTR | T::SOA | T::SRV | T::TLSA | T::TXT)
}

/// Whether name servers write this type themselves: the SOA with its serial, what DNSSEC signing makes, and BIND's
/// notes about that.
pub fn is_written_by_server(rtype: RecordType) -> bool {
    use RecordType as T;
    matches!(
        rtype,
        T::SOA | T::RRSIG | T::NSEC | T::NSEC3 | T::NSEC3PARAM | T::DNSKEY | T::CDNSKEY | T::CDS | T::Unknown(65534)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mnemonic_is_found() {
        assert!(MNEMONICS.is_sorted());
        for (mnemonic, number) in MNEMONICS {
            let rtype = RecordType::from(*number);
            assert_eq!(read(mnemonic.as_bytes()), Some(rtype));
            assert_eq!(read(mnemonic.to_lowercase().as_bytes()), Some(rtype));
            assert_eq!(read(format!("TYPE{number}").as_bytes()), Some(rtype));
            assert_eq!(show(rtype), *mnemonic);
        }
        assert_eq!(read(b"type65280"), Some(RecordType::Unknown(65280)));
        assert_eq!(show(RecordType::Unknown(65280)), "TYPE65280");
        assert_eq!(read(b"SPF"), Some(SPF));
        for bad in ["TYPE", "TYPE65536", "TYPE+1", "TXTT", "", "ANY", "AXFR", "NSEC3PARAMX"] {
            assert_eq!(read(bad.as_bytes()), None, "{bad}");
        }
    }
}
