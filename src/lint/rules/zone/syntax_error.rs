//! Text that cannot be read.

use crate::lint::rules::prelude::*;
use crate::zone::fault::FaultKind;

rule! {
    /// A line of the zone file cannot be read.
    ///
    /// # Why
    /// Name servers refuse the whole file, or leave the record out.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 -all
    /// mail A 192.0.2.10
    /// ```
    /// ```zone
    /// mail A 192.0.2.256
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 -all"
    /// mail A 192.0.2.25
    /// ```
    ///
    /// # Reference
    /// RFC 1035 §5
    ///
    /// # Since
    /// 0.1.0
    "ZONE002", "syntax-error", Error, Text, Zone(check)
}

fn check(view: &ZoneView<'_>, out: &mut Sink<'_>) {
    for fault in &view.zone.faults {
        if matches!(fault.kind, FaultKind::StringTooLong(_)) {
            continue;
        }
        let spot = view.fault_spot(fault.place);
        out.report(spot, fault.kind.to_string())
            .sees("name servers refuse the zone, or leave this record out")
            .help(fault.kind.hint().unwrap_or("correct the line"));
    }
}
