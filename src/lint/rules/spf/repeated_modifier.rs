//! `redirect` or `exp` twice.

use crate::lint::rules::prelude::*;

rule! {
    /// `redirect` or `exp` is there more than once.
    ///
    /// # Why
    /// Each may appear once; a second makes the whole record a permerror.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 mx redirect=a.example.net redirect=b.example.net"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx include:a.example.net redirect=b.example.net"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §6
    ///
    /// # Since
    /// 0.1.0
    "SPF018", "repeated-modifier", Error, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for fault in spf.faults {
        if let SpfFault::RepeatedModifier { name } = fault.kind {
            out.report(spf.at(fault.span), format!("a second `{name}=`"))
                .sees("permerror: no mail passes SPF")
                .help("keep one of them");
        }
    }
}
