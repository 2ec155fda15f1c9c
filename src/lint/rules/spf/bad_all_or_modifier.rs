//! `all` with an argument, a modifier with a qualifier.

use crate::lint::rules::prelude::*;

rule! {
    /// `all` has an argument, or a qualifier stands before a modifier.
    ///
    /// # Why
    /// Both are syntax errors, and make the whole record a permerror: no mail passes SPF.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 mx -all:example.net"
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 mx -redirect=_spf.example.net"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx redirect=_spf.example.net"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §5.1
    ///
    /// # Since
    /// 0.1.0
    "SPF012", "bad-all-or-modifier", Error, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for fault in spf.faults {
        match &fault.kind {
            SpfFault::UnexpectedArgument { mechanism: "all" } => {
                out.report(spf.at(fault.span), "`all` takes no argument")
                    .sees("permerror: no mail passes SPF")
                    .help("end the term behind `all`")
                    .fix(spf.replace("remove the argument", fault.span, ""));
            }
            SpfFault::QualifierBeforeModifier { name } => {
                let first = Span { start: fault.span.start, end: fault.span.start + 1 };
                out.report(spf.at(fault.span), format!("a qualifier before the modifier `{name}`"))
                    .sees("permerror: no mail passes SPF")
                    .help("modifiers have no qualifier: remove it")
                    .fix(spf.replace("remove the qualifier", first, ""));
            }
            _ => {}
        }
    }
}
