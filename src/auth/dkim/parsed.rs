//! Key records as mail-auth reads them, each read once: a mailbox has many messages of few keys.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use mail_auth::Txt;
use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;

/// Records kept; when there are more, all go, for whoever has that many does not gain by keeping them.
const RECORDS: usize = 4096;

static PARSED: LazyLock<Mutex<HashMap<String, Txt>>> = LazyLock::new(Mutex::default);

/// The key in `record`.
pub fn parsed(record: &str) -> Txt {
    let mut all = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = all.get(record) {
        return key.clone();
    }
    let key: Txt = DomainKey::parse(record.as_bytes()).into();
    if all.len() >= RECORDS {
        all.clear();
    }
    all.insert(record.to_string(), key.clone());
    key
}
