//! Some names of a zone, asked for one by one, where the server gives out no whole zone.

use std::collections::BTreeSet;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Record, RecordType};
use tokio::time::{Instant, sleep};

use crate::dns::random_id::random_id;
use crate::error::{ErrorKind, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, Snapshot};
use crate::plan::change::Change;
use crate::provider::rfc2136::collect::Collection;
use crate::provider::rfc2136::refusal;
use crate::provider::rfc2136::session::{Peer, Reply, Session};
use crate::provider::rfc2136::update;
use crate::zone::rtype;

/// How long what was updated may take to be answered.
const SETTLING: Duration = Duration::from_secs(10);
/// What is asked for at a name: what this program writes, and what else is there often enough to be in its way.
const TYPES: [RecordType; 14] = [
    RecordType::CNAME,
    RecordType::TXT,
    RecordType::MX,
    RecordType::A,
    RecordType::AAAA,
    RecordType::NS,
    RecordType::SRV,
    RecordType::CAA,
    RecordType::TLSA,
    RecordType::PTR,
    RecordType::HTTPS,
    RecordType::SVCB,
    rtype::SPF,
    RecordType::Unknown(39),
];

/// What the zone at `apex` has at the names of `wanted`, the delegations above them, and the wildcards that cover them.
///
/// # Errors
/// A configuration error when the server does not hold the zone or refuses the key; unreachable otherwise.
pub async fn read(peer: &Peer, apex: &Name, wanted: &[Key]) -> Result<Snapshot> {
    let mut asker = Asker::new(peer, apex);
    if !asker.ask(apex, RecordType::SOA).await? || !asker.collected.has(apex, RecordType::SOA) {
        return Err(refusal::no_zone(peer, apex, ResponseCode::NoError));
    }
    // In canonical order what is above comes first: what a name has from a wildcard is known when it is asked for.
    for name in names(apex, wanted) {
        if asker.only_by_wildcard(&name).await? {
            continue;
        }
        for rtype in TYPES {
            if !asker.ask(&name, rtype).await? {
                break;
            }
        }
    }
    Ok(asker.collected.into_snapshot(apex))
}

/// The names to ask for: those wanted, the names between them and the apex, and a wildcard below each of these.
fn names(apex: &Name, wanted: &[Key]) -> BTreeSet<Name> {
    let mut out = BTreeSet::from([apex.clone()]);
    for key in wanted.iter().filter(|key| apex.zone_of(&key.name)) {
        let mut at = key.name.clone();
        out.insert(at.clone());
        while at.depth() > apex.depth() {
            at = at.parent();
            out.extend(name::below("*", &at));
            out.insert(at.clone());
        }
    }
    out
}

/// Waits until the server answers with what it has taken, for 10 s at most. With `inline-signing` BIND answers from a
/// copy of the zone that follows what was updated.
///
/// # Errors
/// As [`read`]; the update stands nevertheless.
pub async fn settle(peer: &Peer, apex: &Name, changes: &[Change]) -> Result<()> {
    let deadline = Instant::now() + SETTLING;
    let mut asker = Asker::new(peer, apex);
    for change in changes {
        let key = change.key();
        loop {
            asker.ask(&key.name, key.rtype).await?;
            let answer = std::mem::take(&mut asker.collected).into_snapshot(apex);
            let set = answer.get(&key.name, key.rtype);
            let settled = match (&change.after, &change.before) {
                (Some(after), _) => set.is_some_and(|set| set.same_data(after) && set.ttl == after.ttl),
                // In its place there may be what a wildcard gives.
                (None, Some(before)) => set.is_none_or(|set| !set.same_data(before)),
                (None, None) => true,
            };
            if settled || Instant::now() > deadline {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(())
}

struct Asker<'a> {
    peer: &'a Peer,
    apex: &'a Name,
    session: Option<Session<'a>>,
    collected: Collection,
}

impl<'a> Asker<'a> {
    fn new(peer: &'a Peer, apex: &'a Name) -> Self {
        Asker { peer, apex, session: None, collected: Collection::default() }
    }

    /// Asks, and takes in what is answered. `false` when nothing more need be asked about the name: it does not exist,
    /// or other servers answer for it.
    async fn ask(&mut self, name: &Name, rtype: RecordType) -> Result<bool> {
        let mut question = Message::new(random_id(), MessageType::Query, OpCode::Query);
        question.add_query(Query::query(name.into(), rtype));
        let Reply { message, .. } = self.exchange(&question).await?;
        let code = message.metadata.response_code;
        let authoritative = message.metadata.authoritative;
        let cut = |r: &Record| {
            let zone = Name::from(&r.name);
            r.record_type() == RecordType::NS && zone != *self.apex && zone.zone_of(name)
        };
        let referral: Vec<Record> = message.authorities.into_iter().filter(cut).collect();
        if !authoritative && !referral.is_empty() {
            referral.into_iter().for_each(|record| self.collected.add(self.apex, record));
            return Ok(false);
        }
        if !authoritative || !matches!(code, ResponseCode::NoError | ResponseCode::NXDomain) {
            return Err(refusal::no_zone(self.peer, self.apex, code));
        }
        let here = |r: &Record| Name::from(&r.name) == *name && r.record_type() == rtype;
        message.answers.into_iter().filter(here).for_each(|record| self.collected.add(self.apex, record));
        Ok(code != ResponseCode::NXDomain)
    }

    /// Whether `name` has nothing of its own, so that what is answered for it comes from a wildcard (RFC 4592 §3.3).
    async fn only_by_wildcard(&mut self, name: &Name) -> Result<bool> {
        let mut at = name.clone();
        let mut covered = false;
        while at.depth() > self.apex.depth() && !covered {
            at = at.parent();
            covered = name::below("*", &at).is_ok_and(|star| star != *name && self.collected.has_name(&star));
        }
        if !covered {
            return Ok(false);
        }
        let reply = self.exchange(&update::name_in_use(self.apex, name)).await?;
        Ok(reply.code() == ResponseCode::NXDomain)
    }

    /// Over the open connection, or a new one where the server closes it after each answer.
    async fn exchange(&mut self, question: &Message) -> Result<Reply> {
        if let Some(session) = &mut self.session {
            match session.ask(question).await {
                Err(e) if e.kind() == ErrorKind::Unreachable => self.session = None,
                done => return done,
            }
        }
        let session = self.session.insert(self.peer.connect().await?);
        session.ask(question).await
    }
}
