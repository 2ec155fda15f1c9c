//! What a TLS handshake shows.

use serde::Serialize;

use crate::model::service::Certificate;

/// Why a certificate is not trusted for the host that shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum TrustFault {
    /// It is for other names.
    #[error("the certificate is for another name")]
    OtherName,
    /// Its time is over.
    #[error("the certificate has expired")]
    Expired,
    /// Its time has not come.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// It signed itself.
    #[error("the certificate is signed by itself")]
    SelfSigned,
    /// No chain leads to an authority that is trusted.
    #[error("nobody who is trusted has signed the certificate, or its chain is not complete")]
    UnknownIssuer,
    /// It was taken back.
    #[error("the certificate was revoked")]
    Revoked,
    /// Something else.
    #[error("the certificate is not good: {0}")]
    Other(String),
}

/// What a handshake showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TlsFacts {
    /// `TLS 1.3`; empty where the handshake did not come to its end.
    pub version: String,
    /// The server's certificate, where it can be read.
    pub certificate: Option<Certificate>,
    /// Why it is not trusted for the host; `None` if it is.
    pub fault: Option<TrustFault>,
    /// All certificates that the server showed, its own first, in DER.
    #[serde(skip)]
    pub chain: Vec<Vec<u8>>,
}
