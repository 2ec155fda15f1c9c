//! A certificate that DANE does not know.

use crate::lint::rules::prelude::*;

rule! {
    /// The mail server's certificate matches none of its TLSA records.
    ///
    /// # Why
    /// Senders that verify do not deliver.
    ///
    /// # Reference
    /// RFC 7672 §2.2
    ///
    /// # Since
    /// 0.1.0
    "TLSA003", "tlsa-mismatch", Error, Live, Elsewhere
}
