//! One question to one server: over UDP, and over TCP when the answer was truncated; or over TLS or HTTPS.
//!
//! Written on sockets rather than on hickory-resolver because every failure has to be told apart: silence, an RCODE,
//! a truncated answer without TCP, an answer that cannot be read. None of them may pass for "no such record".

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use tokio::time::{Instant, timeout_at};

use crate::dns::lookup::LookupFailure;
use crate::dns::over_https::OverHttps;
use crate::dns::over_tcp;
use crate::dns::over_tls::OverTls;
use crate::dns::over_udp::OverUdp;
use crate::dns::reply::Reply;
use crate::dns::upstream::Upstream;
use crate::dns::window::{CEILING, Turns, Window};
use crate::dns::wire::Question;
use crate::tls::Trust;

/// Asks one name server. Cheap to make: sockets are opened when the first question goes out.
#[derive(Debug)]
pub struct Exchange {
    upstream: Upstream,
    way: Way,
    window: Window,
    asked: AtomicU64,
}

#[derive(Debug)]
enum Way {
    Plain(SocketAddr, OverUdp),
    Tls(OverTls),
    Https(OverHttps),
}

impl Exchange {
    /// Asks `upstream`; a certificate is held against the authorities that the system trusts.
    pub fn new(upstream: impl Into<Upstream>) -> Self {
        Self::with(upstream.into(), None, CEILING)
    }

    /// Asks `upstream`, with so many questions before it at a time, at most; trusts the system's authorities where
    /// nobody else is named.
    pub fn with(upstream: Upstream, trust: Option<Trust>, ceiling: u16) -> Self {
        let way = match &upstream {
            Upstream::Plain(server) => Way::Plain(*server, OverUdp::new(*server)),
            Upstream::Tls { host, port, name } => Way::Tls(OverTls::new(host.clone(), *port, name.clone(), trust)),
            Upstream::Https(url) => Way::Https(OverHttps::new(url.clone(), trust)),
        };
        Exchange { upstream, way, window: Window::new(ceiling), asked: AtomicU64::new(0) }
    }

    /// Messages sent to it so far, repeats included.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Waits until the server can be given another question. Who asks a lot asks in turn.
    pub(super) async fn turn(&self) -> Turns<'_> {
        self.window.turn().await
    }

    /// Questions that go out together, at most.
    pub(super) fn most_at_once(&self) -> usize {
        self.window.most_at_once()
    }

    /// The answers to few questions in one go, each in its turn, whatever their RCODE; those that came in time and whole.
    pub(super) async fn ask_all(&self, questions: &[Question], within: Duration) -> Vec<Option<Reply>> {
        let Way::Plain(_, udp) = &self.way else { return vec![None; questions.len()] };
        let turns = self.window.turns(questions.len()).await;
        self.asked.fetch_add(questions.len() as u64, Ordering::Relaxed);
        let answers = udp.ask_all(questions, within).await;
        turns.answered(answers.iter().flatten().count());
        let whole = |octets: Vec<u8>| Reply::read(octets).ok().filter(|reply| !reply.truncated());
        answers.into_iter().map(|octets| octets.and_then(whole)).collect()
    }

    /// Whom it asks.
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Whether a question can be lost on the way, so that it is worth asking again.
    pub(super) fn loses(&self) -> bool {
        matches!(self.way, Way::Plain(..))
    }

    /// The server's answer, whatever its RCODE, complete: truncated ones are fetched over TCP.
    ///
    /// # Errors
    /// [`LookupFailure::Timeout`] after `patience`; [`LookupFailure::Truncated`] when TCP is needed and does not work;
    /// [`LookupFailure::Other`] when the network refuses, the certificate is bad, or the answer cannot be read.
    pub async fn ask(&self, question: &Question, patience: Duration) -> Result<Reply, LookupFailure> {
        let deadline = Instant::now() + patience;
        timeout_at(deadline, self.ask_until(question, deadline)).await.unwrap_or(Err(LookupFailure::Timeout))
    }

    /// The same, and once more after silence: UDP loses packets. Each time may take `patience`.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub async fn ask_twice(&self, question: &Question, patience: Duration) -> Result<Reply, LookupFailure> {
        match self.ask(question, patience).await {
            Err(LookupFailure::Timeout) => self.ask(question, patience).await,
            other => other,
        }
    }

    /// As [`ask`](Self::ask), for as long as it is let. At `deadline` an answer that did not fit is given up.
    pub(super) async fn ask_until(&self, question: &Question, deadline: Instant) -> Result<Reply, LookupFailure> {
        let reply = self.ask_with(question, true, deadline).await?;
        // Servers from before EDNS say so in one of two ways (RFC 6891 §7).
        if !reply.edns() && matches!(reply.rcode(), ResponseCode::FormErr | ResponseCode::NotImp) {
            return Box::pin(self.ask_with(question, false, deadline)).await;
        }
        Ok(reply)
    }

    async fn ask_with(&self, question: &Question, edns: bool, deadline: Instant) -> Result<Reply, LookupFailure> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let octets = match &self.way {
            Way::Plain(_, udp) => udp.ask(question, edns).await,
            // In boxes: the future of every question would be as large as the largest of these.
            Way::Tls(tls) => Box::pin(tls.ask(question, edns)).await,
            Way::Https(https) => Box::pin(https.ask(question, edns)).await,
        };
        let reply = Reply::read(octets?).map_err(LookupFailure::Other)?;
        if !reply.truncated() {
            return Ok(reply);
        }
        let Way::Plain(server, _) = &self.way else { return Err(LookupFailure::Truncated) };
        // Whatever goes wrong from here on, silence included, what is known is that the answer did not fit.
        self.asked.fetch_add(1, Ordering::Relaxed);
        let octets = timeout_at(deadline, Box::pin(over_tcp::ask(*server, question, edns))).await.ok().flatten();
        let reply = Reply::read(octets.ok_or(LookupFailure::Truncated)?).map_err(LookupFailure::Other)?;
        if reply.truncated() { Err(LookupFailure::Truncated) } else { Ok(reply) }
    }
}

/// Why a socket to `server` gives an error.
pub(super) fn refusal(server: SocketAddr, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => format!("nothing answers at {server}"),
        _ => format!("{server} cannot be asked: {error}"),
    }
}
