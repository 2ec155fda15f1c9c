//! Just enough DER (X.690) to look into a key and to wrap one.

/// The contents of the element with `tag` at the front of `der`, and what follows it.
/// `None` if another element is there, or its length is not that of DER or runs over the end.
pub fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.split_first()?;
    if first != tag {
        return None;
    }
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81..=0x83 => {
            let (octets, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (octets.iter().fold(0, |n, b| n << 8 | usize::from(*b)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// One element: `tag`, length, `parts` joined. For contents under 64 kB, as every key has.
pub fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let length = u16::try_from(contents.len()).unwrap_or(u16::MAX);
    let [high, low] = length.to_be_bytes();
    let mut out = vec![tag];
    match length {
        0..=0x7f => out.push(low),
        0x80..=0xff => out.extend([0x81, low]),
        _ => out.extend([0x82, high, low]),
    }
    out.extend_from_slice(&contents);
    out
}

/// SEQUENCE
pub const SEQUENCE: u8 = 0x30;
/// INTEGER
pub const INTEGER: u8 = 0x02;
/// NULL, the whole element
pub const NULL: &[u8] = &[5, 0];
/// OCTET STRING
pub const OCTET_STRING: u8 = 0x04;
/// BIT STRING
pub const BIT_STRING: u8 = 0x03;
/// OBJECT IDENTIFIER
pub const OID: u8 = 0x06;

/// rsaEncryption, 1.2.840.113549.1.1.1 (RFC 8017 appendix C)
pub const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// id-Ed25519, 1.3.101.112 (RFC 8410 §3)
pub const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// id-ecPublicKey, 1.2.840.10045.2.1 (RFC 5480 §2.1.1)
pub const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_is_read() {
        for size in [0, 1, 127, 128, 255, 256, 65535] {
            let contents = vec![7; size];
            assert_eq!(
                element(&wrap(OCTET_STRING, &[&contents]), OCTET_STRING),
                Some((&contents[..], &[][..])),
                "{size}"
            );
        }
    }

    #[test]
    fn elements() {
        let long = [&[0x30, 0x81, 0x80][..], &[0; 0x80], &[9]].concat();
        assert_eq!(element(&long, SEQUENCE), Some((&[0; 0x80][..], &[9][..])));
        assert_eq!(element(&[2, 1, 7, 8], INTEGER), Some((&[7][..], &[8][..])));
        // Wrong tag, length over the end, indefinite length, nothing.
        for bad in [&[3, 1, 7][..], &[2, 2, 7], &[2, 0x80, 7], &[2, 0x83, 1], &[2], &[]] {
            assert_eq!(element(bad, INTEGER), None, "{bad:?}");
        }
    }
}
