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
    let records: Vec<_> = owner.records().collect();
    if records.len() < 2 {
        return;
    }
    let mut seen = HashSet::new();
    for (number, entry) in records {
        if !seen.insert((entry.rtype, entry.digest)) {
            out.report(owner.data_spot(number, entry), format!("{} has this record already", owner.shown()))
                .sees("one record")
                .help("remove one of the two");
        }
    }
}
