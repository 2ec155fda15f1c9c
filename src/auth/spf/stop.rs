//! How an evaluation ends early: errors, and the limits (RFC 7208 §4.6.4).

use crate::auth::spf::evaluate::Evaluator;
use crate::auth::spf::{Outcome, SpfResult, TermTrace, reason};
use crate::model::spf::{MAX_LOOKUPS, MAX_VOID_LOOKUPS};

/// An evaluation that ends with an error (§2.6.6, §2.6.7).
pub(super) struct Stop {
    pub(super) result: SpfResult,
    pub(super) reason: String,
}

impl Stop {
    pub(super) fn permanent(reason: String) -> Self {
        Stop { result: SpfResult::PermError, reason }
    }

    pub(super) fn temporary(reason: String) -> Self {
        Stop { result: SpfResult::TempError, reason }
    }

    /// Marks the term at which it happened. Where a record below says more, there is no need for a note.
    pub(super) fn at(self, trace: &mut TermTrace) -> Self {
        trace.outcome = Outcome::Error;
        trace.decides = true;
        if trace.nested.is_none() {
            trace.note = Some(self.reason.clone());
        }
        self
    }
}

impl Evaluator<'_> {
    /// Counts a term that queries (§4.6.4).
    pub(super) fn charge(&mut self, domain: &str, trace: &mut TermTrace) -> Result<(), Stop> {
        self.lookups += 1;
        trace.lookups = 1;
        if self.lookups > MAX_LOOKUPS {
            return Err(Stop::permanent(reason::too_many_lookups(&trace.text, domain)));
        }
        Ok(())
    }

    /// Counts a term that found nothing (§4.6.4).
    pub(super) fn charge_void(&mut self, domain: &str, trace: &mut TermTrace) -> Result<(), Stop> {
        self.voids += 1;
        trace.void_lookups = 1;
        if self.voids > MAX_VOID_LOOKUPS {
            return Err(Stop::permanent(reason::too_many_voids(&trace.text, domain)));
        }
        Ok(())
    }
}
