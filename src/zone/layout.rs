//! The fields of each record type, in order: what its data looks like in text and on the wire.

/// One field of the data of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Four octets, written as an IPv4 address.
    Address4,
    /// Sixteen octets, written as an IPv6 address.
    Address6,
    /// One octet, written as a number.
    Number8,
    /// Two octets, written as a number.
    Number16,
    /// Four octets, written as a number.
    Number32,
    /// Four octets, written as a TTL: units are allowed.
    Period,
    /// One octet, written as a number or as the mnemonic of a DNSSEC algorithm (RFC 4034 appendix A.1).
    Algorithm,
    /// A domain name.
    Name,
    /// A character-string: its length and at most 255 octets.
    Text,
    /// One or more character-strings, to the end.
    Texts,
    /// A length octet and a tag of letters and digits (RFC 8659 §4.1).
    Tag,
    /// Octets to the end, written as one string of any length.
    LongText,
    /// Octets to the end, in hexadecimal, in one or more parts.
    Hex,
    /// A length octet and octets, in hexadecimal; `-` for none (RFC 5155 §3.3).
    Salt,
    /// Octets to the end in base64, in one or more parts.
    Base64,
    /// So many octets, written in hexadecimal with `-` between (RFC 7043).
    Eui(u8),
}

/// The fields of a record type by its number; none where its data is kept as it is written.
pub fn fields(rtype: u16) -> Option<&'static [Field]> {
    use Field::*;
    Some(match rtype {
        1 => &[Address4],
        28 => &[Address6],
        // NS MD MF CNAME MB MG MR PTR NSAP-PTR DNAME
        2..=5 | 7..=9 | 12 | 23 | 39 => &[Name],
        6 => &[Name, Name, Number32, Period, Period, Period, Period],
        // HINFO
        13 => &[Text, Text],
        // MINFO RP TALINK
        14 | 17 | 58 => &[Name, Name],
        // MX AFSDB RT KX LP
        15 | 18 | 21 | 36 | 107 => &[Number16, Name],
        // TXT NINFO SPF AVC RESINFO WALLET CLA
        16 | 56 | 99 | 258 | 261..=263 => &[Texts],
        // X25
        19 => &[Text],
        // PX
        26 => &[Number16, Name, Name],
        // GPOS
        27 => &[Text, Text, Text],
        33 => &[Number16, Number16, Number16, Name],
        // NAPTR
        35 => &[Number16, Number16, Text, Text, Text, Name],
        // DS CDS TA DLV
        43 | 59 | 32768 | 32769 => &[Number16, Algorithm, Number8, Hex],
        // SSHFP
        44 => &[Number8, Number8, Hex],
        // DNSKEY CDNSKEY
        48 | 60 => &[Number16, Number8, Algorithm, Base64],
        // DHCID OPENPGPKEY
        49 | 61 => &[Base64],
        // NSEC3PARAM
        51 => &[Number8, Number8, Number16, Salt],
        // TLSA SMIMEA
        52 | 53 => &[Number8, Number8, Number8, Hex],
        // ZONEMD
        63 => &[Number32, Number8, Number8, Hex],
        // L32
        105 => &[Number16, Address4],
        108 => &[Eui(6)],
        109 => &[Eui(8)],
        // URI
        256 => &[Number16, Number16, LongText],
        257 => &[Number8, Tag, LongText],
        _ => return None,
    })
}

/// Where names stand among the data of the types that [`fields`] does not know, so that they can be made absolute.
pub fn names_in(rtype: u16) -> &'static [usize] {
    match rtype {
        // SIG RRSIG
        24 | 46 => &[7],
        // NXT NSEC
        30 | 47 => &[0],
        // SVCB HTTPS
        64 | 65 => &[1],
        // DSYNC
        66 => &[3],
        _ => &[],
    }
}

/// Mnemonics of DNSSEC algorithms (RFC 4034 appendix A.1 and the IANA registry).
pub const ALGORITHMS: &[(&str, u8)] = &[
    ("RSAMD5", 1),
    ("DH", 2),
    ("DSA", 3),
    ("RSASHA1", 5),
    ("DSA-NSEC3-SHA1", 6),
    ("NSEC3DSA", 6),
    ("RSASHA1-NSEC3-SHA1", 7),
    ("NSEC3RSASHA1", 7),
    ("RSASHA256", 8),
    ("RSASHA512", 10),
    ("ECC-GOST", 12),
    ("ECCGOST", 12),
    ("ECDSAP256SHA256", 13),
    ("ECDSA256", 13),
    ("ECDSAP384SHA384", 14),
    ("ECDSA384", 14),
    ("ED25519", 15),
    ("ED448", 16),
    ("INDIRECT", 252),
    ("PRIVATEDNS", 253),
    ("PRIVATEOID", 254),
];
