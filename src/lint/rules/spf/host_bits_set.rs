//! A network written by one of its hosts.

use std::net::IpAddr;

use crate::lint::rules::prelude::*;
use crate::lint::rules::spf::networks::{mask4, mask6};

rule! {
    /// A network has bits set behind its prefix: `192.0.2.98/29`.
    ///
    /// # Why
    /// That is legal, and means the whole network; a reader may take it for something else.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 ip4:192.0.2.98/29 -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 ip4:192.0.2.96/29 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §5.6
    ///
    /// # Since
    /// 0.1.0
    "SPF010", "host-bits-set", Advice, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for (term, directive) in spf.record.directives() {
        let (written, base, prefix) = match &directive.mechanism {
            Mechanism::Ip4 { network, prefix } => (IpAddr::V4(*network), IpAddr::V4(mask4(*network, *prefix)), prefix),
            Mechanism::Ip6 { network, prefix } => (IpAddr::V6(*network), IpAddr::V6(mask6(*network, *prefix)), prefix),
            _ => continue,
        };
        if written == base {
            continue;
        }
        let meant = format!("{base}/{prefix}");
        let text = spf.slice(term.span);
        let argument = text.find(':').map_or(0, |i| i + 1) as u32;
        let span = Span { start: term.span.start + argument, end: term.span.end };
        out.report(spf.at(span), format!("this means the network {meant}"))
            .sees(format!("every address of {meant} passes"))
            .help(format!("write `{meant}`, or leave out the prefix if one address is meant"))
            .fix(spf.replace(format!("write `{meant}`"), span, &meant));
    }
}
