//! The explanation of a fail (RFC 7208 §6.2).

use hickory_proto::rr::RecordType;

use crate::auth::spf::evaluate::Evaluator;
use crate::auth::spf::{Outcome, RecordTrace, TermTrace};
use crate::model::spf::{MacroLetter, MacroString, target_name};

impl Evaluator<'_> {
    /// The text that `spec`, the `exp` of `domain`, leads to. Anything wrong with it, and there is none: no name, no
    /// answer, not exactly one TXT record, not US-ASCII, a bad macro. It counts against no limit, for the result
    /// stands already.
    pub(super) async fn explain(&mut self, spec: &MacroString, domain: &str) -> Option<String> {
        let host = self.expanded_name(spec, domain, None).await;
        let answer = self.ask(&target_name(&host)?, RecordType::TXT, &mut Vec::new()).await.ok()?;
        let texts = answer.texts();
        let [text] = texts.as_slice() else { return None };
        let text = MacroString::explanation(text).ok()?;
        let validated =
            if text.uses(MacroLetter::ValidatedName) { self.validated_name(domain, None).await } else { String::new() };
        self.values.text(&text, domain, &validated)
    }
}

/// Marks the `exp` that gave the explanation: the one at the end of the chain of redirects.
pub(super) fn mark_used(trace: &mut RecordTrace) {
    let is_redirect = |t: &TermTrace| t.decides && t.qualifier.is_none();
    let redirect = trace.terms.iter().position(is_redirect);
    match redirect.and_then(|at| trace.terms[at].nested.as_deref_mut()) {
        Some(nested) => mark_used(nested),
        None => {
            let is_exp = |t: &&mut TermTrace| t.text.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("exp="));
            if let Some(term) = trace.terms.iter_mut().find(is_exp) {
                term.outcome = Outcome::Used;
            }
        }
    }
}
