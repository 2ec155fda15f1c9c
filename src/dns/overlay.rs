//! An in-process DNS server on loopback that answers from snapshots, over live DNS.
//!
//! What a plan would publish can so be asked for as if it were published already: by our own judge, or by any other
//! program that takes the address of a name server.

mod answer;
mod at_hand;
mod fault;
mod handler;
mod view;

pub use at_hand::AtHand;
pub use fault::{Fault, FaultAt};

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use hickory_server::Server;
use tokio::net::{TcpListener, UdpSocket};

use crate::dns::overlay::answer::Answering;
use crate::dns::overlay::handler::Handler;
use crate::dns::upstream::Upstream;
use crate::error::{Error, Result};
use crate::model::snapshot::{Key, Snapshot};

/// How long a TCP connection may stay idle.
const TCP_IDLE: Duration = Duration::from_secs(5);
/// Answers that may wait on one TCP connection.
const TCP_QUEUE: usize = 64;
/// Attempts to find a port that is free for UDP and TCP alike.
const PORT_ATTEMPTS: usize = 20;

/// What the overlay server answers.
#[derive(Default, Debug, Clone)]
pub struct Overlay {
    /// Record sets that are answered authoritatively.
    pub zones: Vec<Snapshot>,
    /// Sets that a plan removes: answered as NODATA, never forwarded.
    pub removed: Vec<Key>,
    /// Faults on purpose, to show and to test what a broken DNS does.
    pub faults: Vec<FaultAt>,
    /// Where everything else is asked; `None` answers NXDOMAIN.
    pub upstream: Option<Upstream>,
    /// How long to wait for the upstream; by default 3 s, less than a client usually waits for us.
    pub timeout: Option<Duration>,
    /// Whether nothing listens on TCP.
    pub no_tcp: bool,
}

/// A running overlay server; it stops when dropped.
pub struct OverlayServer {
    addr: SocketAddr,
    answering: Arc<RwLock<Arc<Answering>>>,
    _server: Server<Handler>,
}

impl OverlayServer {
    /// Starts on 127.0.0.1, UDP and TCP on one port that the system chooses.
    ///
    /// # Errors
    /// Unreachable when no loopback port can be bound.
    pub async fn start(overlay: Overlay) -> Result<Self> {
        let (udp, tcp) = bind().await?;
        let addr = udp.local_addr().map_err(no_port)?;
        let no_tcp = overlay.no_tcp;
        let answering = Arc::new(RwLock::new(Arc::new(Answering::new(overlay))));
        let mut server = Server::new(Handler::new(answering.clone()));
        server.register_socket(udp);
        if !no_tcp {
            server.register_listener(tcp, TCP_IDLE, TCP_QUEUE);
        }
        Ok(OverlayServer { addr, answering, _server: server })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Answers from `overlay` from now on; the port stays, and so does whether TCP is on.
    pub fn replace(&self, overlay: Overlay) {
        let answering = Arc::new(Answering::new(overlay));
        *self.answering.write().unwrap_or_else(PoisonError::into_inner) = answering;
    }
}

impl std::fmt::Debug for OverlayServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OverlayServer").field("addr", &self.addr).finish_non_exhaustive()
    }
}

/// A UDP socket and a TCP listener on one port. The system chooses for UDP, so TCP may clash: then another is tried.
async fn bind() -> Result<(UdpSocket, TcpListener)> {
    let mut last = None;
    for _ in 0..PORT_ATTEMPTS {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(no_port)?;
        match TcpListener::bind(udp.local_addr().map_err(no_port)?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(e) => last = Some(e),
        }
    }
    Err(last.map_or_else(|| Error::unreachable("no loopback port is free"), no_port))
}

fn no_port(error: std::io::Error) -> Error {
    Error::unreachable("no port on 127.0.0.1 can be opened for the overlay DNS server").because(error)
}
