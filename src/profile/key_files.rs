//! The public keys of a profile, read from its key files.

use std::path::Path;

use crate::error::{Error, Result};
use crate::keys::store;
use crate::profile::desired::KeyRecords;
use crate::profile::schema::{Domain, KeyState};

/// The key record of every key of `domain` that is not revoked; paths in the profile are relative to `folder`, the
/// folder that the profile is in.
///
/// # Errors
/// A configuration error when a key file is missing, unsafe, no key, or of another algorithm than the profile says.
pub fn records(domain: &Domain, folder: &Path) -> Result<KeyRecords> {
    let mut out = KeyRecords::new();
    for key in domain.dkim.iter().filter(|k| k.state != KeyState::Revoked) {
        let path = folder.join(&key.key);
        let whose = format!("reading the key of selector {} of {}", key.selector, domain.domain);
        let pair = store::read(&path).map_err(|e| e.during(whose.clone()))?;
        if pair.algorithm() != key.algorithm {
            return Err(Error::config(format!("{} is a key of kind {}", path.display(), pair.algorithm()))
                .during(whose)
                .hint(format!(
                    "the profile says `algorithm: {}`: change it there, or name another file",
                    key.algorithm
                )));
        }
        out.insert(key.selector.clone(), pair.record());
    }
    Ok(out)
}
