//! A policy without the mail exchangers.

use crate::lint::rules::prelude::*;
use crate::model::mta_sts::StsPolicy;

rule! {
    /// A mail exchanger is not covered by the policy's `mx`, or an `mx` covers none.
    ///
    /// # Why
    /// With `mode: enforce` senders do not deliver to an exchanger that the policy does not name.
    ///
    /// # Reference
    /// RFC 8461 §4.1
    ///
    /// # Since
    /// 0.1.0
    ///
    /// # Bad
    /// ```policy zone
    /// version: STSv1
    /// mode: enforce
    /// mx: old.example.com
    /// max_age: 604800
    /// ---
    /// @ MX 10 mail.example.com.
    /// ```
    ///
    /// # Good
    /// ```policy zone
    /// version: STSv1
    /// mode: enforce
    /// mx: *.example.com
    /// max_age: 604800
    /// ---
    /// @ MX 10 mail.example.com.
    /// ```
    "STS004", "policy-mx-mismatch", Error, Policy, Policy(check)
}

fn check(policy: &PolicyText<'_>, out: &mut Sink<'_>) {
    let Some(domain) = policy.domain else { return };
    let exchanges: Vec<String> = match policy.facts.lookup(domain, RecordType::MX) {
        Answer::Unknown(at) => return out.unseen(&at),
        Answer::Nothing => return,
        Answer::Found(known) => {
            let target = |k: &crate::lint::facts::Known<'_>| Some(wire::show(k.zone.name(k.entry.target?)));
            known.iter().filter_map(target).filter(|t| t != ".").collect()
        }
    };
    let patterns = &policy.policy.mx;
    let Some((_, first)) = patterns.first() else { return };
    for exchange in &exchanges {
        if !patterns.iter().any(|(p, _)| StsPolicy::covers(p, exchange)) {
            out.report(policy.at(*first), format!("no `mx` covers the exchanger {exchange}"))
                .sees("with `mode: enforce` no mail goes to it")
                .help(format!("add `mx: {exchange}`"));
        }
    }
    for (pattern, span) in patterns {
        if !exchanges.iter().any(|e| StsPolicy::covers(pattern, e)) {
            out.report(policy.at(*span), format!("`{pattern}` covers no exchanger of {}", wire::show(domain)))
                .severity(Severity::Warning)
                .sees("nothing: the pattern is never used")
                .help("remove it");
        }
    }
}
