//! A string over 255 octets.

use crate::lint::finding::Edit;
use crate::lint::rules::prelude::*;
use crate::model::decoded::Decoded;
use crate::model::txt::{quoted, split};
use crate::zone::fault::FaultKind;

rule! {
    /// A character-string is longer than 255 octets.
    ///
    /// # Why
    /// No record can hold it: name servers refuse the file. Long values are written as several strings, which join without a
    /// space.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; " "p="
    /// ```
    ///
    /// # Reference
    /// RFC 1035 §3.3
    ///
    /// # Since
    /// 0.1.0
    "ZONE003", "string-too-long", Error, Text, Zone(check)
}

fn check(view: &ZoneView<'_>, out: &mut Sink<'_>) {
    for fault in &view.zone.faults {
        let FaultKind::StringTooLong(length) = fault.kind else { continue };
        let text = view.zone.text(fault.place.source);
        let value = Decoded::tokens(fault.place.source, text, &[fault.place.span]).ok();
        let fix = value.map(|v| Fix {
            title: "split the string".into(),
            edits: vec![Edit { place: fault.place, text: quoted(&split(&v.octets)) }],
            value: None,
        });
        out.report(view.fault_spot(fault.place), format!("this string has {length} octets, 255 are allowed"))
            .sees("name servers refuse the zone")
            .help("split it: \"…\" \"…\"; the parts join without a space")
            .fix(fix);
    }
}
