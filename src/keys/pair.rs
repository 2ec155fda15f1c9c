//! A DKIM key pair.

use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::keys::algorithm::Algorithm;

/// A private key with its public half. `Debug` never shows the private part.
pub struct KeyPair {}

impl KeyPair {
    /// Makes a new pair.
    ///
    /// # Errors
    /// A configuration error if the cryptographic library refuses.
    pub fn generate(_algorithm: Algorithm) -> Result<Self> {
        Err(Error::config("not yet"))
    }

    /// Reads PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`) in PEM.
    ///
    /// # Errors
    /// A configuration error that says what the text is instead.
    pub fn from_pem(_pem: &str) -> Result<Self> {
        Err(Error::config("not yet"))
    }

    /// PKCS#8 in PEM.
    pub fn to_pem(&self) -> SecretString {
        SecretString::default()
    }

    /// PKCS#8 in DER.
    pub fn pkcs8_der(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Its algorithm. An RSA key of another size counts as the nearest smaller kind, see [`KeyPair::bits`].
    pub fn algorithm(&self) -> Algorithm {
        Algorithm::Rsa2048
    }

    /// The size of the RSA modulus, or 256.
    pub fn bits(&self) -> usize {
        0
    }

    /// The DKIM key record (RFC 6376 §3.6.1): SubjectPublicKeyInfo for RSA, the bare 32 octets for Ed25519 (RFC 8463 §4.2).
    pub fn record(&self) -> String {
        String::new()
    }
}
