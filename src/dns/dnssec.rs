//! Whether DNSSEC proves what is published, by what a validating resolver says of it (RFC 4035 §3.2.3).
//!
//! Nothing is validated here: the answer is worth what the resolver and the way to it are worth, and it says whose it is.

use std::time::Duration;

use hickory_proto::dnssec::rdata::DNSSECRData;
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{RData, RecordType};
use serde::Serialize;

use crate::dns::exchange::Exchange;
use crate::dns::lookup::LookupFailure;
use crate::dns::upstream::Upstream;
use crate::dns::wire::{self, Question};
use crate::model::name::{self, Name};

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
            _ => unvalidated(exchange, &message).await,
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

/// What a resolver that does not validate lets one say of a signed answer. Without a DS record above the zone its
/// signatures lead to no trust anchor, whatever they are worth (RFC 4035 §5.2).
async fn unvalidated(exchange: &Exchange, message: &Message) -> (Proof, String) {
    let silent = || (Proof::Unknown, "signed, but the resolver does not validate".to_string());
    let Some(zone) = signer(message) else { return silent() };
    let question = Question { dnssec: true, ..Question::new(&zone, RecordType::DS) };
    let Ok(above) = ask(exchange, &question).await else { return silent() };
    let shown = name::show(&zone);
    if above.answers.iter().any(|r| r.record_type() == RecordType::DS) {
        let why = format!("signed, and the zone above has a DS record of {shown}, but the resolver does not validate");
        return (Proof::Unknown, why);
    }
    // A server that has authority for the zone alone does not know what stands above it.
    let settled = matches!(above.metadata.response_code, ResponseCode::NoError) && above.metadata.recursion_available;
    if settled && !above.metadata.authoritative {
        return (Proof::Insecure, format!("signed, but the zone above has no DS record of {shown}"));
    }
    silent()
}

/// The zone whose key made the signatures (RFC 4034 §3.1.7).
fn signer(message: &Message) -> Option<Name> {
    message.answers.iter().chain(&message.authorities).find_map(|record| match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some(Name::from(&signature.input().signer_name)),
        _ => None,
    })
}

fn root() -> Question {
    Question { dnssec: true, ..Question::new(&Name::root(), RecordType::SOA) }
}

async fn ask(exchange: &Exchange, question: &Question) -> Result<Message, LookupFailure> {
    exchange.ask_twice(question, QUESTION / 2).await?.message().map_err(LookupFailure::Other)
}

fn is_signed(message: &Message) -> bool {
    message.answers.iter().chain(&message.authorities).any(|r| r.record_type() == RecordType::RRSIG)
}
