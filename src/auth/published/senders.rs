//! Who may send: the networks that a domain's SPF lets pass.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hickory_proto::rr::{RData, RecordType};
use serde::Serialize;

use crate::dns::lookup::Lookup;
use crate::model::reading::Reading;
use crate::model::spf::{
    DualCidr, Mechanism, Modifier, Qualifier, SpfRecord, SpfTree, TermCost, TermKind, target_name,
};

/// Questions asked at most for the addresses behind `a` and `mx`.
const MAX_QUESTIONS: usize = 100;
/// Networks collected at most.
const MAX_NETWORKS: usize = 20_000;

/// Who may send.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Senders {
    /// Networks in CIDR form, those within others and neighbours drawn together, IPv4 first. Terms that refuse part of a
    /// network before it is allowed are not taken off.
    pub networks: Vec<String>,
    /// IPv4 addresses in them.
    pub ipv4_addresses: u64,
    /// Terms whose senders depend on the message or on reverse names, so that they cannot be listed.
    pub others: Vec<String>,
    /// Whether something could not be looked at: DNS did not answer, or there was too much.
    pub incomplete: bool,
}

/// A network as the numbers of its first and last address.
type Range = (u128, u128);

struct Collector<'l> {
    lookup: &'l dyn Lookup,
    v4: Vec<Range>,
    v6: Vec<Range>,
    asked: usize,
    out: Senders,
}

/// The senders that `tree` lets pass.
pub async fn senders(lookup: &dyn Lookup, tree: &SpfTree) -> Senders {
    let mut all = Collector { lookup, v4: Vec::new(), v6: Vec::new(), asked: 0, out: Senders::default() };
    all.out.incomplete = !tree.is_complete();
    let mut trees = vec![tree];
    let mut next = 0;
    while let Some(tree) = trees.get(next).copied() {
        next += 1;
        for term in &tree.terms {
            if all.take(term).await {
                trees.extend(term.nested.as_deref());
            }
        }
    }
    let (v4, v6) = (merged(all.v4), merged(all.v6));
    let mut out = all.out;
    out.ipv4_addresses = v4.iter().map(|(first, last)| (last - first + 1) as u64).sum();
    out.networks =
        v4.iter().flat_map(|range| cidrs(*range, 32)).chain(v6.iter().flat_map(|r| cidrs(*r, 128))).collect();
    out
}

impl Collector<'_> {
    /// Takes what `term` lets pass itself. True if what it leads to passes, too.
    async fn take(&mut self, term: &TermCost) -> bool {
        let Reading::Ours(record) = SpfRecord::read(format!("v=spf1 {}", term.text).as_bytes()) else { return false };
        let directive = match record.terms.first().map(|t| &t.kind) {
            Some(TermKind::Modifier(Modifier::Redirect(_))) => return true,
            Some(TermKind::Directive(directive)) if directive.qualifier == Qualifier::Pass => directive,
            _ => return false,
        };
        match &directive.mechanism {
            Mechanism::All => {
                self.v4.push((0, u32::MAX.into()));
                self.v6.push((0, u128::MAX));
            }
            Mechanism::Ip4 { network, prefix } => self.add(IpAddr::V4(*network), *prefix),
            Mechanism::Ip6 { network, prefix } => self.add(IpAddr::V6(*network), *prefix),
            Mechanism::Include(_) if term.nested.is_some() => return true,
            Mechanism::Include(_) | Mechanism::Ptr { .. } | Mechanism::Exists(_) => {
                self.out.others.push(term.text.clone());
            }
            Mechanism::A { cidr, .. } => match &term.target {
                Some(target) => self.addresses(target, *cidr).await,
                None => self.out.others.push(term.text.clone()),
            },
            Mechanism::Mx { cidr, .. } => {
                if term.target.is_none() {
                    self.out.others.push(term.text.clone());
                }
                for host in term.hosts.iter().take(crate::model::spf::MAX_NAMES) {
                    self.addresses(host, *cidr).await;
                }
            }
        }
        false
    }

    async fn addresses(&mut self, host: &str, cidr: DualCidr) {
        let Some(name) = target_name(host) else { return };
        for (rtype, prefix) in [(RecordType::A, cidr.v4), (RecordType::AAAA, cidr.v6)] {
            self.asked += 1;
            if self.asked > MAX_QUESTIONS {
                self.out.incomplete = true;
                return;
            }
            match self.lookup.lookup(&name, rtype).await {
                Ok(answer) => answer.records.iter().filter_map(RData::ip_addr).for_each(|ip| self.add(ip, prefix)),
                Err(_) => self.out.incomplete = true,
            }
        }
    }

    fn add(&mut self, address: IpAddr, prefix: u8) {
        if self.v4.len() + self.v6.len() >= MAX_NETWORKS {
            self.out.incomplete = true;
            return;
        }
        let (number, bits, ranges) = match address {
            IpAddr::V4(a) => (u128::from(u32::from(a)), 32u8, &mut self.v4),
            IpAddr::V6(a) => (u128::from(a), 128, &mut self.v6),
        };
        let host = bits.saturating_sub(prefix);
        let mask = 1u128.checked_shl(host.into()).map_or(u128::MAX, |size| size - 1);
        ranges.push((number & !mask, number | mask));
    }
}

