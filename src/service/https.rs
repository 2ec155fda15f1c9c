//! One GET over HTTPS: no redirect followed, no proxy asked, bounded in octets and seconds.

use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, LOCATION};

use crate::dns::lookup::Lookup;
use crate::model::name;
use crate::model::service::{FetchFault, TlsFacts};
use crate::service::addresses::addresses;
use crate::service::handshake::Witness;
use crate::tls::Trust;

/// Time for one fetch, the answer's last octet included. RFC 8461 §3.3 lets senders wait a minute; a host that needs
/// longer than this loses mail to impatient ones.
const WITHIN: Duration = Duration::from_secs(10);
/// Time for the connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Addresses of a host that are tried.
const MOST_ADDRESSES: usize = 4;
/// The longest text of a header field that is kept.
const LONGEST_FIELD: usize = 300;

/// What came of a fetch.
#[derive(Debug)]
pub(super) struct Fetched {
    /// What TLS showed, if it came so far.
    pub(super) tls: Option<TlsFacts>,
    /// `Content-Type`.
    pub(super) content_type: Option<String>,
    /// The body of an answer with status 200.
    pub(super) body: Result<Vec<u8>, FetchFault>,
}

impl Fetched {
    fn failed(fault: FetchFault) -> Self {
        Fetched { tls: None, content_type: None, body: Err(fault) }
    }
}

/// Fetches `url`, at most `limit` octets of it.
pub(super) async fn get(lookup: &dyn Lookup, url: &Url, trust: &Trust, limit: usize) -> Fetched {
    let host = url.host_str().unwrap_or_default();
    let found = match name::domain(host) {
        Ok(name) => addresses(lookup, &name).await,
        Err(e) => return Fetched::failed(FetchFault::Protocol { reason: e.to_string() }),
    };
    let found: Vec<SocketAddr> = match found {
        // Port 0 stands for that of the URL.
        Ok(found) => found.into_iter().take(MOST_ADDRESSES).map(|ip| SocketAddr::new(ip, 0)).collect(),
        Err(failure) => return Fetched::failed(FetchFault::Unanswered { reason: format!("{host}: {failure}") }),
    };
    if found.is_empty() {
        return Fetched::failed(FetchFault::NoAddress { host: host.into() });
    }
    let witness = Witness::new(trust, false);
    let client = witness.config().and_then(|config| {
        reqwest::Client::builder()
            .tls_backend_preconfigured(config)
            .resolve_to_addrs(host, &found)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .https_only(true)
            .connect_timeout(CONNECT)
            .timeout(WITHIN)
            .user_agent(concat!("mailproof/", env!("CARGO_PKG_VERSION")))
            .build()
            .ok()
    });
    let Some(client) = client else {
        return Fetched::failed(FetchFault::Unanswered { reason: "TLS cannot be set up on this system".into() });
    };
    let mut content_type = None;
    let body = body(&client, url, limit, &mut content_type).await;
    let tls = witness.seen();
    let body = body.map_err(|fault| match tls.as_ref().and_then(|t| t.fault.clone()) {
        Some(fault) => FetchFault::Certificate { fault },
        None => fault,
    });
    Fetched { tls, content_type, body }
}

async fn body(
    client: &reqwest::Client,
    url: &Url,
    limit: usize,
    content_type: &mut Option<String>,
) -> Result<Vec<u8>, FetchFault> {
    let mut response = client.get(url.clone()).send().await.map_err(|e| fault(&e))?;
    let field = |name| {
        let value = response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).chars().take(LONGEST_FIELD).collect::<String>())
    };
    *content_type = field(CONTENT_TYPE);
    let status = response.status();
    if status.is_redirection()
        && let Some(to) = field(LOCATION)
    {
        return Err(FetchFault::Redirect { to });
    }
    if status != reqwest::StatusCode::OK {
        return Err(FetchFault::Status { code: status.as_u16() });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| fault(&e))? {
        body.extend_from_slice(&chunk);
        if body.len() > limit {
            return Err(FetchFault::TooLarge { limit });
        }
    }
    Ok(body)
}

/// What a failed request says about the host.
fn fault(error: &reqwest::Error) -> FetchFault {
    if error.is_timeout() {
        return FetchFault::Unanswered { reason: format!("no answer within {} seconds", WITHIN.as_secs()) };
    }
    let mut cause = error.source();
    let mut last = error.to_string();
    while let Some(e) = cause {
        last = e.to_string();
        match e.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => return FetchFault::Refused,
            Some(io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
                return FetchFault::Unanswered { reason: format!("no connection: {last}") };
            }
            _ => {}
        }
        cause = e.source();
    }
    FetchFault::Protocol { reason: format!("no HTTPS: {last}") }
}
