//! A tag twice.

use crate::lint::rules::prelude::*;
use crate::model::dmarc::DmarcFault;
use crate::model::tag_list::TagFault;

rule! {
    /// A tag is there twice.
    ///
    /// # Why
    /// A tag list with a repeated tag is invalid as a whole: some readers take the first, some the last, some ignore the record.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; p=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.2
    ///
    /// # Since
    /// 0.1.0
    "DMARC009", "duplicate-tag", Error, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    for fault in dmarc.faults.iter().filter(|f| f.kind == DmarcFault::Tags(TagFault::Duplicate)) {
        out.report(dmarc.at(fault.span), "this tag is there already")
            .sees("readers differ: the first, the last, or no record at all")
            .help("keep one of them");
    }
}
