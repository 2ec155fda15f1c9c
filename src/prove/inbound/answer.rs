//! What a server made of a message: its reply, or what it wrote into the message.

use serde::Serialize;

use crate::auth::results;
use crate::mail::compose::TOKEN_FIELD;
use crate::model::message::{Field, Message};
use crate::prove::inbound::expected::Fate;

/// A server's answer.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// What became of the message.
    pub fate: Fate,
    /// The reply, where it was no acceptance.
    pub reply: Option<String>,
    /// SPF, by Authentication-Results or else Received-SPF.
    pub spf: Option<String>,
    /// DKIM: `pass` if any signature passed.
    pub dkim: Option<String>,
    /// DMARC.
    pub dmarc: Option<String>,
    /// A field that the message brought in the server's name is still in it: whoever reads it later believes it.
    pub forgery_left: bool,
}

impl Answer {
    /// An answer that is a fate alone.
    pub fn fate(fate: Fate, reply: Option<String>) -> Self {
        Answer { fate, reply, spf: None, dkim: None, dmarc: None, forgery_left: false }
    }

    /// Reads what the server whose id is `authserv_id` wrote above the fields of ours in `message`. Ours begin with the
    /// [`TOKEN_FIELD`]: what stands below it came with the message and says nothing.
    pub fn read(message: &[u8], authserv_id: &str) -> Self {
        let message = Message::read(message);
        let ours = message.fields.iter().position(|f| f.is(TOKEN_FIELD)).unwrap_or(message.fields.len());
        let (above, below) = message.fields.split_at(ours);
        let mut answer = Answer::fate(Fate::Delivered, None);
        let mut signatures: Vec<String> = Vec::new();
        for stated in above.iter().filter(|f| f.is(results::FIELD)).filter_map(|f| results::read(f.value).ok()) {
            if !stated.is_from(authserv_id) {
                continue;
            }
            for one in &stated.results {
                match one.method.as_str() {
                    "spf" => {
                        answer.spf.get_or_insert_with(|| one.result.clone());
                    }
                    "dkim" => signatures.push(one.result.clone()),
                    "dmarc" => {
                        answer.dmarc.get_or_insert_with(|| one.result.clone());
                    }
                    _ => {}
                }
            }
        }
        let passed = signatures.iter().find(|r| *r == "pass");
        answer.dkim = passed.or(signatures.first()).cloned();
        if answer.spf.is_none() {
            answer.spf = above.iter().find(|f| f.is("Received-SPF")).and_then(received_spf);
        }
        answer.forgery_left = below.iter().any(|f| results::must_go(f, authserv_id));
        answer
    }
}

/// The first word of Received-SPF (RFC 7208 §9.1).
fn received_spf(field: &Field<'_>) -> Option<String> {
    let text = field.text();
    let word = text.split([' ', '(', ';']).next()?.to_ascii_lowercase();
    (!word.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_believed() {
        let ours = format!(
            "{TOKEN_FIELD}: x\r\nAuthentication-Results: mx.example; spf=pass; dmarc=pass\r\nFrom: a@b\r\n\r\n"
        );
        for (above, want, left) in [
            ("", (None, None, None), true),
            ("Authentication-Results: mx.example; dmarc=fail\r\n", (None, None, Some("fail")), true),
            ("Authentication-Results: other.example; dmarc=pass\r\n", (None, None, None), true),
            (
                "Authentication-Results: MX.example; dkim=fail; dkim=pass\r\nReceived-SPF: Softfail (x) y=z\r\n",
                (Some("softfail"), Some("pass"), None),
                true,
            ),
        ] {
            let answer = Answer::read(format!("{above}{ours}").as_bytes(), "mx.example");
            let got = (answer.spf.as_deref(), answer.dkim.as_deref(), answer.dmarc.as_deref());
            assert_eq!((got, answer.forgery_left), (want, left), "{above}");
        }
        let clean = format!("{TOKEN_FIELD}: x\r\nFrom: a@b\r\n\r\n");
        assert!(!Answer::read(clean.as_bytes(), "mx.example").forgery_left);
    }
}
