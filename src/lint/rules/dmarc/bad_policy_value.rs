//! A policy that there is not.

use crate::lint::rules::prelude::*;
use crate::model::dmarc::DmarcFault;

rule! {
    /// `p`, `sp` or `np` is none of `none`, `quarantine` and `reject`.
    ///
    /// # Why
    /// The tag is dropped. Without a valid `p` the policy is `none` if there is a valid `rua`, and else there is none; readers of
    /// RFC 7489 do the same.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=monitor; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.7
    ///
    /// # Since
    /// 0.1.0
    "DMARC007", "bad-policy-value", Error, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    for fault in dmarc.faults.iter().filter(|f| f.kind == DmarcFault::BadPolicy) {
        let text = dmarc.slice(fault.span);
        let tag =
            dmarc.record.tags.tags.iter().find(|t| t.whole.start <= fault.span.start && fault.span.end <= t.whole.end);
        let name = tag.map(|t| dmarc.slice(t.name)).unwrap_or_default();
        let sees = match (&*name, dmarc.record.effective_policy()) {
            ("p", Some(_)) => "`p=none`, because there is a valid `rua`",
            ("p", None) => "no policy: the record counts for nothing",
            _ => "the tag is dropped; the next wider policy applies",
        };
        let finding = out.report(dmarc.at(fault.span), format!("`{}` is no policy", short(&text)));
        finding.sees(sees);
        match typo::nearest(&text, &["none", "quarantine", "reject"]) {
            Some(meant) => {
                finding.help(format!("write `{name}={meant}`")).fix(dmarc.replace(
                    format!("write `{meant}`"),
                    fault.span,
                    meant,
                ));
            }
            None => {
                finding.help("write `none`, `quarantine` or `reject`");
            }
        }
    }
}
