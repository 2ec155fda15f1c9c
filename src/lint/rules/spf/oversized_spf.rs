//! A long record.

use crate::lint::rules::prelude::*;

rule! {
    /// The record is longer than 450 octets.
    ///
    /// # Why
    /// With the rest of the answer it goes over 512 octets, and then over TCP or not at all: some firewalls still drop such
    /// answers, and the domain then has no SPF for those receivers.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 ip4:192.0.2.10 ip4:192.0.2.20 ip4:192.0.2.30 ip4:192.0.2.40 ip4:192.0.2.50 ip4:192.0.2.60 ip4:192.0.2.70 ip4:192.0.2.80 ip4:192.0.2.90 ip4:192.0.2.100 ip4:192.0.2.110 ip4:192.0.2.120 ip4:192.0.2.130 " "ip4:198.51.100.10 ip4:198.51.100.20 ip4:198.51.100.30 ip4:198.51.100.40 ip4:198.51.100.50 ip4:198.51.100.60 ip4:198.51.100.70 ip4:198.51.100.80 ip4:198.51.100.90 ip4:198.51.100.100 ip4:198.51.100.110 ip4:198.51.100.120 " "ip4:203.0.113.10 ip4:203.0.113.20 ip4:203.0.113.30 ip4:203.0.113.40 ip4:203.0.113.50 -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §3.4
    ///
    /// # Since
    /// 0.1.0
    "SPF006", "oversized-spf", Warning, Record, Spf(check)
}

/// What fits into an answer of 512 octets beside names and headers, as RFC 7208 §3.4 reckons.
const FITS: usize = 450;

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    let length = spf.octets().len();
    if length > FITS {
        out.report(spf.whole(), format!("the record has {length} octets, over {FITS}"))
            .sees("the answer may need TCP; where that is blocked, SPF ends in temperror")
            .help("join networks, or move terms into a record of their own and include it");
    }
}
