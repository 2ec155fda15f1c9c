//! A provider in this process, for tests and the demo: nothing leaves the machine.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::dns::overlay::{Overlay, OverlayServer};
use crate::error::{Error, Result};
use crate::model::snapshot::{Key, RecordSet, Snapshot};
use crate::plan::change::Change;
use crate::provider::{Provider, Reading};

/// A fault on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SandboxFault {
    /// After so many applied units every further call, reads too, fails as if the server were gone.
    GoneAfter(usize),
    /// After so many applied units every further write is refused.
    RefuseAfter(usize),
    /// A set whose name holds a CNAME is accepted and not stored, as some servers do.
    IgnoreBesideCname,
}

#[derive(Debug)]
struct State {
    zone: Snapshot,
    applied: usize,
    fault: Option<SandboxFault>,
}

/// A zone in memory; clones share it.
#[derive(Clone, Debug)]
pub struct Sandbox {
    state: Arc<Mutex<State>>,
    server: Option<Arc<OverlayServer>>,
}

impl Sandbox {
    /// A sandbox that holds `zone`.
    pub fn new(zone: Snapshot) -> Self {
        Sandbox { state: Arc::new(Mutex::new(State { zone, applied: 0, fault: None })), server: None }
    }

    /// A sandbox whose zone is answered by an in-process DNS server of its own.
    ///
    /// # Errors
    /// Unreachable when no loopback port can be bound.
    pub async fn served(zone: Snapshot) -> Result<Self> {
        let server = OverlayServer::start(Overlay { zones: vec![zone.clone()], ..Overlay::default() }).await?;
        Ok(Sandbox { server: Some(Arc::new(server)), ..Sandbox::new(zone) })
    }

    /// Injects a fault from now on, or takes it away.
    pub fn fault(&self, fault: Option<SandboxFault>) {
        self.lock().fault = fault;
    }

    /// The zone as it is now.
    pub fn zone(&self) -> Snapshot {
        self.lock().zone.clone()
    }

    /// Changes the zone behind everybody's back.
    pub fn edit(&self, change: impl FnOnce(&mut Snapshot)) {
        let mut state = self.lock();
        change(&mut state.zone);
        self.publish(&state.zone);
    }

    /// Where its zone is answered, if it is.
    pub fn server(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(|s| s.addr())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, zone: &Snapshot) {
        if let Some(server) = &self.server {
            server.replace(Overlay { zones: vec![zone.clone()], ..Overlay::default() });
        }
    }
}

impl State {
    fn gone(&self) -> Result<()> {
        match self.fault {
            Some(SandboxFault::GoneAfter(n)) if self.applied >= n => Err(Error::unreachable("the sandbox is gone")),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Provider for Sandbox {
    fn id(&self) -> &str {
        "sandbox"
    }

    fn title(&self) -> String {
        "the sandbox".into()
    }

    async fn read(&self, _wanted: &[Key]) -> Result<Reading> {
        let state = self.lock();
        state.gone()?;
        Ok(Reading::whole(state.zone.clone()))
    }

    fn normalise(&self, _set: &mut RecordSet) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn apply(&self, unit: &[Change]) -> Result<()> {
        let mut state = self.lock();
        state.gone()?;
        if matches!(state.fault, Some(SandboxFault::RefuseAfter(n)) if state.applied >= n) {
            return Err(Error::refused("the sandbox refused the change"));
        }
        for change in unit {
            let key = change.key();
            let cname = state.zone.get(&key.name, hickory_proto::rr::RecordType::CNAME).is_some();
            if cname && state.fault == Some(SandboxFault::IgnoreBesideCname) {
                continue;
            }
            match &change.after {
                Some(set) => state.zone.put(set.clone()),
                None => drop(state.zone.remove(&key)),
            }
        }
        state.applied += 1;
        self.publish(&state.zone);
        Ok(())
    }

    fn nameservers(&self) -> Vec<SocketAddr> {
        self.server().into_iter().collect()
    }
}
