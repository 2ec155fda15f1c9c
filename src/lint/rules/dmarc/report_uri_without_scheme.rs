//! A report address that is no URI.

use crate::lint::rules::prelude::*;
use crate::model::dmarc::DmarcFault;

rule! {
    /// An entry of `rua` or `ruf` is no `mailto:` or `https:` URI.
    ///
    /// # Why
    /// Addresses for reports are URIs. An entry that is none gets no reports; the others and the policy stand.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; rua=reports@example.com"
    /// ```
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:reports"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:reports@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.6
    ///
    /// # Since
    /// 0.1.0
    "DMARC013", "report-uri-without-scheme", Error, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    for fault in dmarc.faults {
        let text = dmarc.slice(fault.span);
        match fault.kind {
            DmarcFault::NoScheme if text.contains('@') => {
                let start = Span { start: fault.span.start, end: fault.span.start };
                out.report(dmarc.at(fault.span), format!("`{}` lacks `mailto:`", short(&text)))
                    .sees("no reports to this address; the policy stands")
                    .help(format!("write `mailto:{}`", short(&text)))
                    .fix(dmarc.replace("write `mailto:` before it", start, "mailto:"));
            }
            DmarcFault::NoScheme | DmarcFault::BadUri => {
                let place = if fault.span.is_empty() { dmarc.whole() } else { dmarc.at(fault.span) };
                out.report(place, format!("`{}` is no address for reports", short(&text)))
                    .sees("no reports to it; the policy stands")
                    .help("write `mailto:` and an address; commas part several");
            }
            _ => {}
        }
    }
}
