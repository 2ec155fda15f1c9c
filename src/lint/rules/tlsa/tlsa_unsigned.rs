//! DANE without DNSSEC.

use crate::lint::rules::prelude::*;

rule! {
    /// TLSA records stand in a zone that is not signed.
    ///
    /// # Why
    /// Without DNSSEC nobody may trust them, and senders ignore them.
    ///
    /// # Reference
    /// RFC 7672 §2.2
    ///
    /// # Since
    /// 0.1.0
    "TLSA002", "tlsa-unsigned", Error, Live, Elsewhere
}
