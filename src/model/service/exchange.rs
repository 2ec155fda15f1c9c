//! A mail exchanger as it was visited.

use std::net::IpAddr;

use serde::Serialize;

use crate::model::name::{self, Name};
use crate::model::service::{Dane, TlsFacts};

/// An exchanger of the domain.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// Its name.
    #[serde(serialize_with = "shown")]
    pub host: Name,
    /// Lower is tried first.
    pub preference: u16,
    /// Its addresses, as far as they are known.
    pub addresses: Vec<IpAddr>,
    /// What SMTP showed; `None` where there was no address to visit.
    pub smtp: Option<SmtpVisit>,
    /// Its TLSA records.
    pub dane: Dane,
}

/// One connection to port 25: greeting, EHLO, STARTTLS, QUIT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SmtpVisit {
    /// The address.
    pub address: IpAddr,
    /// The greeting without its code.
    pub greeting: Option<String>,
    /// The name that the host gives itself: the first word of its reply to EHLO (RFC 5321 §4.1.1.1), else of its greeting.
    pub calls_itself: Option<String>,
    /// The keywords of the EHLO reply.
    pub offers: Vec<String>,
    /// What came of STARTTLS.
    pub starttls: Option<Starttls>,
    /// Why the visit ended early.
    pub fault: Option<SmtpFault>,
}

/// What came of STARTTLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Starttls {
    /// The host does not offer it.
    NotOffered,
    /// It offers it and does not do it.
    Failed(String),
    /// TLS came about.
    Done(TlsFacts),
}

/// Why a visit ended early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SmtpFault {
    /// Nobody answered: that may be so from here alone, for many networks block port 25.
    #[error("{reason}")]
    Unanswered {
        /// What happened.
        reason: String,
    },
    /// The host takes no connection.
    #[error("the connection is refused")]
    Refused,
    /// What answers does not speak SMTP, or ended the conversation.
    #[error("{reason}")]
    Protocol {
        /// What happened.
        reason: String,
    },
}

impl Exchange {
    /// Its name for people.
    pub fn shown(&self) -> String {
        name::show(&self.host)
    }

    /// What TLS showed, if it came about.
    pub fn tls(&self) -> Option<&TlsFacts> {
        match self.smtp.as_ref()?.starttls.as_ref()? {
            Starttls::Done(tls) => Some(tls),
            Starttls::NotOffered | Starttls::Failed(_) => None,
        }
    }
}

fn shown<S: serde::Serializer>(host: &Name, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&name::show(host))
}
