//! What another receiver says, beside our own judgement.

use serde::Serialize;

use super::StatedResult;
use crate::auth::judge::Judgement;

/// How a stated result stands to ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// We say the same.
    Same,
    /// We say this.
    Differs(String),
    /// We have nothing to compare with: another method, another signature, or SPF without an envelope.
    NotJudged,
}

/// Compares `stated` with `judgement`. Of several signatures the one of the same domain, selector and start of `b=`
/// (RFC 6008) is meant, as far as `stated` says.
pub fn compare(stated: &StatedResult, judgement: &Judgement) -> Agreement {
    let ours = match stated.method.as_str() {
        "spf" => {
            // A result that names only the HELO identity is about that.
            let helo_alone = stated.property("smtp.mailfrom").is_none() && stated.property("smtp.helo").is_some();
            let spf = if helo_alone { &judgement.helo } else { &judgement.spf };
            spf.as_ref().map(|s| s.result.as_str())
        }
        "dkim" if judgement.dkim.is_empty() => Some("none"),
        "dkim" => judgement
            .dkim
            .iter()
            .find(|d| {
                let is = |name: &str, ours: &str| stated.property(name).is_none_or(|v| v.eq_ignore_ascii_case(ours));
                is("header.d", &d.domain)
                    && is("header.s", &d.selector)
                    && stated
                        .property("header.b")
                        .is_none_or(|b| d.signature_start.starts_with(b) || b.starts_with(&d.signature_start))
            })
            .map(|d| d.result.as_str()),
        "dmarc" => Some(judgement.dmarc.result.as_str()),
        _ => None,
    };
    match ours {
        None => Agreement::NotJudged,
        Some(ours) if ours == stated.result => Agreement::Same,
        Some(ours) => Agreement::Differs(ours.to_string()),
    }
}
