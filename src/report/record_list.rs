//! The records that a profile asks for: as zone text, as a table to paste from, as JSON.

use hickory_proto::rr::RData;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use crate::model::name::{self, Name};
use crate::model::snapshot::{self, RecordSet, Snapshot};
use crate::model::txt;
use crate::words::wrap;
use crate::zone::writer;

/// The records of one zone.
#[derive(Debug)]
pub struct ZoneRecords {
    /// What goes into it.
    pub snapshot: Snapshot,
    /// What goes into zones of others.
    pub elsewhere: Vec<RecordSet>,
}

/// As a master file that loads by itself, `fragment` without its SOA and NS.
pub fn zone_text(records: &ZoneRecords, fragment: bool) -> String {
    let apex = name::show(&records.snapshot.apex);
    let body = writer::write(&records.snapshot);
    let (origin, sets) = body.split_once('\n').unwrap_or((&body, ""));
    let mut out = format!("; The records that mail of {apex} needs, each with its reason.\n{origin}\n");
    if !fragment {
        // RFC 2606 §2: nothing under `.invalid` ever exists, so nobody takes these for real servers.
        out.push_str(&format!(
            "\n; SOA and NS stand in here so that this loads as a zone of its own. Leave them out where {apex} has\n\
             ; a zone already: `mailproof records --fragment` does.\n\
             @ 3600 IN SOA placeholder.invalid. hostmaster.invalid. 1 7200 900 1209600 300\n\
             @ 3600 IN NS placeholder.invalid.\n"
        ));
    }
    out.push_str(sets);
    out.push_str(&elsewhere(records, ";"));
    out
}

/// What others are to publish, as comments that begin with `mark`.
pub(super) fn elsewhere(records: &ZoneRecords, mark: &str) -> String {
    let mut out = String::new();
    for set in &records.elsewhere {
        out.push_str(&format!("\n{mark} Not for this zone; whoever runs the other one is to publish it:\n"));
        for line in set.reason_lines() {
            out.push_str(&format!("{mark} {line}\n"));
        }
        for value in &set.values {
            // On one line, so that the comment holds all of it.
            let data = snapshot::show_value(value);
            out.push_str(&format!("{mark}   {}. {} IN {} {data}\n", name::show(&set.name), set.ttl, set.rtype));
        }
    }
    out
}

/// As rows to paste into a provider's panel: names relative to the zone, values as they are meant, without quotes.
pub fn table(records: &ZoneRecords) -> String {
    let apex = &records.snapshot.apex;
    let shown = name::show(apex);
    let own: Vec<&RecordSet> = records.snapshot.sets().collect();
    let mut out = format!("{shown}\n\n");
    out.push_str(&rows(&own, |n| name::relative(n, apex)));
    if let Some(example) = own.iter().map(|s| &s.name).find(|n| *n != apex) {
        out.push_str(&format!(
            "\n  Names are relative to {shown} and @ is {shown} itself. Where a panel asks for the whole name:\n  {}\n",
            name::show(example)
        ));
    }
    if !records.elsewhere.is_empty() {
        let theirs: Vec<&RecordSet> = records.elsewhere.iter().collect();
        out.push_str(&format!("\nNot in {shown}: to be published by whoever runs these names\n\n"));
        out.push_str(&rows(&theirs, name::show));
    }
    out
}

fn rows(sets: &[&RecordSet], label: impl Fn(&Name) -> String) -> String {
    let names: Vec<String> = sets.iter().map(|s| label(&s.name)).collect();
    let width = names.iter().map(|n| n.width()).max().unwrap_or(0).max("Name".len());
    let mut out = format!("  {}  {:<5}  {:>6}  Value\n", wrap::pad("Name", width), "Type", "TTL");
    for (set, label) in sets.iter().zip(&names) {
        out.push('\n');
        for line in set.reason_lines() {
            out.push_str(&format!("  # {line}\n"));
        }
        for value in &set.values {
            let start = format!("  {}  {:<5}  {:>6}", wrap::pad(label, width), set.rtype.to_string(), set.ttl);
            out.push_str(&format!("{start}  {}\n", plain(value)));
        }
    }
    out
}

/// As an array: every set with its zone, `null` where that is somebody else's.
pub fn json(all: &[ZoneRecords]) -> Value {
    let entry = |set: &RecordSet, zone: Option<String>| {
        json!({
            "name": name::show(&set.name),
            "type": set.rtype.to_string(),
            "ttl": set.ttl,
            "values": set.values.iter().map(plain).collect::<Vec<_>>(),
            "reason": set.reason,
            "zone": zone,
        })
    };
    let mut out = Vec::new();
    for records in all {
        let apex = name::show(&records.snapshot.apex);
        out.extend(records.snapshot.sets().map(|set| entry(set, Some(apex.clone()))));
        out.extend(records.elsewhere.iter().map(|set| entry(set, None)));
    }
    Value::Array(out)
}

/// A value as panels take it: TXT joined and unquoted, names without their last dot.
pub(super) fn plain(value: &RData) -> String {
    match value {
        RData::TXT(t) => String::from_utf8_lossy(&txt::joined(t)).into_owned(),
        // The null MX is a dot and nothing else (RFC 7505 §3).
        RData::MX(mx) if mx.exchange.is_root() => format!("{} .", mx.preference),
        RData::MX(mx) => format!("{} {}", mx.preference, Name::from(&mx.exchange)),
        RData::CNAME(target) => Name::from(&target.0).to_string(),
        other => snapshot::show_value(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::desired::{KeyRecords, desired};
    use crate::profile::load::parse;

    fn example() -> ZoneRecords {
        let yaml = "version: 1
domains:
  - domain: example.com
    hosts: [{name: mail.example.com, addresses: [192.0.2.10], mx: 10}]
    senders: [{name: S, dkim_cnames: [{selector: s1, target: s1.dkim.example.org}]}]
    dkim: [{selector: mp202611, algorithm: rsa2048, key: k}]
    dmarc: {reports: [d@example.net]}
";
        let keys = KeyRecords::from([("mp202611".into(), format!("v=DKIM1; k=rsa; p={}", "A".repeat(280)))]);
        let wish = desired(&parse(yaml, "p").unwrap().domains[0], &keys).unwrap();
        ZoneRecords { snapshot: wish.snapshot, elsewhere: wish.elsewhere }
    }

    #[test]
    fn zone_with_reasons() {
        insta::assert_snapshot!(zone_text(&example(), false));
    }

    #[test]
    fn fragment_without_soa() {
        let text = zone_text(&example(), true);
        assert!(!text.contains("SOA") && text.contains("$ORIGIN example.com."), "{text}");
    }

    #[test]
    fn table_to_paste_from() {
        insta::assert_snapshot!(table(&example()));
    }

    #[test]
    fn json_for_scripts() {
        let json = json(&[example()]);
        let of = |name: &str| json.as_array().unwrap().iter().find(|e| e["name"] == name).unwrap().clone();
        assert_eq!(of("s1._domainkey.example.com")["values"][0], "s1.dkim.example.org");
        assert_eq!(of("_dmarc.example.com")["zone"], "example.com");
        assert_eq!(of("example.com._report._dmarc.example.net")["zone"], Value::Null);
        assert_eq!(of("mp202611._domainkey.example.com")["values"][0].as_str().unwrap().len(), 298);
    }
}
