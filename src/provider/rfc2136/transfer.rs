//! Reading a zone: by transfer (RFC 5936) where the key may, else name by name.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Record, RecordType};

use crate::dns::exchange::Exchange;
use crate::dns::wire::{self, Question};
use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, Origin, Snapshot};
use crate::provider::Reading;
use crate::provider::rfc2136::key::TsigKey;
use crate::provider::rfc2136::session::Session;

/// Records of one zone, at most.
const MOST_RECORDS: usize = 5_000_000;
/// How long one question may take.
const QUESTION: Duration = Duration::from_secs(5);
/// The types that are asked for at a name when the zone cannot be transferred: those that this program writes, and
/// those that keep others away.
const TYPES: &[RecordType] = &[
    RecordType::CNAME,
    RecordType::TXT,
    RecordType::MX,
    RecordType::A,
    RecordType::AAAA,
    RecordType::NS,
    RecordType::SRV,
    RecordType::CAA,
    RecordType::TLSA,
];

/// The zone by AXFR; `None` when the server does not give it out.
///
/// # Errors
/// Unreachable, or a configuration error for a key that is refused.
pub async fn transfer(server: SocketAddr, key: &TsigKey, apex: &Name, id: u16) -> Result<Option<Reading>> {
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(apex.clone(), RecordType::AXFR));
    let mut session = Session::send(server, key, message).await?;
    let mut snapshot = Snapshot::new(apex.clone());
    let (mut ends, mut records) = (0, 0);
    while ends < 2 {
        let message = session.receive().await?;
        match message.response_code {
            ResponseCode::NoError => {}
            ResponseCode::Refused | ResponseCode::NotAuth | ResponseCode::NotImp if records == 0 => return Ok(None),
            other => {
                return Err(Error::unreachable(format!("{server} broke off the transfer: {}", wire::mnemonic(other))));
            }
        }
        if message.answers.is_empty() {
            return Err(Error::unreachable(format!("{server} sends a transfer without records")));
        }
        for record in message.answers {
            records += 1;
            // The SOA stands first and last (RFC 5936 §2.2).
            let soa = record.record_type() == RecordType::SOA;
            ends += usize::from(soa);
            if (records == 1) != (soa && ends == 1) || records > MOST_RECORDS || (ends == 2 && !soa) {
                return Err(Error::unreachable(format!("{server} sends a transfer that makes no sense")));
            }
            if ends < 2 {
                take(&mut snapshot, record, server);
            }
        }
    }
    session.finish()?;
    Ok(Some(Reading::whole(snapshot)))
}

/// What of the zone `wanted` needs: every type at its names, and the delegations on the way.
///
/// # Errors
/// Unreachable when a question stays open; a configuration error when the server has no such zone.
pub async fn ask(server: SocketAddr, apex: &Name, wanted: &[Key]) -> Result<Reading> {
    let exchange = Exchange::new(server);
    let mut snapshot = Snapshot::new(apex.clone());
    let mut names: BTreeSet<Name> = wanted.iter().map(|key| key.name.clone()).collect();
    names.insert(apex.clone());
    let mut questions = BTreeSet::new();
    for name in names.iter().filter(|name| apex.zone_of(name)) {
        questions.extend(TYPES.iter().map(|rtype| Key::new(name, *rtype)));
        let mut at = name.clone();
        while at != *apex && !at.is_root() {
            questions.insert(Key::new(&at, RecordType::NS));
            at = at.base_name();
        }
    }
    questions.insert(Key::new(apex, RecordType::SOA));
    for question in questions {
        let asked = Question { recursion: false, ..Question::new(&question.name, question.rtype) };
        let message = exchange.ask(&asked, QUESTION).await.map_err(|failure| {
            let shown = format!("{} {}", name::show(&question.name), question.rtype);
            Error::unreachable(format!("{server} does not say what {shown} is: {failure}"))
        })?;
        let authority = message.authoritative || !message.authorities.is_empty();
        if !matches!(message.response_code, ResponseCode::NoError | ResponseCode::NXDomain) || !authority {
            return Err(no_zone(server, apex, message.response_code));
        }
        // Below a delegation the server refers to others: that is what the plan must know.
        let refers = |r: &Record| !message.authoritative && r.record_type() == RecordType::NS && r.name != *apex;
        let here = |r: &Record| r.name == question.name && r.record_type() == question.rtype;
        let answers = message.answers.iter().filter(|r| here(r));
        let referral = message.authorities.iter().filter(|r| refers(r));
        for record in answers.chain(referral).cloned().collect::<Vec<_>>() {
            take(&mut snapshot, record, server);
        }
    }
    let note = format!(
        "{server} gives out no whole zone: only the names of the plan were looked at (allow the key to transfer, and \
         all of it is)"
    );
    Ok(Reading { partial: true, notes: vec![note], ..Reading::whole(snapshot) })
}

/// The error for a server that has no such zone.
pub fn no_zone(server: SocketAddr, apex: &Name, code: ResponseCode) -> Error {
    let (zone, code) = (name::show(apex), wire::mnemonic(code));
    Error::config(format!("{server} does not answer for the zone {zone} ({code})"))
        .hint("is it another server, or is the zone another name? The profile's `provider.zone` says which")
}

/// Takes over one record; the same one twice is one (RFC 2181 §5).
fn take(snapshot: &mut Snapshot, record: Record, server: SocketAddr) {
    if record.dns_class != DNSClass::IN || !snapshot.apex.zone_of(&record.name) {
        return;
    }
    let there = snapshot.get(&record.name, record.record_type()).is_some_and(|set| set.values.contains(&record.data));
    if !there {
        snapshot.add(&record.name, record.ttl, record.data, Origin::Live(server.to_string()));
    }
}
