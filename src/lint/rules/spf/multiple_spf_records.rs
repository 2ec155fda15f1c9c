//! More than one SPF record at a name.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;

rule! {
    /// A name has more than one SPF record.
    ///
    /// # Why
    /// A receiver that finds two records answers permerror, in whatever order they come: no mail passes SPF.
    /// `V=SPF1` counts as one, `v=spf10` does not.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 mx -all"
    /// @ TXT "v=spf1 include:_spf.example.net -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx include:_spf.example.net -all"
    /// @ TXT "v=spf10 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §4.5
    ///
    /// # Since
    /// 0.1.0
    "SPF001", "multiple-spf-records", Error, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    let txt = u16::from(RecordType::TXT);
    let records: Vec<_> = owner.texts.iter().filter(|t| t.kind == TextKind::Spf && t.entry.rtype == txt).collect();
    if records.len() < 2 {
        return;
    }
    for text in records.iter().skip(1) {
        out.report(text.whole(), format!("{} SPF records at one name", records.len()))
            .sees("permerror: no mail of this domain passes SPF")
            .help("keep one record with the terms of all");
    }
}
