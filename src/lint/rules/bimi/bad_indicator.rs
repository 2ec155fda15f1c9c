//! A logo that cannot be shown.

use crate::lint::rules::prelude::*;

rule! {
    /// The logo is not SVG Tiny PS: with a title, square, without scripts or outside references, of at most 32 kB.
    ///
    /// # Why
    /// Mailboxes show nothing else.
    ///
    /// # Reference
    /// draft-brand-indicators-for-message-identification §4.4
    ///
    /// # Since
    /// 0.1.0
    "BIMI003", "bad-indicator", Error, Live, Service(check)
}

fn check(seen: &ServiceView<'_>, out: &mut Sink<'_>) {
    let Some(logo) = &seen.services.indicator else { return };
    let Some(owner) = wire::under(&[logo.selector.as_bytes(), b"_bimi"], &seen.live.domain) else { return };
    let spot = seen.spot_of(&owner, RecordType::TXT);
    match (&logo.fault, logo.faults.as_slice()) {
        (Some(fault), _) if fault.is_open() => {}
        (Some(fault), _) => {
            out.report(spot, format!("no logo at {}: {fault}", logo.url))
                .sees("no logo")
                .help("serve it over HTTPS with status 200");
        }
        (None, []) => {}
        (None, [first, rest @ ..]) => {
            let more = if rest.is_empty() { String::new() } else { format!(", and {} more faults", rest.len()) };
            let lines: Vec<String> = logo.faults.iter().map(ToString::to_string).collect();
            out.report(spot, format!("the logo is not SVG Tiny PS: {first}{more}"))
                .sees("no logo")
                .help("export it as SVG Tiny 1.2, then set version=\"1.2\" and baseProfile=\"tiny-ps\", add a title, and take out what is listed")
                .detail(lines.join("\n"));
        }
    }
}
