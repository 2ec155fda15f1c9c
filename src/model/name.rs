//! Domain names as people type them and as people read them.
//!
//! The type is hickory's [`Name`]; this file holds the way in (with IDNA, RFC 5891) and the way out.

pub use hickory_proto::rr::Name;

use crate::error::{Error, Result};

/// Reads a domain that a person typed: a trailing dot, upper case and U-labels are fine;
/// the result is absolute, lower-case and in A-labels.
///
/// Underscores are accepted: `_dmarc.example.com` and selectors need them.
///
/// # Errors
/// A usage error that says what is wrong: empty, an empty label, a label over 63 octets, a name over
/// 253 characters (RFC 1035 §2.3.4), an address or a character that no host or DNS owner has.
pub fn domain(text: &str) -> Result<Name> {
    let bad = |why: &str| Error::usage(format!("`{text}` is not a domain name: {why}"));
    let trimmed = text.trim();
    let bare = trimmed.strip_suffix('.').unwrap_or(trimmed);
    if is_plain(bare) {
        return shown(bare);
    }
    if bare.is_empty() {
        return Err(bad("it is empty"));
    }
    if bare.contains('@') {
        return Err(bad("it is an e-mail address").hint("give only what stands after the @"));
    }
    if bare.contains("://") || bare.contains('/') {
        return Err(bad("it is a URL or a path").hint("give the host name alone"));
    }
    if bare.parse::<std::net::IpAddr>().is_ok() {
        return Err(bad("it is an IP address"));
    }
    if bare.split('.').any(str::is_empty) {
        return Err(bad("it has an empty label (two dots, or a dot in front)"));
    }
    let ascii = if bare.is_ascii() {
        bare.to_ascii_lowercase()
    } else {
        idna::domain_to_ascii(bare).map_err(|_| bad("a label is not a valid internationalised name"))?
    };
    if let Some(c) = ascii.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*'))) {
        return Err(bad(&format!("`{c}` cannot stand in it")));
    }
    if let Some(long) = ascii.split('.').find(|l| l.len() > 63) {
        return Err(bad(&format!(
            "the label `{}…` has {} octets, at most 63 are allowed",
            long.get(..12).unwrap_or(long),
            long.len()
        )));
    }
    if ascii.len() > 253 {
        return Err(bad(&format!("it has {} characters, at most 253 are allowed", ascii.len())));
    }
    let mut name = Name::from_ascii(&ascii).map_err(|e| bad(&e.to_string()))?;
    name.set_fqdn(true);
    Ok(name)
}

/// Whether `text` is a name as [`show`] would give it back, and an ordinary one: quicker than to make it.
pub fn is_plain(text: &str) -> bool {
    let plain = |label: &str| {
        label.len() <= 63 && is_plain_label(label.as_bytes()) && !label.bytes().any(|b| b.is_ascii_uppercase())
    };
    // The last label of an address is a number.
    let last = text.rsplit('.').next().and_then(|label| label.bytes().next());
    text.len() <= 253 && last.is_some_and(|b| b.is_ascii_lowercase()) && text.split('.').all(plain)
}

/// A name for people: lower case, no trailing dot; the root is `.`.
pub fn show(name: &Name) -> String {
    plain(name).unwrap_or_else(|| escaped(name))
}

/// The same for a name that is shown as it is: letters, digits, underscores, and hyphens within.
fn plain(name: &Name) -> Option<String> {
    let mut out = String::with_capacity(name.len() + 1);
    for label in name.iter() {
        if !is_plain_label(label) {
            return None;
        }
        out.extend(label.iter().map(|b| char::from(b.to_ascii_lowercase())));
        out.push('.');
    }
    out.pop().map(|_| out)
}

/// Whether a label is written as it is: letters, digits, underscores, and hyphens but at its beginning.
fn is_plain_label(label: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    label.first().is_some_and(|first| *first != b'-') && label.iter().all(plain)
}

