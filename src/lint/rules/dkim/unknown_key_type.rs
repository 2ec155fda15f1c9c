//! `k=` of no kind.

use crate::lint::rules::prelude::*;
use crate::model::dkim::KeyFault;

rule! {
    /// `k=` is neither `rsa` nor `ed25519`.
    ///
    /// # Why
    /// Verifiers ignore keys of a kind that they do not know. The value has case.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=RSA; p="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.1
    ///
    /// # Since
    /// 0.1.0
    "DKIM011", "unknown-key-type", Error, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    for fault in key.faults.iter().filter(|f| f.kind == KeyFault::UnknownKeyType) {
        let text = key.slice(fault.span);
        let finding = out.report(key.at(fault.span), format!("unknown key type `{}`", short(&text)));
        finding.sees("no key: the record is ignored");
        match typo::nearest(&text, &["rsa", "ed25519"]) {
            Some(meant) => {
                finding.help(format!("write `k={meant}`")).fix(key.replace(
                    format!("write `k={meant}`"),
                    fault.span,
                    meant,
                ));
            }
            None => {
                finding.help("write `k=rsa` or `k=ed25519`");
            }
        }
    }
}
