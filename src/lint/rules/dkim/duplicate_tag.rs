//! A tag twice.

use crate::lint::rules::prelude::*;
use crate::model::dkim::KeyFault;
use crate::model::tag_list::TagFault;

rule! {
    /// A tag of a key record is there twice.
    ///
    /// # Why
    /// A tag list with a repeated tag is invalid as a whole; verifiers differ in what they do with it.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; k=rsa; p="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.2
    ///
    /// # Since
    /// 0.1.0
    "DKIM003", "duplicate-tag", Error, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    for fault in key.faults.iter().filter(|f| f.kind == KeyFault::Tags(TagFault::Duplicate)) {
        out.report(key.at(fault.span), "this tag is there already")
            .sees("an invalid record: some verifiers find no key")
            .help("keep one of them");
    }
}
