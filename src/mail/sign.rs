//! DKIM signing.

use crate::error::{Error, Result};
use crate::keys::pair::KeyPair;

/// Puts a DKIM-Signature for `domain` and `selector` in front of `message` (CRLF line ends).
///
/// # Errors
/// A configuration error when the key cannot sign (under 1024 bits, for one).
pub fn sign(message: &[u8], domain: &str, selector: &str, key: &KeyPair) -> Result<Vec<u8>> {
    let _ = (message, domain, selector, key);
    Err(Error::config("not yet"))
}
