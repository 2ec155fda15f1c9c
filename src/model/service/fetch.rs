//! Why something could not be fetched over HTTPS.

use serde::Serialize;

use crate::model::service::TrustFault;

/// Why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FetchFault {
    /// The host's name has no address.
    #[error("{host} has no address")]
    NoAddress {
        /// The host.
        host: String,
    },
    /// Nobody answered: that may be so from here alone.
    #[error("{reason}")]
    Unanswered {
        /// What happened.
        reason: String,
    },
    /// The host takes no connection.
    #[error("the connection is refused")]
    Refused,
    /// The certificate is not good for the host.
    #[error("{fault}")]
    Certificate {
        /// What is wrong with it.
        fault: TrustFault,
    },
    /// There is no HTTPS, or none that works.
    #[error("{reason}")]
    Protocol {
        /// What happened.
        reason: String,
    },
    /// The server answers with another status than 200.
    #[error("the server answers with HTTP status {code}")]
    Status {
        /// Which.
        code: u16,
    },
    /// The server sends the client elsewhere.
    #[error("the server redirects to {to}")]
    Redirect {
        /// Where to.
        to: String,
    },
    /// There is more than anybody would read.
    #[error("the file has more than {limit} octets")]
    TooLarge {
        /// How much is read.
        limit: usize,
    },
}

impl FetchFault {
    /// Whether it says nothing about the host: the question stays open.
    pub fn is_open(&self) -> bool {
        matches!(self, FetchFault::Unanswered { .. })
    }
}
