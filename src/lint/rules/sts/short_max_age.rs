//! A policy that is soon forgotten.

use crate::lint::rules::prelude::*;

rule! {
    /// `max_age` is a day or less.
    ///
    /// # Why
    /// The protection lasts as long as senders keep the policy. Weeks are usual.
    ///
    /// # Bad
    /// ```policy
    /// version: STSv1
    /// mode: enforce
    /// mx: mail.example.com
    /// max_age: 86400
    /// ```
    ///
    /// # Good
    /// ```policy
    /// version: STSv1
    /// mode: enforce
    /// mx: mail.example.com
    /// max_age: 604800
    /// ```
    ///
    /// # Reference
    /// RFC 8461 §3.2
    ///
    /// # Since
    /// 0.1.0
    "STS006", "short-max-age", Warning, Policy, Policy(check)
}

/// A day in seconds.
const DAY: u32 = 86_400;

fn check(policy: &PolicyText<'_>, out: &mut Sink<'_>) {
    if let (Some(age), Some(span)) = (policy.policy.max_age, policy.policy.max_age_span)
        && age <= DAY
        && policy.policy.mode != Some(crate::model::mta_sts::StsMode::None)
    {
        out.report(policy.at(span), format!("senders forget the policy after {age} seconds"))
            .sees("whoever blocks the policy for that long is past it")
            .help("write at least `max_age: 604800`, a week");
    }
}
