//! A logo that cannot be shown.

use crate::lint::rules::prelude::*;

rule! {
    /// The logo is not SVG Tiny PS: with a title, square, without scripts or outside references, of at most 32 kB.
    ///
    /// # Why
    /// Mailboxes show nothing else.
    ///
    /// # Reference
    /// draft-brand-indicators-for-message-identification §4.4
    ///
    /// # Since
    /// 0.1.0
    "BIMI003", "bad-indicator", Error, Live, Elsewhere
}
