//! A public DKIM key on its way to DNS.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::der;
use crate::model::dkim::PublicKey;

impl PublicKey {
    /// The size of the RSA modulus in bits; 256 for Ed25519.
    pub fn bits(&self) -> usize {
        match self {
            PublicKey::Rsa(key) => key.bits(),
            PublicKey::Ed25519(_) => 256,
        }
    }

    /// The value of `k=`.
    pub fn key_type(&self) -> &'static str {
        match self {
            PublicKey::Rsa(_) => "rsa",
            PublicKey::Ed25519(_) => "ed25519",
        }
    }

    /// What goes into `p=`, decoded: SubjectPublicKeyInfo for RSA, the bare 32 octets for Ed25519 (RFC 8463 §4.2).
    pub fn tag_octets(&self) -> Vec<u8> {
        match self {
            PublicKey::Rsa(_) => {
                let algorithm = der::wrap(der::SEQUENCE, &[&der::wrap(der::OID, &[der::RSA_ENCRYPTION]), der::NULL]);
                let bits = der::wrap(der::BIT_STRING, &[&[0], &self.pkcs1_der()]);
                der::wrap(der::SEQUENCE, &[&algorithm, &bits])
            }
            PublicKey::Ed25519(raw) => raw.to_vec(),
        }
    }

    /// A bare RSAPublicKey (RFC 8017 appendix A.1.1); the 32 octets of an Ed25519 key.
    pub fn pkcs1_der(&self) -> Vec<u8> {
        match self {
            PublicKey::Rsa(key) => der::wrap(der::SEQUENCE, &[&integer(&key.modulus), &integer(&key.exponent)]),
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
    use crate::model::dkim::{KeyRecord, RsaForm, RsaPublicKey};

    #[test]
    fn what_is_written_is_read() {
        // The top bit of a modulus is set: it must not become a negative number.
        let key = |top| PublicKey::Rsa(RsaPublicKey { modulus: vec![top; 128], exponent: vec![1, 0, 1] });
        for key in [key(0xc1), key(0x41), PublicKey::Ed25519([7; 32])] {
            let text = key.record();
            let record = KeyRecord::read(text.as_bytes());
            assert!(record.faults().is_empty(), "{text}");
            assert_eq!(record.record().and_then(|r| r.key.as_ref()), Some(&key));
        }
        let bare = key(0xc1).pkcs1_der();
        assert_eq!(RsaPublicKey::from_der(&bare).map(|(_, form)| form), Some(RsaForm::Pkcs1));
    }
}
