//! The servers behind a domain's mail, visited: what they say is gathered here and judged by the rules of
//! [`lint`](crate::lint).
//!
//! Visits are few, short and harmless. `docs/check.md` says how many connections, octets and seconds a domain can
//! cost at most; the limits stand as constants beside the code that they bound.

mod addresses;
mod dane;
mod exchanges;
mod handshake;
mod https;
mod indicator;
mod policy;
pub mod port_25;
mod smtp;

use hickory_proto::rr::RecordType;

use crate::dns::gather::Gathered;
use crate::dns::lookup::Lookup;
use crate::model::name::{self, Name};
use crate::model::service::Services;
use crate::model::snapshot::Key;
use crate::tls::Trust;

/// What may be visited, and whom to trust.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Whether to fetch over HTTPS.
    pub https: bool,
    /// Whether to visit mail exchangers.
    pub smtp: bool,
    /// Which authorities are trusted.
    pub trust: Trust,
}

/// The records beside those of [`mail_questions`](crate::dns::gather::mail_questions) that name servers: the BIMI
/// record.
pub fn questions(domain: &Name) -> Vec<Key> {
    let bimi = name::below(&format!("{}._bimi", indicator::SELECTOR), domain);
    bimi.iter().map(|owner| Key::new(owner, RecordType::TXT)).collect()
}

/// Visits the servers that the gathered records name.
pub async fn visit(lookup: &dyn Lookup, gathered: &Gathered, reach: &Reach) -> Services {
    let trust = &reach.trust;
    let mut services = Services::new(gathered.domain.clone());
    let fetched = async {
        if !reach.https {
            return (None, None);
        }
        futures_util::join!(policy::fetch(lookup, gathered, trust), indicator::fetch(lookup, gathered, trust))
    };
    let visited = async { if reach.smtp { exchanges::exchanges(lookup, gathered, trust).await } else { Vec::new() } };
    let ((policy, indicator), exchanges) = futures_util::join!(fetched, visited);
    (services.policy, services.indicator, services.exchanges) = (policy, indicator, exchanges);
    services
}
