//! `redirect` beside `all`.

use crate::lint::rules::prelude::*;

rule! {
    /// The record has `redirect` and `all`.
    ///
    /// # Why
    /// `redirect` is used when nothing matches, and `all` always matches: the redirect is ignored.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 redirect=_spf.example.net -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 redirect=_spf.example.net"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §6.1
    ///
    /// # Since
    /// 0.1.0
    "SPF017", "redirect-with-all", Warning, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    if let (Some((redirect, target)), Some((all, _))) = (spf.record.redirect(), spf.record.all()) {
        out.report(
            spf.at(redirect.span),
            format!("`redirect` is ignored, for `{}` always matches", spf.slice(all.span)),
        )
        .sees("only what stands in this record; the redirect is never followed")
        .help(format!("write `include:{target}` before `all`, or remove one of the two"));
    }
}
