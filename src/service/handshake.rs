//! A TLS handshake of which everything is remembered, whether the certificate is good or not.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, ProtocolVersion, SignatureScheme};

use crate::model::service::{Certificate, TlsFacts, TrustFault};
use crate::tls::Trust;

/// Certificates kept of what a server shows; chains are shorter.
const MOST_CERTIFICATES: usize = 8;

/// Asks [`Trust`] about each certificate and remembers both.
#[derive(Debug)]
pub(super) struct Witness {
    trust: Trust,
    /// Whether a handshake goes on with a certificate that is not trusted.
    lenient: bool,
    seen: Mutex<Option<TlsFacts>>,
}

impl Witness {
    pub(super) fn new(trust: &Trust, lenient: bool) -> Arc<Self> {
        Arc::new(Witness { trust: trust.clone(), lenient, seen: Mutex::new(None) })
    }

    /// For TLS with this witness; `None` where the backend knows no protocol version, which does not happen.
    pub(super) fn config(self: &Arc<Self>) -> Option<ClientConfig> {
        let config = ClientConfig::builder_with_provider(self.trust.provider.clone())
            .with_safe_default_protocol_versions()
            .ok()?
            .dangerous()
            .with_custom_certificate_verifier(self.clone())
            .with_no_client_auth();
        Some(config)
    }

    /// What was seen last.
    pub(super) fn seen(&self) -> Option<TlsFacts> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The protocol version for people.
pub(super) fn version(version: Option<ProtocolVersion>) -> String {
    match version {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "",
    }
    .into()
}

fn trust_fault(error: &rustls::Error, certificate: Option<&Certificate>) -> TrustFault {
    let rustls::Error::InvalidCertificate(cause) = error else { return TrustFault::Other(error.to_string()) };
    match cause {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TrustFault::OtherName,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TrustFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TrustFault::NotYetValid,
        CertificateError::Revoked => TrustFault::Revoked,
        _ if certificate.is_some_and(|c| c.self_issued) => TrustFault::SelfSigned,
        CertificateError::UnknownIssuer => TrustFault::UnknownIssuer,
        other => TrustFault::Other(other.to_string()),
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self.trust.verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        let certificate = Certificate::read(end_entity);
        let fault = verdict.as_ref().err().map(|e| trust_fault(e, certificate.as_ref()));
        let chain = std::iter::once(end_entity).chain(intermediates).take(MOST_CERTIFICATES);
        let chain = chain.map(|c| c.to_vec()).collect();
        let facts = TlsFacts { version: String::new(), certificate, fault, chain };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(facts);
        if self.lenient { Ok(ServerCertVerified::assertion()) } else { verdict }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.trust.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.trust.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.provider.signature_verification_algorithms.supported_schemes()
    }
}
