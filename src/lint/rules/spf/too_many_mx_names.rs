//! An `mx` of more than ten hosts.

use crate::lint::rules::prelude::*;
use crate::lint::spf_tree::{End, MAX_NAMES};

rule! {
    /// An `mx` term leads to more than ten hosts.
    ///
    /// # Why
    /// Receivers look up the addresses of ten; with more the result is a permerror.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 mx -all"
    /// @ MX 10 a.example.net.
    /// @ MX 10 b.example.net.
    /// @ MX 10 c.example.net.
    /// @ MX 10 d.example.net.
    /// @ MX 10 e.example.net.
    /// @ MX 10 f.example.net.
    /// @ MX 10 g.example.net.
    /// @ MX 10 h.example.net.
    /// @ MX 10 i.example.net.
    /// @ MX 10 j.example.net.
    /// @ MX 10 k.example.net.
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx -all"
    /// @ MX 10 a.example.net.
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §4.6.4
    ///
    /// # Since
    /// 0.1.0
    "SPF024", "too-many-mx-names", Error, Zone, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for step in &spf.tree().steps {
        if let End::TooManyExchanges(count) = step.end {
            out.report(spf.at(step.root), format!("`{}` has {count} hosts, {MAX_NAMES} are allowed", step.text))
                .sees("permerror when it is reached")
                .help("list the networks of the hosts with `ip4` and `ip6`");
        }
    }
}
