//! Records as octoDNS has them in `ZONE.yaml`.
//!
//! octoDNS writes `;` of TXT values as `\;`, takes a pair of quotes around a value away and joins what stands around
//! `" "`. So a few values cannot be said in it; none of those that mail needs is among them.

use hickory_proto::rr::RData;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::model::name::{self, Name, RecordName};
use crate::model::snapshot::RecordSet;
use crate::model::txt;
use crate::report::record_list::{self, ZoneRecords, plain};

/// The zone as YAML, to put beside what `ZONE.yaml` has.
///
/// # Errors
/// A refusal for a value or type that octoDNS cannot hold.
pub fn render(records: &ZoneRecords) -> Result<String> {
    let apex = &records.snapshot.apex;
    let mut out = format!("---\n# The records that mail of {} needs, for its octoDNS file.\n", name::show(apex));
    let sets: Vec<&RecordSet> = records.snapshot.sets().collect();
    let mut at = 0;
    while at < sets.len() {
        let owner = &sets[at].name;
        let here: Vec<&RecordSet> = sets[at..].iter().copied().take_while(|set| set.name == *owner).collect();
        at += here.len();
        for line in here.iter().flat_map(|set| set.reason_lines()) {
            out.push_str(&format!("# {line}\n"));
        }
        let forms = here.iter().map(|set| form(set)).collect::<Result<Vec<Value>>>()?;
        let key = match name::relative(owner, apex).as_str() {
            "@" => String::new(),
            relative => relative.to_string(),
        };
        // JSON is YAML in flow style, and leaves no doubt about what is text.
        let (first, rest) = (forms.first().cloned().unwrap_or_default(), forms.len() > 1);
        let value = if rest { Value::Array(forms) } else { first };
        out.push_str(&format!("{}: {value}\n", Value::from(key)));
    }
    out.push_str(&record_list::elsewhere(records, "#"));
    Ok(out)
}

fn form(set: &RecordSet) -> Result<Value> {
    let mut members = Map::new();
    members.insert("type".into(), set.rtype.to_string().into());
    members.insert("ttl".into(), set.ttl.into());
    let values = set.values.iter().map(|value| self::value(&set.name, value)).collect::<Result<Vec<Value>>>()?;
    if set.rtype == hickory_proto::rr::RecordType::CNAME {
        members.insert("value".into(), values.into_iter().next().unwrap_or_default());
    } else {
        members.insert("values".into(), values.into());
    }
    Ok(Value::Object(members))
}

fn value(owner: &Name, value: &RData) -> Result<Value> {
    let cannot = |why: &str| {
        Error::refused(format!("octoDNS cannot hold the record at {}: {why}", name::show(owner)))
            .hint("`--format zone` or `--format json` can")
    };
    let dotted = |name: &RecordName| if name.is_root() { ".".to_string() } else { format!("{}.", Name::from(name)) };
    Ok(match value {
        RData::TXT(data) => {
            let octets = txt::joined(data);
            let text = std::str::from_utf8(&octets).ok().filter(|text| text.is_ascii());
            let text = text.ok_or_else(|| cannot("it is not plain ASCII"))?;
            if text.contains("\\;") || text.contains("\" \"") {
                return Err(cannot("it has `\\;` or `\" \"` in it, which octoDNS reads as something else"));
            }
            let escaped = text.replace(';', "\\;");
            // A pair of quotes around everything is taken away again.
            Value::from(if escaped.starts_with('"') { format!("\"{escaped}\"") } else { escaped })
        }
        RData::MX(mx) => json!({"preference": mx.preference, "exchange": dotted(&mx.exchange)}),
        RData::CNAME(target) => dotted(target).into(),
        RData::A(_) | RData::AAAA(_) => plain(value).into(),
        other => return Err(cannot(&format!("{} is not written by this", other.record_type()))),
    })
}
