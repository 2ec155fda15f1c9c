//! Name servers that disagree.

use crate::lint::rules::prelude::*;

rule! {
    /// The zone's name servers give different SPF records.
    ///
    /// # Why
    /// Which record a receiver judges by is then a matter of chance.
    ///
    /// # Reference
    /// RFC 1034 §4.3.5
    ///
    /// # Since
    /// 0.1.0
    "SPF035", "nameservers-disagree", Error, Live, Elsewhere
}
