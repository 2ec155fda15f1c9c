//! The texts that a profile is made of, each with what it must look like.
//!
//! A check answers with the rest of a sentence that begins with the text itself: "`…` …".

use std::net::IpAddr;

use crate::keys::selector;
use crate::model::name;
use crate::model::spf::{Mechanism, Modifier, SpfFault, SpfRecord, TermKind};
use crate::model::typo::nearest;

/// A check of one text.
pub type Check = fn(&str) -> Result<(), String>;

/// Any text that is not empty and has no control characters.
pub fn text(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is empty".into());
    }
    if text.chars().any(char::is_control) {
        return Err("has a line break or another control character in it".into());
    }
    Ok(())
}

/// A name in DNS; underscores may stand in it.
pub fn dns_name(text: &str) -> Result<(), String> {
    let name = name::domain(text).map_err(|e| match e.message().split_once("is not a domain name: ") {
        Some((_, why)) => format!("is not a domain name: {why}"),
        None => "is not a domain name".into(),
    })?;
    if name.labels().any(|label| label.contains(&b'*')) {
        return Err("is not a domain name: `*` cannot stand in it".into());
    }
    Ok(())
}

/// The domain of an e-mail address, or a host: letters, digits and inner hyphens (RFC 5321 §4.1.2).
pub fn mail_domain(text: &str) -> Result<(), String> {
    let bare = text.trim().trim_end_matches('.');
    if bare.split('.').any(|label| label.starts_with('-') || label.ends_with('-')) {
        return Err("is no mail domain or host: a label begins or ends with a hyphen".into());
    }
    dns_name(text)?;
    if bare.contains('_') {
        return Err("is no mail domain or host: `_` cannot stand in one".into());
    }
    Ok(())
}

/// A host or domain with at least two labels, as SPF demands of every name in it (RFC 7208 §4.3).
pub fn full_domain(text: &str) -> Result<(), String> {
    mail_domain(text)?;
    two_labels(text)
}

/// The target of an SPF include: at least two labels; underscores are common there.
pub fn include(text: &str) -> Result<(), String> {
    if text.contains(':') {
        return Err("is no domain: give only what stands after `include:`".into());
    }
    dns_name(text)?;
    two_labels(text)
}

fn two_labels(text: &str) -> Result<(), String> {
    if text.trim().trim_end_matches('.').contains('.') {
        Ok(())
    } else {
        Err("is a single label; give the whole name, such as `example.com`".into())
    }
}

/// One word, as a term of a published record is, however wrong.
pub fn word(text: &str) -> Result<(), String> {
    if text.is_empty() || text.contains(char::is_whitespace) { Err("is not one word".into()) } else { Ok(()) }
}

/// A selector of a key of one's own.
pub fn own_selector(text: &str) -> Result<(), String> {
    selector::check(text).map_err(|why| format!("is no selector: {why}"))
}

/// A selector that a service dictates: some put an underscore in.
pub fn their_selector(text: &str) -> Result<(), String> {
    selector::check(&text.replace('_', "x")).map_err(|why| format!("is no selector: {why}"))
}

/// An address that mail can come from.
pub fn address(text: &str) -> Result<(), String> {
    match text.parse::<IpAddr>() {
        Ok(ip) if ip.is_unspecified() || ip.is_multicast() => Err("is no address of a host".into()),
        Ok(_) => Ok(()),
        Err(_) if text.contains('/') => Err("is a network; put it under `spf: terms:` as `ip4:…` or `ip6:…`".into()),
        Err(_) => Err("is no IP address".into()),
    }
}

/// A network, or an address: `192.0.2.0/24`, `2001:db8::/32`, `192.0.2.1`.
pub fn network(text: &str) -> Result<(), String> {
    let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
    let ip: IpAddr = address.parse().map_err(|_| "is no IP address or network".to_string())?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    match length.map(str::parse::<u8>) {
        None => Ok(()),
        // Every host there is would count as one's own.
        Some(Ok(0)) => Err("is the whole Internet".into()),
        Some(Ok(length)) if length <= most => Ok(()),
        Some(_) => Err(format!("has no prefix length up to {most}")),
    }
}

/// What a server calls itself in Authentication-Results: one word (RFC 8601 §2.5).
pub fn authserv_id(text: &str) -> Result<(), String> {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || !text.chars().all(good) {
        return Err("is not one word of letters, digits, dots, hyphens".into());
    }
    Ok(())
}

