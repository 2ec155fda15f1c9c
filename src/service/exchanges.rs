//! The mail exchangers of a domain, visited.

use futures_util::{StreamExt, stream};
use hickory_proto::rr::{RData, RecordType};

use crate::dns::gather::Gathered;
use crate::dns::lookup::Lookup;
use crate::model::name::{self, Name};
use crate::model::service::Exchange;
use crate::service::addresses::addresses;
use crate::service::{dane, smtp};
use crate::tls::Trust;

/// Exchangers visited, those of the lowest preference first.
const MOST_HOSTS: usize = 10;
/// Of these at a time.
const AT_ONCE: usize = 5;

/// Visits them, by preference.
pub(super) async fn exchanges(lookup: &dyn Lookup, gathered: &Gathered, trust: &Trust) -> Vec<Exchange> {
    let Some(set) = gathered.snapshot.get(&gathered.domain, RecordType::MX) else { return Vec::new() };
    let mut hosts: Vec<(u16, Name)> = set
        .values
        .iter()
        .filter_map(|value| match value {
            // A null MX names no host (RFC 7505 §3).
            RData::MX(mx) if !mx.exchange.is_root() => Some((mx.preference, Name::from(&mx.exchange))),
            _ => None,
        })
        .collect();
    hosts.sort();
    hosts.dedup_by(|a, b| a.1 == b.1);
    hosts.truncate(MOST_HOSTS);
    stream::iter(hosts)
        .map(|(preference, host)| exchange(lookup, preference, host, trust))
        .buffered(AT_ONCE)
        .collect()
        .await
}

async fn exchange(lookup: &dyn Lookup, preference: u16, host: Name, trust: &Trust) -> Exchange {
    // Where DNS is silent, the rules say so of the address itself.
    let addresses = addresses(lookup, &host).await.unwrap_or_default();
    let smtp = smtp::visit(&name::show(&host), &addresses, trust).await;
    let mut exchange = Exchange { host, preference, addresses, smtp, dane: Default::default() };
    exchange.dane = dane::dane(lookup, &exchange.host, exchange.tls(), trust).await;
    exchange
}
