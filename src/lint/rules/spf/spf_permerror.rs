//! A permerror for another reason.

use crate::lint::rules::prelude::*;

rule! {
    /// Evaluating SPF ends in permerror, for a reason that no other rule tells.
    ///
    /// # Why
    /// The limits count what an evaluation really does: macros lead to names that depend on the message, and what is included
    /// may be different for each.
    ///
    /// # Reference
    /// RFC 7208 §2.6.7
    ///
    /// # Since
    /// 0.1.0
    "SPF039", "spf-permerror", Error, Live, Live(evaluated)
}

/// Whoever evaluates the record reports it: a rule does not evaluate.
fn evaluated(_: &LiveView<'_>, _: &mut Sink<'_>) {}
