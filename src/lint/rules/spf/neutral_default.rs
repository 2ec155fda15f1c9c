//! `?all`.

use crate::lint::rules::prelude::*;

rule! {
    /// The record ends in `?all`.
    ///
    /// # Why
    /// Neutral says nothing: receivers treat every address that is not listed as if there were no record at all.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 mx ?all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx ~all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §8.2
    ///
    /// # Since
    /// 0.1.0
    "SPF015", "neutral-default", Warning, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    if let Some((term, directive)) = spf.record.all()
        && directive.qualifier == Qualifier::Neutral
    {
        out.report(spf.at(term.span), "the record ends in neutral")
            .sees("mail from any other address is treated as if there were no SPF record")
            .help("write `~all`, or `-all` once every sender is listed");
    }
}
