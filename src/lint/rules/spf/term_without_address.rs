//! A term that names nobody.

use crate::lint::rules::prelude::*;
use crate::lint::spf_tree::End;

rule! {
    /// The name of an `a` or `mx` term has no address, or no MX.
    ///
    /// # Why
    /// The term authorises nobody, costs one of ten look-ups and one of the two that may find nothing.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ TXT "v=spf1 a:old.example.com -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ TXT "v=spf1 a:mail.example.com -all"
    /// mail A 192.0.2.10
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §5.3
    ///
    /// # Since
    /// 0.1.0
    "SPF028", "term-without-address", Warning, Zone, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for step in spf.tree().steps.iter().filter(|s| s.depth == 0) {
        let message = match step.end {
            End::NoAddress => format!("`{}` has no address", step.text),
            End::NoExchange => format!("`{}` has no MX record", step.text),
            End::NoExchangeAddress => format!("none of the hosts of `{}` has an address", step.text),
            _ => continue,
        };
        out.report(spf.at(step.root), message)
            .sees("a void look-up, and no sender; more than two of them are a permerror")
            .help("remove the term, or publish the name it needs");
    }
}
