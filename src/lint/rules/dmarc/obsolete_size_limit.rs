//! `!10m`.

use crate::lint::rules::prelude::*;

rule! {
    /// A report address has a size limit behind it.
    ///
    /// # Why
    /// RFC 9989 took it out; its readers must ignore it. It never was part of the domain.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com!10m"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.6
    ///
    /// # Since
    /// 0.1.0
    "DMARC014", "obsolete-size-limit", Warning, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    for uri in dmarc.record.aggregate.iter().chain(&dmarc.record.failure) {
        if let Some(limit) = uri.size_limit {
            out.report(dmarc.at(limit), "a size limit, which is gone from DMARC")
                .sees("readers of RFC 9989 ignore it; readers of RFC 7489 send no larger report")
                .help("remove it")
                .fix(dmarc.replace("remove the limit", limit, ""));
        }
    }
}
