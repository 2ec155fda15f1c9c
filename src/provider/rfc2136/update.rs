//! Changes as one UPDATE message (RFC 2136): what must still be so, and what is to become.

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{DNSClass, Record, RecordType};

use crate::dns::random_id::random_id;
use crate::model::name::Name;
use crate::model::snapshot::{Key, RecordSet};
use crate::plan::change::Change;

/// The update of the zone at `apex` that makes `changes`, all or none of them, if every set still is as it was read.
pub fn message(apex: &Name, changes: &[Change]) -> Message {
    let mut message = empty(apex);
    message.answers = changes.iter().flat_map(|change| prerequisites(change, changes)).collect();
    // Updates are made one after the other (RFC 2136 §3.4.2), and a CNAME or what stands beside one is left out without
    // a word: all that goes must be gone before anything comes.
    let gone = changes.iter().filter(|c| c.before.is_some()).map(|c| bare(&c.key(), DNSClass::ANY));
    message.authorities = gone.chain(changes.iter().flat_map(added)).collect();
    message
}

/// An update that changes nothing and succeeds only if there is a record at `name`. A question cannot tell that, for a
/// wildcard would answer it.
pub fn name_in_use(apex: &Name, name: &Name) -> Message {
    let mut message = empty(apex);
    // RFC 2136 §2.4.4
    message.answers.push(bare(&Key::new(name, RecordType::ANY), DNSClass::ANY));
    message
}

fn empty(apex: &Name) -> Message {
    let mut message = Message::new(random_id(), MessageType::Query, OpCode::Update);
    message.add_query(Query::query(apex.into(), RecordType::SOA));
    message
}

/// What must still be so (RFC 2136 §2.4).
fn prerequisites(change: &Change, all: &[Change]) -> Vec<Record> {
    let key = change.key();
    if let Some(before) = &change.before {
        // The set exists with exactly these values (§2.4.2).
        return before.values.iter().map(|v| Record::from_rdata((&key.name).into(), 0, v.clone())).collect();
    }
    // The set does not exist (§2.4.3), and nothing that would keep it away: the server would leave it out, and say
    // that all is well (§3.4.2.2). What the same update takes away need not be absent.
    let goes = |rtype| all.iter().any(|c| c.before.is_some() && c.key() == Key { name: key.name.clone(), rtype });
    let absent = |rtype| bare(&Key { name: key.name.clone(), rtype }, DNSClass::NONE);
    let name_is_cleared = all.iter().any(|c| c.before.is_some() && c.key().name == key.name);
    match key.rtype {
        // No record of any type (§2.4.5).
        RecordType::CNAME if !name_is_cleared => vec![absent(RecordType::ANY)],
        RecordType::CNAME => vec![absent(RecordType::CNAME)],
        rtype if goes(RecordType::CNAME) => vec![absent(rtype)],
        rtype => vec![absent(rtype), absent(RecordType::CNAME)],
    }
}

fn added(change: &Change) -> impl Iterator<Item = Record> {
    let record = |set: &RecordSet, value| Record::from_rdata((&set.name).into(), set.ttl, value);
    change.after.iter().flat_map(move |set| set.values.iter().map(move |value| record(set, value.clone())))
}

/// A record without data: RFC 2136 says with class and type what is meant.
fn bare(key: &Key, class: DNSClass) -> Record {
    let mut record = Record::update0((&key.name).into(), 0, key.rtype);
    record.dns_class = class;
    record
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::RecordData;

    use super::*;
    use crate::model::name;
    use crate::model::snapshot::{parse_value, show_value};
    use crate::provider::rfc2136::session::encode;

    fn set(owner: &str, rtype: RecordType, values: &[&str]) -> Option<RecordSet> {
        let values = values.iter().map(|v| parse_value(rtype, v).unwrap()).collect();
        Some(RecordSet::desired(name::domain(owner).unwrap(), 60, values, ""))
    }

    fn change(before: Option<RecordSet>, after: Option<RecordSet>) -> Change {
        Change::between(before, after).unwrap()
    }

    /// `owner class TTL type data`, as RFC 2136 §2.4 and §2.5 write them.
    fn told(records: &[Record]) -> Vec<String> {
        let line = |r: &Record| {
            let data = if r.data.is_update() { "-".into() } else { show_value(&r.data) };
            format!("{} {} {} {} {data}", Name::from(&r.name), r.dns_class, r.ttl, r.record_type())
        };
        records.iter().map(line).collect()
    }

    #[test]
    fn messages() {
        use RecordType::{A, CNAME, TXT};
        let cases: &[(&str, &[Change], &[&str], &[&str])] = &[
            (
                "a new set",
                &[change(None, set("a.test", TXT, &["\"x\""]))],
                &["a.test NONE 0 TXT -", "a.test NONE 0 CNAME -"],
                &["a.test IN 60 TXT \"x\""],
            ),
            (
                "a new CNAME",
                &[change(None, set("a.test", CNAME, &["b.test."]))],
                &["a.test NONE 0 ANY -"],
                &["a.test IN 60 CNAME b.test."],
            ),
            (
                "a changed set",
                &[change(set("a.test", TXT, &["\"x\"", "\"y\""]), set("a.test", TXT, &["\"x\"", "\"z\""]))],
                &["a.test IN 0 TXT \"x\"", "a.test IN 0 TXT \"y\""],
                &["a.test ANY 0 TXT -", "a.test IN 60 TXT \"x\"", "a.test IN 60 TXT \"z\""],
            ),
            (
                "a set that goes",
                &[change(set("a.test", A, &["192.0.2.1"]), None)],
                &["a.test IN 0 A 192.0.2.1"],
                &["a.test ANY 0 A -"],
            ),
            (
                "TXT in the place of a CNAME",
                &[change(None, set("A.test", TXT, &["\"x\""])), change(set("a.test", CNAME, &["b.test."]), None)],
                &["a.test NONE 0 TXT -", "a.test IN 0 CNAME b.test."],
                &["a.test ANY 0 CNAME -", "a.test IN 60 TXT \"x\""],
            ),
            (
                "a CNAME in the place of TXT",
                &[change(None, set("a.test", CNAME, &["b.test."])), change(set("a.test", TXT, &["\"x\""]), None)],
                &["a.test NONE 0 CNAME -", "a.test IN 0 TXT \"x\""],
                &["a.test ANY 0 TXT -", "a.test IN 60 CNAME b.test."],
            ),
        ];
        for (why, changes, prerequisites, updates) in cases {
            let message = message(&name::domain("test").unwrap(), changes);
            assert_eq!(told(&message.answers), *prerequisites, "{why}");
            assert_eq!(told(&message.authorities), *updates, "{why}");
            assert_eq!(message.metadata.op_code, OpCode::Update);
            assert_eq!(message.queries, [Query::query(name::domain("test").unwrap().into(), RecordType::SOA)]);
            assert!(encode(&message).is_some(), "{why}");
        }
    }

    #[test]
    fn what_is_too_long_is_not_cut() {
        let apex = name::domain("test").unwrap();
        for (octets, fits) in [(255, true), (60_000, true), (64_700, false), (70_000, false), (200_000, false)] {
            let text = "x".repeat(octets);
            let value = hickory_proto::rr::RData::TXT(crate::model::txt::split(text.as_bytes()));
            let set = RecordSet::desired(apex.clone(), 60, vec![value], "");
            assert_eq!(encode(&message(&apex, &[change(None, Some(set))])).is_some(), fits, "{octets}");
        }
    }
}
