//! A HELO name of its own.

use crate::lint::rules::prelude::*;

rule! {
    /// The HELO name is not the PTR name, or does not resolve.
    ///
    /// # Why
    /// Receivers count it against the message.
    ///
    /// # Reference
    /// RFC 5321 §4.1.4
    ///
    /// # Since
    /// 0.1.0
    "HOST003", "helo-mismatch", Warning, Live, Elsewhere
}
