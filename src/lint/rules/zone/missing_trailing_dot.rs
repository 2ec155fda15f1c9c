//! A name that was to end in a dot.

use crate::lint::rules::prelude::*;
use crate::lint::rules::zone::doubled::{add_dot, dot_behind, doubled};

rule! {
    /// A relative name repeats the zone's name.
    ///
    /// # Why
    /// Without its last dot a name is completed with the origin: `mail.example.com` in the zone example.com is
    /// mail.example.com.example.com.
    ///
    /// # Bad
    /// ```zone
    /// mail._domainkey.example.com TXT "v=DKIM1; p="
    /// ```
    /// ```zone
    /// @ MX 10 mail.example.com
    /// ```
    ///
    /// # Good
    /// ```zone
    /// mail._domainkey TXT "v=DKIM1; p="
    /// @ MX 10 mail.example.com.
    /// mail A 192.0.2.10
    /// ```
    ///
    /// # Reference
    /// RFC 1035 §5.1
    ///
    /// # Since
    /// 0.1.0
    "ZONE004", "missing-trailing-dot", Warning, Text, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    let apex = &owner.zone.apex;
    let half = |name: &[u8]| wire::show(name.get(..name.len() - apex.len() + 1).unwrap_or_default());
    if doubled(owner.name, apex) {
        for (number, entry) in owner.records() {
            if let Some(fix) = add_dot(owner, entry) {
                out.report(
                    owner.owner_spot(number, entry),
                    format!("this is {}: a dot is missing at the end", owner.shown()),
                )
                .sees("nothing at the name that was meant")
                .help(format!("write `{}.`", half(owner.name).trim_end_matches('.')))
                .fix(Some(fix));
            }
        }
    }
    for (number, entry) in owner.records() {
        let Some(target) = entry.target.map(|t| owner.zone.name(t)).filter(|t| doubled(t, apex)) else { continue };
        let Some(token) = owner.tokens(entry).last().copied() else { continue };
        if let Some(fix) = dot_behind(owner, entry, token) {
            out.report(
                owner.token_spot(number, entry, token),
                format!("this is {}: a dot is missing at the end", wire::show(target)),
            )
            .sees("a name that does not exist")
            .help(format!("write `{}.`", half(target).trim_end_matches('.')))
            .fix(Some(fix));
        }
    }
}
