//! A TLS-RPT record that is none.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;
use crate::model::tls_rpt::{TlsRptFault, TlsRptRecord};

rule! {
    /// `_smtp._tls` does not have exactly one valid record.
    ///
    /// # Why
    /// Senders then send no reports about TLS failures. With two records it is as with none.
    ///
    /// # Bad
    /// ```zone
    /// _smtp._tls TXT "v=TLSRPTv1; rua=tls@example.com"
    /// ```
    /// ```zone
    /// _smtp._tls TXT "v=TLSRPTv1; rua=mailto:a@example.com"
    /// _smtp._tls TXT "v=TLSRPTv1; rua=mailto:b@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 8460 §3
    ///
    /// # Since
    /// 0.1.0
    "RPT001", "bad-tlsrpt-record", Error, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    let here = owner.role == Role::TlsRpt;
    let records: Vec<_> = owner.texts.iter().filter(|t| t.kind == TextKind::TlsRpt).collect();
    for text in records.iter().skip(1).filter(|_| here) {
        out.report(text.whole(), format!("{} TLS-RPT records at one name", records.len()))
            .sees("no reports: two records are as good as none")
            .help("keep one; it may list several addresses");
    }
    for text in &records {
        if !here && owner.role != Role::Unsaid {
            out.report(text.whole(), "a TLS-RPT record that is not at `_smtp._tls`")
                .sees("no reports: senders ask for `_smtp._tls` and nothing else")
                .help("publish it at `_smtp._tls`");
        }
        for fault in TlsRptRecord::read(text.octets()).faults() {
            let value = text.slice(fault.span);
            let (message, help) = match fault.kind {
                TlsRptFault::NoRua => ("the record has no `rua`".to_string(), "add `rua=mailto:` and an address"),
                TlsRptFault::BadUri if value.contains('@') && !value.contains(':') => {
                    (format!("`{}` lacks `mailto:`", short(&value)), "write `mailto:` before it")
                }
                TlsRptFault::BadUri => (
                    format!("`{}` is neither a mailto: nor an https: URI", short(&value)),
                    "write `mailto:` and an address",
                ),
                TlsRptFault::Tags(_) => (
                    "this is no field of a TLS-RPT record".to_string(),
                    "write every field as `name=value`, semicolons between",
                ),
            };
            let start = Span { start: fault.span.start, end: fault.span.start };
            let fix = message
                .ends_with("lacks `mailto:`")
                .then(|| text.replace("write `mailto:` before it", start, "mailto:"));
            out.report(text.at(fault.span), message)
                .sees("no reports: the record is invalid")
                .help(help)
                .fix(fix.flatten());
        }
    }
    if records.is_empty() {
        let meant = |octets: &[u8]| octets.get(..5).is_some_and(|v| v.eq_ignore_ascii_case(b"v=TLS"));
        let unsaid = owner.role == Role::Unsaid;
        for text in owner.texts.iter().filter(|t| here || (unsaid && meant(t.octets()))) {
            out.report(text.whole(), "this text is no TLS-RPT record: it does not begin with `v=TLSRPTv1;`")
                .sees("no reports")
                .help("write `v=TLSRPTv1; rua=mailto:` and an address");
        }
    }
}
