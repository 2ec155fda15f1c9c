//! Questions over HTTPS (RFC 8484), on HTTP/2 where the server speaks it: many on their way on one connection.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, StatusCode, Url};
use tokio::sync::OnceCell;

use crate::dns::lookup::LookupFailure;
use crate::dns::waiting::unwritable;
use crate::dns::wire::{self, Question};
use crate::tls::{Trust, fault_of_tls};

/// RFC 8484 §6.
const MESSAGE: HeaderValue = HeaderValue::from_static("application/dns-message");
/// A connection on which nothing comes is asked whether it is still there; it has as long to say so.
const ALIVE: Duration = Duration::from_secs(5);

/// A server of DNS over HTTPS.
#[derive(Debug)]
pub(super) struct OverHttps {
    url: Url,
    trust: Option<Trust>,
    client: OnceCell<Client>,
    /// Set by the first answer. Until then questions go one by one, so that they share one connection.
    open: OnceCell<()>,
}

impl OverHttps {
    /// `trust` is the system's where it is not given.
    pub(super) fn new(url: Url, trust: Option<Trust>) -> Self {
        OverHttps { url, trust, client: OnceCell::new(), open: OnceCell::new() }
    }

    /// The octets of the answer; waits for as long as it is let.
    pub(super) async fn ask(&self, question: &Question, edns: bool) -> Result<Vec<u8>, LookupFailure> {
        // Id 0, so that caches on the way know the question again (RFC 8484 §4.1).
        let query = question.encode(0, edns).ok_or_else(unwritable)?;
        let mut first = None;
        let opening = self.open.get_or_try_init(|| async {
            first = Some(self.fetch(&query).await.map_err(LookupFailure::Other)?);
            Ok(())
        });
        opening.await?;
        match first {
            Some(reply) => Ok(reply),
            None => self.fetch(&query).await.map_err(LookupFailure::Other),
        }
    }

    async fn fetch(&self, query: &[u8]) -> Result<Vec<u8>, String> {
        let client = self.client.get_or_try_init(|| async { self.client() }).await?;
        let request = client.post(self.url.clone()).header(ACCEPT, MESSAGE).header(CONTENT_TYPE, MESSAGE);
        let mut response = request.body(query.to_vec()).send().await.map_err(|e| self.fault(&e))?;
        if response.status() != StatusCode::OK {
            return Err(format!("{} answers with HTTP status {}", self.url, response.status().as_u16()));
        }
        let content_type = response.headers().get(CONTENT_TYPE);
        if !content_type.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(MESSAGE.as_bytes())) {
            return Err(format!("{} answers something else than DNS", self.url));
        }
        let mut reply = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.fault(&e))? {
            reply.extend_from_slice(&chunk);
            if reply.len() > usize::from(u16::MAX) {
                return Err(format!("{} answers more than a message can hold", self.url));
            }
        }
        if wire::answers(&reply, query) { Ok(reply) } else { Err(format!("{} answers another question", self.url)) }
    }

    fn client(&self) -> Result<Client, String> {
        let trust = Trust::or_system(self.trust.as_ref()).map_err(|e| e.to_string())?;
        let mut config = trust.client_config().map_err(|e| e.to_string())?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Client::builder()
            .tls_backend_preconfigured(config)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .https_only(true)
            .http2_keep_alive_interval(ALIVE)
            .http2_keep_alive_timeout(ALIVE)
            .user_agent(concat!("mailproof/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| e.to_string())
    }

    /// What a failed request says about the server.
    fn fault(&self, error: &reqwest::Error) -> String {
        let mut last = error.to_string();
        let mut cause = error.source();
        while let Some(e) = cause {
            last = e.to_string();
            if e.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::ConnectionRefused) {
                return format!("nothing answers at {}", self.url);
            }
            if let Some(why) = fault_of_tls(e) {
                return format!("{}: {why}", self.url);
            }
            cause = e.source();
        }
        format!("{}: no answer over HTTPS: {last}", self.url)
    }
}
