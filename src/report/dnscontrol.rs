//! Records as dnscontrol has them in `dnsconfig.js`.

use hickory_proto::rr::RData;
use serde_json::Value;

use crate::model::name::{self, Name, RecordName};
use crate::model::snapshot::{RecordSet, show_value};
use crate::model::txt;
use crate::report::record_list::{self, ZoneRecords};

/// The zone as a `D_EXTEND`, to put below the `D` that the zone has already. dnscontrol splits long TXT values itself.
pub fn render(records: &ZoneRecords) -> String {
    let apex = &records.snapshot.apex;
    let shown = name::show(apex);
    let mut out = format!("// The records that mail of {shown} needs; they are added to its D().\n");
    out.push_str(&format!("D_EXTEND({}", text(&shown)));
    for set in records.snapshot.sets() {
        // No comma stands after the last: older engines of JavaScript take none there.
        let reasons = set.reason_lines();
        for (index, value) in set.values.iter().enumerate() {
            out.push_str(",\n");
            for line in reasons.iter().filter(|_| index == 0) {
                out.push_str(&format!("  // {line}\n"));
            }
            out.push_str(&format!("  {}", record(set, value, apex)));
        }
    }
    out.push_str("\n);\n");
    out.push_str(&record_list::elsewhere(records, "//"));
    out
}

fn record(set: &RecordSet, value: &RData, apex: &Name) -> String {
    let owner = text(&name::relative(&set.name, apex));
    let dotted = |name: &RecordName| text(&if name.is_root() { ".".into() } else { format!("{}.", Name::from(name)) });
    let arguments = match value {
        RData::TXT(data) => text(&String::from_utf8_lossy(&txt::joined(data))),
        RData::MX(mx) => format!("{}, {}", mx.preference, dotted(&mx.exchange)),
        RData::CNAME(target) => dotted(target),
        other => text(&show_value(other)),
    };
    format!("{}({owner}, {arguments}, TTL({}))", set.rtype, set.ttl)
}

/// JavaScript takes a JSON text as it is (ECMA-262 since 2019).
fn text(value: &str) -> String {
    Value::from(value).to_string()
}
