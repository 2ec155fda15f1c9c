//! Writes that are done later, and what must be so before and after them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::provider::definition::Method;
use crate::provider::engine::Engine;
use crate::provider::engine::http::{Answer, Purpose};
use crate::provider::engine::template::{Scope, Variables};

/// How long a write that is done later may take.
const POLL_PATIENCE: Duration = Duration::from_secs(120);
/// The first pause between two questions; it doubles up to the longest.
const POLL_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_POLL_PAUSE: Duration = Duration::from_secs(4);

impl Engine {
    /// Waits for a write that the provider does later.
    pub(super) async fn until_done(&self, answer: &Answer) -> Result<()> {
        let Some(poll) = &self.definition.poll else { return Ok(()) };
        let mut own = Variables::default();
        for (name, pointer) in &poll.capture {
            match answer.body.pointer(pointer) {
                Some(value) if !value.is_null() => own.set(name, value.clone()),
                _ => return Ok(()),
            }
        }
        let mut pause = POLL_PAUSE;
        let deadline = tokio::time::Instant::now() + POLL_PATIENCE;
        loop {
            let variables = self.variables(&own);
            let scope = Scope::new(&variables);
            let url = self.url(&poll.path, &scope)?;
            let request = self.request(Method::Get, url, &BTreeMap::new(), None, &scope).await?;
            let body = self.transport.send(&request, Purpose::Read).await?.body;
            let status = body.pointer(&poll.status).and_then(Value::as_str).unwrap_or_default();
            if poll.done.iter().any(|s| s == status) {
                return Ok(());
            }
            if !poll.pending.iter().any(|s| s == status) {
                let reason = poll.error.as_ref().and_then(|p| body.pointer(p)).and_then(Value::as_str);
                let reason = reason.map(|r| format!(": {r}")).unwrap_or_default();
                return Err(Error::unreachable(format!(
                    "{} did not carry out the change{reason}",
                    self.definition.title
                )));
            }
            if tokio::time::Instant::now() > deadline {
                return Err(Error::unreachable(format!(
                    "{} has not carried out the change yet",
                    self.definition.title
                )));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_POLL_PAUSE);
        }
    }

    /// Makes sure that the lists that must be empty are so.
    pub(super) async fn guard(&self) -> Result<()> {
        for guard in &self.definition.guard {
            let variables = self.variables(&Variables::default());
            let scope = Scope::new(&variables);
            let url = self.url(&guard.path, &scope)?;
            let request = self.request(Method::Get, url, &BTreeMap::new(), None, &scope).await?;
            let body = self.transport.send(&request, Purpose::Read).await?.body;
            if body.pointer(&guard.items).and_then(Value::as_array).is_none_or(|list| !list.is_empty()) {
                return Err(Error::refused(format!("{}: {}", self.definition.title, guard.message)));
            }
        }
        Ok(())
    }
}
