//! One question to one server: over UDP, and over TCP when the answer was truncated.
//!
//! Written on sockets rather than on hickory-resolver because every failure has to be told apart: silence, an RCODE,
//! a truncated answer without TCP, an answer that cannot be read. None of them may pass for "no such record".

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::dns::lookup::LookupFailure;
use crate::dns::window::{CEILING, Turn, Window};
use crate::dns::wire::{self, Question};

/// Sockets a server is asked through at a time.
const LINKS: usize = 4;
/// Questions after which a socket, and with it the source port, is replaced (RFC 5452 §9.2).
const QUESTIONS_PER_LINK: usize = 2048;

/// Asks one name server. Cheap to make: sockets are opened when the first question goes out.
#[derive(Debug)]
pub struct Exchange {
    server: SocketAddr,
    links: Mutex<[Option<Arc<Link>>; LINKS]>,
    next_link: AtomicUsize,
    window: Window,
    asked: AtomicU64,
}

/// A connected UDP socket, and who waits for what on it.
#[derive(Debug)]
struct Link {
    socket: Arc<UdpSocket>,
    waiting: Arc<Mutex<Places>>,
    asked: AtomicUsize,
    reader: JoinHandle<()>,
}

/// By id. The ids are random, so that there is nothing to defend against in how they are hashed.
type Places = HashMap<u16, Waiting, foldhash::fast::RandomState>;

#[derive(Debug)]
struct Waiting {
    query: Vec<u8>,
    /// Taken when the reply is there. The id stays in use until the asker gives up its place.
    reply: Option<oneshot::Sender<Result<Vec<u8>, LookupFailure>>>,
}

/// Keeps an id for one asker, who alone gives it back.
struct Place<'a> {
    link: &'a Link,
    id: u16,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        lock(&self.link.waiting).remove(&self.id);
    }
}

/// The data is plain maps: a panic elsewhere cannot have left them half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Exchange {
    /// Asks `server`.
    pub fn new(server: SocketAddr) -> Self {
        Self::with_ceiling(server, CEILING)
    }

    /// Asks `server`, with so many questions before it at a time, at most.
    pub fn with_ceiling(server: SocketAddr, ceiling: u16) -> Self {
        Exchange {
            server,
            links: Mutex::default(),
            next_link: AtomicUsize::new(0),
            window: Window::new(ceiling),
            asked: AtomicU64::new(0),
        }
    }

    /// Messages sent to it so far, repeats included.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Waits until the server can be given another question. Who asks a lot asks in turn.
    pub(super) async fn turn(&self) -> Turn<'_> {
        self.window.turn().await
    }

    /// Whom it asks.
    pub fn server(&self) -> SocketAddr {
        self.server
    }

    /// The server's answer, whatever its RCODE, complete: truncated ones are fetched over TCP.
    ///
    /// # Errors
    /// [`LookupFailure::Timeout`] after `patience`; [`LookupFailure::Truncated`] when TCP is needed and does not work;
    /// [`LookupFailure::Other`] when the network refuses or the answer cannot be read.
    pub async fn ask(&self, question: &Question, patience: Duration) -> Result<Message, LookupFailure> {
        let deadline = Instant::now() + patience;
        let message = self.ask_with(question, true, deadline).await?;
        // Servers from before EDNS say so in one of two ways (RFC 6891 §7).
        if message.edns.is_none()
            && matches!(message.metadata.response_code, ResponseCode::FormErr | ResponseCode::NotImp)
        {
            return self.ask_with(question, false, deadline).await;
        }
        Ok(message)
    }

    async fn ask_with(&self, question: &Question, edns: bool, deadline: Instant) -> Result<Message, LookupFailure> {
        let octets =
            timeout_at(deadline, self.over_udp(question, edns)).await.unwrap_or(Err(LookupFailure::Timeout))?;
        let message = wire::decode(&octets).map_err(LookupFailure::Other)?;
        if !message.metadata.truncation {
            return Ok(message);
        }
        // Whatever goes wrong from here on, silence included, what is known is that the answer did not fit.
        // In a box: seldom needed, and every question's future would be so much larger for it.
        let octets = timeout_at(deadline, Box::pin(self.over_tcp(question, edns))).await.ok().flatten();
        let message = wire::decode(&octets.ok_or(LookupFailure::Truncated)?).map_err(LookupFailure::Other)?;
        if message.metadata.truncation { Err(LookupFailure::Truncated) } else { Ok(message) }
    }

    async fn over_udp(&self, question: &Question, edns: bool) -> Result<Vec<u8>, LookupFailure> {
        let link = self.link().await.map_err(|e| self.refused(&e))?;
        let (place, query, reply) = link.take_place(question, edns)?;
        self.asked.fetch_add(1, Ordering::Relaxed);
        link.socket.send(&query).await.map_err(|e| self.refused(&e))?;
        let answer = reply.await.unwrap_or_else(|_| Err(LookupFailure::Other("the socket was closed".into())));
        drop(place);
        answer
    }

    async fn over_tcp(&self, question: &Question, edns: bool) -> Option<Vec<u8>> {
        let query = question.encode(random_id(), edns)?;
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut stream = TcpStream::connect(self.server).await.ok()?;
        // Length and message in one write: some servers drop a length that comes alone (RFC 7766 §8).
        let mut framed = u16::try_from(query.len()).ok()?.to_be_bytes().to_vec();
        framed.extend_from_slice(&query);
        stream.write_all(&framed).await.ok()?;
        let length = stream.read_u16().await.ok()?;
        let mut reply = vec![0; usize::from(length)];
        stream.read_exact(&mut reply).await.ok()?;
        wire::answers(&reply, &query).then_some(reply)
    }

    /// The next socket in turn; a new one where there is none, or where it is worn out.
    async fn link(&self) -> std::io::Result<Arc<Link>> {
        let slot = self.next_link.fetch_add(1, Ordering::Relaxed) % LINKS;
        if let Some(link) = &lock(&self.links)[slot]
            && link.asked.fetch_add(1, Ordering::Relaxed) < QUESTIONS_PER_LINK
            && !link.reader.is_finished()
        {
            return Ok(link.clone());
        }
        let link = Arc::new(Link::open(self.server).await?);
        lock(&self.links)[slot] = Some(link.clone());
        Ok(link)
    }

    fn refused(&self, error: &std::io::Error) -> LookupFailure {
        LookupFailure::Other(refusal(self.server, error))
    }
}

