//! An in-process DNS server on loopback that answers from snapshots, over live DNS.

use std::net::SocketAddr;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::model::name::Name;
use crate::model::snapshot::{Key, Snapshot};

/// What the overlay server answers.
#[derive(Default, Debug, Clone)]
pub struct Overlay {
    /// Record sets that are answered authoritatively.
    pub zones: Vec<Snapshot>,
    /// Sets that a plan removes: answered as NODATA, never forwarded.
    pub removed: Vec<Key>,
    /// Names whose every question is answered with SERVFAIL, to show what a broken DNS does.
    pub broken: Vec<Name>,
    /// Where everything else is asked; `None` answers NXDOMAIN.
    pub upstream: Option<SocketAddr>,
    /// How long to wait for the upstream.
    pub timeout: Option<Duration>,
}

/// A running overlay server; it stops when dropped.
#[derive(Debug)]
pub struct OverlayServer {
    addr: SocketAddr,
}

impl OverlayServer {
    /// Starts on 127.0.0.1, UDP and TCP on one port that the system chooses.
    ///
    /// # Errors
    /// Unreachable when no loopback port can be bound.
    pub async fn start(overlay: Overlay) -> Result<Self> {
        let _ = overlay;
        Err(Error::unreachable("not yet"))
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}
