//! An answer that does not arrive.

use crate::lint::rules::prelude::*;

rule! {
    /// The answer with the SPF record is truncated, and the server does not answer over TCP.
    ///
    /// # Why
    /// The result is temperror for every message, never "no record": mail is deferred or treated with suspicion.
    ///
    /// # Reference
    /// RFC 7208 §3.4
    ///
    /// # Since
    /// 0.1.0
    "SPF037", "unsendable-over-udp-and-tcp", Error, Live, Elsewhere
}
