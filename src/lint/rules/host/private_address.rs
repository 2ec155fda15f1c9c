//! A private address.

use crate::lint::rules::prelude::*;
use std::net::IpAddr;

rule! {
    /// A mail host has an address that nobody outside can reach.
    ///
    /// # Why
    /// Senders try the address, reach another host or none, and the mail waits.
    ///
    /// # Bad
    /// ```zone
    /// @ MX 10 mail.example.com.
    /// mail A 10.0.0.25
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ MX 10 mail.example.com.
    /// mail A 192.0.2.10
    /// printer A 10.0.0.25
    /// ```
    ///
    /// # Reference
    /// RFC 6890 §2.2
    ///
    /// # Since
    /// 0.1.0
    "HOST004", "private-address", Error, Zone, Host(check)
}

fn check(host: &HostData<'_>, out: &mut Sink<'_>) {
    let Some(kind) = private(host.address) else { return };
    if !host.site.facts.zones.iter().any(|z| z.is_exchange(host.site.name)) {
        return;
    }
    out.report(host.spot(), format!("{} is {kind}, and {} is a mail exchanger", host.address, host.site.shown()))
        .sees("a host that cannot be reached: mail waits and comes back")
        .help("publish the address by which it is reached from outside");
}

/// What keeps an address from being reached, if anything does. Addresses for documentation are let through: what is
/// an example is meant as one.
fn private(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(a) => {
            let [x, y, ..] = a.octets();
            match () {
                () if a.is_loopback() => Some("a loopback address"),
                () if a.is_private() => Some("a private address"),
                () if a.is_link_local() => Some("a link-local address"),
                () if a.is_unspecified() || x == 0 => Some("no host's address"),
                () if x == 100 && (64..128).contains(&y) => Some("a carrier's private address"),
                () if a.is_multicast() || a.is_broadcast() => Some("no host's address"),
                () => None,
            }
        }
        IpAddr::V6(a) => match () {
            () if a.is_loopback() => Some("a loopback address"),
            () if a.is_unique_local() => Some("a private address"),
            () if a.is_unicast_link_local() => Some("a link-local address"),
            () if a.is_unspecified() || a.is_multicast() => Some("no host's address"),
            () if a.to_ipv4_mapped().is_some() => Some("an IPv4 address in IPv6 clothes"),
            () => None,
        },
    }
}
