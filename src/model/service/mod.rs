//! What the servers of a domain say beside its DNS, as it was seen; judging it is the rules' work.

mod certificate;
mod dane;
mod exchange;
mod fetch;
mod indicator;
mod policy;
mod reverse;
mod tls;

pub use certificate::Certificate;
pub use dane::{Dane, TlsaSeen};
pub use exchange::{Exchange, SmtpFault, SmtpVisit, Starttls};
pub use fetch::FetchFault;
pub use indicator::Indicator;
pub use policy::PolicyFetch;
pub use reverse::ReverseName;
pub use tls::{TlsFacts, TrustFault};

use serde::Serialize;

use crate::model::name::{self, Name};

/// Everything that was seen of the servers of one domain.
#[derive(Clone, Debug, Serialize)]
pub struct Services {
    /// The domain.
    #[serde(skip)]
    pub domain: Name,
    /// Its MTA-STS policy file, where a record announces one and it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyFetch>,
    /// Its mail exchangers, by preference, where they were visited.
    pub exchanges: Vec<Exchange>,
    /// The logo that its BIMI record names, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator: Option<Indicator>,
}

impl Services {
    /// Nothing seen yet of `domain`.
    pub fn new(domain: Name) -> Self {
        Services { domain, policy: None, exchanges: Vec::new(), indicator: None }
    }

    /// What stayed open: the server, the protocol, and why there is no answer.
    pub fn open(&self) -> Vec<(String, &'static str, String)> {
        let mut open = Vec::new();
        let policy = self.policy.as_ref().map(|p| (&p.url, &p.fault));
        let indicator = self.indicator.as_ref().map(|i| (&i.url, &i.fault));
        for (url, fault) in policy.into_iter().chain(indicator) {
            if let Some(fault) = fault.as_ref().filter(|f| f.is_open()) {
                open.push((url.clone(), "https", fault.to_string()));
            }
        }
        for exchange in &self.exchanges {
            if let Some(fault) = exchange.smtp.as_ref().and_then(|v| v.fault.as_ref()) {
                open.push((exchange.shown(), "smtp", fault.to_string()));
            }
            // Senders with DANE put mail off where this question stays open (RFC 7672 §2.1.2).
            if let (Some(failure), Some((owner, _))) = (&exchange.dane.failure, Dane::owner(&exchange.host)) {
                open.push((name::show(&owner), "TLSA", failure.clone()));
            }
        }
        open
    }
}
