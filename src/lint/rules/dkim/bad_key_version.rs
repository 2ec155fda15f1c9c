//! `v=` of a key record.

use crate::lint::rules::prelude::*;
use crate::model::dkim::KeyFault;

rule! {
    /// `v=` is not the first tag, or not exactly `DKIM1`.
    ///
    /// # Why
    /// The tag may be left out; when it is there it must be first and read `DKIM1`, or verifiers throw the record away.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM; k=rsa; p="
    /// ```
    /// ```zone
    /// s1._domainkey TXT "k=rsa; v=DKIM1; p="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p="
    /// s2._domainkey TXT "k=rsa; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.1
    ///
    /// # Since
    /// 0.1.0
    "DKIM002", "bad-key-version", Error, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    for fault in key.faults {
        match fault.kind {
            KeyFault::VersionNotFirst => {
                out.report(key.at(fault.span), "`v=DKIM1` must be the first tag")
                    .sees("no key: the record is thrown away")
                    .help("move it to the front, or leave it out");
            }
            KeyFault::BadVersion => {
                out.report(
                    key.at(fault.span),
                    format!("the version is `{}`, not `DKIM1`", short(&key.slice(fault.span))),
                )
                .sees("no key: the record is thrown away")
                .help("write `v=DKIM1`")
                .fix(key.replace("write `DKIM1`", fault.span, "DKIM1"));
            }
            _ => {}
        }
    }
}
