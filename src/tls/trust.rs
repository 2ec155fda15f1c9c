//! Whom we trust: the system's authorities, or those of a file.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, Result};
use crate::tls::any_certificate::AnyCertificate;

/// Decides which certificates are good.
#[derive(Clone, Debug)]
pub struct Trust {
    pub(crate) provider: Arc<CryptoProvider>,
    pub(crate) verifier: Arc<dyn ServerCertVerifier>,
}

impl Trust {
    /// The authorities that the system trusts.
    ///
    /// # Errors
    /// A configuration error when the system has none.
    pub fn system() -> Result<Self> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = rustls_platform_verifier::Verifier::new(provider.clone())
            .map_err(|e| Error::config("the authorities that this system trusts cannot be read").because(e))?;
        Ok(Trust { provider, verifier: Arc::new(verifier) })
    }

    /// Everybody, as mail servers do among themselves; signatures of the handshake are still checked.
    pub fn anybody() -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        Trust { verifier: Arc::new(AnyCertificate(provider.clone())), provider }
    }

    /// The certificates of a PEM file, and no others.
    ///
    /// # Errors
    /// A configuration error for a file that cannot be read or has no certificate.
    pub fn file(path: &Path) -> Result<Self> {
        let shown = path.display();
        let bad = |e: rustls::pki_types::pem::Error| {
            Error::config(format!("{shown} holds no certificates in PEM form")).because(e)
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(bad)? {
            let broken = |e| Error::config(format!("a certificate in {shown} cannot be used")).because(e);
            roots.add(certificate.map_err(bad)?).map_err(broken)?;
        }
        if roots.is_empty() {
            return Err(Error::config(format!("{shown} holds no certificates in PEM form")));
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|e| Error::config(format!("the certificates in {shown} cannot be used")).because(e))?;
        Ok(Trust { provider, verifier })
    }

    /// `named`, or the system's authorities.
    ///
    /// # Errors
    /// As [`system`](Self::system).
    pub fn or_system(named: Option<&Self>) -> Result<Self> {
        named.cloned().map_or_else(Self::system, Ok)
    }

    /// For handshakes as a client.
    ///
    /// # Errors
    /// A configuration error where the backend knows no protocol version, which does not happen.
    pub fn client_config(&self) -> Result<ClientConfig> {
        let config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|e| Error::config("TLS cannot be set up on this system").because(e))?
            .dangerous()
            .with_custom_certificate_verifier(self.verifier.clone())
            .with_no_client_auth();
        Ok(config)
    }
}
