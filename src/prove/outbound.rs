//! A message that one's own server sent, as it arrived elsewhere: our judgement beside the receiver's, and why they differ.

use serde::Serialize;

use crate::auth::dkim::DkimResult;
use crate::auth::dmarc::DmarcResult;
use crate::auth::judge::Judgement;
use crate::auth::results::{Agreement, StatedResults, compare};
use crate::auth::spf::SpfResult;
use crate::model::message::Message;
use crate::prove::way::Way;

/// A message that arrived.
#[derive(Clone, Debug, Serialize)]
pub struct Outbound {
    /// How it was sent.
    pub how: String,
    /// The receiver that is believed.
    pub trusted: Option<String>,
    /// What we say.
    pub judgement: Judgement,
    /// What that receiver says.
    pub stated: Vec<StatedResults>,
    /// What is not as it should be, and why, in sentences without a full stop.
    pub differences: Vec<String>,
}

impl Outbound {
    /// Whether nothing is to be done.
    pub fn is_good(&self) -> bool {
        self.judgement.dmarc.result == DmarcResult::Pass && self.differences.is_empty()
    }
}

/// What is not as it should be in a message of `domain`, whose active selectors are `selectors`; and what its way has to do
/// with it, where anything is not.
pub fn differences(
    message: &Message<'_>,
    way: &Way,
    judgement: &Judgement,
    stated: &[StatedResults],
    domain: &str,
    selectors: &[&str],
) -> Vec<String> {
    let mut out = Vec::new();
    let own = || judgement.dkim.iter().filter(|d| d.domain.eq_ignore_ascii_case(domain));
    if judgement.dkim.is_empty() {
        out.push(
            "the server did not sign: the signer is not asked, or does not know the domain or the client \
             (CONF003, CONF006, CONF014)"
                .to_string(),
        );
    } else if own().next().is_none() {
        let others: Vec<&str> = judgement.dkim.iter().map(|d| d.domain.as_str()).collect();
        out.push(format!(
            "signed by {} alone, not by {domain}: a relay or service signs in its own name (CONF003)",
            others.join(", ")
        ));
    }
    for signature in own() {
        let selector = signature.selector.as_str();
        let known = selectors.iter().any(|s| s.eq_ignore_ascii_case(selector));
        if !known && !selectors.is_empty() {
            out.push(format!(
                "signed with selector {selector}; the profile's are {}: wrong selector (CONF010)",
                selectors.join(", ")
            ));
        }
        match signature.result {
            DkimResult::Pass => {}
            DkimResult::PermError | DkimResult::TempError => {
                out.push(format!("{selector}: {} (CONF010)", signature.reason));
            }
            _ => out.push(format!("{selector}: {}", signature.reason)),
        }
    }
    if own().next().is_some() {
        for selector in selectors.iter().filter(|s| !own().any(|d| d.selector.eq_ignore_ascii_case(s))) {
            out.push(format!(
                "no signature with selector {selector}: its signer is not asked, or one instance holds keys of two \
                 algorithms (CONF003, CONF006, CONF015)"
            ));
        }
        for field in message.named("DKIM-Signature").filter(|f| tag(&f.text(), "d").eq_ignore_ascii_case(domain)) {
            let text = field.text();
            let signed = tag(&text, "h");
            let count = signed.split(':').filter(|h| h.trim().eq_ignore_ascii_case("from")).count();
            if count <= message.named("From").count() {
                out.push(format!(
                    "{}: From is not oversigned, so that a second one can be added (CONF011)",
                    tag(&text, "s")
                ));
            }
        }
    }
    if judgement.spf.as_ref().is_some_and(|s| s.result != SpfResult::Pass) {
        let reason = judgement.spf.as_ref().map(|s| s.reason.clone()).unwrap_or_default();
        out.push(format!("SPF: {reason}"));
    }
    for result in stated.iter().flat_map(|s| &s.results) {
        if let Agreement::Differs(ours) = compare(result, judgement) {
            let why = match (result.method.as_str(), way.list.is_some(), way.forwarded.is_some()) {
                ("dkim", true, _) => "it went through a mailing list, which changes messages".to_string(),
                ("dkim", _, _) if result.result == "pass" => {
                    "the copy that was read was rewritten after the receiver judged".to_string()
                }
                ("dkim", _, _) => {
                    "the receiver saw another key, or the message was rewritten before it and restored since"
                        .to_string()
                }
                ("spf", true, _) => "the receiver saw the list's address".to_string(),
                ("spf", _, true) => "it was forwarded: the receiver saw the forwarder's address".to_string(),
                ("spf", _, _) => match way.others.first() {
                    Some(other) => format!(
                        "{other} handed it over, which is no host of the profile: a relay, whose address belongs into the \
                         SPF record"
                    ),
                    None => "the receiver saw another address: a relay, or another host of yours".to_string(),
                },
                _ => "it follows from SPF and DKIM".to_string(),
            };
            out.push(format!("the receiver says {}={}, we say {ours}: {why}", result.method, result.result));
        }
    }
    if !out.is_empty() {
        out.extend(way.sentence());
    }
    out
}

/// The value of a tag of a DKIM-Signature, white space taken out.
fn tag(text: &str, name: &str) -> String {
    let value = text.split(';').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        (key.trim() == name).then_some(value)
    });
    value.unwrap_or_default().split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        let text = "v=1; a=rsa-sha256; d=example.com;\r\n\ts=s1; h=From:To:\r\n From; b=ab=";
        assert_eq!(tag(text, "h"), "From:To:From");
        assert_eq!(tag(text, "b"), "ab=");
        assert_eq!(tag(text, "x"), "");
    }
}
