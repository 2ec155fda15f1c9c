//! The mathematics of a key, made ready once: a mailbox has many messages of few keys.

use aws_lc_rs::signature::{
    ED25519, ParsedPublicKey, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents,
};

use crate::model::dkim::PublicKey;

/// A public key that signatures can be held against.
#[derive(Debug)]
pub struct Verifier {
    /// Nothing where the numbers are none that a key can have; such a key verifies nothing.
    key: Option<ParsedPublicKey>,
    rsa: bool,
}

impl Verifier {
    /// The one for `key`.
    pub fn new(key: &PublicKey) -> Self {
        match key {
            PublicKey::Rsa(rsa) => {
                let numbers = RsaPublicKeyComponents { n: &rsa.modulus, e: &rsa.exponent };
                // RFC 8301 §3.2: verifiers must know keys from 1024 bits.
                let key = numbers.to_parsed_public_key(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY).ok();
                Verifier { key, rsa: true }
            }
            PublicKey::Ed25519(octets) => Verifier { key: ParsedPublicKey::new(&ED25519, octets).ok(), rsa: false },
        }
    }

    /// Whether it is an RSA key.
    pub fn is_rsa(&self) -> bool {
        self.rsa
    }

    /// Whether `signature` is one of `header`, canonicalized.
    pub fn verifies(&self, header: &[u8], signature: &[u8]) -> bool {
        let Some(key) = &self.key else { return false };
        if self.rsa {
            return key.verify_sig(header, signature).is_ok();
        }
        // RFC 8463 §3: what Ed25519 signs is the hash.
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, header);
        key.verify_sig(hash.as_ref(), signature).is_ok()
    }
}