/// Ranges in order, those that overlap or touch as one.
fn merged(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable();
    let mut out: Vec<Range> = Vec::new();
    for (first, last) in ranges {
        match out.last_mut() {
            Some(before) if before.1 == u128::MAX || first <= before.1 + 1 => before.1 = before.1.max(last),
            _ => out.push((first, last)),
        }
    }
    out
}

/// The networks that make up a range.
fn cidrs((mut first, last): Range, bits: u32) -> Vec<String> {
    let mut out = Vec::new();
    loop {
        // The largest network that begins here and does not run over the end.
        let mut size = first.trailing_zeros().min(bits);
        while size > 0 && 1u128.checked_shl(size).map_or(u128::MAX, |n| n - 1) > last - first {
            size -= 1;
        }
        let address = match (bits, u32::try_from(first)) {
            (32, Ok(number)) => IpAddr::V4(Ipv4Addr::from(number)),
            _ => IpAddr::V6(Ipv6Addr::from(first)),
        };
        out.push(if size == 0 { address.to_string() } else { format!("{address}/{}", bits - size) });
        let end = first + 1u128.checked_shl(size).map_or(u128::MAX, |n| n - 1);
        if end >= last {
            return out;
        }
        first = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::spf::budget;
    use crate::dns::lookup::LookupFailure;
    use crate::dns::table::TableLookup;
    use crate::model::name::domain;
    use crate::model::snapshot::parse_value;

    #[tokio::test]
    async fn networks_drawn_together() {
        for (record, networks, others, why) in [
            ("v=spf1 -all", "", "", "nobody"),
            ("v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.128/25 -all", "192.0.2.0/24", "", "two halves"),
            ("v=spf1 ip4:192.0.2.7 ip4:192.0.2.0/24 -all", "192.0.2.0/24", "", "one within the other"),
            ("v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 -all", "192.0.2.1 192.0.2.2", "", "neighbours that are no network"),
            ("v=spf1 ip4:192.0.2.9/24 ?ip4:10.0.0.1 -all", "192.0.2.0/24", "", "host bits; neutral is no pass"),
            ("v=spf1 a mx -all", "192.0.2.10 198.51.100.0/24 2001:db8::10", "", "addresses of names"),
            ("v=spf1 include:b.example ~all", "203.0.113.0/24", "exists:%{i}.b.example", "what is included"),
            ("v=spf1 redirect=b.example", "203.0.113.0/24", "exists:%{i}.b.example", "redirect"),
            ("v=spf1 ~include:b.example ptr -all", "", "ptr", "a softfail include lets nobody pass"),
            ("v=spf1 +all", "0.0.0.0/0 ::/0", "", "everybody"),
            ("v=spf1 ip6:2001:db8::/33 ip6:2001:db8:8000::/33 -all", "2001:db8::/32", "", "IPv6"),
        ] {
            let mut table = TableLookup::new();
            let owner = |text: &str| domain(text).unwrap();
            table.add_text(&owner("a.example"), record.replace(" mx ", " mx/24 ").as_bytes());
            table.add_text(&owner("b.example"), b"v=spf1 ip4:203.0.113.0/24 exists:%{i}.b.example -all");
            for (name, rtype, data) in [
                ("a.example", RecordType::A, "192.0.2.10"),
                ("a.example", RecordType::AAAA, "2001:db8::10"),
                ("a.example", RecordType::MX, "10 mx.example."),
                ("mx.example", RecordType::A, "198.51.100.77"),
            ] {
                table.add(&owner(name), parse_value(rtype, data).unwrap());
            }
            let tree = budget(&table, "a.example").await;
            let found = senders(&table, &tree).await;
            assert_eq!((found.networks.join(" "), found.others.join(" ")), (networks.into(), others.into()), "{why}");
        }
    }

    #[tokio::test]
    async fn what_stays_open_is_said() {
        let mut table = TableLookup::new();
        table.add_text(&domain("a.example").unwrap(), b"v=spf1 a:dead.example ip4:192.0.2.1 -all");
        table.fail(&domain("dead.example").unwrap(), RecordType::A, LookupFailure::Timeout);
        let found = senders(&table, &budget(&table, "a.example").await).await;
        assert_eq!((found.networks.join(" ").as_str(), found.incomplete), ("192.0.2.1", true));
    }
}
