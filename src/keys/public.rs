//! A public DKIM key, as `p=` holds it.

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use crate::keys::der;

/// A public key.
#[derive(Clone, Debug)]
pub enum PublicKey {
    /// RSA (RFC 8017 §3.1).
    Rsa {
        /// The modulus, big-endian, without leading zeros.
        modulus: Vec<u8>,
        /// The public exponent, likewise.
        exponent: Vec<u8>,
        /// How `p=` wraps it.
        form: RsaForm,
    },
    /// Ed25519 (RFC 8463).
    Ed25519([u8; 32]),
}

/// The two forms of an RSA `p=` in the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaForm {
    /// SubjectPublicKeyInfo: what everybody publishes and every verifier reads.
    Spki,
    /// A bare RSAPublicKey, as the text of RFC 6376 §3.6.1 says; some verifiers reject it.
    Pkcs1,
}

/// Two keys are equal when a signature of the one verifies with the other: the wrapping does not count.
impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (PublicKey::Rsa { modulus: n, exponent: e, .. }, PublicKey::Rsa { modulus: n2, exponent: e2, .. }) => {
                n == n2 && e == e2
            }
            (PublicKey::Ed25519(a), PublicKey::Ed25519(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for PublicKey {}

impl PublicKey {
    /// Reads the value of `p=`; `key_type` is that of `k=` (`rsa` or `ed25519`, RFC 6376 §3.6.1). White space is skipped.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the value. An empty value is an error too: the key is revoked.
    pub fn from_tag(key_type: &str, value: &str) -> Result<Self, String> {
        let compact: String = value.split_ascii_whitespace().collect();
        if compact.is_empty() {
            return Err("`p=` is empty: the key is revoked".into());
        }
        // Records without their padding `=` verify everywhere.
        let lenient = GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true);
        let octets =
            GeneralPurpose::new(&ALPHABET, lenient).decode(&compact).map_err(|_| "`p=` is not base64".to_string())?;
        match key_type {
            "rsa" => Self::rsa(&octets).ok_or_else(|| "`p=` holds no RSA public key".to_string()),
            "ed25519" => Self::ed25519(&octets),
            other => Err(format!("`k={other}` is no key type that verifiers know")),
        }
    }

    /// An RSA key from a SubjectPublicKeyInfo or a bare RSAPublicKey.
    pub fn rsa(octets: &[u8]) -> Option<Self> {
        let outer = der::take(&mut &octets[..], der::SEQUENCE).ok()?;
        let mut inner = outer;
        if let Ok(mut algorithm) = der::take(&mut inner, der::SEQUENCE) {
            // RFC 5280 §4.1: the algorithm, then a bit string with no unused bits.
            if der::take(&mut algorithm, der::OID).ok()? != der::OID_RSA {
                return None;
            }
            let [0, pkcs1 @ ..] = der::take(&mut inner, der::BIT_STRING).ok()? else { return None };
            let outer = der::take(&mut &pkcs1[..], der::SEQUENCE).ok()?;
            return Self::rsa_numbers(outer, RsaForm::Spki);
        }
        Self::rsa_numbers(outer, RsaForm::Pkcs1)
    }

    fn rsa_numbers(mut contents: &[u8], form: RsaForm) -> Option<Self> {
        let modulus = der::take_unsigned(&mut contents).ok()?.to_vec();
        let exponent = der::take_unsigned(&mut contents).ok()?.to_vec();
        (!modulus.is_empty() && !exponent.is_empty()).then_some(PublicKey::Rsa { modulus, exponent, form })
    }

    fn ed25519(octets: &[u8]) -> Result<Self, String> {
        if let Ok(raw) = octets.try_into() {
            return Ok(PublicKey::Ed25519(raw));
        }
        // RFC 8410 §4: twelve octets of frame, then the key.
        match octets {
            [0x30, 0x2a, .., _] if octets.len() == 44 => Err(format!(
                "`p=` holds a SubjectPublicKeyInfo of 44 octets; an Ed25519 key is published bare (RFC 8463 §4.2): p={}",
                STANDARD.encode(&octets[12..])
            )),
            _ => Err(format!("`p=` holds {} octets; an Ed25519 key has 32 (RFC 8463 §4.2)", octets.len())),
        }
    }

    /// The size of the RSA modulus in bits; 256 for Ed25519.
    pub fn bits(&self) -> usize {
        match self {
            PublicKey::Rsa { modulus, .. } => {
                modulus.first().map_or(0, |top| modulus.len() * 8 - top.leading_zeros() as usize)
            }
            PublicKey::Ed25519(_) => 256,
        }
    }

    /// The value of `k=`.
    pub fn key_type(&self) -> &'static str {
        match self {
            PublicKey::Rsa { .. } => "rsa",
            PublicKey::Ed25519(_) => "ed25519",
        }
    }

    /// What goes into `p=`, decoded: SubjectPublicKeyInfo for RSA, the bare octets for Ed25519 (RFC 8463 §4.2).
    pub fn tag_octets(&self) -> Vec<u8> {
        match self {
            PublicKey::Rsa { .. } => {
                let algorithm = der::wrap(der::SEQUENCE, &[&der::wrap(der::OID, &[der::OID_RSA]), &[5, 0]]);
                let bits = der::wrap(der::BIT_STRING, &[&[0], &self.pkcs1_der()]);
                der::wrap(der::SEQUENCE, &[&algorithm, &bits])
            }
            PublicKey::Ed25519(raw) => raw.to_vec(),
        }
    }

    /// A bare RSAPublicKey (RFC 8017 appendix A.1.1); the 32 octets of an Ed25519 key.
    pub fn pkcs1_der(&self) -> Vec<u8> {
        match self {
            PublicKey::Rsa { modulus, exponent, .. } => {
                der::wrap(der::SEQUENCE, &[&integer(modulus), &integer(exponent)])
            }
            PublicKey::Ed25519(raw) => raw.to_vec(),
        }
    }

    /// The key record (RFC 6376 §3.6.1).
    pub fn record(&self) -> String {
        format!("v=DKIM1; k={}; p={}", self.key_type(), STANDARD.encode(self.tag_octets()))
    }
}

