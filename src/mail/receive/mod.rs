//! An SMTP listener that judges what it gets, by the client's real address.

mod certificate;
mod data;
mod session;
mod trace;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::auth::judge::{Envelope, Judgement};
use crate::dns::lookup::Lookup;
use crate::error::{Error, Result};

/// How a receiver listens, and what it bears.
#[derive(Clone, Debug)]
pub struct ReceiverConfig {
    /// Where; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// What it calls itself, in the greeting and in `Received:`.
    pub hostname: String,
    /// What it calls itself in `Authentication-Results:`.
    pub authserv_id: String,
    /// Whether it offers STARTTLS, with a certificate that it makes at the start.
    pub starttls: bool,
    /// The longest message, in octets.
    pub max_message: usize,
    /// The most recipients of a message.
    pub max_recipients: usize,
    /// The most sessions at a time; more are asked to come again.
    pub max_sessions: usize,
    /// How long a client may take for a command or between two parts of a message.
    pub step_timeout: Duration,
    /// How long a session may take in all.
    pub session_timeout: Duration,
}

impl ReceiverConfig {
    /// At `listen`, called `hostname`: 25 MB, 100 recipients, 20 sessions, a minute a step and ten minutes in all.
    pub fn new(listen: SocketAddr, hostname: impl Into<String>) -> Self {
        let hostname = hostname.into();
        ReceiverConfig {
            listen,
            authserv_id: hostname.clone(),
            hostname,
            starttls: true,
            max_message: 25 * 1024 * 1024,
            max_recipients: 100,
            max_sessions: 20,
            step_timeout: Duration::from_secs(60),
            session_timeout: Duration::from_secs(600),
        }
    }
}

/// A message that was received and judged.
#[derive(Clone, Debug, Serialize)]
pub struct Received {
    /// The name that the receiver gave it, in its reply and in `Received:`.
    pub id: String,
    /// What the session said.
    pub envelope: Envelope,
    /// The recipients.
    pub recipients: Vec<String>,
    /// The session was encrypted.
    pub tls: bool,
    /// The message as it came.
    #[serde(skip)]
    pub raw: Vec<u8>,
    /// The message with Return-Path, Authentication-Results and Received in front, and without results that claim to be ours.
    #[serde(skip)]
    pub message: Vec<u8>,
    /// The verdict; in JSON its parts stand beside the rest.
    #[serde(flatten)]
    pub judgement: Judgement,
}

/// A running receiver. It stops when dropped, and its sessions with it.
#[derive(Debug)]
pub struct Receiver {
    addr: SocketAddr,
    task: tokio::task::JoinHandle<()>,
    stop: Arc<Notify>,
}

impl Receiver {
    /// Starts to listen; every accepted message comes out of the channel. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// Unreachable when the address cannot be bound; a configuration error when no certificate can be made.
    pub async fn start(config: ReceiverConfig, lookup: Arc<dyn Lookup>) -> Result<(Self, mpsc::Receiver<Received>)> {
        let tls = if config.starttls { Some(certificate::acceptor(&config.hostname)?) } else { None };
        let listener = TcpListener::bind(config.listen).await.map_err(|e| {
            let error = Error::unreachable(format!("cannot listen on {}", config.listen));
            let error = match e.kind() {
                std::io::ErrorKind::PermissionDenied => {
                    error.hint("ports below 1024 need root; try --listen 127.0.0.1:2525")
                }
                std::io::ErrorKind::AddrInUse => {
                    error.hint("another mail server has that port; choose another with --listen")
                }
                _ => error,
            };
            error.because(e)
        })?;
        let addr = listener.local_addr().map_err(|e| Error::unreachable("the socket is gone").because(e))?;
        let (sender, channel) = mpsc::channel(64);
        let shared = Arc::new(session::Shared { config, lookup, tls, sender });
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(accept(listener, shared, stop.clone()));
        Ok((Receiver { addr, task, stop }, channel))
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops listening and lets the sessions end, for as long as `within`.
    pub async fn finish(mut self, within: Duration) {
        self.stop.notify_one();
        let _ = tokio::time::timeout(within, &mut self.task).await;
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<session::Shared>, stop: Arc<Notify>) {
    let places = Arc::new(Semaphore::new(shared.config.max_sessions));
    // Dropping the set ends every session in it.
    let mut sessions = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.notified() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(e) => {
                // Out of file descriptors, most likely: it passes.
                tracing::warn!("cannot accept a connection: {e}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        while sessions.try_join_next().is_some() {}
        let place = places.clone().try_acquire_owned().ok();
        let shared = shared.clone();
        sessions.spawn(async move {
            session::run(stream, peer, &shared, place.is_some()).await;
            drop(place);
        });
    }
    drop(listener);
    while sessions.join_next().await.is_some() {}
}
