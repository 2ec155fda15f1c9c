//! Writing the field.

use super::FIELD;
use crate::auth::dkim::{DkimOutcome, DkimResult};
use crate::auth::dmarc::DmarcVerdict;
use crate::auth::judge::Envelope;
use crate::auth::spf::SpfEvaluation;

/// The field for a judgement, folded before each result, without the last CR LF.
///
/// What strangers wrote (addresses, selectors) comes out quoted and without control characters, so that it can end
/// neither a result nor the field.
pub fn write(
    authserv_id: &str,
    envelope: Option<&Envelope>,
    spf: Option<&SpfEvaluation>,
    dkim: &[DkimOutcome],
    dmarc: &DmarcVerdict,
) -> String {
    let mut parts = vec![format!("{FIELD}: {}", value(authserv_id))];
    if let (Some(spf), Some(envelope)) = (spf, envelope) {
        let word = spf.result.as_str();
        let mut part = format!("spf={word}{}", reason(&spf.reason, word));
        // RFC 7208 §2.4: with a null reverse-path the HELO name is what was judged.
        if !envelope.mail_from.is_empty() {
            property(&mut part, "smtp.mailfrom", &envelope.mail_from);
        }
        property(&mut part, "smtp.helo", &envelope.helo);
        parts.push(part);
    }
    if dkim.is_empty() {
        parts.push("dkim=none".into());
    }
    for outcome in dkim {
        parts.push(signature(outcome));
    }
    let word = dmarc.result.as_str();
    let mut part = format!("dmarc={word}{}", reason(&dmarc.reason, word));
    if let Some(policy) = dmarc.policy {
        property(&mut part, "policy.dmarc", policy.as_str());
    }
    if !dmarc.domain.is_empty() {
        property(&mut part, "header.from", &dmarc.domain);
    }
    parts.push(part);
    parts.join(";\r\n\t")
}

fn signature(outcome: &DkimOutcome) -> String {
    let word = outcome.result.as_str();
    let mut part = format!("dkim={word}{}", reason(&outcome.reason, word));
    if outcome.result == DkimResult::None {
        return part;
    }
    for (name, text) in [
        ("header.d", &outcome.domain),
        ("header.s", &outcome.selector),
        ("header.a", &outcome.algorithm),
        // RFC 6008: which signature it was.
        ("header.b", &outcome.signature_start),
    ] {
        if !text.is_empty() {
            property(&mut part, name, text);
        }
    }
    if let Some(identity) = &outcome.identity {
        property(&mut part, "header.i", identity);
    }
    part
}

/// Nobody asks why something passed.
fn reason(sentence: &str, word: &str) -> String {
    if sentence.is_empty() || matches!(word, "pass" | "none") {
        String::new()
    } else {
        format!(" reason={}", quoted(sentence))
    }
}

fn property(part: &mut String, name: &str, text: &str) {
    // Long values on a line of their own keep lines under 78 octets where they can be.
    let shown = pvalue(text);
    let line = part.rsplit('\n').next().map_or(0, str::len);
    part.push_str(if line + name.len() + shown.len() + 2 > 76 { "\r\n\t " } else { " " });
    part.push_str(&format!("{name}={shown}"));
}

/// `pvalue`: an address or a domain as it stands, everything else as [`value`].
fn pvalue(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-^_`{|}~.".contains(&b);
    match text.rsplit_once('@') {
        Some((local, domain)) if domain.bytes().all(plain) && !domain.is_empty() && local.bytes().all(plain) => {
            text.into()
        }
        _ => value(text),
    }
}

/// `value` (RFC 2045 §5.1): a token, or a quoted string.
fn value(text: &str) -> String {
    let token = |b: u8| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&b);
    if !text.is_empty() && text.bytes().all(token) { text.into() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars().take(500) {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            '§' => out.push_str("section "),
            _ => out.push('?'),
        }
    }
    out.push('"');
    out
}
