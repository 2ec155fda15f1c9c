//! A logo that cannot be shown.

use crate::lint::rules::prelude::*;
use crate::model::svg_tiny_ps::{MAX_OCTETS, ProfileFault};

rule! {
    /// The logo is not SVG Tiny PS: with a title, square, without scripts or outside references, of at most 32 kB.
    ///
    /// # Why
    /// Mailboxes show nothing else.
    ///
    /// # Bad
    /// ```indicator
    /// <svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64">
    ///   <title>Example</title>
    ///   <image href="https://example.com/logo.png"/>
    /// </svg>
    /// ```
    ///
    /// # Good
    /// ```indicator
    /// <svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64">
    ///   <title>Example</title>
    ///   <circle cx="32" cy="32" r="30"/>
    /// </svg>
    /// ```
    ///
    /// # Reference
    /// draft-brand-indicators-for-message-identification §4.4, draft-svg-tiny-ps-abrotman §2
    ///
    /// # Since
    /// 0.1.0
    "BIMI003", "bad-indicator", Error, Indicator, ServiceOrFile(seen, file)
}

fn seen(seen: &ServiceView<'_>, out: &mut Sink<'_>) {
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

fn file(logo: &IndicatorText<'_>, out: &mut Sink<'_>) {
    for fault in logo.faults {
        let (message, help) = match &fault.kind {
            ProfileFault::TooLarge(octets) => (
                format!("the logo has {octets} octets, {MAX_OCTETS} are allowed"),
                "simplify its paths, or leave out what an editor added",
            ),
            ProfileFault::NotXml(why) => {
                (format!("this is not well-formed XML: {why}"), "export the logo again as SVG")
            }
            ProfileFault::NotSvg => (
                "the root is not `svg` of the SVG namespace".into(),
                "write `<svg xmlns=\"http://www.w3.org/2000/svg\" …>`",
            ),
            ProfileFault::Version => ("`version` is not 1.2".into(), "write `version=\"1.2\"`"),
            ProfileFault::BaseProfile => {
                ("`baseProfile` is not `tiny-ps`".into(), "write `baseProfile=\"tiny-ps\"`, and keep to what it allows")
            }
            ProfileFault::RootAttribute(name) => (format!("the root has `{name}`"), "remove it"),
            ProfileFault::NoTitle => ("the logo has no title".into(), "write `<title>` and your name below the root"),
            ProfileFault::LongTitle(n) => (format!("the title has {n} characters, 64 are advised"), "shorten it"),
            ProfileFault::NotSquare(form) => (format!("the logo is not square: {form}"), "make width and height equal"),
            ProfileFault::NoViewBox => {
                ("the logo has no `viewBox`".into(), "write `viewBox=\"0 0 64 64\"`, or its own size")
            }
            ProfileFault::Element(name) => (
                format!("`{name}` may not be in a logo"),
                "remove it: no scripts, movement, links, style sheets or pixel pictures",
            ),
            ProfileFault::Script(name) => (format!("`{name}` runs a script"), "remove the attribute"),
            ProfileFault::Outside(_) => {
                ("this refers to something outside the file".into(), "put it into the file, or remove it")
            }
            ProfileFault::Entities => ("the logo declares entities".into(), "remove the `<!DOCTYPE …>`"),
        };
        // Mailboxes scale by themselves; the drafts only recommend these.
        let severity = match fault.kind {
            ProfileFault::NotSquare(_) | ProfileFault::NoViewBox | ProfileFault::LongTitle(_) => Severity::Warning,
            _ => Severity::Error,
        };
        out.report(logo.at(fault.span), message).severity(severity).sees("no logo").help(help);
    }
}
