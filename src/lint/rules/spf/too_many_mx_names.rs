//! An `mx` of more than ten hosts.

use crate::lint::rules::prelude::*;
use crate::lint::spf_tree::{ZoneTree, below};
use crate::model::spf::MAX_NAMES;

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
    for term in spf.tree().into_iter().flat_map(ZoneTree::terms) {
        if let Some(over) = below(term).find(|t| t.hosts.len() > MAX_NAMES) {
            let place = spf.at(Span::new(term.span.start, term.span.end));
            out.report(place, format!("`{}` has {} hosts, {MAX_NAMES} are allowed", over.text, over.hosts.len()))
                .sees("permerror when it is reached")
                .help("list the networks of the hosts with `ip4` and `ip6`");
        }
    }
}
