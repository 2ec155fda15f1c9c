//! A policy that is not enforced.

use crate::lint::rules::prelude::*;
use crate::model::mta_sts::StsMode;

rule! {
    /// The policy's mode is `testing` or `none`.
    ///
    /// # Why
    /// Senders then deliver whatever they find; with `testing` they report it.
    ///
    /// # Bad
    /// ```policy
    /// version: STSv1
    /// mode: testing
    /// mx: mail.example.com
    /// max_age: 604800
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
    /// RFC 8461 §5
    ///
    /// # Since
    /// 0.1.0
    "STS005", "policy-not-enforced", Advice, Policy, Policy(check)
}

fn check(policy: &PolicyText<'_>, out: &mut Sink<'_>) {
    let (Some(mode), Some(span)) = (policy.policy.mode, policy.policy.mode_span) else { return };
    let sees = match mode {
        StsMode::Enforce => return,
        StsMode::Testing => "failures are reported, and mail is delivered all the same",
        StsMode::None => "no policy any more",
    };
    out.report(policy.at(span), "the policy is not enforced")
        .sees(sees)
        .help("write `mode: enforce` once reports show no failure");
}
