//! What a domain's servers said, as rules are shown it.

use std::ops::Deref;

use hickory_proto::rr::RecordType;

use crate::lint::finding::Spot;
use crate::lint::live::LiveView;
use crate::model::mta_sts::{StsMode, StsPolicy};
use crate::model::service::{Dane, Exchange, Services};

/// A domain and its servers.
pub struct ServiceView<'a> {
    /// What live DNS said.
    pub view: LiveView<'a>,
    /// What the servers said.
    pub services: &'a Services,
}

impl<'a> Deref for ServiceView<'a> {
    type Target = LiveView<'a>;

    fn deref(&self) -> &LiveView<'a> {
        &self.view
    }
}

impl ServiceView<'_> {
    /// The place of the MX record that names an exchanger.
    pub fn exchange_spot(&self, exchange: &Exchange) -> Spot {
        let host = exchange.host.octets().to_vec();
        let records = self.facts.lookup(&self.live.domain, RecordType::MX);
        let named = records.records().iter().find(|k| k.entry.target.is_some_and(|t| k.zone.name(t) == host));
        match named {
            Some(known) => {
                let place = known.zone.data_place(known.entry);
                Spot { zone: known.zone_number, record: Some(known.number), place, octets: None }
            }
            None => self.spot(),
        }
    }

    /// The place of an exchanger's TLSA records; where they are not at hand, that of its MX record.
    pub fn tlsa_spot(&self, exchange: &Exchange) -> Spot {
        let owner = Dane::owner(&exchange.host).map(|(name, rtype)| (name.octets().to_vec(), rtype));
        let found = owner.map(|(name, rtype)| self.ask(&name, rtype));
        match found.as_ref().and_then(|answer| answer.records().first()) {
            Some(known) => {
                let place = known.zone.data_place(known.entry);
                Spot { zone: known.zone_number, record: Some(known.number), place, octets: None }
            }
            None => self.exchange_spot(exchange),
        }
    }

    /// Whether the domain's MTA-STS policy was fetched and is enforced.
    pub fn policy_enforced(&self) -> bool {
        let policy = self.services.policy.as_ref().filter(|p| p.fault.is_none());
        policy.is_some_and(|p| {
            StsPolicy::read(&p.octets).record().is_some_and(|policy| policy.mode == Some(StsMode::Enforce))
        })
    }

    /// What makes senders demand TLS of an exchanger, if anything does.
    pub fn tls_demanded(&self, exchange: &Exchange) -> Option<&'static str> {
        let usable = exchange.dane.records.iter().any(|seen| seen.record.is_usable());
        if self.policy_enforced() {
            Some("the domain's MTA-STS policy")
        } else if exchange.dane.secure == Some(true) && usable {
            Some("its TLSA records")
        } else {
            None
        }
    }
}
