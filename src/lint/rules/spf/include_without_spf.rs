//! An include of nothing.

use crate::lint::rules::prelude::*;
use crate::lint::spf_tree::End;

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
    for step in &spf.tree().steps {
        // What a record of these zones includes is told at that record.
        if step.depth > 0 {
            continue;
        }
        let message = match step.end {
            End::Records(0) => format!("`{}` leads to no SPF record", step.text),
            End::Records(count) => format!("`{}` leads to {count} SPF records", step.text),
            End::Broken => format!("`{}` leads to a record with errors", step.text),
            _ => continue,
        };
        out.report(spf.at(step.root), message)
            .sees("permerror when it is reached: mail that no earlier term passes fails SPF")
            .help("remove the term, or publish one good record at its target");
    }
    for name in &spf.tree().unknown {
        out.unseen(name);
    }
}
