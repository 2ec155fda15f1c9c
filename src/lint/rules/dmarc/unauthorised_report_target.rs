//! Reports to a domain that did not agree.

use crate::lint::records::TextKind;
use crate::lint::rules::dmarc::organisation::same_organisation;
use crate::lint::rules::prelude::*;
use crate::lint::run::{decode, kind_of};

rule! {
    /// Reports go to another organisation, which does not say that it wants them.
    ///
    /// # Why
    /// Receivers ask for `DOMAIN._report._dmarc.TARGET`; where there is no `v=DMARC1` they send nothing there. A wildcard will
    /// do.
    ///
    /// # Bad
    /// ```zone text-only
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// _dmarc.sub.example.net. TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone text-only
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// _dmarc.sub.example.net. TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// *._report._dmarc TXT "v=DMARC1;"
    /// ```
    ///
    /// # Reference
    /// RFC 9990 §4
    ///
    /// # Since
    /// 0.1.0
    "DMARC015", "unauthorised-report-target", Error, Zone, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    let domain = dmarc.domain();
    if dmarc.site.role != Role::Dmarc || domain.starts_with(b"\x01*") {
        return;
    }
    for uri in dmarc.record.aggregate.iter().chain(&dmarc.record.failure) {
        let Some(target) = uri.domain.and_then(wire::from_text) else { continue };
        if same_organisation(domain, &target) {
            continue;
        }
        // DOMAIN._report._dmarc.TARGET
        let base = wire::under(&[b"_report", b"_dmarc"], &target);
        let labels: Vec<&[u8]> = wire::labels(domain).collect();
        let Some(name) = base.and_then(|base| wire::under(&labels, &base)) else { continue };
        let agreed = match dmarc.ask(&name, RecordType::TXT) {
            Answer::Unknown(at) => {
                out.unseen(&at);
                continue;
            }
            Answer::Nothing => false,
            Answer::Found(known) => known
                .iter()
                .filter_map(|k| decode(k.zone, k.entry))
                .any(|d| kind_of(&d.octets, Role::ReportAuthorisation) == TextKind::Dmarc),
        };
        if !agreed {
            out.report(dmarc.at(uri.span), format!("{} does not say that it takes these reports", wire::show(&target)))
                .sees("no reports to this address")
                .help(format!("have {} TXT \"v=DMARC1;\" published there", wire::show(&name)));
        }
    }
}
