//! Tags that are slips.

use crate::lint::rules::prelude::*;
use crate::model::dkim::KeyFault;
use crate::model::tag_list::TagFault;

rule! {
    /// A tag is one slip away from a real one, or a part of the record is no tag at all.
    ///
    /// # Why
    /// Unknown tags are ignored, and so is what they were meant to say. A part without `=` makes the whole list invalid.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; nk=rsa; p="
    /// ```
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p=; oops"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; n=made in 2026; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.2
    ///
    /// # Since
    /// 0.1.0
    "DKIM024", "mistyped-tag", Warning, Record, Dkim(check)
}

/// The tags of RFC 6376 §3.6.1, and `g` of its predecessor.
const KNOWN: &[&str] = &["v", "h", "k", "n", "p", "s", "t", "g"];

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    for tag in &key.record.tags.tags {
        let name = key.slice(tag.name);
        if KNOWN.iter().any(|known| *known == name) || name.is_empty() {
            continue;
        }
        let lower = name.to_ascii_lowercase();
        let meant = KNOWN.iter().find(|k| lower == **k).or_else(|| {
            // Of two letters that are both tags the last one was struck on purpose.
            KNOWN.iter().find(|k| lower.len() == 2 && lower.ends_with(**k))
        });
        if let Some(meant) = meant {
            out.report(key.at(tag.name), format!("unknown tag `{}`", short(&name)))
                .sees("nothing: the tag is ignored")
                .help(format!("write `{meant}=`"))
                .fix(key.replace(format!("write `{meant}=`"), tag.name, meant));
        }
    }
    for fault in key.faults {
        let (message, severity) = match fault.kind {
            KeyFault::Tags(TagFault::NoEquals) => ("this is no tag: it has no `=`", Severity::Error),
            KeyFault::Tags(TagFault::BadName) => ("this is no name of a tag", Severity::Error),
            KeyFault::Tags(TagFault::BadValue) => ("a character that no tag may hold", Severity::Error),
            KeyFault::Tags(TagFault::Empty) => ("nothing stands before this semicolon", Severity::Warning),
            _ => continue,
        };
        let broken_key = key
            .record
            .tags
            .get("p")
            .is_some_and(|p| p.value.start <= fault.span.start && fault.span.end <= p.value.end);
        if broken_key {
            continue;
        }
        out.report(key.at(fault.span), message)
            .severity(severity)
            .sees("an invalid tag list: strict verifiers find no key")
            .help("write every part as `name=value`, semicolons between")
            .fix(if fault.kind == KeyFault::Tags(TagFault::Empty) {
                key.replace("remove the semicolon", fault.span, "")
            } else {
                None
            });
    }
}
