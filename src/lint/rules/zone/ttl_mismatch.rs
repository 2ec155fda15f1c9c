//! One set, two TTLs.

use crate::lint::rules::prelude::*;
use crate::zone::rtype;

rule! {
    /// Records of one name and type have different TTLs.
    ///
    /// # Why
    /// They are one set and have one TTL: name servers take one of the two.
    ///
    /// # Bad
    /// ```zone
    /// mail 300 A 192.0.2.10
    /// mail 3600 A 192.0.2.11
    /// ```
    ///
    /// # Good
    /// ```zone
    /// mail 3600 A 192.0.2.10
    /// mail 3600 A 192.0.2.11
    /// ```
    ///
    /// # Reference
    /// RFC 2181 §5.2
    ///
    /// # Since
    /// 0.1.0
    "ZONE010", "ttl-mismatch", Warning, Text, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    // Most names have one TTL for all.
    let mut ttls = owner.records().map(|(_, entry)| entry.ttl);
    if ttls.next().is_none_or(|first| ttls.all(|ttl| ttl == first)) {
        return;
    }
    let mut first: Vec<(u16, u32, bool)> = Vec::new();
    for (number, entry) in owner.records() {
        // A signature has the TTL of what it signs (RFC 4034 §3).
        if entry.rtype == 46 {
            continue;
        }
        match first.iter_mut().find(|(rtype, ..)| *rtype == entry.rtype) {
            Some((_, ttl, told)) if *ttl != entry.ttl && !*told => {
                *told = true;
                let shown = rtype::show(RecordType::from(entry.rtype));
                out.report(
                    owner.data_spot(number, entry),
                    format!("the {shown} records of {} have the TTLs {ttl} and {}", owner.shown(), entry.ttl),
                )
                .sees("one TTL for all of them, this or the other")
                .help("give them all the same TTL");
            }
            Some(_) => {}
            None => first.push((entry.rtype, entry.ttl, false)),
        }
    }
}
