//! A word that is no mechanism.

use crate::lint::rules::prelude::*;
use crate::lint::rules::spf::terms::{MECHANISMS, follows_empty, is_glued};

rule! {
    /// A term is no mechanism that SPF has.
    ///
    /// # Why
    /// One unknown mechanism makes the whole record a permerror: no mail passes SPF.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 mx inlude:_spf.example.net ~all"
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 ipv4:192.0.2.0/24 -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx include:_spf.example.net ~all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §4.6.1
    ///
    /// # Since
    /// 0.1.0
    "SPF007", "unknown-mechanism", Error, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for (i, fault) in spf.faults.iter().enumerate() {
        // What a space cut off from the term before is told there.
        if follows_empty(spf, i) {
            continue;
        }
        let (name, meant) = match &fault.kind {
            SpfFault::UnknownMechanism { name } if !is_glued(name) => (name, typo::nearest(name, MECHANISMS)),
            SpfFault::ModifierAsMechanism { name } => {
                let at =
                    Span { start: fault.span.start + name.len() as u32, end: fault.span.start + name.len() as u32 + 1 };
                let finding = out.report(spf.at(fault.span), format!("`{name}` is a modifier and takes `=`, not `:`"));
                finding.sees("permerror: no mail passes SPF").help(format!("write `{name}=`")).fix(spf.replace(
                    format!("write `{name}=`"),
                    at,
                    "=",
                ));
                continue;
            }
            _ => continue,
        };
        let span = Span { start: fault.span.start, end: (fault.span.start + name.len() as u32).min(fault.span.end) };
        let finding = out.report(spf.at(span), format!("unknown mechanism `{}`", short(name)));
        finding.sees("receivers answer permerror: no mail passes SPF");
        match meant {
            Some(meant) => {
                finding.help(format!("write `{meant}`"));
                finding.fix(spf.replace(format!("write `{meant}`"), span, meant));
            }
            None => {
                finding.help("remove it, or write one of all, include, a, mx, ip4, ip6, exists");
            }
        }
    }
}
