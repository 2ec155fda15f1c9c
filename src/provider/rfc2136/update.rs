//! Changes as one UPDATE message (RFC 2136): what must still be so, and what is to become.

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{DNSClass, RData, Record, RecordType};

use crate::model::name::Name;
use crate::plan::change::Change;

/// The message for `changes`: refused by the server as a whole if any set is not as it was read.
pub fn message(id: u16, apex: &Name, changes: &[Change]) -> Message {
    let mut message = Message::new(id, MessageType::Query, OpCode::Update);
    message.add_query(Query::query(apex.clone(), RecordType::SOA));
    message.add_answers(changes.iter().flat_map(prerequisites));
    message.add_authorities(changes.iter().flat_map(updates));
    message
}

/// What must still be so (RFC 2136 §2.4).
fn prerequisites(change: &Change) -> Vec<Record> {
    let key = change.key();
    if let Some(before) = &change.before {
        // The set exists with exactly these values (§2.4.2).
        return before.values.iter().map(|value| Record::from_rdata(key.name.clone(), 0, value.clone())).collect();
    }
    let absent = |rtype| with_class(Record::update0(key.name.clone(), 0, rtype), DNSClass::NONE);
    match key.rtype {
        // Nothing may stand at the name (§2.4.5): servers answer NOERROR and leave the CNAME out otherwise.
        RecordType::CNAME => vec![absent(RecordType::ANY)],
        // The set does not exist (§2.4.3), nor a CNAME that would make the server leave it out without a word
        // (§3.4.2.2).
        rtype => vec![absent(rtype), absent(RecordType::CNAME)],
    }
}

/// What is to become (RFC 2136 §2.5): the whole set goes, and comes again.
fn updates(change: &Change) -> Vec<Record> {
    let key = change.key();
    let mut out = Vec::new();
    if change.before.is_some() {
        out.push(with_class(Record::update0(key.name.clone(), 0, key.rtype), DNSClass::ANY));
    }
    if let Some(after) = &change.after {
        let record = |value: &RData| Record::from_rdata(key.name.clone(), after.ttl, value.clone());
        out.extend(after.values.iter().map(record));
    }
    out
}

fn with_class(mut record: Record, class: DNSClass) -> Record {
    record.dns_class = class;
    record
}

/// About how many octets a change takes in a message.
pub fn size(change: &Change) -> usize {
    let name = change.key().name.len() + 12;
    let of = |value: &RData| match value {
        RData::TXT(text) => name + text.txt_data.iter().map(|s| s.len() + 1).sum::<usize>(),
        _ => name + 300,
    };
    let sets = [&change.before, &change.after];
    2 * name + sets.into_iter().flatten().flat_map(|set| &set.values).map(of).sum::<usize>()
}
