//! Key records as mail-auth reads them, each read once: a mailbox has many messages of few keys.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;

/// Records kept; when there are more, all go, for whoever has that many does not gain by keeping them.
const RECORDS: usize = 4096;

type Keys = HashMap<String, Arc<DomainKey>, foldhash::quality::RandomState>;

static PARSED: LazyLock<Mutex<Keys>> = LazyLock::new(Mutex::default);

/// The key in `record`; nothing where mail-auth cannot read it.
pub fn parsed(record: &str) -> Option<Arc<DomainKey>> {
    let mut all = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = all.get(record) {
        return Some(key.clone());
    }
    let key = Arc::new(DomainKey::parse(record.as_bytes()).ok()?);
    if all.len() >= RECORDS {
        all.clear();
    }
    all.insert(record.to_string(), key.clone());
    Some(key)
}
