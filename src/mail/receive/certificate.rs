//! The receiver's certificate: made at the start, signed by itself.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use crate::error::{Error, Result};

/// TLS for a server called `hostname`.
///
/// # Errors
/// A configuration error when the name cannot stand in a certificate.
pub fn acceptor(hostname: &str) -> Result<TlsAcceptor> {
    let bad = |e: rcgen::Error| Error::config(format!("no certificate can be made for `{hostname}`")).because(e);
    let broken = |e: rustls::Error| Error::config("TLS cannot be set up on this system").because(e);
    let key = rcgen::KeyPair::generate().map_err(bad)?;
    let certificate =
        rcgen::CertificateParams::new(vec![hostname.to_string()]).and_then(|p| p.self_signed(&key)).map_err(bad)?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(broken)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .map_err(broken)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
