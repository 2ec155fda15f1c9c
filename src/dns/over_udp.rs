//! Questions over UDP, many at a time on few sockets.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::dns::exchange::refusal;
use crate::dns::lookup::LookupFailure;
use crate::dns::waiting::Waiting;
use crate::dns::wire::Question;

/// Sockets a server is asked through at a time.
const LINKS: usize = 4;
/// Questions after which a socket, and with it the source port, is replaced (RFC 5452 §9.2).
const QUESTIONS_PER_LINK: usize = 2048;

/// The sockets to one server. They are opened when the first question goes out.
#[derive(Debug)]
pub(super) struct OverUdp {
    server: SocketAddr,
    links: Mutex<[Option<Arc<Link>>; LINKS]>,
    next_link: AtomicUsize,
}

/// A connected UDP socket, and who waits for what on it.
#[derive(Debug)]
struct Link {
    socket: Arc<UdpSocket>,
    waiting: Waiting,
    asked: AtomicUsize,
    reader: JoinHandle<()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl OverUdp {
    pub(super) fn new(server: SocketAddr) -> Self {
        OverUdp { server, links: Mutex::default(), next_link: AtomicUsize::new(0) }
    }

    /// The octets of the answer; waits for as long as it is let.
    pub(super) async fn ask(&self, question: &Question, edns: bool) -> Result<Vec<u8>, LookupFailure> {
        let refused = |e: &std::io::Error| LookupFailure::Other(refusal(self.server, e));
        let closed = || LookupFailure::Other("the socket was closed".into());
        let link = self.link(1).await.map_err(|e| refused(&e))?;
        let (mut place, query) = link.waiting.place(question, edns)?.ok_or_else(closed)?;
        link.socket.send(&query).await.map_err(|e| refused(&e))?;
        place.reply().await.unwrap_or_else(|| Err(closed()))
    }

    /// The octets of the answers to several questions, as far as they come in this time.
    pub(super) async fn ask_all(&self, questions: &[Question], within: Duration) -> Vec<Option<Vec<u8>>> {
        let none = || vec![None; questions.len()];
        let Ok(link) = self.link(questions.len()).await else { return none() };
        let Some((places, queries)) = link.waiting.places(questions) else { return none() };
        for query in &queries {
            if link.socket.send(query).await.is_err() {
                return none();
            }
        }
        let _ = timeout(within, places.all()).await;
        places.replies().into_iter().map(|reply| reply?.ok()).collect()
    }

    /// The next socket in turn, for so many questions; a new one where there is none, or where it is worn out.
    async fn link(&self, questions: usize) -> std::io::Result<Arc<Link>> {
        let slot = self.next_link.fetch_add(1, Ordering::Relaxed) % LINKS;
        // The slots are whole at every moment, whatever happens to who holds the lock.
        if let Some(link) = &self.links.lock().unwrap_or_else(PoisonError::into_inner)[slot]
            && link.asked.fetch_add(questions, Ordering::Relaxed) < QUESTIONS_PER_LINK
            && !link.reader.is_finished()
        {
            return Ok(link.clone());
        }
        let link = Arc::new(Link::open(self.server).await?);
        self.links.lock().unwrap_or_else(PoisonError::into_inner)[slot] = Some(link.clone());
        Ok(link)
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
        let waiting = Waiting::default();
        let reader = tokio::spawn(read_replies(server, socket.clone(), waiting.clone()));
        Ok(Link { socket, waiting, asked: AtomicUsize::new(0), reader })
    }
}

async fn read_replies(server: SocketAddr, socket: Arc<UdpSocket>, waiting: Waiting) {
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        match socket.recv(&mut buffer).await {
            Ok(length) => waiting.deliver(&buffer[..length]),
            // A closed port is reported once, for whatever was asked last: nobody there will answer.
            Err(e) => {
                waiting.fail(&LookupFailure::Other(refusal(server, &e)));
                if e.kind() != std::io::ErrorKind::ConnectionRefused {
                    return;
                }
            }
        }
    }
}
