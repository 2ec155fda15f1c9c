//! The same record twice.

use crate::lint::rules::prelude::*;
use std::collections::HashSet;

rule! {
    /// A record is there twice.
    ///
    /// # Why
    /// Name servers drop the second; whoever changes one of them wonders why the other stays.
    ///
    /// # Bad
    /// ```zone text-only
    /// mail A 192.0.2.10
    /// mail A 192.0.2.10
    /// ```
    ///
    /// # Good
    /// ```zone
    /// mail A 192.0.2.10
    /// mail A 192.0.2.11
    /// ```
    ///
    /// # Reference
    /// RFC 2181 §5
    ///
    /// # Since
    /// 0.1.0
    "ZONE007", "duplicate-record", Warning, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    // Most names have no two alike, and cost no set.
    let mut alike: Vec<_> = owner.records().map(|(_, entry)| (entry.rtype, entry.digest)).collect();
    alike.sort_unstable();
    if alike.windows(2).all(|two| two[0] != two[1]) {
        return;
    }
    let mut seen = HashSet::new();
    for (number, entry) in owner.records() {
        if !seen.insert((entry.rtype, entry.digest)) {
            out.report(owner.data_spot(number, entry), format!("{} has this record already", owner.shown()))
                .sees("one record")
                .help("remove one of the two");
        }
    }
}
