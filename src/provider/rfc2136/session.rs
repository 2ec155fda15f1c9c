//! One connection to a name server: signed questions out, checked answers in.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::dns::reply;
use crate::error::{Error, Result};
use crate::provider::NeverSent;
use crate::provider::rfc2136::key::TsigKey;
use crate::provider::rfc2136::refusal;
use crate::provider::rfc2136::server::Server;
use crate::provider::rfc2136::tsig::{Chain, sign};

/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the server may take for the next message.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a signature adds to a message at most: two names, a MAC and the fixed fields.
const SIGNATURE: usize = 640;

/// Whom we speak to, and how we prove who we are.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The server.
    pub server: Server,
    /// The key that both have.
    pub key: TsigKey,
    /// The time, in seconds since 1970.
    pub clock: fn() -> u64,
}

/// A connection to a [`Peer`].
#[derive(Debug)]
pub struct Session<'a> {
    peer: &'a Peer,
    stream: TcpStream,
    /// The id of the question that is open, and what its answer is checked with.
    open: Option<(u16, Chain)>,
}

/// One message of an answer.
#[derive(Debug)]
pub struct Reply {
    /// What it says.
    pub message: Message,
    /// How many octets it has.
    pub octets: usize,
    /// Whether it is proven to be the server's, or will be by what comes behind it. Only a refusal may be unsigned.
    pub proven: bool,
}

impl Reply {
    /// Its RCODE.
    pub fn code(&self) -> ResponseCode {
        self.message.metadata.response_code
    }
}

impl Peer {
    /// Opens a connection to the first of the server's addresses that takes one.
    ///
    /// # Errors
    /// Unreachable when none does.
    pub async fn connect(&self) -> Result<Session<'_>> {
        let mut last = None;
        for addr in self.server.addresses().await? {
            match timeout(CONNECT, TcpStream::connect(addr)).await {
                Ok(Ok(stream)) => return Ok(Session { peer: self, stream, open: None }),
                Ok(Err(e)) => last = Some(self.no_connection(addr).because(NeverSent(e.into()))),
                Err(e) => last = Some(self.no_connection(addr).because(NeverSent(e.into()))),
            }
        }
        Err(last.unwrap_or_else(|| Error::unreachable(format!("the name server {} has no address", self.server))))
    }

    fn no_connection(&self, addr: SocketAddr) -> Error {
        let at = if self.server.host == addr.ip().to_string() { String::new() } else { format!(" ({})", addr.ip()) };
        Error::unreachable(format!("the name server {}{at} takes no connection over TCP", self.server))
            .hint("is it running, and is TCP let through to it? Its address is the `endpoint` in the profile")
    }
}

impl Session<'_> {
    /// Asks a question that has one message as its answer.
    ///
    /// # Errors
    /// As [`Session::send`] and [`Session::receive`].
    pub async fn ask(&mut self, message: &Message) -> Result<Reply> {
        self.send(message).await?;
        self.receive().await
    }

    /// Sends a question.
    ///
    /// # Errors
    /// A refusal when it does not fit into a message: nothing was sent then. Unreachable when the connection breaks.
    pub async fn send(&mut self, message: &Message) -> Result<()> {
        let octets = encode(message).ok_or_else(|| {
            Error::refused("the question does not fit into one DNS message of 65,535 octets (RFC 1035 §4.2.2)")
        })?;
        let (octets, chain) = sign(&self.peer.key, octets, (self.peer.clock)());
        self.open = Some((message.metadata.id, chain));
        // Length and message in one write: some servers drop a length that comes alone (RFC 7766 §8).
        let mut framed = u16::try_from(octets.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
        framed.extend_from_slice(&octets);
        match timeout(PATIENCE, self.stream.write_all(&framed)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(e)) => Err(self.broken().because(e)),
            Err(_) => Err(self.silent()),
        }
    }

    /// The next message of the answer.
    ///
    /// # Errors
    /// Unreachable when the connection breaks or the answer cannot be believed; a configuration error when the server
    /// refuses the key.
    pub async fn receive(&mut self) -> Result<Reply> {
        let octets = match timeout(PATIENCE, read_message(&mut self.stream)).await {
            Ok(Ok(octets)) => octets,
            Ok(Err(e)) => return Err(self.broken().because(e)),
            Err(_) => return Err(self.silent()),
        };
        let message = reply::Reply::read(octets.clone())
            .and_then(|reply| reply.message())
            .map_err(|why| Error::unreachable(format!("{}: {why}", self.peer.server)))?;
        let Some((id, chain)) = &mut self.open else { return Err(self.broken()) };
        if message.metadata.id != *id || message.metadata.truncation {
            return Err(Error::unreachable(format!("{} answers something else than it was asked", self.peer.server)));
        }
        let (now, length) = ((self.peer.clock)(), octets.len());
        let proven = chain.check(octets, now).map_err(|doubt| refusal::doubted(self.peer, doubt))?;
        Ok(Reply { message, octets: length, proven })
    }

    /// Checks that the last message of an answer was signed.
    ///
    /// # Errors
    /// Unreachable when it was not.
    pub fn finish(&self) -> Result<()> {
        match &self.open {
            Some((_, chain)) => chain.finish().map_err(|doubt| refusal::doubted(self.peer, doubt)),
            None => Ok(()),
        }
    }

    fn broken(&self) -> Error {
        Error::unreachable(format!("the name server {} closed the connection without an answer", self.peer.server))
    }

    fn silent(&self) -> Error {
        let seconds = PATIENCE.as_secs();
        Error::unreachable(format!("the name server {} did not answer within {seconds} s", self.peer.server))
    }
}

/// A message on the wire; none if it does not fit with its signature.
pub fn encode(message: &Message) -> Option<Vec<u8>> {
    let octets = message.to_vec().ok()?;
    // hickory leaves out what does not fit, and says so in the flag for truncation.
    let whole = octets.get(2).is_some_and(|flags| flags & 0x02 == 0);
    (whole && octets.len() + SIGNATURE <= usize::from(u16::MAX)).then_some(octets)
}

async fn read_message(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let length = stream.read_u16().await?;
    let mut octets = vec![0; usize::from(length)];
    stream.read_exact(&mut octets).await?;
    Ok(octets)
}
