//! A certificate that is not good.

use crate::lint::rules::prelude::*;

rule! {
    /// The certificate of a mail exchanger has another name, an incomplete chain or is out of date.
    ///
    /// # Why
    /// Senders with MTA-STS or a policy of their own do not deliver.
    ///
    /// # Reference
    /// RFC 8461 §4.2
    ///
    /// # Since
    /// 0.1.0
    "HOST006", "bad-certificate", Warning, Live, Elsewhere
}
