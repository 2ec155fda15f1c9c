//! No reverse name.

use crate::lint::rules::prelude::*;

rule! {
    /// A sending address has no PTR record.
    ///
    /// # Why
    /// Large receivers refuse mail from such addresses.
    ///
    /// # Reference
    /// RFC 8499 §8
    ///
    /// # Since
    /// 0.1.0
    "HOST001", "no-reverse-name", Error, Live, Elsewhere
}