/// Whether `ip` is one that nobody elsewhere ever sees: RFC 1918, RFC 6598, RFC 4193, loopback and link-local.
pub fn is_private(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Where DMARC reports go: an address, or a `mailto:` URI (RFC 9989 §4.7).
pub fn report_address(text: &str) -> Result<(), String> {
    let (uri, address) = match split_scheme(text) {
        Some(("mailto", rest)) => (true, rest.split('?').next().unwrap_or(rest)),
        Some((scheme, _)) => return Err(format!("is a {scheme}: URI; DMARC reports go to `mailto:` alone")),
        None => (false, text),
    };
    mailbox(address, uri)
}

/// Where TLS reports go: an address, a `mailto:` or an `https:` URI (RFC 8460 §3).
pub fn tls_report_address(text: &str) -> Result<(), String> {
    match split_scheme(text) {
        Some(("https", rest)) => {
            let host = rest.trim_start_matches('/').split(['/', ':', '?']).next().unwrap_or("");
            if text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '!')) {
                return Err("has a character in it that must be percent-encoded".into());
            }
            full_domain(host).map_err(|_| "is a URL without a host".into())
        }
        Some(("http", _)) => Err("must be `https:`".into()),
        Some(("mailto", _)) | None => report_address(text),
        Some((scheme, _)) => Err(format!("is a {scheme}: URI; TLS reports go to `mailto:` or `https:`")),
    }
}

fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let name = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-'));
    name.then_some((scheme, rest))
}

fn mailbox(address: &str, uri: bool) -> Result<(), String> {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return Err("is no e-mail address: it has no @".into());
    };
    if let Some((_, size)) = domain.split_once('!') {
        return Err(format!("asks for a size limit (`!{size}`), which DMARC no longer has: leave it out"));
    }
    if local.is_empty() || local.len() > 64 {
        return Err("is no e-mail address: what stands before the @ is empty or over 64 octets".into());
    }
    if let Some(c) = local.chars().find(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '@')) {
        return Err(format!("is no plain e-mail address: `{}` stands before the @", c.escape_default()));
    }
    if uri && local.contains([',', ';', '!']) {
        return Err("has a character in it that must be percent-encoded in a URI (RFC 9989 §4.7)".into());
    }
    if !local.is_ascii() {
        return Err("has letters outside ASCII before the @; report generators cannot write to it".into());
    }
    full_domain(domain).map_err(|why| format!("is no e-mail address: the part after the @ {why}"))
}

/// One SPF term before `all` (RFC 7208 §4.6.1), of the kinds that this program publishes.
pub fn spf_term(text: &str) -> Result<(), String> {
    if text.contains(' ') {
        return Err("is more than one term: give each its own entry".into());
    }
    if text.to_ascii_lowercase().starts_with("v=") {
        return Err("is the version, which is written for you".into());
    }
    let reading = SpfRecord::read(format!("v=spf1 {text}").as_bytes());
    if let Some(fault) = reading.faults().first() {
        let guess = match &fault.kind {
            SpfFault::UnknownMechanism { name } => nearest(name, &["include", "ip4", "ip6", "exists", "mx", "a"]),
            _ => None,
        };
        let guess = guess.map(|g| format!("; did you mean `{g}`?")).unwrap_or_default();
        return Err(format!("is no SPF term: {}{guess}", fault.kind));
    }
    match reading.record().and_then(|r| r.terms.first()).map(|t| &t.kind) {
        None => Err("is no SPF term".into()),
        Some(TermKind::Directive(directive)) => match &directive.mechanism {
            Mechanism::All => Err("belongs under `spf: all:`".into()),
            Mechanism::Ptr { .. } => Err("should not be published: it is slow and often fails (RFC 7208 §5.5)".into()),
            Mechanism::Ip4 { prefix: 0, .. } | Mechanism::Ip6 { prefix: 0, .. } => Err("is the whole internet".into()),
            _ => Ok(()),
        },
        Some(TermKind::Modifier(Modifier::Explanation(_))) => Ok(()),
        Some(TermKind::Modifier(Modifier::Redirect(_))) => {
            Err("would be ignored: the record ends in `all` (RFC 7208 §6.1); use `include:`".into())
        }
        Some(TermKind::Modifier(Modifier::Unknown { name, .. })) => match name.to_ascii_lowercase().as_str() {
            "ra" | "rp" | "rr" => {
                Err("asks for reports in a way that some receivers choke on (RFC 6652); leave it out".into())
            }
            _ => Err("is a modifier that no receiver knows".into()),
        },
    }
}

/// A day, `YYYY-MM-DD`.
pub fn day(text: &str) -> Result<(), String> {
    let shape = text.len() == 10 && text.bytes().enumerate().all(|(i, b)| (b == b'-') == (i == 4 || i == 7));
    if shape && text.parse::<jiff::civil::Date>().is_ok() {
        Ok(())
    } else {
        Err("is no day; write it as 2026-11-25".into())
    }
}

/// The id of an MTA-STS policy: 1 to 32 letters and digits (RFC 8461 §3.1).
pub fn sts_id(text: &str) -> Result<(), String> {
    if (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        Ok(())
    } else {
        Err("is no policy id: 1 to 32 letters and digits, such as 20261125T120000".into())
    }
}

