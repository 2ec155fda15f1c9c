//! A HELO name of its own.

use crate::lint::rules::prelude::*;

rule! {
    /// The HELO name is not the PTR name, or does not resolve.
    ///
    /// # Why
    /// Receivers count it against the message.
    ///
    /// # Reference
    /// RFC 5321 §4.1.4
    ///
    /// # Since
    /// 0.1.0
    "HOST003", "helo-mismatch", Warning, Live, Service(check)
}

fn check(seen: &ServiceView<'_>, out: &mut Sink<'_>) {
    for exchange in &seen.services.exchanges {
        let Some(visit) = &exchange.smtp else { continue };
        // What a host says of itself when it receives is what it says when it sends, unless somebody set it otherwise.
        let (Some(said), Some(host)) =
            (&visit.calls_itself, seen.live.hosts.iter().find(|h| h.address == visit.address))
        else {
            continue;
        };
        let spot = seen.exchange_spot(exchange);
        let name = wire::from_text(said).filter(|_| said.contains('.') && !said.starts_with('['));
        let Some(name) = name else {
            out.report(spot, format!("{} calls itself `{}`, which is no host name", visit.address, short(said)))
                .sees("a HELO that says nothing")
                .help("set the mail server's host name to its full name in DNS");
            continue;
        };
        let answers = [RecordType::A, RecordType::AAAA].map(|rtype| seen.ask(&name, rtype));
        if answers.iter().all(Answer::is_nothing) {
            out.report(spot, format!("{} calls itself {said}, and that name has no address", visit.address))
                .sees("a HELO name that leads nowhere")
                .help(format!("publish {} as the address of {said}, or set another name", visit.address));
        } else if !host.names.is_empty() && !host.names.iter().any(|n| n.eq_ignore_ascii_case(said)) {
            let names = host.names.join(", ");
            out.report(spot, format!("{} calls itself {said}; its reverse name is {names}", visit.address))
                .sees("two names for one host, which counts against it")
                .help("give the mail server the name that its address has");
        }
    }
}
