//! Reverse names of the sending hosts, and whether they lead back.

use std::net::IpAddr;

use crate::dns::lookup::Lookup;
use crate::model::name::{self, Name};
use crate::model::service::ReverseName;
use futures_util::{StreamExt, stream};
use hickory_proto::rr::{RData, RecordType};

/// Hosts looked at, at most.
const MAX_HOSTS: usize = 20;
/// Reverse names of one host looked at, as many as SPF's `ptr` looks at (RFC 7208 §4.6.4).
const MAX_NAMES: usize = 10;
/// Hosts in work at a time.
const AT_ONCE: usize = 8;

/// Looks up the single addresses among `networks`; in a network it is not known which hosts there are.
pub(super) async fn reverse_names(lookup: &dyn Lookup, networks: &[String]) -> Vec<ReverseName> {
    let hosts: Vec<IpAddr> = networks.iter().filter_map(|n| n.parse().ok()).take(MAX_HOSTS).collect();
    stream::iter(hosts).map(|address| reverse(lookup, address)).buffered(AT_ONCE).collect().await
}

/// Looks up the names of one host.
pub async fn reverse(lookup: &dyn Lookup, address: IpAddr) -> ReverseName {
    let mut found = ReverseName { address, names: Vec::new(), confirmed: None, failure: None };
    let answer = match lookup.lookup(&Name::from(address), RecordType::PTR).await {
        Ok(answer) => answer,
        Err(failure) => {
            found.failure = Some(failure.to_string());
            return found;
        }
    };
    let rtype = if address.is_ipv4() { RecordType::A } else { RecordType::AAAA };
    for data in answer.records.iter().take(MAX_NAMES) {
        let RData::PTR(host) = data else { continue };
        let host = Name::from(&host.0);
        found.names.push(name::show(&host));
        match lookup.lookup(&host, rtype).await {
            Ok(forward) if forward.records.iter().any(|r| r.ip_addr() == Some(address)) => {
                found.confirmed = Some(name::show(&host));
                found.failure = None;
                break;
            }
            Ok(_) => {}
            Err(failure) => found.failure = Some(failure.to_string()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::lookup::LookupFailure;
    use crate::dns::table::TableLookup;
    use crate::model::name::domain;
    use crate::model::snapshot::parse_value;

    #[tokio::test]
    async fn there_and_back() {
        let mut table = TableLookup::new();
        for (owner, rtype, data) in [
            ("1.2.0.192.in-addr.arpa", RecordType::PTR, "mail.example."),
            ("mail.example", RecordType::A, "192.0.2.1"),
            ("2.2.0.192.in-addr.arpa", RecordType::PTR, "mail.example."),
            ("4.2.0.192.in-addr.arpa", RecordType::PTR, "dead.example."),
        ] {
            table.add(&domain(owner).unwrap(), parse_value(rtype, data).unwrap());
        }
        table.fail(&domain("dead.example").unwrap(), RecordType::A, LookupFailure::Timeout);
        for (network, names, confirmed, open, why) in [
            ("192.0.2.1", 1, true, false, "leads back"),
            ("192.0.2.2", 1, false, false, "leads elsewhere"),
            ("192.0.2.3", 0, false, false, "has no name"),
            ("192.0.2.4", 1, false, true, "is not known"),
        ] {
            let found = reverse_names(&table, &[network.to_string()]).await;
            let host = &found[0];
            assert_eq!(
                (host.names.len(), host.confirmed.is_some(), host.failure.is_some()),
                (names, confirmed, open),
                "{why}"
            );
        }
        assert!(reverse_names(&table, &["192.0.2.0/24".into()]).await.is_empty(), "a network is no host");
    }
}
