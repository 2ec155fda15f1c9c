//! An include that leads back.

use crate::lint::rules::prelude::*;
use crate::lint::spf_tree::End;

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
    if let Some(step) = spf.tree().steps.iter().find(|s| s.end == End::Loop) {
        out.report(spf.at(step.root), format!("`{}` leads back to where it came from", step.text))
            .sees("permerror when it is reached")
            .help("remove the term that leads back")
            .detail(spf.tree().shown());
    }
}
