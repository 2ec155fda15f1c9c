//! A reverse name that does not lead back.

use crate::lint::rules::prelude::*;

rule! {
    /// The PTR name of a sending address does not resolve to the address.
    ///
    /// # Why
    /// Anybody can write a PTR record; receivers trust it only when the name agrees.
    ///
    /// # Reference
    /// RFC 8601 §3
    ///
    /// # Since
    /// 0.1.0
    "HOST002", "reverse-not-confirmed", Error, Live, Elsewhere
}
