//! Changes as one UPDATE message (RFC 2136): what must still be so, and what is to become.

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{DNSClass, Record, RecordType};

use crate::dns::exchange::random_id;
use crate::model::name::Name;
use crate::model::snapshot::Key;
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
    message.add_query(Query::query(apex.clone(), RecordType::SOA));
    message
}

/// What must still be so (RFC 2136 §2.4).
fn prerequisites(change: &Change, all: &[Change]) -> Vec<Record> {
    let key = change.key();
    if let Some(before) = &change.before {
        // The set exists with exactly these values (§2.4.2).
        return before.values.iter().map(|v| Record::from_rdata(key.name.clone(), 0, v.clone())).collect();
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
    let record = |set: &crate::model::snapshot::RecordSet, value| Record::from_rdata(set.name.clone(), set.ttl, value);
    change.after.iter().flat_map(move |set| set.values.iter().map(move |value| record(set, value.clone())))
}

/// A record without data: RFC 2136 says with class and type what is meant.
fn bare(key: &Key, class: DNSClass) -> Record {
    let mut record = Record::update0(key.name.clone(), 0, key.rtype);
    record.dns_class = class;
    record
}
