//! A BIMI record that is none.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;
use crate::model::bimi::{BimiFault, BimiRecord};

rule! {
    /// A name under `_bimi` does not have exactly one valid record.
    ///
    /// # Why
    /// Mailboxes then show no logo. `l` must be there, an `https:` address or empty; `a` is an `https:` address.
    ///
    /// # Bad
    /// ```zone
    /// default._bimi TXT "v=BIMI1; l=http://example.com/logo.svg"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// default._bimi TXT "v=BIMI1; l=https://example.com/logo.svg"
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// draft-brand-indicators-for-message-identification §4.2
    ///
    /// # Since
    /// 0.1.0
    "BIMI001", "bad-bimi-record", Error, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    let here = owner.role == Role::Bimi;
    let records: Vec<_> = owner.texts.iter().filter(|t| t.kind == TextKind::Bimi).collect();
    for text in records.iter().skip(1).filter(|_| here) {
        out.report(text.whole(), format!("{} BIMI records at one name", records.len()))
            .sees("no logo: two records are as good as none")
            .help("keep one");
    }
    for text in &records {
        if !here && owner.role != Role::Unsaid {
            out.report(text.whole(), "a BIMI record that is not under `_bimi`")
                .sees("no logo: mailboxes ask for `default._bimi`")
                .help("publish it at `default._bimi`");
        }
        for fault in BimiRecord::read(text.octets()).faults() {
            let (message, help) = match fault.kind {
                BimiFault::NoLocation => ("the record has no `l`", "add `l=` and the logo's https: address"),
                BimiFault::BadLocation => {
                    ("`l` must be an https: address, or empty", "write the logo's https: address")
                }
                BimiFault::BadAuthority => {
                    ("`a` must be an https: address", "write the certificate's https: address, or leave `a` out")
                }
                BimiFault::Tags(_) => {
                    ("this is no tag of a BIMI record", "write every tag as `name=value`, semicolons between")
                }
            };
            out.report(text.at(fault.span), message).sees("no logo").help(help);
        }
    }
    if records.is_empty() {
        let meant = |octets: &[u8]| octets.get(..5).is_some_and(|v| v.eq_ignore_ascii_case(b"v=BIM"));
        let unsaid = owner.role == Role::Unsaid;
        for text in owner.texts.iter().filter(|t| here || (unsaid && meant(t.octets()))) {
            out.report(text.whole(), "this text is no BIMI record: it does not begin with `v=BIMI1;`")
                .sees("no logo")
                .help("write `v=BIMI1; l=` and the logo's https: address");
        }
    }
}
