//! A [`Lookup`] over real DNS: a stub resolver with a cache, which asks one server or several.
//!
//! No name is special here: `localhost`, `.test` and reverse zones are asked like any other, and no hosts file is read.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::RecordType;
use tokio::time::{Instant, timeout_at};

use crate::dns::cache::{Cache, Outcome};
use crate::dns::dnssec::{self, Dnssec};
use crate::dns::exchange::Exchange;
use crate::dns::interpret::{Step, interpret};
use crate::dns::lookup::{Answer, Lookup, LookupFailure};
use crate::dns::system;
use crate::dns::upstream::Upstream;
use crate::dns::window::{CEILING, Turn};
use crate::dns::wire::{self, Question};
use crate::error::Result;
use crate::model::name::{self, Name};
use crate::model::snapshot::Key;
use crate::tls::Trust;

/// How long a question may take, all servers and repeats together.
pub const TIMEOUT: Duration = Duration::from_secs(5);
/// Waits before the next server is asked, as shares of the time: UDP loses packets, so each is asked three times.
const SHARES: [u32; 3] = [1, 2, 3];
/// CNAMEs followed before it is called a loop; BIND and Unbound stop at 16 and 11.
const MAX_CHAIN: usize = 16;

/// A caching resolver; clones share the cache.
#[derive(Clone, Debug)]
pub struct Resolver {
    servers: Arc<[Exchange]>,
    cache: Arc<Cache>,
    timeout: Duration,
}

impl Resolver {
    /// Through the system's resolvers.
    ///
    /// # Errors
    /// A configuration error when the system has none.
    pub fn system() -> Result<Self> {
        Ok(Self::among(system::name_servers()?))
    }

    /// Through one name server.
    pub fn at(server: impl Into<Upstream>) -> Self {
        Self::among([server])
    }

    /// Through several name servers, in this order: the next is asked when one is silent or answers with a fault.
    pub fn among(servers: impl IntoIterator<Item = impl Into<Upstream>>) -> Self {
        Self::with(servers, None, CEILING)
    }

    /// The same, with so many questions before each server at a time, at most, and certificates held against `trust`,
    /// or the system's authorities.
    pub fn with(servers: impl IntoIterator<Item = impl Into<Upstream>>, trust: Option<&Trust>, ceiling: u16) -> Self {
        let servers = servers.into_iter().map(|s| Exchange::with(s.into(), trust.cloned(), ceiling)).collect();
        Resolver { servers, cache: Arc::default(), timeout: TIMEOUT }
    }

    /// With another limit for a whole question.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same servers with an empty cache, for when the records are known to have changed.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Resolver { cache: Arc::default(), ..self.clone() }
    }

    /// The servers asked, in order.
    pub fn servers(&self) -> Vec<&Upstream> {
        self.servers.iter().map(Exchange::upstream).collect()
    }

    /// The servers asked, in one phrase.
    pub fn shown(&self) -> String {
        self.servers().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    /// Messages sent to all servers so far, repeats included.
    pub fn asked(&self) -> u64 {
        self.servers.iter().map(Exchange::asked).sum()
    }

    async fn resolve(&self, name: &Name, rtype: RecordType) -> Outcome {
        // Waiting for a turn takes nothing off the time that the servers have.
        let mut left = self.timeout;
        let mut chain = Vec::new();
        let mut ttl = u32::MAX;
        let mut at = name.clone();
        loop {
            let turn = match self.servers.first() {
                Some(server) => Some(server.turn().await),
                None => None,
            };
            let begin = Instant::now();
            let message = self.ask(&Question::new(&at, rtype), begin + left, turn).await?;
            left = left.saturating_sub(begin.elapsed());
            match interpret(&message, &at, rtype, &mut chain, &mut ttl)? {
                Step::Settled(status, records) => {
                    return Ok(Arc::new(Answer { status, records, chain, ttl }));
                }
                Step::Follow(target) => at = target,
            }
            if chain.len() > MAX_CHAIN {
                return Err(LookupFailure::Other(format!("the CNAMEs at {} go in a circle", name::show(name))));
            }
        }
    }

    /// The first usable answer of the servers: any RCODE but NOERROR and NXDOMAIN sends the question to the next.
    /// `turn` is for the first server.
    async fn ask<'a>(
        &'a self,
        question: &Question,
        deadline: Instant,
        mut turn: Option<Turn<'a>>,
    ) -> std::result::Result<Message, LookupFailure> {
        let count = self.servers.len();
        let unit = self.timeout / SHARES.iter().sum::<u32>() / u32::try_from(count.max(1)).unwrap_or(1);
        let rounds = SHARES.iter().enumerate();
        let mut turns = rounds.flat_map(|(round, share)| (0..count).map(move |server| (round, server, unit * *share)));
        let mut failures: Vec<Option<LookupFailure>> = vec![None; count];
        let mut open = FuturesUnordered::new();
        loop {
            // A server that has answered with a fault is not asked again; a silent one is, where questions get lost.
            let next = turns.find(|(round, server, _)| {
                failures[*server].is_none() && (*round == 0 || self.servers[*server].loses())
            });
            let pause = match next {
                Some((_, server, pause)) => {
                    let exchange = &self.servers[server];
                    if turn.is_none() {
                        turn = timeout_at(deadline, exchange.turn()).await.ok();
                    }
                    let patience = deadline.saturating_duration_since(Instant::now());
                    open.push(async move { (server, exchange.ask(question, patience).await) });
                    pause
                }
                None if open.is_empty() || failures.iter().all(Option::is_some) => {
                    return Err(most_telling(failures));
                }
                None => self.timeout,
            };
            tokio::select! {
                Some((server, result)) = open.next() => {
                    if let Some(turn) = turn.take() {
                        turn.answered();
                    }
                    match result {
                    Ok(message) => match message.metadata.response_code {
                        ResponseCode::NoError | ResponseCode::NXDomain => return Ok(message),
                        other => failures[server] = Some(LookupFailure::Rcode(wire::mnemonic(other))),
                    },
                    Err(failure) => failures[server] = Some(failure),
                    }
                }
                () = tokio::time::sleep(pause) => {
                    if let Some(turn) = turn.take() {
                        turn.lost();
                    }
                }
            }
        }
    }
}

/// Of several servers' failures the one that helps most.
fn most_telling(failures: Vec<Option<LookupFailure>>) -> LookupFailure {
    let rank = |failure: &LookupFailure| match failure {
        LookupFailure::Truncated => 3,
        LookupFailure::Rcode(_) => 2,
        LookupFailure::Other(_) => 1,
        LookupFailure::Timeout => 0,
    };
    failures.into_iter().flatten().max_by_key(rank).unwrap_or(LookupFailure::Timeout)
}

#[async_trait]
impl Lookup for Resolver {
    async fn lookup(&self, name: &Name, rtype: RecordType) -> std::result::Result<Arc<Answer>, LookupFailure> {
        let key = Key::new(name, rtype);
        let asked = key.name.clone();
        self.cache.get(key, async { self.resolve(&asked, rtype).await }).await
    }

    async fn proof(&self, name: &Name, rtype: RecordType) -> Option<Dnssec> {
        let key = Key::new(name, rtype);
        Some(dnssec::proof(self.servers.first()?, &key.name, rtype).await)
    }
}
