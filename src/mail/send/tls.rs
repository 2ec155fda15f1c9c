//! TLS on the sending side.

use std::sync::Arc;
use std::time::Duration;

use rustls::ProtocolVersion;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::{Error, Result};
use crate::mail::wire::Stream;
use crate::tls::{Trust, explain, speaks_no_tls};

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
    let trust = if insecure { Trust::anybody() } else { Trust::system()? };
    let hint = "take it all the same with --insecure, or send without encryption with --tls none";
    connect_trusting(stream, host, &trust, within).await.map_err(|e| e.hint(hint))
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
    let config = trust.client_config()?;
    let name = ServerName::try_from(host.trim_end_matches('.').to_string())
        .map_err(|_| Error::usage(format!("`{host}` is not a host name or an address")))?;
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let stream = tokio::time::timeout(within, handshake)
        .await
        .map_err(|_| Error::unreachable(format!("no TLS handshake within {} seconds", within.as_secs())))?
        .map_err(|e| {
            let error = Error::unreachable(explain(&e));
            if speaks_no_tls(&e) {
                return error.hint("use --tls starttls on the ports 25 and 587, --tls implicit on 465");
            }
            error
        })?;
    let version = match stream.get_ref().1.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    Ok((stream, version.into()))
}
