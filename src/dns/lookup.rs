//! The one question everything that judges may ask: the records of a name and type.
//!
//! Behind it stand a live resolver, the overlay of a plan, or a table in a test.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use hickory_proto::rr::{RData, RecordType};

use crate::dns::dnssec::Dnssec;
use crate::model::name::Name;
use crate::model::snapshot::Key;
use crate::model::txt;

/// Questions of one asker on their way at a time.
pub(super) const AT_ONCE: usize = 16;

/// What the server said about the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Records of the type asked for.
    Found,
    /// The name exists, the type does not (or only an empty non-terminal is there).
    NoData,
    /// The name does not exist.
    NxDomain,
}

/// An answer that settles the question, positive or negative.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What the server said.
    pub status: Status,
    /// The data of the type asked for, after CNAMEs were followed.
    pub records: Vec<RData>,
    /// The targets of the CNAMEs that were followed, in order.
    pub chain: Vec<Name>,
    /// The lowest TTL of the answer, in seconds; for a negative answer the SOA's.
    pub ttl: u32,
}

impl Answer {
    /// An answer without records.
    pub fn empty(status: Status) -> Self {
        Answer { status, records: Vec::new(), chain: Vec::new(), ttl: 0 }
    }

    /// The joined octets of each TXT record.
    pub fn texts(&self) -> Vec<Vec<u8>> {
        self.records
            .iter()
            .filter_map(|r| match r {
                RData::TXT(t) => Some(txt::joined(t)),
                _ => None,
            })
            .collect()
    }
}

/// Why there is no answer. Never to be read as "no such record".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupFailure {
    /// Nothing came back in time.
    #[error("no answer in time")]
    Timeout,
    /// The server answered with this RCODE, such as SERVFAIL or REFUSED.
    #[error("the name server answered {0}")]
    Rcode(String),
    /// The answer was truncated and TCP did not work.
    #[error("the answer is truncated and the server cannot be reached over TCP")]
    Truncated,
    /// The answer could not be understood, or the network refused.
    #[error("{0}")]
    Other(String),
}

/// Asks DNS. Implementations bound their time and never answer "none" for a failure.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// The records of `name` and `rtype`, CNAMEs followed.
    ///
    /// # Errors
    /// [`LookupFailure`] when the question stays open (what RFC 7208 §2.6.6 calls a transient error).
    async fn lookup(&self, name: &Name, rtype: RecordType) -> Result<Arc<Answer>, LookupFailure>;

    /// The same for several questions about one domain, in their order. Unless they are asked `once`, in this whole run,
    /// the answers are kept where answers are kept.
    async fn lookup_all(&self, keys: &[Key], once: bool) -> Vec<Result<Arc<Answer>, LookupFailure>> {
        let _ = once;
        let ask = |key: Key| async move { self.lookup(&key.name, key.rtype).await };
        stream::iter(keys.to_vec()).map(ask).buffered(AT_ONCE).collect().await
    }

    /// Whether DNSSEC proves what `lookup` says; nothing where this cannot be told.
    async fn proof(&self, name: &Name, rtype: RecordType) -> Option<Dnssec> {
        let _ = (name, rtype);
        None
    }
}
