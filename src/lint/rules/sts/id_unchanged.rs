//! A new policy under the old id.

use crate::lint::rules::prelude::*;

rule! {
    /// The policy file changed, and `id` in the record did not.
    ///
    /// # Why
    /// Senders fetch the file again only when the id changes: they go on with the old policy.
    ///
    /// # Reference
    /// RFC 8461 §3.1
    ///
    /// # Since
    /// 0.1.0
    "STS007", "id-unchanged", Warning, Live, Elsewhere
}
