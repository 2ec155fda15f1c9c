//! A zone without SOA or NS.

use crate::lint::rules::prelude::*;
use crate::lint::zone_index::Door;

rule! {
    /// The zone has an SOA record and no NS records, or NS records and no SOA.
    ///
    /// # Why
    /// Name servers do not load such a zone.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ NS ns.example.com.
    /// ns A 192.0.2.53
    /// ```
    ///
    /// # Reference
    /// RFC 1035 §5.2
    ///
    /// # Since
    /// 0.1.0
    "ZONE006", "no-soa-or-ns", Warning, Text, Zone(check)
}

fn check(view: &ZoneView<'_>, out: &mut Sink<'_>) {
    let Some(apex) = view.apex().filter(|_| view.zone.door == Door::Text) else { return };
    let has = |rtype| apex.of_type(rtype).next().is_some();
    let missing = match (has(RecordType::SOA), has(RecordType::NS)) {
        (true, false) => "NS records",
        (false, true) => "an SOA record",
        _ => return,
    };
    out.report(view.spot(), format!("the zone lacks {missing}"))
        .sees("name servers do not load the zone")
        .help("add what is missing, or leave the other out in a file that is included");
}
