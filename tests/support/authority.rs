//! A certificate authority of the tests, and certificates of hosts.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};

/// An authority that nobody trusts who is not told to.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key, in PEM files.
pub struct Credentials {
    /// The host's certificate, then the authority's.
    pub chain: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The certificate in DER.
    pub der: Vec<u8>,
    /// Its SubjectPublicKeyInfo in DER.
    pub public_key: Vec<u8>,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "Authority of the tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Authority { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    /// Its certificate, as a file to trust.
    pub fn file(&self, dir: &Path) -> PathBuf {
        let path = dir.join("authority.pem");
        std::fs::write(&path, self.issuer.pem()).unwrap();
        path
    }

    /// Its certificate in DER.
    pub fn der(&self) -> Vec<u8> {
        self.issuer.der().to_vec()
    }

    /// A certificate for `names`, good until the end of `until`.
    pub fn issue(&self, dir: &Path, names: &[&str], until: i32) -> Credentials {
        let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, names[0]);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 12, 31);
        let key = KeyPair::generate().unwrap();
        let made = params.signed_by(&key, &self.issuer).unwrap();
        let name = format!("{}-{until}", names[0].replace('*', "any"));
        let (chain, key_file) = (dir.join(format!("{name}.pem")), dir.join(format!("{name}.key")));
        std::fs::write(&chain, made.pem() + &self.issuer.pem()).unwrap();
        std::fs::write(&key_file, key.serialize_pem()).unwrap();
        let public_key = rcgen::PublicKeyData::subject_public_key_info(&key);
        Credentials { chain, key: key_file, der: made.der().to_vec(), public_key }
    }
}
