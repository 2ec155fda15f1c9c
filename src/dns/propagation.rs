//! Waiting until every authoritative server answers the new records.
//!
//! Each server is asked directly, without recursion and without a cache, and what it answers is compared decoded: a
//! server may split TXT data otherwise and send a set in any order.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use hickory_proto::op::ResponseCode;
use tokio::time::{Instant, sleep};

use crate::dns::authority::NameServer;
use crate::dns::exchange::Exchange;
use crate::dns::interpret::{Step, interpret};
use crate::dns::lookup::LookupFailure;
use crate::dns::wire::{self, Question};
use crate::model::name;
use crate::model::snapshot::{RecordSet, show_value};

/// How long one question to one server may take.
const QUESTION: Duration = Duration::from_secs(2);
/// Pauses between rounds: short at first, for most servers have the records at once.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What one server says about one record set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// What was wanted.
    Current,
    /// Something else: the values, in master-file form; none if it has no such records.
    Stale(Vec<String>),
    /// No answer that counts.
    Failed(LookupFailure),
}

/// One server at the end of the wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerReport {
    /// The server.
    pub server: NameServer,
    /// The sets that it does not answer as wanted, with what it says; empty when it is done.
    pub pending: Vec<(RecordSet, State)>,
}

/// How far the wait has come; handed to the progress callback whenever a server is done.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The server that is done; `None` on the first call.
    pub server: Option<&'a NameServer>,
    /// Servers that answer everything as wanted.
    pub done: usize,
    /// All servers.
    pub total: usize,
}

/// Asks `servers` until each answers every set of `wanted`, or `patience` is over. A set without values means that no
/// record of its name and type may be left.
///
/// The reports stand in the order of `servers`; all are done exactly when every `pending` is empty.
pub async fn wait(
    servers: &[NameServer],
    wanted: &[RecordSet],
    patience: Duration,
    progress: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Vec<ServerReport> {
    let deadline = Instant::now() + patience;
    let (mut done, total) = (0, servers.len());
    progress(Progress { server: None, done, total });
    let mut open: FuturesUnordered<_> = servers
        .iter()
        .enumerate()
        .map(|(place, server)| async move { (place, watch(server, wanted, deadline).await) })
        .collect();
    let mut reports: Vec<Option<ServerReport>> = vec![None; total];
    while let Some((place, report)) = open.next().await {
        if report.pending.is_empty() {
            done += 1;
            progress(Progress { server: Some(&report.server), done, total });
        }
        reports[place] = Some(report);
    }
    reports.into_iter().flatten().collect()
}

/// Asks one server until it has everything or the time is up.
async fn watch(server: &NameServer, wanted: &[RecordSet], deadline: Instant) -> ServerReport {
    let exchange = Exchange::new(server.addr);
    let mut pause = FIRST_PAUSE;
    let mut left: Vec<&RecordSet> = wanted.iter().collect();
    loop {
        let states = join_all(left.iter().map(|set| state(&exchange, set))).await;
        let pending: Vec<(RecordSet, State)> =
            left.iter().map(|s| (*s).clone()).zip(states).filter(|(_, state)| *state != State::Current).collect();
        let now = Instant::now();
        if pending.is_empty() || now >= deadline {
            return ServerReport { server: server.clone(), pending };
        }
        left.retain(|set| pending.iter().any(|(other, _)| other.key() == set.key()));
        sleep(pause.min(deadline - now)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What the server at the other end of `exchange` says about `set`.
pub async fn state(exchange: &Exchange, set: &RecordSet) -> State {
    match ask(exchange, set).await {
        Ok(found) if found.same_data(set) => State::Current,
        Ok(found) => State::Stale(found.values.iter().map(show_value).collect()),
        Err(failure) => State::Failed(failure),
    }
}

async fn ask(exchange: &Exchange, set: &RecordSet) -> Result<RecordSet, LookupFailure> {
    let question = Question { recursion: false, ..Question::new(&set.name, set.rtype) };
    let reply = exchange.ask(&question, QUESTION).await?;
    let rcode = reply.rcode();
    if !matches!(rcode, ResponseCode::NoError | ResponseCode::NXDomain) {
        return Err(LookupFailure::Rcode(wire::mnemonic(rcode)));
    }
    if !reply.authoritative() {
        let why = format!("the server does not answer with authority for {}", name::show(&set.name));
        return Err(LookupFailure::Other(why));
    }
    // What stands behind a CNAME is another name's data: for the name itself there is nothing of this type.
    let (mut chain, mut ttl) = (Vec::new(), u32::MAX);
    let values = match interpret(&reply, &question.name, set.rtype, &mut chain, &mut ttl)? {
        Step::Settled(_, values) if chain.is_empty() => values,
        _ => Vec::new(),
    };
    Ok(RecordSet { values, ..set.clone() })
}
