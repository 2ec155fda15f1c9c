//! Nine or ten of ten look-ups used.

use crate::lint::rules::prelude::*;
use crate::model::spf::MAX_LOOKUPS;

rule! {
    /// Nine or ten of the ten terms that may query are used.
    ///
    /// # Why
    /// The next sender, or one more include inside somebody else's record, makes the whole a permerror.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 a:a.example.net a:b.example.net a:c.example.net a:d.example.net a:e.example.net a:f.example.net " "a:g.example.net a:h.example.net a:i.example.net -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx ip4:192.0.2.0/24 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §4.6.4
    ///
    /// # Since
    /// 0.1.0
    "SPF022", "lookup-budget-low", Advice, Zone, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    let Some(tree) = spf.tree() else { return };
    let lookups = tree.tree.lookups();
    if (MAX_LOOKUPS - 1..=MAX_LOOKUPS).contains(&lookups)
        && let Some(last) = tree.terms().last()
    {
        out.report(
            spf.at(Span::new(last.span.start, last.span.end)),
            format!("{lookups} of {MAX_LOOKUPS} look-ups are used"),
        )
        .sees("nothing yet; with one or two more the record is a permerror")
        .help("replace includes of few addresses by `ip4` and `ip6`")
        .detail(tree.tree.to_string());
    }
}
