//! More than two queries without an answer.

use crate::lint::rules::prelude::*;
use crate::lint::spf_tree::ZoneTree;
use crate::model::spf::MAX_VOID_LOOKUPS;

rule! {
    /// More than two terms ask DNS for something that does not exist.
    ///
    /// # Why
    /// Receivers stop after two such void look-ups with a permerror. A term counts once, and again where it stands again;
    /// questions for A and for AAAA are never asked for the same client.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ TXT "v=spf1 a:old1.example.com a:old2.example.com a:old3.example.com -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ TXT "v=spf1 a mx -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §4.6.4
    ///
    /// # Since
    /// 0.1.0
    "SPF023", "too-many-void-lookups", Error, Zone, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    let Some(ZoneTree { tree, .. }) = spf.tree() else { return };
    let (v4, v6) = (tree.voids_v4(), tree.voids_v6());
    let who = match (v4 > MAX_VOID_LOOKUPS, v6 > MAX_VOID_LOOKUPS) {
        (true, true) => "any client",
        (true, false) => "an IPv4 client",
        (false, true) => "an IPv6 client",
        (false, false) => return,
    };
    // Many zones have no IPv6 address at all: that hits only those who send over IPv6.
    let severity = if v4 > MAX_VOID_LOOKUPS { Severity::Error } else { Severity::Warning };
    out.report(spf.whole(), format!("{} terms find nothing in DNS, {MAX_VOID_LOOKUPS} are allowed", v4.max(v6)))
        .severity(severity)
        .sees(format!("permerror for {who}: {v4} void look-ups over IPv4, {v6} over IPv6"))
        .help("remove the terms whose names are gone")
        .detail(tree.to_string());
}
