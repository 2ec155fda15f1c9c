//! Whether DNSSEC proves what is published, by what a validating resolver says of it (RFC 4035 §3.2.3).
//!
//! Nothing is validated here: the answer is worth what the resolver and the way to it are worth, and it says whose it is.

use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::RecordType;
use serde::Serialize;

use crate::dns::exchange::Exchange;
use crate::dns::lookup::LookupFailure;
use crate::dns::upstream::Upstream;
use crate::dns::wire::{self, Question};
use crate::model::name::Name;

/// How long one of the questions may take.
const QUESTION: Duration = Duration::from_secs(4);

/// What DNSSEC makes of an answer (RFC 4033 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// Signed, and the signatures lead to a trust anchor.
    Secure,
    /// Not signed, or nothing above says that it is.
    Insecure,
    /// Signed, and the signatures are wrong: validating resolvers answer SERVFAIL.
    Bogus,
    /// The resolver did not say.
    Unknown,
}

/// The proof, and on whose word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dnssec {
    /// What DNSSEC makes of it.
    pub status: Proof,
    /// Why.
    pub why: String,
    /// The resolver that says so.
    pub resolver: Upstream,
    /// Whether nobody between here and there can change what it says.
    pub safe_way: bool,
}

/// What the resolver behind `exchange` says about the proof of `name` and `rtype`.
pub(super) async fn proof(exchange: &Exchange, owner: &Name, rtype: RecordType) -> Dnssec {
    let (status, why) = judge(exchange, owner, rtype).await;
    let resolver = exchange.upstream().clone();
    Dnssec { status, why, safe_way: resolver.is_safe_way(), resolver }
}

async fn judge(exchange: &Exchange, owner: &Name, rtype: RecordType) -> (Proof, String) {
    let question = Question { dnssec: true, ..Question::new(owner, rtype) };
    let message = match ask(exchange, &question).await {
        Ok(message) => message,
        Err(failure) => return (Proof::Unknown, failure.to_string()),
    };
    match message.metadata.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain if message.metadata.authentic_data => {
            (Proof::Secure, "validated by the resolver (AD)".into())
        }
        ResponseCode::NoError | ResponseCode::NXDomain if !is_signed(&message) => {
            if message.edns.is_none() {
                return (Proof::Unknown, "the resolver does not speak EDNS, and so no DNSSEC".into());
            }
            // The root is signed: who answers it without signatures does not pass any on.
            match ask(exchange, &root()).await {
                Ok(root) if !root.answers.is_empty() && !is_signed(&root) => {
                    (Proof::Unknown, "the resolver passes no signatures on".into())
                }
                _ => (Proof::Insecure, "there are no signatures".into()),
            }
        }
        // Signed, and nobody vouches for it: there is no DS record above it, or this resolver does not validate at all.
        ResponseCode::NoError | ResponseCode::NXDomain => match ask(exchange, &root()).await {
            Ok(root) if root.metadata.authentic_data => {
                (Proof::Insecure, "signed, but nothing above says so: there is no DS record".into())
            }
            _ => (Proof::Unknown, "signed, but the resolver does not validate".into()),
        },
        // With CD it answers whatever the signatures are worth: that it does so now shows that they are the trouble.
        ResponseCode::ServFail => {
            let unchecked = Question { unchecked: true, ..question };
            match ask(exchange, &unchecked).await {
                Ok(m) if matches!(m.metadata.response_code, ResponseCode::NoError | ResponseCode::NXDomain) => {
                    (Proof::Bogus, "SERVFAIL from the resolver, and an answer once it is told not to validate".into())
                }
                Ok(_) => (Proof::Unknown, "SERVFAIL, validation or not".into()),
                Err(failure) => (Proof::Unknown, failure.to_string()),
            }
        }
        other => (Proof::Unknown, format!("the resolver answered {}", wire::mnemonic(other))),
    }
}

fn root() -> Question {
    Question { dnssec: true, ..Question::new(&Name::root(), RecordType::SOA) }
}

/// UDP loses packets: twice, then.
async fn ask(exchange: &Exchange, question: &Question) -> Result<Message, LookupFailure> {
    match exchange.ask(question, QUESTION / 2).await {
        Err(LookupFailure::Timeout) => exchange.ask(question, QUESTION / 2).await,
        other => other,
    }
}

fn is_signed(message: &Message) -> bool {
    message.answers.iter().chain(&message.authorities).any(|r| r.record_type() == RecordType::RRSIG)
}
