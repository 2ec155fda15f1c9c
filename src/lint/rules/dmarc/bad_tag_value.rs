//! A value that a tag does not have.

use crate::lint::rules::prelude::*;
use crate::model::dmarc::DmarcFault;

rule! {
    /// `adkim`, `aspf`, `fo`, `psd`, `t` or `pct` has a value that it cannot have.
    ///
    /// # Why
    /// The tag is dropped, and its default applies.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; adkim=strict; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; adkim=s; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.8
    ///
    /// # Since
    /// 0.1.0
    "DMARC012", "bad-tag-value", Warning, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    for fault in dmarc.faults.iter().filter(|f| f.kind == DmarcFault::BadValue) {
        let tag =
            dmarc.record.tags.tags.iter().find(|t| t.whole.start <= fault.span.start && fault.span.end <= t.whole.end);
        let Some(tag) = tag else { continue };
        let (name, value) = (dmarc.slice(tag.name), dmarc.slice(tag.value));
        let (values, default) = match &*name {
            "adkim" | "aspf" => ("`r` or `s`", "r"),
            "fo" => ("`0`, `1`, `d`, `s` or `d:s`", "0"),
            "psd" => ("`y`, `n` or `u`", "u"),
            "t" => ("`y` or `n`", "n"),
            _ => ("a number from 0 to 100", "100"),
        };
        let meant = match (&*name, value.to_ascii_lowercase().as_str()) {
            ("adkim" | "aspf", "strict") => Some("s"),
            ("adkim" | "aspf", "relaxed") => Some("r"),
            ("psd" | "t", "yes" | "true" | "1") => Some("y"),
            ("psd" | "t", "no" | "false" | "0") => Some("n"),
            _ => None,
        };
        out.report(dmarc.at(fault.span), format!("`{name}={}`: the tag takes {values}", short(&value)))
            .sees(format!("the default, `{name}={default}`"))
            .help(meant.map_or_else(|| format!("write {values}"), |m| format!("write `{name}={m}`")))
            .fix(meant.and_then(|m| dmarc.replace(format!("write `{name}={m}`"), tag.value, m)));
    }
}
