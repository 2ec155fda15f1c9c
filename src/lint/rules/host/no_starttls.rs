//! No STARTTLS.

use crate::lint::rules::prelude::*;

rule! {
    /// A mail exchanger does not offer STARTTLS.
    ///
    /// # Why
    /// Mail to it travels readable, and senders that demand TLS do not deliver.
    ///
    /// # Reference
    /// RFC 3207 §4
    ///
    /// # Since
    /// 0.1.0
    "HOST005", "no-starttls", Warning, Live, Elsewhere
}
