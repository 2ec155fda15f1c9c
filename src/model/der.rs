//! Just enough DER (X.690) to look into a public key.

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

/// SEQUENCE
pub const SEQUENCE: u8 = 0x30;
/// INTEGER
pub const INTEGER: u8 = 0x02;
/// BIT STRING
pub const BIT_STRING: u8 = 0x03;
/// OBJECT IDENTIFIER
pub const OID: u8 = 0x06;

#[cfg(test)]
mod tests {
    use super::*;

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
