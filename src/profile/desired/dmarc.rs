//! The DMARC record of a profile (RFC 9989 §4.7) and the leave that report targets give (RFC 9990 §4).

use crate::error::Result;
use crate::model::name::{self, Name};
use crate::profile::schema::{Dmarc, DmarcPolicy, Domain, PsdFlag};

/// The record. `p` stands second: readers of RFC 7489 may refuse another order.
///
/// # Errors
/// A usage error for a report address without a domain, which a loaded profile does not have.
pub fn text(domain: &Domain) -> Result<String> {
    let dmarc = if domain.parked { parked(domain) } else { domain.dmarc.clone() };
    let mut tags = vec!["v=DMARC1".to_string(), format!("p={}", dmarc.policy.name())];
    tags.extend(dmarc.subdomains.map(|p| format!("sp={}", p.name())));
    tags.extend(dmarc.nonexistent.map(|p| format!("np={}", p.name())));
    if dmarc.testing {
        tags.push("t=y".into());
    }
    tags.extend(dmarc.psd.map(|p| format!("psd={}", if p == PsdFlag::Yes { "y" } else { "n" })));
    if dmarc.strict_dkim {
        tags.push("adkim=s".into());
    }
    if dmarc.strict_spf {
        tags.push("aspf=s".into());
    }
    for (tag, addresses) in [("rua", &dmarc.reports), ("ruf", &dmarc.failure_reports)] {
        if !addresses.is_empty() {
            let uris: Result<Vec<String>> = addresses.iter().map(|a| report_uri(a)).collect();
            tags.push(format!("{tag}={}", uris?.join(",")));
        }
    }
    Ok(tags.join("; "))
}

/// Why the record is there.
pub fn reason(domain: &Domain) -> String {
    if domain.parked {
        return format!("DMARC: whatever claims to come from {} is to be refused", domain.domain);
    }
    let what = match domain.dmarc.policy {
        DmarcPolicy::None => "mail that proves neither SPF nor DKIM is only watched",
        DmarcPolicy::Quarantine => "mail that proves neither SPF nor DKIM goes to the spam folder",
        DmarcPolicy::Reject => "mail that proves neither SPF nor DKIM is refused",
    };
    let step = if domain.dmarc.testing { ", one step weaker while testing" } else { "" };
    format!("DMARC: {what}{step}")
}

/// A parked domain refuses everything; reports alone are the profile's choice.
fn parked(domain: &Domain) -> Dmarc {
    Dmarc {
        policy: DmarcPolicy::Reject,
        subdomains: Some(DmarcPolicy::Reject),
        nonexistent: Some(DmarcPolicy::Reject),
        strict_dkim: true,
        strict_spf: true,
        reports: domain.dmarc.reports.clone(),
        ..Dmarc::default()
    }
}

/// A report address as a URI: a bare address becomes `mailto:`, with what DMARC keeps for itself encoded
/// (RFC 9989 §4.7: commas, semicolons; `!` for readers of RFC 7489).
///
/// # Errors
/// A usage error when its domain is none.
pub fn report_uri(address: &str) -> Result<String> {
    if address.contains(':') {
        return Ok(address.into());
    }
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let mut out = String::from("mailto:");
    for c in local.chars() {
        // RFC 6068 §2: `%`, the delimiters of URIs, and what stands for more than itself.
        if matches!(c, '%' | ',' | ';' | '!' | '?' | '#' | '&' | '/' | '[' | ']' | '^' | '`' | '{' | '|' | '}' | '\\') {
            out.push_str(&format!("%{:02X}", c as u32));
        } else {
            out.push(c);
        }
    }
    out.push('@');
    out.push_str(&name::show(&name::domain(domain)?));
    Ok(out)
}

/// For every report address in another organisation's domain: the name at which that domain must agree
/// (`<domain>._report._dmarc.<target>`, RFC 9990 §4), and the target.
///
/// # Errors
/// A usage error when a name becomes too long.
pub fn external_targets(domain: &Domain) -> Result<Vec<(Name, String)>> {
    let own = domain.name()?;
    let mut out: Vec<(Name, String)> = Vec::new();
    let failure = if domain.parked { &[][..] } else { &domain.dmarc.failure_reports };
    for address in domain.dmarc.reports.iter().chain(failure) {
        let bare = address.split('?').next().unwrap_or(address);
        let Some((_, host)) = bare.rsplit_once('@') else { continue };
        let target = name::domain(host)?;
        let shown = name::show(&target);
        if organisation(&own) == organisation(&target) || out.iter().any(|(_, t)| *t == shown) {
            continue;
        }
        out.push((name::below(&format!("{}._report._dmarc", name::show(&own)), &target)?, shown));
    }
    Ok(out)
}

/// The organisational domain by the public suffix list: to know it by the tree walk (RFC 9989 §4.10) takes DNS.
/// Where the two differ this asks for one record too many rather than too few.
fn organisation(domain: &Name) -> String {
    let text = name::show(domain);
    psl::domain_str(&text).unwrap_or(&text).to_string()
}
