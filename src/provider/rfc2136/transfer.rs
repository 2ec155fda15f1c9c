//! The whole zone by transfer (AXFR, RFC 5936).

use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::RecordType;
use tokio::time::timeout;

use crate::dns::exchange::random_id;
use crate::dns::wire::mnemonic;
use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::Snapshot;
use crate::provider::rfc2136::collect::Collection;
use crate::provider::rfc2136::session::Peer;

/// How long a transfer may take.
const WHOLE: Duration = Duration::from_secs(300);
/// Records of one zone at most: a server without end must not fill the memory.
const MAX_RECORDS: usize = 2_000_000;

/// The zone at `apex`; none when the server does not give it out.
///
/// # Errors
/// Unreachable when the transfer breaks off or cannot be believed; a configuration error when the key is refused.
pub async fn transfer(peer: &Peer, apex: &Name) -> Result<Option<Snapshot>> {
    match timeout(WHOLE, receive(peer, apex)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(odd(peer, apex, &format!("did not end within {} s", WHOLE.as_secs()))),
    }
}

async fn receive(peer: &Peer, apex: &Name) -> Result<Option<Snapshot>> {
    let mut session = peer.connect().await?;
    let mut question = Message::new(random_id(), MessageType::Query, OpCode::Query);
    question.add_query(Query::query(apex.clone(), RecordType::AXFR));
    session.send(&question).await?;
    let (mut collected, mut records) = (Collection::default(), 0);
    loop {
        let reply = session.receive().await?;
        match reply.code() {
            ResponseCode::NoError => {}
            // Whether the zone is not there or only not given out, the next question tells.
            ResponseCode::Refused | ResponseCode::NotAuth | ResponseCode::NotImp | ResponseCode::FormErr
                if records == 0 =>
            {
                return Ok(None);
            }
            other => return Err(odd(peer, apex, &format!("was broken off ({})", mnemonic(other)))),
        }
        if reply.message.answers.is_empty() {
            return Err(odd(peer, apex, "has a message without a record"));
        }
        let mut answers = reply.message.answers.into_iter().peekable();
        while let Some(record) = answers.next() {
            let soa = record.record_type() == RecordType::SOA && record.name == *apex;
            match (records, soa) {
                (0, false) => return Err(odd(peer, apex, "does not begin with the zone's SOA")),
                // The SOA stands first and last (RFC 5936 §2.2).
                (1.., true) if answers.peek().is_none() => {
                    session.finish()?;
                    return Ok(Some(collected.into_snapshot(apex)));
                }
                (1.., true) => return Err(odd(peer, apex, "goes on after its end")),
                (MAX_RECORDS.., _) => return Err(odd(peer, apex, &format!("has more than {MAX_RECORDS} records"))),
                _ => collected.add(apex, record),
            }
            records += 1;
        }
    }
}

fn odd(peer: &Peer, apex: &Name, what: &str) -> Error {
    Error::unreachable(format!("the transfer of the zone {} from {} {what}", name::show(apex), peer.server))
}