/// A provider's id.
pub fn provider_id(text: &str) -> Result<(), String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !text.is_empty() && text.chars().all(good) {
        Ok(())
    } else {
        Err("is no provider id; `mailproof providers list` shows them".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn table(check: Check, rows: &[(&str, Option<&str>)]) {
        for (text, want) in rows {
            match (check(text), want) {
                (Ok(()), None) => {}
                (Err(why), Some(words)) => assert!(why.contains(words), "{text}: {why}"),
                (got, want) => panic!("{text}: {got:?}, wanted {want:?}"),
            }
        }
    }

    #[test]
    fn domains() {
        table(
            full_domain,
            &[
                ("example.com", None),
                ("Example.COM.", None),
                ("bücher.example", None),
                ("localhost", Some("single label")),
                ("_dmarc.example.com", Some("`_`")),
                ("-a.example.com", Some("hyphen")),
                ("*.example.com", Some("`*`")),
                ("192.0.2.1", Some("IP address")),
                ("a@example.com", Some("e-mail address")),
                ("", Some("empty")),
            ],
        );
        table(
            include,
            &[
                ("_spf.google.com", None),
                ("include:_spf.google.com", Some("after `include:`")),
                ("spf", Some("single")),
            ],
        );
    }

    #[test]
    fn addresses() {
        table(
            address,
            &[
                ("192.0.2.1", None),
                ("2001:db8::1", None),
                ("192.0.2.0/24", Some("network")),
                ("0.0.0.0", Some("no address of a host")),
                ("ff02::1", Some("no address of a host")),
                ("192.0.2.256", Some("no IP")),
                ("192.0.2.01", Some("no IP")),
            ],
        );
    }

    #[test]
    fn where_reports_go() {
        table(
            report_address,
            &[
                ("dmarc@example.com", None),
                ("mailto:dmarc@example.com", None),
                ("mailto:a%2Cb@example.com", None),
                ("a,b@example.com", None),
                ("https://example.com/", Some("`mailto:` alone")),
                ("example.com", Some("no @")),
                ("mailto:dmarc@example.com!10m", Some("size limit")),
                ("mailto:a,b@example.com", Some("percent-encoded")),
                ("a b@example.com", Some("before the @")),
                ("@example.com", Some("empty")),
                ("a@localhost", Some("single label")),
                ("a@exa_mple.com", Some("`_`")),
            ],
        );
        table(
            tls_report_address,
            &[
                ("tls@example.com", None),
                ("https://example.com/tls", None),
                ("http://example.com/tls", Some("https")),
                ("https:///x", Some("without a host")),
                ("https://example.com/a;b", Some("percent-encoded")),
                ("ftp://example.com", Some("ftp")),
            ],
        );
    }

    #[test]
    fn spf_terms() {
        table(
            spf_term,
            &[
                ("ip4:192.0.2.0/24", None),
                ("-ip6:2001:db8::/32", None),
                ("include:_spf.example.net", None),
                ("a", None),
                ("mx/24", None),
                ("a:mail.example.com//64", None),
                ("exists:%{i}.spf.example.com", None),
                ("exp=why.example.com", None),
                ("inlude:x.example", Some("did you mean `include`")),
                ("ip4:192.0.2.0/33", Some("from 0 to 32")),
                ("ip4:192.0.2.0/024", Some("from 0 to 32")),
                ("ip4:0.0.0.0/0", Some("whole internet")),
                ("ip4:2001:db8::1", Some("an IPv6 address behind `ip4:`")),
                ("ip6:192.0.2.1", Some("an IPv4 address behind `ip6:`")),
                ("ip4", Some("without its argument")),
                ("x=y", Some("no receiver knows")),
                ("-all", Some("spf: all:")),
                ("v=spf1", Some("version")),
                ("ptr", Some("5.5")),
                ("ra=postmaster", Some("RFC 6652")),
                ("redirect=_spf.example.com", Some("include")),
                ("include:", Some("empty argument")),
                ("a mx", Some("more than one")),
                ("192.0.2.1", Some("without `ip4:`")),
                ("", Some("no SPF term")),
            ],
        );
    }

    #[test]
    fn the_small_ones() {
        table(
            day,
            &[
                ("2026-11-25", None),
                ("2026-02-30", Some("day")),
                ("25.11.2026", Some("day")),
                ("20261125", Some("day")),
            ],
        );
        table(
            sts_id,
            &[("20261125T120000", None), ("", Some("id")), ("a-b", Some("id")), (&"x".repeat(33), Some("id"))],
        );
        table(provider_id, &[("zone-file", None), ("rfc2136", None), ("PowerDNS", Some("list")), ("", Some("list"))]);
        table(own_selector, &[("mp202611", None), ("a_b", Some("`_`"))]);
        table(their_selector, &[("a_b", None), ("a b", Some("` `"))]);
        table(text, &[("x", None), (" ", Some("empty")), ("a\nb", Some("line break"))]);
    }
}
