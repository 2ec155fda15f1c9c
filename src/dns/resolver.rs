//! A [`Lookup`] over real DNS: a stub resolver with a cache, which asks one server or several.
//!
//! No name is special here: `localhost`, `.test` and reverse zones are asked like any other, and no hosts file is read.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, FuturesUnordered};
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;
use tokio::time::{Instant, timeout_at};

use crate::dns::cache::{Cache, Outcome};
use crate::dns::dnssec::{self, Dnssec};
use crate::dns::exchange::Exchange;
use crate::dns::interpret::{Step, interpret};
use crate::dns::lookup::{AT_ONCE, Answer, Lookup, LookupFailure};
use crate::dns::reply::Reply;
use crate::dns::system;
use crate::dns::upstream::Upstream;
use crate::dns::window::{CEILING, Turns};
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

    /// The outcome of asking, kept from then on.
    async fn find(&self, key: Key) -> Outcome {
        let asked = key.clone();
        self.cache.get(key, async { self.resolve(&asked.name, asked.rtype).await }).await
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
            let reply = self.ask(&Question::new(&at, rtype), begin + left, turn).await?;
            left = left.saturating_sub(begin.elapsed());
            match interpret(&reply, &at, rtype, &mut chain, &mut ttl)? {
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
        turn: Option<Turns<'a>>,
    ) -> std::result::Result<Reply, LookupFailure> {
        let Some(server) = self.servers.first() else { return Err(LookupFailure::Timeout) };
        let mut first = pin!(server.ask_until(question, deadline));
        let outcome = timeout_at(deadline.min(Instant::now() + self.pause(0)), &mut first).await;
        if let Some(turn) = turn {
            turn.answered(usize::from(outcome.is_ok()));
        }
        let outcome = outcome.ok().map(usable);
        match outcome {
            // As nearly always.
            Some(Ok(reply)) => Ok(reply),
            Some(Err(failure)) if self.servers.len() == 1 => Err(failure),
            Some(Err(failure)) => Box::pin(self.ask_on(question, deadline, None, Some(failure))).await,
            None => Box::pin(self.ask_on(question, deadline, Some(Box::pin(first)), None)).await,
        }
    }

    /// How long the next server waits in round `round`.
    fn pause(&self, round: usize) -> Duration {
        let count = u32::try_from(self.servers.len().max(1)).unwrap_or(1);
        self.timeout / SHARES.iter().sum::<u32>() / count * SHARES[round]
    }

    /// Goes on after the first server: `first` is its answer to come, `failure` what it answered.
    async fn ask_on(
        &self,
        question: &Question,
        deadline: Instant,
        first: Option<BoxFuture<'_, std::result::Result<Reply, LookupFailure>>>,
        failure: Option<LookupFailure>,
    ) -> std::result::Result<Reply, LookupFailure> {
        let count = self.servers.len();
        let mut turns = (0..SHARES.len()).flat_map(|round| (0..count).map(move |server| (round, server))).skip(1);
        let mut failures: Vec<Option<LookupFailure>> = vec![None; count];
        failures[0] = failure;
        let mut open: FuturesUnordered<BoxFuture<'_, _>> = FuturesUnordered::new();
        if let Some(first) = first {
            let answer = async move { timeout_at(deadline, first).await.unwrap_or(Err(LookupFailure::Timeout)) };
            open.push(Box::pin(async move { (0, answer.await) }));
        }
        loop {
            // A server that has answered with a fault is not asked again; a silent one is, where questions get lost.
            let next = turns
                .find(|(round, server)| failures[*server].is_none() && (*round == 0 || self.servers[*server].loses()));
            let mut turn = None;
            let pause = match next {
                Some((round, server)) => {
                    let exchange = &self.servers[server];
                    turn = timeout_at(deadline, exchange.turn()).await.ok();
                    let patience = deadline.saturating_duration_since(Instant::now());
                    open.push(Box::pin(async move { (server, exchange.ask(question, patience).await) }));
                    self.pause(round)
                }
                None if open.is_empty() || failures.iter().all(Option::is_some) => {
                    return Err(most_telling(failures));
                }
                None => self.timeout,
            };
            tokio::select! {
                Some((server, result)) = open.next() => {
                    if let Some(turn) = turn.take() {
                        turn.answered(1);
                    }
                    match usable(result) {
                        Ok(reply) => return Ok(reply),
                        Err(failure) => failures[server] = Some(failure),
                    }
                }
                () = tokio::time::sleep(pause) => {
                    if let Some(turn) = turn.take() {
                        turn.answered(0);
                    }
                }
            }
        }
    }
}

