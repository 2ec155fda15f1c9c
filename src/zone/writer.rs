//! Record sets as master-file text, for a person to read and a name server to load.

use hickory_proto::rr::{RData, RecordType};

use crate::model::name::{self, Name};
use crate::model::snapshot::{self, RecordSet, Snapshot};
use crate::model::txt;

/// A snapshot as zone text: `$ORIGIN`, then SOA, NS and the rest in canonical order, each set under the reason for it.
///
/// Owners are relative to the apex, every record carries its TTL in seconds, TXT is split as its strings are.
pub fn write(snapshot: &Snapshot) -> String {
    sets(snapshot.sets(), &snapshot.apex)
}

/// As [`write`], for some sets of the zone at `apex`.
pub fn sets<'a>(sets: impl IntoIterator<Item = &'a RecordSet>, apex: &Name) -> String {
    let mut sets: Vec<&RecordSet> = sets.into_iter().collect();
    // A name server wants the SOA first (RFC 1035 §5.2); people want the NS after it.
    let rank = |set: &RecordSet| match set.rtype {
        RecordType::SOA => 0,
        RecordType::NS if set.key() == snapshot::Key::new(apex, RecordType::NS) => 1,
        _ => 2,
    };
    sets.sort_by_key(|set| (rank(set), set.key()));
    let width = sets.iter().map(|s| name::relative(&s.name, apex).len()).max().unwrap_or(1).min(32);
    let mut out = format!("$ORIGIN {}.\n", name::show(apex).trim_end_matches('.'));
    let mut last_had_reason = true;
    for set in sets {
        if set.reason.is_some() || last_had_reason {
            out.push('\n');
        }
        last_had_reason = set.reason.is_some();
        for line in set.reason.iter().flat_map(|r| r.lines()) {
            out.push_str(&format!("; {}\n", line.trim_end()));
        }
        let owner = name::relative(&set.name, apex);
        for value in &set.values {
            out.push_str(&format!("{owner:width$} {} IN {} {}\n", set.ttl, set.rtype, data(value)));
        }
    }
    out
}

/// Data in master-file form; TXT of several strings on a line each, in parentheses (RFC 1035 §5.1).
pub fn data(value: &RData) -> String {
    match value {
        RData::TXT(txt) if txt.txt_data.len() > 1 => {
            let strings: Vec<String> = txt.txt_data.iter().map(|s| txt::quoted_string(s)).collect();
            format!("(\n    {} )", strings.join("\n    "))
        }
        other => snapshot::show_value(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::Origin;

    #[test]
    fn a_zone_to_read() {
        let apex = name::domain("example.com").unwrap();
        let mut zone = Snapshot::new(apex.clone());
        for (rtype, text) in [
            (RecordType::NS, "ns1.example.com."),
            (RecordType::SOA, "ns1.example.com. hostmaster.example.com. 1 7200 900 1209600 300"),
        ] {
            zone.add(&apex, 3600, snapshot::parse_value(rtype, text).unwrap(), Origin::Profile);
        }
        let key = name::below("mp202611._domainkey", &apex).unwrap();
        let value = format!("v=DKIM1; k=rsa; p={}", "A".repeat(300));
        let values = vec![RData::TXT(txt::split(value.as_bytes()))];
        zone.put(RecordSet::desired(key, 3600, values, "the key that mail.example.com signs with"));
        let want = format!(
            "$ORIGIN example.com.\n\
             \n\
             @                   3600 IN SOA ns1.example.com. hostmaster.example.com. 1 7200 900 1209600 300\n\
             @                   3600 IN NS ns1.example.com.\n\
             \n\
             ; the key that mail.example.com signs with\n\
             mp202611._domainkey 3600 IN TXT (\n    \"v=DKIM1; k=rsa; p={}\"\n    \"{}\" )\n",
            "A".repeat(237),
            "A".repeat(63)
        );
        assert_eq!(write(&zone), want);
    }
}
