//! A network written by one of its hosts.

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
        let (written, meant) = match &directive.mechanism {
            Mechanism::Ip4 { network, prefix } => {
                let base = mask4(*network, *prefix);
                (base != *network, format!("{base}/{prefix}"))
            }
            Mechanism::Ip6 { network, prefix } => {
                let base = mask6(*network, *prefix);
                (base != *network, format!("{base}/{prefix}"))
            }
            _ => continue,
        };
        if !written {
            continue;
        }
        let text = spf.slice(term.span);
        let argument = text.find(':').map_or(0, |i| i + 1) as u32;
        let span = Span { start: term.span.start + argument, end: term.span.end };
        out.report(spf.at(span), format!("this means the network {meant}"))
            .sees(format!("every address of {meant} passes"))
            .help(format!("write `{meant}`, or leave out the prefix if one address is meant"))
            .fix(spf.replace(format!("write `{meant}`"), span, &meant));
    }
}