/// Whether the answer settles the question: any RCODE but two is a failure.
fn usable(result: std::result::Result<Reply, LookupFailure>) -> std::result::Result<Reply, LookupFailure> {
    let reply = result?;
    match reply.rcode() {
        ResponseCode::NoError | ResponseCode::NXDomain => Ok(reply),
        other => Err(LookupFailure::Rcode(wire::mnemonic(other))),
    }
}

/// What `reply` says about `key`, if it settles the question by itself.
fn settled(reply: &Reply, key: &Key) -> Option<Arc<Answer>> {
    let (mut chain, mut ttl) = (Vec::new(), u32::MAX);
    match interpret(reply, &key.name, key.rtype, &mut chain, &mut ttl) {
        Ok(Step::Settled(status, records)) => Some(Arc::new(Answer { status, records, chain, ttl })),
        _ => None,
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
        match self.cache.known(&key) {
            Some(known) => known,
            // In a box: what is known, as most is, should not pay for the room that asking takes.
            None => Box::pin(self.find(key)).await,
        }
    }

    async fn lookup_all(&self, keys: &[Key], once: bool) -> Vec<Outcome> {
        let mut out: Vec<Option<Outcome>> =
            keys.iter().map(|key| if once { None } else { self.cache.known(key) }).collect();
        let open: Vec<usize> = (0..keys.len()).filter(|i| out[*i].is_none()).collect();
        if let Some(server) = self.servers.first() {
            // Each handful goes out in one go, and the handfuls side by side.
            let handfuls: Vec<Vec<usize>> = open.chunks(server.most_at_once()).map(<[usize]>::to_vec).collect();
            let ask = |places: Vec<usize>| async move {
                let question = |place: &usize| Question::new(&keys[*place].name, keys[*place].rtype);
                let questions: Vec<Question> = places.iter().map(question).collect();
                (places, server.ask_all(&questions, self.pause(0)).await)
            };
            let mut answered = stream::iter(handfuls).map(ask).buffer_unordered(AT_ONCE);
            while let Some((places, replies)) = answered.next().await {
                for (place, reply) in places.iter().zip(replies) {
                    let reply = reply.and_then(|reply| usable(Ok(reply)).ok());
                    let Some(answer) = reply.and_then(|reply| settled(&reply, &keys[*place])) else { continue };
                    if !once {
                        self.cache.put(keys[*place].clone(), answer.clone());
                    }
                    out[*place] = Some(Ok(answer));
                }
            }
        }
        // What did not come, did not fit or leads elsewhere is asked for with all patience.
        let late: Vec<usize> = (0..keys.len()).filter(|i| out[*i].is_none()).collect();
        if !late.is_empty() {
            let ask = |i: usize| async move { (i, self.lookup(&keys[i].name, keys[i].rtype).await) };
            let mut answered = stream::iter(late).map(ask).buffer_unordered(AT_ONCE);
            while let Some((place, outcome)) = answered.next().await {
                out[place] = Some(outcome);
            }
        }
        out.into_iter().map(|outcome| outcome.unwrap_or(Err(LookupFailure::Timeout))).collect()
    }

    async fn proof(&self, name: &Name, rtype: RecordType) -> Option<Dnssec> {
        let key = Key::new(name, rtype);
        Some(dnssec::proof(self.servers.first()?, &key.name, rtype).await)
    }
}
