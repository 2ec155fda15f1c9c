//! No SPF record.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;
use crate::lint::run::{decode, kind_of};

rule! {
    /// The domain publishes no SPF record.
    ///
    /// # Why
    /// Anybody can use it as envelope sender, and large receivers refuse the mail of senders without one. A domain that sends
    /// nothing says so with `v=spf1 -all`.
    ///
    /// # Reference
    /// RFC 7208 §2.6.1
    ///
    /// # Since
    /// 0.1.0
    "SPF038", "missing-spf", Error, Live, Live(check)
}

fn check(view: &LiveView<'_>, out: &mut Sink<'_>) {
    let domain = &view.live.domain;
    let missing = match view.ask(domain, RecordType::TXT) {
        Answer::Unknown(at) => return out.unseen(&at),
        Answer::Nothing => true,
        Answer::Found(known) => !known
            .iter()
            .filter_map(|k| decode(k.zone, k.entry))
            .any(|d| kind_of(&d.octets, Role::Plain) == TextKind::Spf),
    };
    if missing {
        out.report(view.spot(), format!("{} publishes no SPF record", view.shown()))
            .at_name(domain)
            .sees("none: anybody can use the domain as envelope sender, and large receivers refuse its mail")
            .help("mailproof setup writes one; a domain that sends nothing publishes `v=spf1 -all`");
    }
}
