//! An include of nothing.

use crate::lint::rules::prelude::*;
use crate::lint::spf_tree::{ZoneTree, below};
use crate::model::spf::{MAX_LOOKUPS, RecordState};

rule! {
    /// The target of an `include` or `redirect` has no SPF record, or several.
    ///
    /// # Why
    /// When the term is reached, the result is a permerror: mail that no earlier term passes fails SPF.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ TXT "v=spf1 include:_spf.example.com -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ TXT "v=spf1 include:_spf.example.com -all"
    /// _spf TXT "v=spf1 ip4:192.0.2.0/24 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §5.2
    ///
    /// # Since
    /// 0.1.0
    "SPF026", "include-without-spf", Error, Zone, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    // Beyond the limit nothing is reached any more, and the limit is what is to be told.
    let live = spf.facts.live.is_some() && spf.tree().is_some_and(|t| t.tree.lookups() <= MAX_LOOKUPS);
    for term in spf.tree().into_iter().flat_map(ZoneTree::terms) {
        // What a record of these zones includes in its turn is told at that record; of live DNS the domain's alone is.
        let below = below(term).take(if live { usize::MAX } else { 1 });
        let said = below.filter_map(|inner| {
            let what = match &inner.nested.as_ref()?.state {
                RecordState::Missing => "no SPF record".to_string(),
                RecordState::Several(count) => format!("{count} SPF records"),
                RecordState::Broken(why) if live => {
                    format!("a record with errors: {}", why.first().map_or("", String::as_str))
                }
                RecordState::Broken(_) => "a record with errors".to_string(),
                _ => return None,
            };
            let through =
                if inner.text == term.text { String::new() } else { format!(" by way of `{}`", short(&inner.text)) };
            Some(format!("`{}` leads{through} to {what}", term.text))
        });
        let Some(message) = said.take(1).next() else { continue };
        out.report(spf.at(Span::new(term.span.start, term.span.end)), message)
            .sees("permerror when it is reached: mail that no earlier term passes fails SPF")
            .help("remove the term, or publish one good record at its target");
    }
    for name in spf.unknown() {
        out.unseen(name);
    }
}
