//! Terms that are never reached.

use crate::lint::rules::prelude::*;

rule! {
    /// Mechanisms stand behind `all`.
    ///
    /// # Why
    /// `all` always matches: what stands behind it is never looked at, and its senders are not authorised.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 mx -all include:_spf.example.net"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx include:_spf.example.net -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §5.1
    ///
    /// # Since
    /// 0.1.0
    "SPF016", "terms-after-all", Warning, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    let Some((all, _)) = spf.record.all() else { return };
    let after: Vec<_> = spf.record.directives().filter(|(t, _)| t.span.start > all.span.start).collect();
    if let (Some((first, _)), Some((last, _))) = (after.first(), after.last()) {
        let all = spf.slice(all.span);
        out.report(spf.at(first.span.to(last.span)), format!("never reached: `{all}` stands before it"))
            .sees(format!("it stops at `{all}`; these senders are not authorised"))
            .help(format!("move `{all}` to the end"));
    }
}
