//! A name outside the zone.

use crate::lint::rules::prelude::*;

rule! {
    /// A record's owner is not in the zone.
    ///
    /// # Why
    /// Name servers leave it out.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// www.example.net. A 192.0.2.10
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// www A 192.0.2.10
    /// ```
    ///
    /// # Reference
    /// RFC 1035 §5.2
    ///
    /// # Since
    /// 0.1.0
    "ZONE005", "out-of-zone", Warning, Text, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    if wire::is_in(owner.name, &owner.zone.apex) || !owner.whole_zone() {
        return;
    }
    if let Some((number, entry)) = owner.records().next() {
        out.report(
            owner.owner_spot(number, entry),
            format!("{} is not in the zone {}", owner.shown(), wire::show(&owner.zone.apex)),
        )
        .sees("nothing: name servers leave the record out")
        .help("move it to its own zone, or correct the name");
    }
}
