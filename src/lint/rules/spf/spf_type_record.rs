//! The record type SPF.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;
use crate::zone::rtype;

rule! {
    /// An SPF policy is published in a record of type SPF (99).
    ///
    /// # Why
    /// The type was given up: receivers ask for TXT alone. Beside a TXT record it is one more copy to forget, without one it is
    /// not seen.
    ///
    /// # Bad
    /// ```zone
    /// @ SPF "v=spf1 mx -all"
    /// @ TXT "v=spf1 mx -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §3.1
    ///
    /// # Since
    /// 0.1.0
    "SPF004", "spf-type-record", Warning, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    let spf_type = u16::from(rtype::SPF);
    let beside = owner.texts.iter().any(|t| t.kind == TextKind::Spf && t.entry.rtype != spf_type);
    for text in owner.texts.iter().filter(|t| t.entry.rtype == spf_type) {
        let finding = out.report(text.whole(), "a record of the type SPF, which receivers do not ask for");
        if beside {
            finding.sees("nothing: only the TXT record is read").help("remove it");
        } else {
            finding.sees("none: there is no TXT record with the policy").help("publish the same value as TXT");
        }
    }
}
