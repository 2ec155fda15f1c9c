//! A TLSA record that SMTP cannot use.

use crate::lint::rules::prelude::*;
use crate::model::tlsa::TlsaFault;
use crate::model::tlsa_record::TlsaRecordFault;

rule! {
    /// A TLSA record has numbers that there are not, data of the wrong length, or a usage that is not for SMTP.
    ///
    /// # Why
    /// Senders of mail use usages 2 and 3; a record that they cannot use counts for nothing, and if all are so, TLS is not
    /// verified.
    ///
    /// # Bad
    /// ```zone
    /// _25._tcp.mail TLSA 1 1 1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    /// ```
    /// ```zone
    /// _25._tcp.mail TLSA 3 1 1 e3b0c44298fc1c149afbf4c8996fb924
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _25._tcp.mail TLSA 3 1 1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    /// _443._tcp.www TLSA 1 1 1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    /// ```
    ///
    /// # Reference
    /// RFC 7672 §3.1
    ///
    /// # Since
    /// 0.1.0
    "TLSA001", "bad-tlsa", Error, Record, Tlsa(check)
}

fn check(tlsa: &TlsaData<'_>, out: &mut Sink<'_>) {
    let smtp =
        wire::labels(tlsa.site.name).next().is_some_and(|port| matches!(port, b"_25" | b"_465" | b"_587" | b"*"));
    for fault in &tlsa.faults {
        // What cannot be read is a syntax error already.
        let TlsaRecordFault::Tlsa(kind) = fault.kind else { continue };
        let (message, help) = match kind {
            TlsaFault::UsageNotForSmtp if !smtp => continue,
            TlsaFault::UsageNotForSmtp => (
                format!("usage {} is not for SMTP", tlsa.record.data.usage),
                "write usage 3 with the server's key, or 2 with the issuer's",
            ),
            TlsaFault::UnknownUsage => (format!("there is no usage {}", tlsa.record.data.usage), "write usage 2 or 3"),
            TlsaFault::UnknownSelector => {
                (format!("there is no selector {}", tlsa.record.data.selector), "write selector 0 or 1")
            }
            TlsaFault::UnknownMatching => {
                (format!("there is no matching type {}", tlsa.record.data.matching), "write matching type 1, SHA-256")
            }
            TlsaFault::WrongLength => (
                format!(
                    "{} octets; matching type {} has {}",
                    tlsa.record.data.data.len(),
                    tlsa.record.data.matching,
                    if tlsa.record.data.matching == 1 { 32 } else { 64 }
                ),
                "make the digest again",
            ),
            TlsaFault::Empty => ("the record has no data".to_string(), "write the digest"),
        };
        out.report(tlsa.token_spot(tlsa.number, tlsa.entry, fault.span), message)
            .sees("the record is unusable: nothing is verified by it")
            .help(help);
    }
}
