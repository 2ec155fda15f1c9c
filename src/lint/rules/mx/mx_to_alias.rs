//! A mail exchanger that is an alias.

use crate::lint::rules::prelude::*;

rule! {
    /// The target of an MX or NS record is a CNAME.
    ///
    /// # Why
    /// It must be a name with an address. Some senders follow the alias, some treat the domain as unreachable.
    ///
    /// # Bad
    /// ```zone
    /// @ MX 10 mail.example.com.
    /// mail CNAME host.example.com.
    /// host A 192.0.2.10
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ MX 10 mail.example.com.
    /// mail A 192.0.2.10
    /// ```
    ///
    /// # Reference
    /// RFC 2181 §10.3
    ///
    /// # Since
    /// 0.1.0
    "MX001", "mx-to-alias", Error, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    for (rtype, word) in [(RecordType::MX, "MX"), (RecordType::NS, "NS")] {
        for (number, entry) in owner.of_type(rtype) {
            let Some(target) = entry.target.map(|t| owner.zone.name(t)) else { continue };
            let alias = owner.ask(target, RecordType::CNAME);
            if let Some(to) = alias.records().first().and_then(|k| Some(k.zone.name(k.entry.target?))) {
                let shown = wire::show(target);
                let tokens = owner.tokens(entry);
                let place =
                    tokens.last().map_or(owner.data_spot(number, entry), |t| owner.token_spot(number, entry, *t));
                out.report(place, format!("the {word} target {shown} is an alias of {}", wire::show(to)))
                    .sees("some senders follow it, some find no host")
                    .help(format!("name {} itself, or give {shown} addresses", wire::show(to)));
            }
        }
    }
}
