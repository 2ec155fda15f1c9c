//! An alias with other records.

use crate::lint::rules::prelude::*;
use crate::zone::rtype;

rule! {
    /// A name has a CNAME and other records, or two CNAMEs.
    ///
    /// # Why
    /// An alias stands for another name altogether. Name servers refuse such a zone, or answer with one of the two at random.
    ///
    /// # Bad
    /// ```zone
    /// @ CNAME www.example.net.
    /// @ TXT "v=spf1 -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// www CNAME www.example.net.
    /// @ TXT "v=spf1 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 1034 §3.6.2
    ///
    /// # Since
    /// 0.1.0
    "ZONE001", "cname-and-other-data", Error, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    let aliases: Vec<_> = owner.of_type(RecordType::CNAME).collect();
    let Some((number, alias)) = aliases.first() else { return };
    // Signatures and denials stand beside an alias (RFC 4034 §3, §4).
    let others: Vec<_> = owner
        .records()
        .map(|(_, e)| RecordType::from(e.rtype))
        .filter(|t| !matches!(u16::from(*t), 5 | 24 | 30 | 46 | 47))
        .collect();
    if let Some(first) = others.first() {
        let mut names: Vec<String> = others.iter().map(|t| rtype::show(*t).into_owned()).collect();
        names.sort();
        names.dedup();
        let spot = owner.owner_spot(*number, alias);
        let more = if names.len() > 4 { ", …" } else { "" };
        names.truncate(4);
        out.report(spot, format!("{} has a CNAME and other records: {}{more}", owner.shown(), names.join(", ")))
            .sees("name servers refuse the zone, or hide one of the two")
            .help(if *first == RecordType::TXT || *first == RecordType::MX {
                "remove the CNAME and publish what it leads to, or move the other records"
            } else {
                "keep the alias alone, or remove it"
            });
    }
    if let Some((number, second)) = aliases.iter().skip(1).find(|(_, e)| e.digest != alias.digest) {
        out.report(owner.owner_spot(*number, second), format!("{} has {} CNAMEs", owner.shown(), aliases.len()))
            .sees("name servers refuse the zone, or take one of them")
            .help("keep one");
    }
}
