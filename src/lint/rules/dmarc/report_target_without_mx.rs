//! Reports to nowhere.

use crate::lint::rules::prelude::*;

rule! {
    /// Reports go to a domain that takes no mail.
    ///
    /// # Why
    /// They bounce, and nobody sees it.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@reports.example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@reports.example.com"
    /// reports MX 10 mail.example.net.
    /// ```
    ///
    /// # Reference
    /// RFC 5321 §5.1
    ///
    /// # Since
    /// 0.1.0
    "DMARC024", "report-target-without-mx", Warning, Zone, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    for uri in dmarc.record.aggregate.iter().chain(&dmarc.record.failure).filter(|u| u.valid) {
        let mail = uri.scheme.is_some_and(|s| s.eq_ignore_ascii_case("mailto"));
        let Some(target) = uri.domain.filter(|_| mail).and_then(wire::from_text) else { continue };
        let nowhere = match dmarc.ask(&target, RecordType::MX) {
            // No MX: the address of the name itself is tried (RFC 5321 §5.1).
            Answer::Nothing => {
                dmarc.ask(&target, RecordType::A).is_nothing() && dmarc.ask(&target, RecordType::AAAA).is_nothing()
            }
            Answer::Found(known) => known.iter().all(|k| k.entry.target.is_some_and(|t| k.zone.name(t) == wire::ROOT)),
            Answer::Unknown(_) => false,
        };
        if nowhere {
            out.report(dmarc.at(uri.span), format!("{} takes no mail", wire::show(&target)))
                .sees("reports that bounce")
                .help("write an address that exists, or publish an MX record");
        }
    }
}