/// An `INTEGER` that stays positive.
fn integer(unsigned: &[u8]) -> Vec<u8> {
    let pad: &[u8] = if unsigned.first().is_some_and(|b| b & 0x80 != 0) { &[0] } else { &[] };
    der::wrap(der::INTEGER, &[pad, unsigned])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 8463 §A.2.
    const ED: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    #[test]
    fn values_of_p() {
        let rsa = PublicKey::Rsa { modulus: vec![0xc1; 128], exponent: vec![1, 0, 1], form: RsaForm::Spki };
        let spki = STANDARD.encode(rsa.tag_octets());
        let pkcs1 = STANDARD.encode(rsa.pkcs1_der());
        let spaced: String = pkcs1.chars().flat_map(|c| [c, ' ', '\t']).collect();
        for (value, form) in [(&spki, RsaForm::Spki), (&pkcs1, RsaForm::Pkcs1), (&spaced, RsaForm::Pkcs1)] {
            let key = PublicKey::from_tag("rsa", value).unwrap();
            assert_eq!(key, rsa);
            assert!(matches!(key, PublicKey::Rsa { form: f, .. } if f == form));
            assert_eq!(key.bits(), 1024);
        }
        assert_eq!(PublicKey::from_tag("ed25519", ED).unwrap().record(), format!("v=DKIM1; k=ed25519; p={ED}"));
        assert_eq!(PublicKey::from_tag("ed25519", ED.trim_end_matches('=')).unwrap().bits(), 256);

        let wrapped = format!("MCowBQYDK2VwAyEA{ED}");
        let cases = [
            ("rsa", "", "revoked", "RFC 6376 §3.6.1: empty means revoked"),
            ("rsa", "MII*", "not base64", "a character that base64 lacks"),
            ("rsa", "\"MIIB\"", "not base64", "quotes pasted in"),
            ("rsa", ED, "no RSA", "an Ed25519 value under k=rsa"),
            ("rsa", &spki[..200], "no RSA", "cut off"),
            ("ed25519", &spki, "octets", "an RSA value under k=ed25519"),
            ("ed25519", &wrapped, ED, "SubjectPublicKeyInfo; the right value is offered"),
            ("dsa", ED, "k=dsa", "unknown type"),
        ];
        for (kind, value, want, why) in cases {
            let error = PublicKey::from_tag(kind, value).unwrap_err();
            assert!(error.contains(want), "{why}: {error}");
        }
    }

    #[test]
    fn sizes_count_bits_not_octets() {
        let rsa = |top: u8| PublicKey::Rsa {
            modulus: [vec![top], vec![0; 127]].concat(),
            exponent: vec![3],
            form: RsaForm::Spki,
        };
        assert_eq!(rsa(0x80).bits(), 1024);
        assert_eq!(rsa(0x7f).bits(), 1023);
        assert_eq!(rsa(0x01).bits(), 1017);
    }
}
