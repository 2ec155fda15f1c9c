//! A private address.

use std::net::IpAddr;

use crate::lint::rules::prelude::*;
use crate::lint::rules::spf::networks::{range4, range6};
use crate::lint::site::Site;

rule! {
    /// An address that nobody outside has is published for mail: for a mail exchanger, or in an SPF record.
    ///
    /// # Why
    /// Senders try the address of an exchanger, reach another host or none, and the mail waits. In SPF it authorises strangers
    /// wherever a receiver sees its clients through a proxy or address translation. An address for documentation is an
    /// example that stayed.
    ///
    /// # Bad
    /// ```zone
    /// @ MX 10 mail.example.com.
    /// mail A 10.0.0.25
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 ip4:192.168.0.0/16 -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ MX 10 mail.example.net.
    /// @ TXT "v=spf1 mx -all"
    /// printer A 10.0.0.25
    /// ```
    ///
    /// # Reference
    /// RFC 6890 §2.2
    ///
    /// # Since
    /// 0.1.0
    "HOST004", "private-address", Error, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    exchanger(owner, out);
    owner.texts.iter().for_each(|text| terms(text, out));
}

fn exchanger(owner: &Owner<'_>, out: &mut Sink<'_>) {
    let is_exchanger = || owner.facts.zones.iter().any(|z| z.is_exchange(owner.name));
    let hosts = owner.records().filter(|(_, e)| matches!(RecordType::from(e.rtype), RecordType::A | RecordType::AAAA));
    for (number, entry) in hosts {
        let written = std::str::from_utf8(owner.token(entry, entry.data)).unwrap_or_default().trim_ascii();
        let address = match RecordType::from(entry.rtype) {
            RecordType::A => written.parse().map(IpAddr::V4),
            _ => written.parse().map(IpAddr::V6),
        };
        let Ok(address) = address else { continue };
        let Some(kind) = private(address, address).filter(|_| is_exchanger()) else { continue };
        if is_laboratory(kind, owner) {
            continue;
        }
        out.report(
            owner.data_spot(number, entry),
            format!("{address} is {}, and {} is a mail exchanger", kind.words(), owner.shown()),
        )
        .sees("a host that cannot be reached: mail waits and comes back")
        .help("publish the address by which it is reached from outside");
    }
}

/// Whether an address is for documentation and live DNS answers it: a laboratory's, in which it is as good as any.
fn is_laboratory(kind: Kind, site: &Site<'_>) -> bool {
    kind == Kind::Documentation && site.facts.live.is_some()
}

fn terms(text: &TextRecord<'_>, out: &mut Sink<'_>) {
    let Some((record, _)) = text.spf() else { return };
    for (term, directive) in record.directives() {
        let Some(kind) = network(&directive.mechanism).filter(|kind| !is_laboratory(*kind, &text.site)) else {
            continue;
        };
        let finding = out.report(text.at(term.span), format!("`{}` is {}", text.slice(term.span), kind.words()));
        match kind {
            // Nobody sends from there: a slip, but no hole.
            Kind::Documentation => finding
                .severity(Severity::Advice)
                .sees("a term that never matches")
                .help("write the address that mail comes from"),
            _ => finding
                .sees("everyone passes where a receiver sees its clients through a proxy")
                .help("remove the term, or write the address by which the host is seen from outside"),
        };
    }
}

/// What a network of a term is, when all of it is that. Of qualifiers, only a pass authorises anybody.
fn network(mechanism: &Mechanism) -> Option<Kind> {
    let (first, last) = match mechanism {
        Mechanism::Ip4 { network, prefix } => {
            let (first, last) = range4(*network, *prefix);
            let address = |n: u128| IpAddr::V4((n as u32).into());
            (address(first), address(last))
        }
        Mechanism::Ip6 { network, prefix } => {
            let (first, last) = range6(*network, *prefix);
            (IpAddr::V6(first.into()), IpAddr::V6(last.into()))
        }
        _ => return None,
    };
    private(first, last)
}

/// Why nobody outside has an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Loopback,
    Private,
    LinkLocal,
    Shared,
    ThisNetwork,
    Group,
    Documentation,
    Mapped,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Kind::Loopback => "a loopback address",
            Kind::Private => "a private address",
            Kind::LinkLocal => "a link-local address",
            Kind::Shared => "a carrier's private address",
            Kind::ThisNetwork | Kind::Group => "no host's address",
            Kind::Documentation => "an address for documentation",
            Kind::Mapped => "an IPv4 address in IPv6 clothes",
        }
    }
}

/// What keeps the addresses from first to last from being reached, if it is one thing for all of them.
fn private(first: IpAddr, last: IpAddr) -> Option<Kind> {
    let kind = one(first)?;
    (one(last) == Some(kind)).then_some(kind)
}

fn one(address: IpAddr) -> Option<Kind> {
    match address {
        IpAddr::V4(a) => {
            let [x, y, ..] = a.octets();
            match () {
                () if a.is_loopback() => Some(Kind::Loopback),
                () if a.is_private() => Some(Kind::Private),
                () if a.is_link_local() => Some(Kind::LinkLocal),
                () if x == 0 => Some(Kind::ThisNetwork),
                () if x == 100 && (64..128).contains(&y) => Some(Kind::Shared),
                () if a.is_multicast() || a.is_broadcast() => Some(Kind::Group),
                // RFC 5737 §3.
                () if a.is_documentation() => Some(Kind::Documentation),
                () => None,
            }
        }
        IpAddr::V6(a) => {
            let [x, y, ..] = a.segments();
            match () {
                () if a.is_loopback() => Some(Kind::Loopback),
                () if a.is_unique_local() => Some(Kind::Private),
                () if a.is_unicast_link_local() => Some(Kind::LinkLocal),
                () if a.is_unspecified() => Some(Kind::ThisNetwork),
                () if a.is_multicast() => Some(Kind::Group),
                // RFC 3849 §4, RFC 9637.
                () if (x == 0x2001 && y == 0x0db8) || (x == 0x3fff && y < 0x1000) => Some(Kind::Documentation),
                () if a.to_ipv4_mapped().is_some() => Some(Kind::Mapped),
                () => None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks() {
        for (text, want) in [
            ("ip4:10.1.2.3", Some(Kind::Private)),
            ("ip4:172.16.0.0/12", Some(Kind::Private)),
            ("ip4:172.16.0.0/11", None), // a part of it is somebody's
            ("ip4:127.0.0.1", Some(Kind::Loopback)),
            ("ip4:100.64.0.0/10", Some(Kind::Shared)),
            ("ip4:100.128.0.1", None),
            ("ip4:169.254.0.0/16", Some(Kind::LinkLocal)),
            ("ip4:192.0.2.0/24", Some(Kind::Documentation)),
            ("ip4:192.0.2.0/23", None),
            ("ip4:0.0.0.0/0", None), // the rule about everyone speaks
            ("ip6:fd00::/8", Some(Kind::Private)),
            ("ip6:2001:db8::/32", Some(Kind::Documentation)),
            ("ip6:3fff:fff::1", Some(Kind::Documentation)),
            ("ip6:2001:db9::1", None),
            ("ip6:::ffff:192.0.2.1", Some(Kind::Mapped)),
            ("a:10.0.0.1.example.com", None),
        ] {
            let record = format!("v=spf1 mx {text} -all");
            let read = SpfRecord::read(record.as_bytes()).into_record().unwrap();
            let kinds: Vec<_> = read.directives().filter_map(|(_, d)| network(&d.mechanism)).collect();
            assert_eq!(kinds.first().copied(), want, "{text}");
        }
    }
}
