//! An include of nothing.

use crate::lint::rules::prelude::*;
use crate::lint::spf_tree::ZoneTree;
use crate::model::spf::RecordState;

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
    // What a record of these zones includes in its turn is told at that record.
    for term in spf.tree().into_iter().flat_map(ZoneTree::terms) {
        let Some(nested) = &term.nested else { continue };
        let message = match &nested.state {
            RecordState::Missing => format!("`{}` leads to no SPF record", term.text),
            RecordState::Several(count) => format!("`{}` leads to {count} SPF records", term.text),
            RecordState::Broken(_) => format!("`{}` leads to a record with errors", term.text),
            _ => continue,
        };
        out.report(spf.at(Span::new(term.span.start, term.span.end)), message)
            .sees("permerror when it is reached: mail that no earlier term passes fails SPF")
            .help("remove the term, or publish one good record at its target");
    }
    for name in spf.unknown() {
        out.unseen(name);
    }
}
