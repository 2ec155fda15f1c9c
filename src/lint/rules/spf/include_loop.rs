//! An include that leads back.

use crate::lint::rules::prelude::*;
use crate::model::spf::RecordState;

rule! {
    /// An `include` or `redirect` leads back to a record that led to it.
    ///
    /// # Why
    /// The evaluation goes round until the ten look-ups are used, and ends in a permerror.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 include:_spf.example.com -all"
    /// _spf TXT "v=spf1 include:example.com -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 include:_spf.example.com -all"
    /// _spf TXT "v=spf1 mx:example.com -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §4.6.4
    ///
    /// # Since
    /// 0.1.0
    "SPF027", "include-loop", Error, Zone, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    let Some(tree) = spf.tree() else { return };
    let leads_back = tree.terms().find(|term| term.nested.iter().any(|n| n.state == RecordState::Loop || n.has_loop()));
    if let Some(term) = leads_back {
        out.report(
            spf.at(Span::new(term.span.start, term.span.end)),
            format!("`{}` leads back to where it came from", term.text),
        )
        .sees("permerror when it is reached")
        .help("remove the term that leads back")
        .detail(tree.tree.to_string());
    }
}
