//! A sender that takes no mail.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;

rule! {
    /// A domain that sends mail has neither MX nor address.
    ///
    /// # Why
    /// Bounces and reports have nowhere to go, and receivers refuse senders that cannot be answered.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ TXT "v=spf1 ip4:192.0.2.10 -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ TXT "v=spf1 ip4:192.0.2.10 -all"
    /// @ MX 10 mail.example.net.
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 5321 §5.1
    ///
    /// # Since
    /// 0.1.0
    "MX006", "no-mx", Warning, Zone, Owner(check)
}

/// Whether this is the domain that live DNS was asked about.
fn checked(owner: &Owner<'_>) -> bool {
    owner.facts.live.as_ref().is_some_and(|live| live.domain == owner.name)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    // Names that only others include begin with an underscore, and send nothing themselves.
    let helper = owner.name.get(1).is_some_and(|b| *b == b'_') || owner.name.starts_with(b"\x01*");
    if owner.role != Role::Plain || helper || !(owner.whole_zone() || checked(owner)) {
        return;
    }
    let Some(spf) = owner.texts.iter().find(|t| t.kind == TextKind::Spf) else { return };
    // Most have one: then the record need not be read again.
    if owner.of_type(RecordType::MX).next().is_some() {
        return;
    }
    let sends = spf.spf().is_some_and(|(r, _)| {
        r.redirect().is_some()
            || r.directives().any(|(_, d)| d.mechanism != Mechanism::All && d.qualifier == Qualifier::Pass)
    });
    let nowhere = |rtype| owner.ask(owner.name, rtype).is_nothing();
    if sends
        && nowhere(RecordType::MX)
        && nowhere(RecordType::A)
        && nowhere(RecordType::AAAA)
        && owner.zone.governs(owner.name)
    {
        out.report(spf.whole(), format!("{} sends mail and takes none", owner.shown()))
            .sees("a sender that cannot be answered: some refuse its mail, bounces are lost")
            .help("publish an MX record, or `v=spf1 -all` if it sends nothing");
    }
}
