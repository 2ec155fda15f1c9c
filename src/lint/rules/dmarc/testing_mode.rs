//! `t=y`.

use crate::lint::rules::prelude::*;

rule! {
    /// The record asks for test mode.
    ///
    /// # Why
    /// Receivers are asked to apply the policy one step weaker: `reject` as `quarantine`, `quarantine` as `none`. Reports come as
    /// always.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; t=y; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.7
    ///
    /// # Since
    /// 0.1.0
    "DMARC011", "testing-mode", Advice, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    if let (true, Some(tag), Some(policy)) =
        (dmarc.record.testing, dmarc.record.tags.get("t"), dmarc.record.effective_policy())
    {
        out.report(dmarc.at(tag.whole), "the policy is being tested")
            .sees(format!("`{}` in place of `{}`", policy.weaker().name(), policy.name()))
            .help("remove `t=y` once the reports show nothing of yours failing");
    }
}
