//! An exchanger twice.

use crate::lint::rules::prelude::*;

rule! {
    /// The same exchanger is listed with two preferences.
    ///
    /// # Why
    /// The second is never of use; it hides that there is no second exchanger.
    ///
    /// # Bad
    /// ```zone
    /// @ MX 10 mail.example.com.
    /// @ MX 20 mail.example.com.
    /// mail A 192.0.2.10
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ MX 10 mail.example.com.
    /// @ MX 20 mail.example.net.
    /// mail A 192.0.2.10
    /// ```
    ///
    /// # Reference
    /// RFC 5321 §5.1
    ///
    /// # Since
    /// 0.1.0
    "MX005", "duplicate-mx", Warning, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    let mut seen: Vec<(crate::lint::names::NameId, u32)> = Vec::new();
    for (number, entry) in owner.of_type(RecordType::MX) {
        let Some(target) = entry.target else { continue };
        match seen.iter().find(|(t, _)| *t == target) {
            // The very same record is another rule's business.
            Some((_, digest)) if *digest != entry.digest => {
                out.report(
                    owner.data_spot(number, entry),
                    format!("{} is an exchanger already", wire::show(owner.zone.name(target))),
                )
                .sees("the lower preference; the other is never of use")
                .help("remove one of the two");
            }
            Some(_) => {}
            None => seen.push((target, entry.digest)),
        }
    }
}
