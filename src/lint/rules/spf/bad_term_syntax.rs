//! A term that cannot be read.

use crate::lint::rules::prelude::*;
use crate::lint::rules::spf::terms::{follows_empty, is_glued};

rule! {
    /// A term breaks the grammar: a space is missing before it, its argument is empty, or a space follows a colon.
    ///
    /// # Why
    /// Any syntax error makes the whole record a permerror: no mail passes SPF.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 ip4:203.0.113.7~all"
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 include: _spf.example.net -all"
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 include -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 ip4:203.0.113.7 ~all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §4.6.1
    ///
    /// # Since
    /// 0.1.0
    "SPF008", "bad-term-syntax", Error, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for (i, fault) in spf.faults.iter().enumerate() {
        let span = fault.span;
        let gap = |at: u32| spf.replace("part the terms with a space", Span { start: at, end: at }, " ");
        let (message, help, fix): (String, String, Option<Fix>) = match &fault.kind {
            SpfFault::MissingSpace { at } => {
                ("a space is missing before this term".into(), "part the terms with a space".into(), gap(*at as u32))
            }
            SpfFault::UnknownMechanism { name } if is_glued(name) => (
                format!("a space is missing after `{name}`"),
                "part the terms with a space".into(),
                gap(span.start + name.len() as u32),
            ),
            SpfFault::EmptyArgument { name }
                if spf.octets().get(span.end as usize) == Some(&b' ') && next_is_argument(spf, i) =>
            {
                (
                    format!("a space stands between `{name}` and its argument"),
                    "remove the space".into(),
                    spf.replace("remove the space", Span { start: span.end, end: after_spaces(spf, span.end) }, ""),
                )
            }
            SpfFault::EmptyArgument { name } => {
                (format!("`{name}` has an empty argument"), "give the argument, or remove the term".into(), None)
            }
            SpfFault::MissingArgument { mechanism } => {
                (format!("`{mechanism}` lacks its argument"), format!("write `{mechanism}:` and the argument"), None)
            }
            SpfFault::UnexpectedArgument { mechanism } if *mechanism != "all" => {
                (format!("`{mechanism}` does not take this"), "remove it".into(), spf.replace("remove it", span, ""))
            }
            SpfFault::LoneQualifier => ("a qualifier without a mechanism".into(), "remove it".into(), None),
            SpfFault::BadModifierName => {
                ("the name of a modifier must begin with a letter".into(), "remove the term".into(), None)
            }
            SpfFault::NonAscii => (
                "a character outside US-ASCII".into(),
                "write names in their ASCII form; look for pasted quotes, dashes and spaces".into(),
                None,
            ),
            SpfFault::ControlCharacter(_) => (
                "only spaces part terms; this is a control character".into(),
                "write a space".into(),
                spf.replace("write a space", span, " "),
            ),
            _ => continue,
        };
        if follows_empty(spf, i) {
            continue;
        }
        out.report(spf.at(span), message).sees("permerror: no mail passes SPF").help(help).fix(fix);
    }
}

/// Whether the term behind the empty argument is what was meant for it: no term by itself.
fn next_is_argument(spf: &SpfText<'_>, fault: usize) -> bool {
    spf.faults.get(fault + 1).is_some_and(|next| next.span.start == after_spaces(spf, spf.faults[fault].span.end))
}

fn after_spaces(spf: &SpfText<'_>, at: u32) -> u32 {
    let spaces = spf.octets().get(at as usize..).unwrap_or_default().iter().take_while(|b| **b == b' ').count();
    at + spaces as u32
}
