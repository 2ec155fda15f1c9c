//! `ptr`.

use crate::lint::rules::prelude::*;

rule! {
    /// The record uses `ptr`.
    ///
    /// # Why
    /// It should not be used: it is slow, loads the reverse zones, and what it finds is in the hands of whoever runs them.
    /// Large receivers ignore it.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 ptr -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx ip4:192.0.2.10 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §5.5
    ///
    /// # Since
    /// 0.1.0
    "SPF025", "ptr-mechanism", Warning, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for (term, directive) in spf.record.directives() {
        if matches!(directive.mechanism, Mechanism::Ptr { .. }) {
            out.report(spf.at(term.span), "`ptr` should not be used")
                .sees("up to eleven look-ups a message; some receivers skip the term")
                .help("list the addresses with `ip4`, `ip6`, `a` or `mx`");
        }
    }
}
