//! Name servers that disagree.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;
use crate::lint::run::kind_of;

rule! {
    /// The zone's name servers give different SPF records.
    ///
    /// # Why
    /// Which record a receiver judges by is then a matter of chance.
    ///
    /// # Reference
    /// RFC 1034 §4.3.5
    ///
    /// # Since
    /// 0.1.0
    "SPF035", "nameservers-disagree", Error, Live, Live(check)
}

fn check(view: &LiveView<'_>, out: &mut Sink<'_>) {
    let domain = &view.live.domain;
    let mut seen: Vec<(Vec<&Vec<u8>>, Vec<String>, Vec<String>)> = Vec::new();
    for (set, who) in view.live.answers(domain, RecordType::TXT) {
        let spf = |text: &&Vec<u8>| kind_of(text, Role::Plain) == TextKind::Spf;
        let records: Vec<&Vec<u8>> = set.same.iter().filter(spf).collect();
        let shown = records.iter().map(|r| String::from_utf8_lossy(r).into_owned()).collect();
        match seen.iter_mut().find(|(other, ..)| *other == records) {
            Some((_, _, others)) => others.extend(who),
            None => seen.push((records, shown, who)),
        }
    }
    if seen.len() < 2 {
        return;
    }
    let line = |(_, shown, who): &(Vec<&Vec<u8>>, Vec<String>, Vec<String>)| {
        let record = if shown.is_empty() { "no SPF record".to_string() } else { shown.join(" and ") };
        format!("{}: {record}", who.join(", "))
    };
    out.report(
        view.spot_of(domain, RecordType::TXT),
        format!("the name servers give {} different SPF records", seen.len()),
    )
    .at_name(domain)
    .sees("one or the other, as it happens")
    .help("see that every secondary gets the zone: one with an older serial has not, one with a newer never will")
    .detail(seen.iter().map(line).collect::<Vec<_>>().join("\n"));
}
