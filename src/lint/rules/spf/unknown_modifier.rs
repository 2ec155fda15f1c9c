//! Modifiers that nobody knows.

use crate::lint::rules::prelude::*;
use crate::lint::rules::spf::terms::REPORTING;

rule! {
    /// A modifier is none that SPF has.
    ///
    /// # Why
    /// Unknown modifiers are ignored. That is harmless until it is a slip: `redirec=` does not redirect.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 mx redirec=_spf.example.net"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx redirect=_spf.example.net"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §6
    ///
    /// # Since
    /// 0.1.0
    "SPF019", "unknown-modifier", Advice, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for (term, modifier) in spf.record.modifiers() {
        let Modifier::Unknown { name, .. } = modifier else { continue };
        if REPORTING.iter().any(|r| r.eq_ignore_ascii_case(name)) {
            continue;
        }
        let span = Span { start: term.span.start, end: term.span.start + name.len() as u32 };
        let finding = out.report(spf.at(span), format!("unknown modifier `{}`", short(name)));
        finding.sees("nothing: the term is ignored");
        let known = ["redirect", "exp"];
        // A mechanism written with `=` is the commonest slip: `include=`.
        let mechanism = ["include", "a", "mx", "ip4", "ip6", "exists"].iter().find(|m| m.eq_ignore_ascii_case(name));
        if let Some(mechanism) = mechanism {
            let equals = Span { start: span.end, end: span.end + 1 };
            finding
                .severity(Severity::Warning)
                .help(format!("`{mechanism}` is a mechanism: write `{mechanism}:`"))
                .fix(spf.replace(format!("write `{mechanism}:`"), equals, ":"));
        } else if let Some(meant) = typo::nearest(name, &known) {
            finding.severity(Severity::Warning).help(format!("write `{meant}`")).fix(spf.replace(
                format!("write `{meant}`"),
                span,
                meant,
            ));
        } else {
            finding.help("remove it if nobody of yours reads it");
        }
    }
}
