//! No `all` and no `redirect`.

use crate::lint::rules::prelude::*;

rule! {
    /// The record has neither `all` nor `redirect`.
    ///
    /// # Why
    /// Mail from any other address then ends neutral, as if there were no record. Includes do not help: only their passes
    /// count.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 include:_spf.example.net"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 include:_spf.example.net ~all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §4.7
    ///
    /// # Since
    /// 0.1.0
    "SPF013", "no-default", Warning, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    if spf.record.all().is_some() || spf.record.redirect().is_some() || !spf.faults.is_empty() {
        return;
    }
    let end = spf.octets().trim_ascii_end().len();
    out.report(spf.at(Span::new(0, end)), "the record has no default: neither `all` nor `redirect`")
        .sees("neutral for every address that is not listed")
        .help("end the record with `~all`, or `-all` once every sender is listed")
        .fix(None);
}
