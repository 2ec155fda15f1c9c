//! Record sets as master-file text, for a person to read and a name server to load.

use hickory_proto::rr::{RData, RecordType};

use crate::model::name::Name;
use crate::model::snapshot::{RecordSet, Snapshot};
use crate::model::wire_name::WireName;
use crate::zone::{print, rtype};

/// A snapshot as zone text: `$ORIGIN`, then SOA, NS and the rest in canonical order, each set under the reason for it.
///
/// Owners are relative to the apex, every record carries its TTL in seconds, TXT is split as its strings are. Sets that
/// are not modelled come last, as their source writes them.
pub fn write(snapshot: &Snapshot) -> String {
    let mut out = sets(snapshot.sets(), &snapshot.apex);
    for set in &snapshot.opaque {
        for value in &set.values {
            out.push_str(&format!("{}. IN {} {value}\n", set.name.trim_end_matches('.'), set.rtype));
        }
    }
    out
}

/// As [`write()`], for some sets of the zone at `apex`.
pub fn sets<'a>(sets: impl IntoIterator<Item = &'a RecordSet>, apex: &Name) -> String {
    let origin = WireName::from_name(apex);
    let owner = |set: &RecordSet| WireName::from_name(&set.name).relative_to(&origin);
    let mut sets: Vec<&RecordSet> = sets.into_iter().collect();
    // A name server wants the SOA first (RFC 1035 §5.2); people want the NS after it.
    let rank = |set: &RecordSet| match set.rtype {
        RecordType::SOA => 0,
        RecordType::NS if owner(set) == "@" => 1,
        _ => 2,
    };
    sets.sort_by_cached_key(|set| (rank(set), set.key()));
    let width = sets.iter().map(|s| owner(s).len()).max().unwrap_or(1).min(32);
    let mut out = format!("$ORIGIN {origin}\n");
    let mut apart = true;
    for set in sets {
        if set.reason.is_some() || apart {
            out.push('\n');
        }
        apart = set.reason.is_some();
        for line in set.reason_lines() {
            out.push_str(&format!("; {line}\n"));
        }
        let (owner, rtype) = (owner(set), rtype::show(set.rtype));
        for value in &set.values {
            out.push_str(&format!("{owner:width$} {} IN {rtype} {}\n", set.ttl, data(value)));
        }
    }
    out
}

/// Data in master-file form; TXT of several strings on a line each, in parentheses (RFC 1035 §5.1).
pub fn data(value: &RData) -> String {
    let tokens = print::tokens(value);
    if value.record_type() == RecordType::TXT && tokens.len() > 1 {
        return format!("(\n    {} )", tokens.join("\n    "));
    }
    tokens.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::{self, Origin};
    use crate::model::{name, txt};

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
