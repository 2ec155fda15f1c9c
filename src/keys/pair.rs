//! A DKIM key pair.

use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};

use crate::error::{Error, Result};
use crate::keys::algorithm::Algorithm;
use crate::keys::pem;
use crate::model::der;
use crate::model::dkim::{PublicKey, RsaPublicKey};

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
        let (public, _) = RsaPublicKey::from_der(pair.public_key().as_ref()).ok_or_else(unusable)?;
        Ok(KeyPair { pkcs8: der.as_ref().to_vec().into(), public: PublicKey::Rsa(public) })
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
        if octets.is_empty() || (octets[0] == der::SEQUENCE && der::element(octets, der::SEQUENCE).is_none()) {
            return Err(pem::truncated());
        }
        if block.is_pkcs1 {
            let algorithm = der::wrap(der::SEQUENCE, &[&der::wrap(der::OID, &[der::RSA_ENCRYPTION]), der::NULL]);
            let key = der::wrap(der::OCTET_STRING, &[octets]);
            let pkcs8 = der::wrap(der::SEQUENCE, &[&[der::INTEGER, 1, 0], &algorithm, &key]);
            return Self::from_rsa(octets, pkcs8.into());
        }
        let (kind, key) = pkcs8_parts(octets).ok_or_else(unusable)?;
        match kind {
            der::RSA_ENCRYPTION => Self::from_rsa(key, octets.to_vec().into()),
            der::ED25519 => Ed25519KeyPair::from_pkcs8_maybe_unchecked(octets)
                .map_err(|_| unusable())
                .and_then(|pair| Self::from_ed25519(&pair)),
            der::EC_PUBLIC_KEY => Err(pem::elliptic()),
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
        let public = PublicKey::Rsa(rsa_public(pkcs1).ok_or_else(unusable)?);
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

    /// An Ed25519 key as NaCl has it: the private key's 32 octets and the public key's 32. `None` for RSA.
    pub fn ed25519_secret(&self) -> Option<SecretBox<[u8]>> {
        let PublicKey::Ed25519(public) = &self.public else { return None };
        let (_, key) = pkcs8_parts(self.pkcs8.expose_secret())?;
        // CurvePrivateKey, an OCTET STRING within the OCTET STRING (RFC 8410 section 7).
        let (seed, _) = der::element(key, der::OCTET_STRING)?;
        Some([seed, public.as_slice()].concat().into())
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
fn pkcs8_parts(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (info, _) = der::element(octets, der::SEQUENCE)?;
    let (_version, rest) = der::element(info, der::INTEGER)?;
    let (algorithm, rest) = der::element(rest, der::SEQUENCE)?;
    Some((der::element(algorithm, der::OID)?.0, der::element(rest, der::OCTET_STRING)?.0))
}

/// Modulus and exponent of an RSAPrivateKey (RFC 8017 appendix A.1.2), whose nine numbers must all be there.
fn rsa_public(pkcs1: &[u8]) -> Option<RsaPublicKey> {
    let (mut rest, _) = der::element(pkcs1, der::SEQUENCE)?;
    let mut numbers = [&[][..]; 9];
    for number in &mut numbers {
        (*number, rest) = der::element(rest, der::INTEGER)?;
    }
    let strip = |n: &[u8]| n[n.iter().take_while(|b| **b == 0).count()..].to_vec();
    let [_version, modulus, exponent, ..] = numbers;
    Some(RsaPublicKey { modulus: strip(modulus), exponent: strip(exponent) })
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
    use crate::model::dkim::KeyRecord;

    #[test]
    fn ed25519_as_nacl_has_it() {
        // RFC 8032 section 7.1, test 1.
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let octets = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
        };
        let head = octets("302e020100300506032b657004220420");
        let pair = KeyPair::from_pem(&pem_of("PRIVATE KEY", &[head, octets(seed)].concat())).unwrap();
        let secret = pair.ed25519_secret().unwrap();
        assert_eq!(secret.expose_secret(), [octets(seed), octets(public)].concat());
        assert!(KeyPair::generate(Algorithm::Rsa2048).unwrap().ed25519_secret().is_none());
    }

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
            assert_eq!(KeyRecord::read(record.as_bytes()).into_record().unwrap().key.as_ref(), Some(pair.public()));
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