fn escaped(name: &Name) -> String {
    let text = name.to_lowercase().to_ascii();
    match text.strip_suffix('.') {
        Some("") | None => text,
        Some(bare) => bare.to_string(),
    }
}

/// Reads what [`show`] gave.
///
/// # Errors
/// A usage error when it is no name.
pub fn shown(text: &str) -> Result<Name> {
    let mut name = Name::from_ascii(text).map_err(|e| Error::usage(format!("`{text}` is not a name: {e}")))?;
    name.set_fqdn(true);
    Ok(name)
}

/// `name` relative to `apex` for people: `@` for the apex itself, the whole name with its dot outside it.
pub fn relative(name: &Name, apex: &Name) -> String {
    if name.to_lowercase() == apex.to_lowercase() {
        return "@".into();
    }
    if apex.zone_of(name) {
        let text = show(name);
        let tail = format!(".{}", show(apex));
        if let Some(head) = text.strip_suffix(&tail) {
            return head.to_string();
        }
    }
    format!("{}.", show(name))
}

/// Whether `name` is `suffix` or below it, both as text.
pub fn is_within(name: &str, suffix: &str) -> bool {
    let suffix = suffix.strip_suffix('.').unwrap_or(suffix);
    let Some(cut) = name.len().checked_sub(suffix.len()) else { return false };
    let tail = name.as_bytes().get(cut..).unwrap_or_default();
    tail.eq_ignore_ascii_case(suffix.as_bytes()) && (cut == 0 || name.as_bytes().get(cut - 1) == Some(&b'.'))
}

/// `label` (one or several labels, such as `mp202611._domainkey`) under `base`.
///
/// # Errors
/// A usage error if the result would be longer than a name may be.
pub fn below(label: &str, base: &Name) -> Result<Name> {
    if label.split('.').all(|l| is_plain_label(l.as_bytes())) {
        let below = |name: Name, label: &str| name.prepend_label(label.as_bytes());
        if let Ok(name) = label.rsplit('.').try_fold(base.clone(), below) {
            return Ok(name);
        }
    }
    let long = |e: &dyn std::fmt::Display| Error::usage(format!("`{label}.{}` is not a domain name: {e}", show(base)));
    let mut name = Name::from_ascii(label).map_err(|e| long(&e))?;
    name.set_fqdn(false);
    name.append_domain(base).map_err(|e| long(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_people_type() {
        let long_label = format!("{}.example.com", "a".repeat(64));
        let long_name = format!("{}example.com", "abcdefghij.".repeat(23));
        let cases: &[(&str, Result<&str, &str>)] = &[
            ("example.com", Ok("example.com")),
            ("Example.COM.", Ok("example.com")),
            (" example.com ", Ok("example.com")),
            ("_dmarc.example.com", Ok("_dmarc.example.com")),
            ("日本語.jp", Ok("xn--wgv71a119e.jp")),
            ("BÜCHER.example", Ok("xn--bcher-kva.example")),
            ("", Err("empty")),
            ("a..b", Err("empty label")),
            (".example.com", Err("empty label")),
            ("alice@example.com", Err("e-mail address")),
            ("https://example.com", Err("URL")),
            ("192.0.2.1", Err("IP address")),
            ("exa mple.com", Err("cannot stand")),
            (&long_label, Err("at most 63")),
            (&long_name, Err("at most 253")),
        ];
        for (text, want) in cases {
            match (domain(text), want) {
                (Ok(name), Ok(want)) => assert_eq!(show(&name), *want, "{text}"),
                (Err(e), Err(why)) => assert!(e.to_string().contains(why), "{text}: {e}"),
                (got, want) => panic!("{text}: {got:?}, wanted {want:?}"),
            }
        }
    }

    #[test]
    fn relative_names() {
        let apex = domain("example.com").unwrap();
        for (name, want) in [
            ("example.com", "@"),
            ("_dmarc.example.com", "_dmarc"),
            ("example.net", "example.net."),
            ("badexample.com", "badexample.com."),
        ] {
            assert_eq!(relative(&domain(name).unwrap(), &apex), want);
        }
    }
}
