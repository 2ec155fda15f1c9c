//! Meant as SPF, and nobody sees it.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;

rule! {
    /// The value is meant as an SPF record, and no receiver will take it for one.
    ///
    /// # Why
    /// A record counts only when its first octets are `v=spf1` and a space or the end follows. With anything before them,
    /// such as a space or a quote that became part of the data, there is no SPF record: the result is none.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT " v=spf1 -all"
    /// ```
    /// ```zone
    /// @ TXT "\"v=spf1 mx -all\""
    /// ```
    /// ```zone
    /// @ TXT "v=spf1mx -all"
    /// ```
    /// ```zone
    /// @ TXT "spf1 mx -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx -all   "
    /// @ TXT "v=spf10 is for another day"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §4.5
    ///
    /// # Since
    /// 0.1.0
    "SPF002", "not-quite-spf", Error, Record, Text(check)
}

fn check(text: &TextRecord<'_>, out: &mut Sink<'_>) {
    if text.kind != TextKind::Other {
        return;
    }
    let octets = text.octets();
    let Some(found) = octets.windows(4).take(24).position(|w| w.eq_ignore_ascii_case(b"spf1")) else { return };
    let (before, rest) = octets.split_at(found);
    let rest = &rest[4..];
    let version = before.len() >= 2 && before[before.len() - 2..].eq_ignore_ascii_case(b"v=");
    let lead = if version { &before[..before.len() - 2] } else { before };
    let junk = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'\\');
    // A sentence that mentions SPF is none: what surrounds the version must look like a slip.
    let ends = rest.first().is_none_or(|b| !b.is_ascii_alphanumeric() || looks_glued(rest));
    let slip = lead.iter().all(junk) || (version && lead.len() == 1);
    if !slip || !ends || (!version && !lead.is_empty() && !lead.iter().all(junk)) {
        return;
    }
    let terms = rest.windows(3).any(|w| w.eq_ignore_ascii_case(b"all")) || rest.contains(&b':') || rest.is_empty();
    if !version && !terms {
        return;
    }
    let start = found + 4;
    let (span, message) = if lead.iter().any(|b| matches!(b, b'"' | b'\'' | b'\\')) {
        (Span::new(0, lead.len()), "a literal quote stands before the version: this is no SPF record")
    } else if !lead.is_empty() && lead.iter().all(u8::is_ascii_whitespace) {
        (Span::new(0, lead.len()), "white space stands before the version: this is no SPF record")
    } else if !lead.is_empty() {
        (Span::new(0, start), "the version is not exactly `v=spf1`: this is no SPF record")
    } else if !version {
        (Span::new(0, start), "the version is not `v=spf1`: this is no SPF record")
    } else {
        (Span::new(0, start + 1), "no space follows the version: this is no SPF record")
    };
    let clean: String = String::from_utf8_lossy(rest).trim_matches(|c| c == '"' || c == '\\').to_string();
    let gap = if clean.is_empty() || clean.starts_with(' ') { "" } else { " " };
    let value = format!("v=spf1{gap}{}", clean.trim_start_matches('\t'));
    // What is left must be a record, or nobody knows what was meant.
    let good = matches!(SpfRecord::read(value.as_bytes()), Reading::Ours(_));
    out.report(text.at(span), message)
        .sees("none: the domain is treated as if it had no SPF record")
        .help(format!("begin the value with `v=spf1 `: {}", short(&value)))
        .fix(
            good.then(|| text.replace("write the version as it must be", Span::new(0, octets.len()), &value)).flatten(),
        );
}

/// Whether a term follows the version without a space.
fn looks_glued(rest: &[u8]) -> bool {
    ["a", "mx", "ip4:", "ip6:", "include:", "exists:", "all", "ptr", "redirect="].iter().any(|term| {
        rest.get(..term.len()).is_some_and(|r| r.eq_ignore_ascii_case(term.as_bytes()))
            && (term.ends_with([':', '=']) || rest.get(term.len()).is_none_or(|b| matches!(b, b' ' | b':' | b'/')))
    })
}
