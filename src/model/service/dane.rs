//! The TLSA records of a mail exchanger beside the certificate that it shows (RFC 7672).

use hickory_proto::rr::RecordType;
use serde::Serialize;

use crate::model::name::{self, Name};
use crate::model::tlsa::Tlsa;

/// The records at `_25._tcp` below a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dane {
    /// The records.
    pub records: Vec<TlsaSeen>,
    /// Whether the resolver says that DNSSEC proves them; `None` where it was not asked, or does not validate.
    pub secure: Option<bool>,
    /// Why the records are not known.
    pub failure: Option<String>,
}

/// A record, and whether the certificate agrees with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TlsaSeen {
    /// The record.
    #[serde(flatten)]
    pub record: Tlsa,
    /// Whether the host's certificate agrees; `None` where no certificate was seen, or SMTP cannot use the record.
    pub matches: Option<bool>,
}

impl Dane {
    /// Where the records of `host` stand (RFC 7672 §2.2.3).
    pub fn owner(host: &Name) -> Option<(Name, RecordType)> {
        Some((name::below("_25._tcp", host).ok()?, RecordType::TLSA))
    }

    /// Whether senders with DANE take the certificate: one record that agrees is enough (RFC 7672 §2.2).
    pub fn agrees(&self) -> bool {
        self.records.iter().any(|seen| seen.matches == Some(true))
    }

    /// Whether there are records that SMTP can use, and none agrees.
    pub fn disagrees(&self) -> bool {
        !self.agrees() && self.records.iter().any(|seen| seen.matches == Some(false))
    }
}
