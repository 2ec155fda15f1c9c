//! A prefix length behind `a` or `mx`.

use crate::lint::rules::prelude::*;
use crate::lint::rules::spf::terms::term_at;

rule! {
    /// The prefix length behind `a` or `mx` is out of range or malformed.
    ///
    /// # Why
    /// It is a syntax error, and makes the whole record a permerror. Lengths for both families are written `/24//64`.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 a/33 -all"
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 mx/24/64 -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 a/24 mx/24//64 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §5.3
    ///
    /// # Since
    /// 0.1.0
    "SPF011", "bad-cidr-length", Error, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for fault in spf.faults {
        let term = spf.slice(term_at(spf.octets(), fault.span.start)).to_ascii_lowercase();
        let network = term.trim_start_matches(['+', '-', '~', '?']).starts_with("ip");
        let message = match &fault.kind {
            SpfFault::BadPrefix { max } if !network => {
                format!("a prefix length must be a plain number from 0 to {max}")
            }
            SpfFault::BadDualCidr => "prefix lengths are written `/24`, `//64` or `/24//64`".to_string(),
            _ => continue,
        };
        out.report(spf.at(fault.span), message)
            .sees("permerror: no mail passes SPF")
            .help("write `/` and a length up to 32 for IPv4, `//` and a length up to 128 for IPv6");
    }
}
