//! More than ten terms that query.

use crate::lint::rules::prelude::*;
use crate::model::spf::MAX_LOOKUPS;

rule! {
    /// More than ten terms query DNS, those of includes counted.
    ///
    /// # Why
    /// After ten the evaluation is a permerror: mail from every address whose term comes later fails. Each `include`, `a`, `mx`,
    /// `ptr`, `exists` and `redirect` counts, also when it is there for the second time; the addresses of MX hosts do not.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 a:a.example.net a:b.example.net a:c.example.net a:d.example.net a:e.example.net a:f.example.net " "a:g.example.net a:h.example.net a:i.example.net a:j.example.net a:k.example.net -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 a mx include:_spf.example.net ip4:192.0.2.0/24 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §4.6.4
    ///
    /// # Since
    /// 0.1.0
    "SPF021", "too-many-lookups", Error, Zone, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    let Some(tree) = spf.tree().filter(|t| t.tree.lookups() > MAX_LOOKUPS) else {
        return spf.unknown().iter().for_each(|name| out.unseen(name));
    };
    let lookups = tree.tree.lookups();
    let mut so_far = 0;
    let over = tree.terms().find(|term| {
        so_far += term.total_lookups();
        so_far > MAX_LOOKUPS
    });
    let place = over.map_or(spf.whole(), |term| spf.at(Span::new(term.span.start, term.span.end)));
    let least = if tree.is_partial() { "at least " } else { "" };
    out.report(place, format!("{least}{lookups} terms query DNS, {MAX_LOOKUPS} are allowed"))
        .sees("permerror from here on: mail that no earlier term passes fails SPF")
        .help("replace includes of few addresses by `ip4` and `ip6`, or send from a subdomain with a record of its own")
        .detail(tree.tree.to_string());
}
