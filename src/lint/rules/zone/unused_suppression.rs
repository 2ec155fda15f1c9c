//! A suppression of nothing.

use crate::lint::rules::prelude::*;

rule! {
    /// A comment `mailproof: allow CODE` allowed nothing.
    ///
    /// # Why
    /// It hides the next finding of that kind, which may be a real one.
    ///
    /// # Bad
    /// ```text
    /// @ TXT "v=spf1 mx -all" ; mailproof: allow SPF015 the default is neutral on purpose
    /// ```
    ///
    /// # Good
    /// ```text
    /// @ TXT "v=spf1 mx ?all" ; mailproof: allow SPF015 the default is neutral on purpose
    /// ```
    ///
    /// # Reference
    /// mailproof lint
    ///
    /// # Since
    /// 0.1.0
    "ZONE012", "unused-suppression", Warning, Text, Elsewhere
}
