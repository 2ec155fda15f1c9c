//! What the domain publishes, a line for each mechanism.

use std::fmt::Write as _;

use crate::auth::published::{KeyStatus, Published, Status};
use crate::model::spf::MAX_LOOKUPS;
use crate::report::html::markup::code;
use crate::report::html_text::html_text;
use crate::report::services;

/// How a mechanism stands, as class, sign and word: never by colour alone.
fn stands(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Ok => ("good", "published"),
        Status::Missing => ("none", "missing"),
        Status::Broken => ("bad", "broken"),
        Status::Unknown => ("open", "unknown"),
    }
}

/// The table.
pub(super) fn section(published: &Published) -> String {
    let mut out = String::from("<section>\n<h2>What is published</h2>\n<div class=\"mechanisms\">\n");
    let spf = &published.spf;
    let mut lines: Vec<String> = spf.record.iter().map(|r| code(r)).collect();
    match spf.status {
        Status::Ok => lines.push(format!(
            "{} of {MAX_LOOKUPS} lookups; who is not listed gets {}",
            spf.lookups,
            html_text(&spf.others.to_string())
        )),
        _ => lines.push(html_text(&spf.reason)),
    }
    out.push_str(&row("SPF", stands(spf.status), &lines));
    for (i, key) in published.dkim.iter().enumerate() {
        let status = match key.status {
            KeyStatus::Ok => ("good", "published"),
            KeyStatus::Revoked => ("none", "revoked"),
            KeyStatus::Broken => ("bad", "broken"),
            KeyStatus::Missing => ("none", "missing"),
            KeyStatus::Unknown => ("open", "unknown"),
        };
        let mut text = format!("selector {}", code(&key.selector));
        if let Some(algorithm) = &key.algorithm {
            text.push_str(&format!(", {}", html_text(algorithm)));
        }
        if let Some(bits) = key.bits.filter(|_| key.algorithm.as_deref() == Some("rsa")) {
            text.push_str(&format!(" {bits}"));
        }
        if let Some(alias) = &key.alias {
            text.push_str(&format!(", at {}", code(alias)));
        }
        out.push_str(&row(if i == 0 { "DKIM" } else { "" }, status, &[text]));
    }
    if published.dkim.is_empty() {
        out.push_str(&row("DKIM", ("none", "not seen"), &["no key at the selectors that are often used".into()]));
    }
    let discovery = &published.dmarc.discovery;
    let mut lines: Vec<String> = discovery.record.iter().map(|r| code(r)).collect();
    if let Some(policy) = discovery.policy {
        let mut text = format!("policy {policy}");
        if let Some(place) = discovery.policy_domain.as_ref().filter(|place| **place != published.domain) {
            text.push_str(&format!(", from the record of {place}"));
        }
        lines.push(html_text(&text));
    }
    lines.extend(discovery.failure.iter().map(|f| html_text(f)));
    out.push_str(&row("DMARC", stands(published.dmarc.status), &lines));
    out.push_str(&exchangers(published));
    let seen = published.services.as_ref();
    let mut lines: Vec<String> = published.mta_sts.record.iter().map(|r| code(r)).collect();
    let fetched = seen.and_then(|s| s.policy.as_ref());
    lines.extend(fetched.map(|p| html_text(&services::policy(p))));
    out.push_str(&row("MTA-STS", stands(services::policy_status(published.mta_sts.status, fetched)), &lines));
    let lines: Vec<String> = published.tls_rpt.record.iter().map(|r| code(r)).collect();
    out.push_str(&row("TLS-RPT", stands(published.tls_rpt.status), &lines));
    if let Some(logo) = seen.and_then(|s| s.indicator.as_ref()) {
        let good = logo.fault.is_none() && logo.faults.is_empty();
        let status = if good { ("good", "published") } else { ("bad", "broken") };
        out.push_str(&row("BIMI", status, &[code(&logo.url), html_text(&services::indicator(logo))]));
    }
    out.push_str("</div>\n</section>\n");
    out
}

fn exchangers(published: &Published) -> String {
    let open = published.unknown.iter().any(|q| q.rtype == "MX");
    match published.mx.as_slice() {
        [] if open => row("MX", ("open", "unknown"), &[]),
        [] => row("MX", ("none", "none"), &[]),
        [only] if only.host == "." => row("MX", ("good", "published"), &["takes no mail (null MX)".into()]),
        hosts => {
            let mut lines = Vec::new();
            for host in hosts {
                lines.push(format!("{} {}", host.preference, code(&host.host)));
                let seen = published.services.iter().flat_map(|s| &s.exchanges).find(|e| e.shown() == host.host);
                lines.extend(seen.into_iter().flat_map(services::exchange).map(|l| html_text(&l)));
            }
            row("MX", ("good", "published"), &lines)
        }
    }
}

fn row(label: &str, (class, word): (&str, &str), lines: &[String]) -> String {
    let mut out = format!(
        "<div class=\"mechanism\"><div class=\"label\">{label}</div><div class=\"state {class}\">{word}</div><div class=\"text\">"
    );
    lines.iter().for_each(|line| {
        let _ = write!(out, "<p>{line}</p>");
    });
    out.push_str("</div></div>\n");
    out
}
