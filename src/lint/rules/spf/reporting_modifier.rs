//! The modifiers of RFC 6652.

use crate::lint::rules::prelude::*;
use crate::lint::rules::spf::terms::REPORTING;

rule! {
    /// The record has a reporting modifier: `ra`, `rp` or `rr`.
    ///
    /// # Why
    /// They are legal, but few receivers report, and some checkers take them for errors.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 ra=postmaster -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 6652 §3
    ///
    /// # Since
    /// 0.1.0
    "SPF020", "reporting-modifier", Advice, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for (term, modifier) in spf.record.modifiers() {
        if let Modifier::Unknown { name, .. } = modifier
            && REPORTING.iter().any(|r| r.eq_ignore_ascii_case(name))
        {
            out.report(spf.at(term.span), format!("`{name}` asks for reports as RFC 6652 has them; it is legal"))
                .sees("next to nothing: few receivers send such reports, some checkers call it an error")
                .help("DMARC's `rua` brings reports from many more receivers");
        }
    }
}
