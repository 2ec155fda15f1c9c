//! A lookup that gives up at a moment: whoever looks around before asking a person lets nobody wait for long.

use std::sync::Arc;

use async_trait::async_trait;
use hickory_proto::rr::RecordType;
use tokio::time::{Instant, timeout_at};

use crate::dns::lookup::{Answer, Lookup, LookupFailure};
use crate::model::name::Name;

/// Asks another lookup until `until`; what is not answered then has no answer in time.
pub struct Deadline<'a> {
    /// Who is asked.
    pub inner: &'a dyn Lookup,
    /// When it ends.
    pub until: Instant,
}

#[async_trait]
impl Lookup for Deadline<'_> {
    async fn lookup(&self, name: &Name, rtype: RecordType) -> Result<Arc<Answer>, LookupFailure> {
        match timeout_at(self.until, self.inner.lookup(name, rtype)).await {
            Ok(answer) => answer,
            Err(_) => Err(LookupFailure::Timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::table::TableLookup;
    use crate::model::name;

    struct Silent;

    #[async_trait]
    impl Lookup for Silent {
        async fn lookup(&self, _: &Name, _: RecordType) -> Result<Arc<Answer>, LookupFailure> {
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn silence_ends() {
        let owner = name::domain("example.com").unwrap();
        let until = Instant::now() + std::time::Duration::from_millis(5);
        let given_up = Deadline { inner: &Silent, until }.lookup(&owner, RecordType::TXT).await;
        assert_eq!(given_up.unwrap_err(), LookupFailure::Timeout);
        let mut table = TableLookup::new();
        table.add_text(&owner, b"v=spf1 -all");
        let until = Instant::now() + std::time::Duration::from_secs(60);
        let answer = Deadline { inner: &table, until }.lookup(&owner, RecordType::TXT).await.unwrap();
        assert_eq!(answer.texts(), [b"v=spf1 -all"]);
    }
}
