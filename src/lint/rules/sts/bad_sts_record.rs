//! An MTA-STS record that is none.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;
use crate::model::mta_sts::{StsFault, StsRecord};

rule! {
    /// `_mta-sts` does not have exactly one valid record.
    ///
    /// # Why
    /// Senders then take it that the domain has no MTA-STS policy, and deliver without its protection. With two records it is as
    /// with none.
    ///
    /// # Bad
    /// ```zone
    /// _mta-sts TXT "v=STSv1; id=2026-01-01"
    /// ```
    /// ```zone
    /// _mta-sts TXT "v=STSv1; id=1"
    /// _mta-sts TXT "v=STSv1; id=2"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _mta-sts TXT "v=STSv1; id=20260101T000000;"
    /// ```
    ///
    /// # Reference
    /// RFC 8461 §3.1
    ///
    /// # Since
    /// 0.1.0
    "STS001", "bad-sts-record", Error, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    let here = owner.role == Role::MtaSts;
    let records: Vec<_> = owner.texts.iter().filter(|t| t.kind == TextKind::MtaSts).collect();
    for text in records.iter().skip(1).filter(|_| here) {
        out.report(text.whole(), format!("{} MTA-STS records at one name", records.len()))
            .sees("no MTA-STS policy: two records are as good as none")
            .help("keep one");
    }
    for text in &records {
        if !here && owner.role != Role::Unsaid {
            out.report(text.whole(), "an MTA-STS record that is not at `_mta-sts`")
                .sees("no MTA-STS policy: senders ask for `_mta-sts` and nothing else")
                .help("publish it at `_mta-sts`");
        }
        for fault in StsRecord::read(text.octets()).faults() {
            let (message, help) = match fault.kind {
                StsFault::NoId => ("the record has no `id`", "add `id=` and 1 to 32 letters and digits"),
                StsFault::BadId => {
                    ("`id` must be 1 to 32 letters and digits", "write the date and time, such as `20260101T000000`")
                }
                StsFault::Tags(_) => {
                    ("this is no field of an MTA-STS record", "write every field as `name=value`, semicolons between")
                }
            };
            let fix = match fault.kind {
                StsFault::BadId => {
                    let kept: String =
                        text.slice(fault.span).chars().filter(char::is_ascii_alphanumeric).take(32).collect();
                    (!kept.is_empty() && !text.slice(fault.span).contains('='))
                        .then(|| text.replace("leave letters and digits alone", fault.span, &kept))
                        .flatten()
                }
                _ => None,
            };
            out.report(text.at(fault.span), message)
                .sees("no MTA-STS policy: the record is invalid")
                .help(help)
                .fix(fix);
        }
    }
    if records.is_empty() {
        let meant = |octets: &[u8]| octets.get(..5).is_some_and(|v| v.eq_ignore_ascii_case(b"v=STS"));
        let unsaid = owner.role == Role::Unsaid;
        for text in owner.texts.iter().filter(|t| here || (unsaid && meant(t.octets()))) {
            out.report(text.whole(), "this text is no MTA-STS record: it does not begin with `v=STSv1;`")
                .sees("no MTA-STS policy")
                .help("write `v=STSv1; id=` and 1 to 32 letters and digits");
        }
    }
}
