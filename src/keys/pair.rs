//! A DKIM key pair.

use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};

use crate::error::{Error, Result};
use crate::keys::algorithm::Algorithm;
use crate::keys::der::{self, Fault};
use crate::keys::pem;
use crate::keys::public::{PublicKey, RsaForm};

/// A private key with its public half. `Debug` never shows the private part.
pub struct KeyPair {
    /// PKCS#8 version 1: the form that OpenSSL and the milters read.
    pkcs8: SecretBox<[u8]>,
    public: PublicKey,
}

impl KeyPair {
    /// Makes a new pair.
    ///
    /// # Errors
    /// A configuration error if the cryptographic library refuses.
    pub fn generate(algorithm: Algorithm) -> Result<Self> {
        let refused = |_| Error::config(format!("the cryptographic library cannot make a key of kind {algorithm}"));
        let size = match algorithm {
            Algorithm::Ed25519 => {
                let pair = Ed25519KeyPair::generate().map_err(refused)?;
                return Self::from_ed25519(&pair).map_err(|_| refused(aws_lc_rs::error::Unspecified));
            }
            Algorithm::Rsa2048 => KeySize::Rsa2048,
            Algorithm::Rsa3072 => KeySize::Rsa3072,
            Algorithm::Rsa4096 => KeySize::Rsa4096,
        };
        let pair = RsaKeyPair::generate(size).map_err(refused)?;
        let der = pair.as_der().map_err(refused)?;
        let public = PublicKey::rsa(pair.public_key().as_ref()).ok_or_else(unusable)?;
        Ok(KeyPair { pkcs8: der.as_ref().to_vec().into(), public })
    }

    /// Reads PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`) in PEM.
    ///
    /// RSA keys under 2048 bits are read, so that they can be compared with what is published; they cannot sign.
    ///
    /// # Errors
    /// A configuration error that says what the text is instead.
    pub fn from_pem(text: &str) -> Result<Self> {
        let block = pem::private_key(text)?;
        let octets = block.der.expose_secret();
        if block.is_pkcs1 {
            let algorithm = der::wrap(der::SEQUENCE, &[&der::wrap(der::OID, &[der::OID_RSA]), &[5, 0]]);
            let key = der::wrap(der::OCTET_STRING, &[octets]);
            let pkcs8 = der::wrap(der::SEQUENCE, &[&[der::INTEGER, 1, 0], &algorithm, &key]);
            return Self::from_rsa(octets, pkcs8.into());
        }
        let (kind, key) = pkcs8_parts(octets).map_err(explain)?;
        match kind {
            der::OID_RSA => Self::from_rsa(key, octets.to_vec().into()),
            der::OID_ED25519 => Ed25519KeyPair::from_pkcs8_maybe_unchecked(octets)
                .map_err(|_| unusable())
                .and_then(|pair| Self::from_ed25519(&pair)),
            der::OID_EC => Err(pem::elliptic()),
            _ => Err(Error::config("the private key is of a kind that DKIM has no use for")
                .hint("make an RSA or Ed25519 key: mailproof keys generate")),
        }
    }

    fn from_ed25519(pair: &Ed25519KeyPair) -> Result<Self> {
        let document = pair.to_pkcs8v1().map_err(|_| unusable())?;
        let raw = pair.public_key().as_ref().try_into().map_err(|_| unusable())?;
        Ok(KeyPair { pkcs8: document.as_ref().to_vec().into(), public: PublicKey::Ed25519(raw) })
    }

    /// `pkcs1` is the RSAPrivateKey (RFC 8017 appendix A.1.2) inside `pkcs8`.
    fn from_rsa(pkcs1: &[u8], pkcs8: SecretBox<[u8]>) -> Result<Self> {
        let public = rsa_public(pkcs1).map_err(explain)?;
        // The library checks the numbers against each other, but takes no key under 2048 bits.
        if public.bits() >= 2048 && RsaKeyPair::from_pkcs8(pkcs8.expose_secret()).is_err() {
            return Err(unusable());
        }
        Ok(KeyPair { pkcs8, public })
    }

    /// PKCS#8 in PEM.
    pub fn to_pem(&self) -> SecretString {
        pem::from_pkcs8(self.pkcs8.expose_secret())
    }

