//! Tags that nobody knows.

use crate::lint::rules::prelude::*;
use crate::model::dmarc::{DmarcFault, KNOWN_TAGS, REMOVED_TAGS};
use crate::model::tag_list::TagFault;

rule! {
    /// A tag is none that DMARC has, or a part of the record is no tag.
    ///
    /// # Why
    /// Readers ignore it, and what it was meant to say.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; ruas=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.7
    ///
    /// # Since
    /// 0.1.0
    "DMARC008", "unknown-tag", Advice, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    for tag in dmarc.record.tags.tags.iter().skip(1) {
        let name = dmarc.slice(tag.name);
        if KNOWN_TAGS.iter().any(|known| *known == name)
            || REMOVED_TAGS.iter().any(|known| *known == name)
            || name.is_empty()
        {
            continue;
        }
        let finding = out.report(dmarc.at(tag.name), format!("unknown tag `{}`", short(&name)));
        finding.sees("nothing: the tag is ignored");
        let lower = name.to_ascii_lowercase();
        let meant = KNOWN_TAGS
            .iter()
            .find(|k| **k == lower)
            .copied()
            .or_else(|| typo::nearest(&name, &["rua", "ruf", "adkim", "aspf", "psd"]));
        match meant {
            Some(meant) => {
                finding.severity(Severity::Warning).help(format!("write `{meant}=`")).fix(dmarc.replace(
                    format!("write `{meant}=`"),
                    tag.name,
                    meant,
                ));
            }
            None => {
                finding.help("remove it if nobody of yours reads it");
            }
        }
    }
    for fault in dmarc.faults {
        let message = match fault.kind {
            DmarcFault::Tags(TagFault::NoEquals) => "this is no tag: it has no `=`",
            DmarcFault::Tags(TagFault::BadName) => "this is no name of a tag",
            DmarcFault::Tags(TagFault::BadValue) => "a character that no tag may hold",
            DmarcFault::Tags(TagFault::Empty) => "nothing stands before this semicolon",
            _ => continue,
        };
        let empty = fault.kind == DmarcFault::Tags(TagFault::Empty);
        let fix = if empty { dmarc.replace("remove the semicolon", fault.span, "") } else { None };
        out.report(dmarc.at(fault.span), message)
            .severity(Severity::Warning)
            .sees("most readers pass over it; strict ones ignore the record")
            .help("write every part as `name=value`, semicolons between")
            .fix(fix);
    }
}
