//! Macros that are none.

use crate::lint::rules::prelude::*;

rule! {
    /// A `%` begins no macro, or a macro stands where it may not.
    ///
    /// # Why
    /// It is a syntax error, and makes the whole record a permerror. `c`, `r` and `t` are for the text that `exp` points to.
    /// Letters in upper case are legal.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 exists:%{x}.example.net -all"
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 exists:%(i).example.net -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 exists:%{ir}.spf.example.net -all exp=%{S}.example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §7.1
    ///
    /// # Since
    /// 0.1.0
    "SPF029", "bad-macro", Error, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for fault in spf.faults {
        let help = match &fault.kind {
            SpfFault::BadMacro => "write `%{i}` and the like; a percent sign itself is `%%`",
            SpfFault::UnknownMacro { .. } => "the letters are s, l, o, d, i, p, v and h",
            SpfFault::ExplanationMacro { .. } => "`c`, `r` and `t` are for the text that `exp` points to",
            _ => continue,
        };
        out.report(spf.at(fault.span), fault.kind.to_string()).sees("permerror: no mail passes SPF").help(help);
    }
}
