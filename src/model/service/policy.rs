//! An MTA-STS policy file as it was fetched (RFC 8461 §3.3).

use serde::Serialize;

use crate::model::service::{FetchFault, TlsFacts};

/// What came of fetching it.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyFetch {
    /// Where it must be.
    pub url: String,
    /// What TLS showed, if it came so far.
    pub tls: Option<TlsFacts>,
    /// `Content-Type`, as the server gives it.
    pub content_type: Option<String>,
    /// Why senders have no policy.
    pub fault: Option<FetchFault>,
    /// The file; empty where there is none.
    #[serde(rename = "text", serialize_with = "lossy")]
    pub octets: Vec<u8>,
}

impl PolicyFetch {
    /// Whether it is served as `text/plain` (§3.2), whatever the parameters.
    pub fn is_plain_text(&self) -> bool {
        let kind = self.content_type.as_deref().unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/plain")
    }
}

fn lossy<S: serde::Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(octets))
}
