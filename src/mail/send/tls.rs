//! TLS on the sending side.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, ProtocolVersion, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::{Error, Result};
use crate::mail::wire::Stream;

/// Encrypts `stream` to the server called `host`; gives the protocol version too.
///
/// # Errors
/// Unreachable: no handshake in time, or a certificate that is not trusted (unless `insecure`).
pub async fn connect(
    stream: Box<dyn Stream>,
    host: &str,
    insecure: bool,
    within: Duration,
) -> Result<(TlsStream<Box<dyn Stream>>, String)> {
    let trust = if insecure { Trust::Anybody } else { Trust::System };
    let hint = "take it all the same with --insecure, or send without encryption with --tls none";
    connect_trusting(stream, host, &trust, within).await.map_err(|e| e.hint(hint))
}

/// Whose certificates are taken.
pub enum Trust {
    /// Those of whom the system trusts.
    System,
    /// Everybody's, as mail servers do among themselves.
    Anybody,
    /// Those that these have signed.
    Only(Arc<RootCertStore>),
}

impl Trust {
    /// The certificates of the PEM file at `path`.
    ///
    /// # Errors
    /// A configuration error when it has none that can be read.
    pub fn only(path: &Path) -> Result<Self> {
        let cannot = || Error::config(format!("{} holds no certificate in PEM form", path.display()));
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|e| cannot().because(e))? {
            roots.add(certificate.map_err(|e| cannot().because(e))?).map_err(|e| cannot().because(e))?;
        }
        if roots.is_empty() { Err(cannot()) } else { Ok(Trust::Only(Arc::new(roots))) }
    }
}

/// The same, with whom to trust said; errors have no hint.
///
/// # Errors
/// Unreachable: no handshake in time, or a certificate that is not trusted.
pub async fn connect_trusting(
    stream: Box<dyn Stream>,
    host: &str,
    trust: &Trust,
    within: Duration,
) -> Result<(TlsStream<Box<dyn Stream>>, String)> {
    let config = config(trust)?;
    let name = ServerName::try_from(host.trim_end_matches('.').to_string())
        .map_err(|_| Error::usage(format!("`{host}` is not a host name or an address")))?;
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let stream = tokio::time::timeout(within, handshake)
        .await
        .map_err(|_| Error::unreachable(format!("no TLS handshake within {} seconds", within.as_secs())))?
        .map_err(explain)?;
    let version = match stream.get_ref().1.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    Ok((stream, version.into()))
}

fn config(trust: &Trust) -> Result<ClientConfig> {
    let broken = |e: rustls::Error| Error::config("TLS cannot be set up on this system").because(e);
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Anybody => Arc::new(AnyCertificate(provider.clone())),
        Trust::System => Arc::new(rustls_platform_verifier::Verifier::new(provider.clone()).map_err(broken)?),
        Trust::Only(roots) => WebPkiServerVerifier::builder_with_provider(roots.clone(), provider.clone())
            .build()
            .map_err(|e| Error::config("TLS cannot be set up with these certificates").because(e))?,
    };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(broken)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

fn explain(e: std::io::Error) -> Error {
    let refused = |why: &str| Error::unreachable(format!("the server's TLS certificate is refused: {why}"));
    match e.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(cause)) => match cause {
            CertificateError::UnknownIssuer => refused("nobody whom this system trusts has signed it"),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                refused("it is for another name")
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => refused("it has expired"),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                refused("it is not valid yet")
            }
            CertificateError::Revoked => refused("it was revoked"),
            other => refused(&other.to_string()),
        },
        Some(rustls::Error::InvalidMessage(_)) => Error::unreachable("the server does not speak TLS here")
            .hint("use --tls starttls on the ports 25 and 587, --tls implicit on 465"),
        Some(other) => Error::unreachable(format!("the TLS handshake failed: {other}")),
        None if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            Error::unreachable("the server hung up during the TLS handshake")
        }
        None => Error::unreachable("the TLS handshake failed").because(e),
    }
}

/// Takes every certificate; signatures of the handshake are still checked.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