impl Link {
    async fn open(server: SocketAddr) -> std::io::Result<Self> {
        let local: SocketAddr = match server {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = Arc::new(UdpSocket::bind(local).await?);
        // Connected, so that the system drops what others send and reports a closed port.
        socket.connect(server).await?;
        let waiting = Arc::<Mutex<Places>>::default();
        let reader = tokio::spawn(read_replies(server, socket.clone(), waiting.clone()));
        Ok(Link { socket, waiting, asked: AtomicUsize::new(0), reader })
    }

    #[allow(clippy::type_complexity)]
    fn take_place(
        &self,
        question: &Question,
        edns: bool,
    ) -> Result<(Place<'_>, Vec<u8>, oneshot::Receiver<Result<Vec<u8>, LookupFailure>>), LookupFailure> {
        let mut waiting = lock(&self.waiting);
        let mut id = random_id();
        while waiting.contains_key(&id) {
            id = id.wrapping_add(1);
        }
        let query = question
            .encode(id, edns)
            .ok_or_else(|| LookupFailure::Other("the name cannot be written into a question".into()))?;
        let (reply, receiver) = oneshot::channel();
        waiting.insert(id, Waiting { query: query.clone(), reply: Some(reply) });
        Ok((Place { link: self, id }, query, receiver))
    }
}

async fn read_replies(server: SocketAddr, socket: Arc<UdpSocket>, waiting: Arc<Mutex<Places>>) {
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        match socket.recv(&mut buffer).await {
            Ok(length) => {
                let reply = &buffer[..length];
                let Some(id) = reply.first_chunk().map(|b| u16::from_be_bytes(*b)) else { continue };
                let mut list = lock(&waiting);
                // Anything that is not the answer is dropped and the wait goes on (RFC 5452 §9.1).
                if let Some(asker) = list.get_mut(&id).filter(|w| wire::answers(reply, &w.query))
                    && let Some(sender) = asker.reply.take()
                {
                    let _ = sender.send(Ok(reply.to_vec()));
                }
            }
            // A closed port is reported once, for whatever was asked last: nobody there will answer.
            Err(e) => {
                for sender in lock(&waiting).values_mut().filter_map(|asker| asker.reply.take()) {
                    let _ = sender.send(Err(LookupFailure::Other(refusal(server, &e))));
                }
                if e.kind() != std::io::ErrorKind::ConnectionRefused {
                    return;
                }
            }
        }
    }
}

fn refusal(server: SocketAddr, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => format!("nothing answers at {server}"),
        _ => format!("{server} cannot be asked: {error}"),
    }
}

/// Random octets fetched at a time: the generator costs far more by the call than by the octet.
const RANDOM: usize = 512;

thread_local! {
    /// Octets that nobody has used yet, and how many of them are left.
    static RANDOMNESS: RefCell<([u8; RANDOM], usize)> = const { RefCell::new(([0; RANDOM], 0)) };
}

/// An id that cannot be guessed (RFC 5452 §9.2).
pub(crate) fn random_id() -> u16 {
    RANDOMNESS.with_borrow_mut(|(octets, left)| {
        if *left < 2 {
            // Without randomness the ids are those of before and the question still goes out; the port stays unguessable.
            let _ = aws_lc_rs::rand::fill(octets);
            *left = RANDOM;
        }
        *left -= 2;
        u16::from_be_bytes([octets[*left], octets[*left + 1]])
    })
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::RecordType;

    use super::*;
    use crate::model::name;

    #[tokio::test]
    async fn an_id_is_in_use_until_its_asker_gives_it_back() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let link = Link::open(server.local_addr().unwrap()).await.unwrap();
        let question = Question::new(&name::domain("example.test").unwrap(), RecordType::TXT);
        let (place, query, reply) = link.take_place(&question, true).unwrap();
        link.socket.send(&query).await.unwrap();
        let mut buffer = [0; 512];
        let (length, client) = server.recv_from(&mut buffer).await.unwrap();
        buffer[2] |= 0x80;
        server.send_to(&buffer[..length], client).await.unwrap();
        assert!(reply.await.unwrap().is_ok());
        assert!(
            lock(&link.waiting).contains_key(&place.id),
            "another asker could get the id, and lose it to the first"
        );
        drop(place);
        assert!(lock(&link.waiting).is_empty());
    }
}
