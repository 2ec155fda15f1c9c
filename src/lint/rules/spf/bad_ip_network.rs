//! A network that is none.

use crate::lint::rules::prelude::*;
use crate::lint::rules::spf::terms::{follows_empty, term_at};

rule! {
    /// `ip4` or `ip6` does not hold a network of its family, or an address stands alone.
    ///
    /// # Why
    /// It is a syntax error, and makes the whole record a permerror: no mail passes SPF.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 2001:db8::/64 -all"
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 ip4:192.0.2.0/33 -all"
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 ip6:192.0.2.1 -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 ip6:2001:db8::/64 ip4:192.0.2.98/29 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §5.6
    ///
    /// # Since
    /// 0.1.0
    "SPF009", "bad-ip-network", Error, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for (i, fault) in spf.faults.iter().enumerate() {
        if follows_empty(spf, i) {
            continue;
        }
        let (span, term) = (fault.span, term_at(spf.octets(), fault.span.start));
        let name = spf.slice(term).to_ascii_lowercase();
        let name = name.trim_start_matches(['+', '-', '~', '?']);
        match &fault.kind {
            SpfFault::BareNetwork { mechanism } => {
                let point = Span { start: span.start, end: span.start };
                out.report(spf.at(span), format!("a network without `{mechanism}:` before it"))
                    .sees("permerror: no mail passes SPF")
                    .help(format!("write `{mechanism}:{}`", spf.slice(span)))
                    .fix(spf.replace(format!("write `{mechanism}:` before it"), point, &format!("{mechanism}:")));
            }
            SpfFault::BadAddress { mechanism, other_family: true } => {
                let right = if *mechanism == "ip4" { "ip6" } else { "ip4" };
                let lead = spf.slice(term).len() - name.len();
                let word = Span { start: term.start + lead as u32, end: term.start + lead as u32 + 3 };
                out.report(spf.at(span), format!("`{mechanism}:` with an address of the other family"))
                    .sees("permerror: no mail passes SPF")
                    .help(format!("write `{right}:{}`", spf.slice(span)))
                    .fix(spf.replace(format!("write `{right}:`"), word, right));
            }
            SpfFault::BadAddress { mechanism, .. } => {
                let family = if *mechanism == "ip4" { "IPv4" } else { "IPv6" };
                out.report(spf.at(span), format!("`{}` is not an {family} address", short(&spf.slice(span))))
                    .sees("permerror: no mail passes SPF")
                    .help("write a full address, with a prefix length behind `/` for a network");
            }
            SpfFault::BadPrefix { max } if name.starts_with("ip4") || name.starts_with("ip6") => {
                out.report(spf.at(span), format!("a prefix length must be a plain number from 0 to {max}"))
                    .sees("permerror: no mail passes SPF")
                    .help("write the prefix length of the network that sends");
            }
            _ => {}
        }
    }
}
