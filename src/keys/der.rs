//! As much of DER (ITU-T X.690) as key files need: nested tags with definite lengths, nothing else.

/// `INTEGER`
pub const INTEGER: u8 = 0x02;
/// `BIT STRING`
pub const BIT_STRING: u8 = 0x03;
/// `OCTET STRING`
pub const OCTET_STRING: u8 = 0x04;
/// `OBJECT IDENTIFIER`
pub const OID: u8 = 0x06;
/// `SEQUENCE`
pub const SEQUENCE: u8 = 0x30;

/// The contents of rsaEncryption, 1.2.840.113549.1.1.1 (RFC 8017 appendix C).
pub const OID_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// The contents of id-Ed25519, 1.3.101.112 (RFC 8410 §3).
pub const OID_ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// The contents of id-ecPublicKey, 1.2.840.10045.2.1 (RFC 5480 §2.1.1).
pub const OID_EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

/// Why a structure could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The octets end before the length says.
    Truncated,
    /// Another tag stands there, or the length has a form that DER forbids.
    Unexpected,
}

/// Takes the element with `tag` off the front of `input` and gives its contents.
///
/// # Errors
/// [`Fault`]; `input` is then unchanged.
pub fn take<'a>(input: &mut &'a [u8], tag: u8) -> Result<&'a [u8], Fault> {
    let [found, first, rest @ ..] = *input else { return Err(Fault::Truncated) };
    if *found != tag {
        return Err(Fault::Unexpected);
    }
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        // Keys stay far below 64 kB: longer lengths are not of interest.
        0x81 => (usize::from(*rest.first().ok_or(Fault::Truncated)?), rest.get(1..).ok_or(Fault::Truncated)?),
        0x82 => match rest {
            [a, b, rest @ ..] => (usize::from(u16::from_be_bytes([*a, *b])), rest),
            _ => return Err(Fault::Truncated),
        },
        _ => return Err(Fault::Unexpected),
    };
    let (contents, rest) = rest.split_at_checked(length).ok_or(Fault::Truncated)?;
    *input = rest;
    Ok(contents)
}

/// A positive `INTEGER` without its leading zeros.
///
/// # Errors
/// As [`take`].
pub fn take_unsigned<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], Fault> {
    let mut octets = take(input, INTEGER)?;
    while let [0, rest @ ..] = octets {
        octets = rest;
    }
    Ok(octets)
}

/// One element: `tag`, length, `parts` joined. Contents of 64 kB and more cannot be written and come out cut.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_is_taken() {
        for size in [0, 1, 127, 128, 255, 256, 65535] {
            let contents = vec![7u8; size];
            let der = wrap(OCTET_STRING, &[&contents]);
            let mut rest = &der[..];
            assert_eq!(take(&mut rest, OCTET_STRING), Ok(&contents[..]), "{size}");
            assert!(rest.is_empty());
            for cut in [0, 1, der.len() - 1] {
                assert_eq!(take(&mut &der[..cut], OCTET_STRING), Err(Fault::Truncated), "{size} cut to {cut}");
            }
        }
    }

    #[test]
    fn broken_elements() {
        let cases: &[(&[u8], Fault, &str)] = &[
            (&[], Fault::Truncated, "nothing"),
            (&[0x03, 0x00], Fault::Unexpected, "another tag"),
            (&[0x02, 0x80, 1], Fault::Unexpected, "indefinite length"),
            (&[0x02, 0x84, 0xff, 0xff, 0xff, 0xff], Fault::Unexpected, "a length of 4 GB"),
            (&[0x02, 0x82, 0x01], Fault::Truncated, "length cut"),
        ];
        for (octets, want, why) in cases {
            assert_eq!(take(&mut &octets[..], INTEGER), Err(*want), "{why}");
        }
        assert_eq!(take_unsigned(&mut &[0x02, 0x03, 0, 0, 9][..]), Ok(&[9u8][..]));
    }
}
