//! More than two report addresses.

use crate::lint::rules::prelude::*;

rule! {
    /// `rua` or `ruf` has more than two entries.
    ///
    /// # Why
    /// Receivers need not send to more than two.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:a@example.com,mailto:b@example.com,mailto:c@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:a@example.com,mailto:b@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 7489 §6.2
    ///
    /// # Since
    /// 0.1.0
    "DMARC016", "too-many-report-uris", Warning, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    for uris in [&dmarc.record.aggregate, &dmarc.record.failure] {
        if let (Some(third), Some(last)) = (uris.get(2), uris.last()) {
            out.report(dmarc.at(third.span.to(last.span)), format!("{} report addresses", uris.len()))
                .sees("some receivers send to the first two alone")
                .help("send to two, and let one of them pass the reports on");
        }
    }
}
