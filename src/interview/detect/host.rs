//! What DNS says of a host.

use std::net::IpAddr;

use futures_util::future::join_all;
use hickory_proto::rr::{RData, RecordType};

use crate::dns::lookup::Lookup;
use crate::model::name::{self, Name};

/// A host and what DNS says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostFacts {
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The addresses whose reverse name is this host.
    pub confirmed: Vec<IpAddr>,
    /// Whether DNS left open whether there are addresses, or more of them.
    pub open: bool,
}

/// Looks at a host: its addresses, and whether they lead back to it.
pub async fn host(lookup: &dyn Lookup, host: &Name) -> HostFacts {
    let (v4, v6) = futures_util::join!(lookup.lookup(host, RecordType::A), lookup.lookup(host, RecordType::AAAA));
    let open = v4.is_err() || v6.is_err();
    let mut addresses: Vec<IpAddr> = [v4, v6]
        .into_iter()
        .flatten()
        .flat_map(|answer| answer.records.iter().filter_map(RData::ip_addr).collect::<Vec<_>>())
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    let shown = name::show(host);
    let reverse = addresses.iter().map(|ip| async { (*ip, reverse(lookup, *ip).await) });
    let confirmed = join_all(reverse).await.into_iter();
    let confirmed = confirmed.filter(|(_, names)| names.as_ref().is_some_and(|n| n.contains(&shown)));
    HostFacts { confirmed: confirmed.map(|(ip, _)| ip).collect(), addresses, open }
}

/// The reverse names of an address; `None` where DNS does not answer.
pub async fn reverse(lookup: &dyn Lookup, address: IpAddr) -> Option<Vec<String>> {
    let answer = lookup.lookup(&Name::from(address), RecordType::PTR).await.ok()?;
    Some(names(&answer.records))
}

/// The names that NS and PTR records give, sorted.
pub(super) fn names(records: &[RData]) -> Vec<String> {
    let mut out: Vec<String> = records
        .iter()
        .filter_map(|r| match r {
            RData::NS(ns) => Some(Name::from(&ns.0).to_string()),
            RData::PTR(ptr) => Some(Name::from(&ptr.0).to_string()),
            _ => None,
        })
        .collect();
    out.sort();
    out
}
