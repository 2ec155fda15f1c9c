//! The domain twice in the name.

use crate::lint::rules::prelude::*;
use crate::lint::rules::zone::doubled::{add_dot, doubled};

rule! {
    /// The name of a selector has the domain twice.
    ///
    /// # Why
    /// A missing last dot, or a provider that takes names relative to the zone, makes
    /// `s1._domainkey.example.com.example.com`. Nobody looks for the key there.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey.example.com TXT "v=DKIM1; p="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey.example.com. TXT "v=DKIM1; p="
    /// ```
    ///
    /// # Reference
    /// RFC 1035 §5.1
    ///
    /// # Since
    /// 0.1.0
    "DKIM021", "doubled-name", Error, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    if owner.role != Role::Selector || !doubled(owner.name, &owner.zone.apex) {
        return;
    }
    if let Some((number, entry)) = owner.records().next() {
        let meant = wire::show(owner.name.get(..owner.name.len() - owner.zone.apex.len() + 1).unwrap_or_default());
        out.report(
            owner.owner_spot(number, entry),
            format!("the name is {}: the domain is there twice", owner.shown()),
        )
        .sees("no key: verifiers look for it at another name")
        .help(format!("the name was to be {}: end it with a dot, or leave the domain out", meant.trim_end_matches('.')))
        .fix(add_dot(owner, entry));
    }
}
