//! Tags that are gone.

use crate::lint::rules::prelude::*;
use crate::model::dmarc::{Policy, REMOVED_TAGS};

rule! {
    /// The record has `pct`, `rf` or `ri`.
    ///
    /// # Why
    /// RFC 9989 took them out. Readers of RFC 7489 still obey them: with `pct` under 100 the two kinds of reader treat the same
    /// mail differently. `t=y` is what replaces `pct=0`.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; pct=50; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; t=y; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §C.6
    ///
    /// # Since
    /// 0.1.0
    "DMARC010", "removed-tag", Warning, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    for tag in &dmarc.record.tags.tags {
        let name = dmarc.slice(tag.name);
        if !REMOVED_TAGS.iter().any(|known| *known == name) {
            continue;
        }
        let policy = dmarc.record.effective_policy().unwrap_or(Policy::None);
        let (sees, help) = match (&*name, dmarc.record.percent) {
            ("pct", Some(percent)) if percent < 100 && policy > Policy::None => (
                format!(
                    "readers of RFC 9989 apply `p={}` to all mail; readers of RFC 7489 to {percent} % of it, and `{}` to the rest",
                    policy.name(),
                    policy.weaker().name()
                ),
                if percent == 0 { "write `t=y` in its place" } else { "remove it, or write `t=y` to go on testing" },
            ),
            ("pct", None) => ("nothing: the value is no number from 0 to 100".to_string(), "remove it"),
            _ => ("nothing, or what is the default anyway".to_string(), "remove it"),
        };
        out.report(dmarc.at(tag.whole), format!("`{name}` is gone from DMARC")).sees(sees).help(help);
    }
}