    /// PKCS#8 in DER: the private key itself.
    pub fn pkcs8_der(&self) -> Vec<u8> {
        self.pkcs8.expose_secret().to_vec()
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Its algorithm. An RSA key of another size counts as the nearest smaller kind, or as the smallest; see [`KeyPair::bits`].
    pub fn algorithm(&self) -> Algorithm {
        match (&self.public, self.bits()) {
            (PublicKey::Ed25519(_), _) => Algorithm::Ed25519,
            (_, 4096..) => Algorithm::Rsa4096,
            (_, 3072..) => Algorithm::Rsa3072,
            _ => Algorithm::Rsa2048,
        }
    }

    /// The size of the RSA modulus, or 256.
    pub fn bits(&self) -> usize {
        self.public.bits()
    }

    /// The DKIM key record (RFC 6376 §3.6.1): SubjectPublicKeyInfo for RSA, the bare 32 octets for Ed25519 (RFC 8463 §4.2).
    pub fn record(&self) -> String {
        self.public.record()
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({} of {} bits)", self.public.key_type(), self.bits())
    }
}

/// Algorithm and key of a PrivateKeyInfo (RFC 5958 §2).
fn pkcs8_parts(octets: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let mut info = der::take(&mut &octets[..], der::SEQUENCE)?;
    der::take(&mut info, der::INTEGER)?;
    let mut algorithm = der::take(&mut info, der::SEQUENCE)?;
    Ok((der::take(&mut algorithm, der::OID)?, der::take(&mut info, der::OCTET_STRING)?))
}

fn rsa_public(pkcs1: &[u8]) -> Result<PublicKey, Fault> {
    let mut contents = der::take(&mut &pkcs1[..], der::SEQUENCE)?;
    der::take_unsigned(&mut contents)?; // the version
    let modulus = der::take_unsigned(&mut contents)?.to_vec();
    let exponent = der::take_unsigned(&mut contents)?.to_vec();
    // d, p, q and the three numbers of the Chinese remainder theorem.
    for _ in 0..6 {
        der::take_unsigned(&mut contents)?;
    }
    Ok(PublicKey::Rsa { modulus, exponent, form: RsaForm::Spki })
}

fn explain(fault: Fault) -> Error {
    match fault {
        Fault::Truncated => pem::truncated(),
        Fault::Unexpected => unusable(),
    }
}

fn unusable() -> Error {
    Error::config("the private key is damaged: its numbers do not make a key")
        .hint("copy the key file again, or make a new key")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn pem_of(label: &str, der: &[u8]) -> String {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
    }

    #[test]
    fn made_written_and_read_back() {
        for (algorithm, bits) in [(Algorithm::Rsa2048, 2048), (Algorithm::Rsa3072, 3072), (Algorithm::Ed25519, 256)] {
            let pair = KeyPair::generate(algorithm).unwrap();
            assert_eq!((pair.algorithm(), pair.bits()), (algorithm, bits));
            let back = KeyPair::from_pem(pair.to_pem().expose_secret()).unwrap();
            assert_eq!(back.pkcs8_der(), pair.pkcs8_der());
            assert_eq!(back.record(), pair.record());
            let record = pair.record();
            let value = record.split_once("p=").unwrap().1;
            assert_eq!(&PublicKey::from_tag(algorithm.key_type(), value).unwrap(), pair.public());
            if algorithm.is_rsa() {
                let (_, pkcs1) = pkcs8_parts(pair.pkcs8.expose_secret()).unwrap();
                let back = KeyPair::from_pem(&pem_of("RSA PRIVATE KEY", pkcs1)).unwrap();
                assert_eq!(back.pkcs8_der(), pair.pkcs8_der(), "PKCS#1 becomes the same PKCS#8");
            }
        }
    }

    #[test]
    fn damaged_keys() {
        let der = KeyPair::generate(Algorithm::Rsa2048).unwrap().pkcs8_der();
        let mut flipped = der.clone();
        flipped[400] ^= 1;
        let ec = rcgen::KeyPair::generate().unwrap().serialize_der();
        let cases: &[(&str, &[u8], &str)] = &[
            ("PRIVATE KEY", &der[..der.len() - 20], "cut off"),
            ("PRIVATE KEY", &der[..1], "cut off"),
            ("PRIVATE KEY", &[], "cut off"),
            ("PRIVATE KEY", &flipped, "damaged"),
            ("RSA PRIVATE KEY", &der, "damaged"),
            ("PRIVATE KEY", &ec, "ECDSA"),
        ];
        for (label, octets, want) in cases {
            let error = KeyPair::from_pem(&pem_of(label, octets)).unwrap_err();
            assert!(error.to_string().contains(want), "{label} {}: {error}", octets.len());
        }
    }

    #[test]
    fn debug_shows_nothing_private() {
        let pair = KeyPair::generate(Algorithm::Ed25519).unwrap();
        assert_eq!(format!("{pair:?}"), "KeyPair(ed25519 of 256 bits)");
    }
}
