//! What a response says about a question: data, nothing, no such name, or ask on elsewhere.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{DNSClass, RData, Record, RecordType};

use crate::dns::lookup::{LookupFailure, Status};
use crate::model::name::{self, Name};

/// What to do after a response.
#[derive(Debug)]
pub(super) enum Step {
    /// The question is settled.
    Settled(Status, Vec<RData>),
    /// The response ends at a CNAME whose target it says nothing about.
    Follow(Name),
}

/// Reads `message` as the answer for `asked` and `rtype`. CNAME targets are appended to `chain`, and `ttl` lowered to
/// the lowest that counts.
///
/// # Errors
/// A circle of CNAMEs, and a referral: a server that only points elsewhere has not said that there is no record.
pub(super) fn interpret(
    message: &Message,
    asked: &Name,
    rtype: RecordType,
    chain: &mut Vec<Name>,
    ttl: &mut u32,
) -> Result<Step, LookupFailure> {
    let mut at = asked;
    loop {
        let here: Vec<&Record> =
            message.answers.iter().filter(|r| r.dns_class == DNSClass::IN && r.name == *at).collect();
        let found: Vec<&Record> = here.iter().copied().filter(|r| r.record_type() == rtype).collect();
        if !found.is_empty() {
            *ttl = found.iter().fold(*ttl, |low, r| low.min(r.ttl));
            return Ok(Step::Settled(Status::Found, found.into_iter().map(|r| r.data.clone()).collect()));
        }
        let alias = here.iter().find_map(|r| match &r.data {
            RData::CNAME(target) => Some((r.ttl, &target.0)),
            _ => None,
        });
        let Some((low, target)) = alias else { break };
        if target == asked || chain.contains(target) {
            return Err(LookupFailure::Other(format!("the CNAMEs at {} go in a circle", name::show(asked))));
        }
        *ttl = low.min(*ttl);
        chain.push(target.clone());
        at = target;
    }
    // The RCODE speaks of the last name of the chain (RFC 6604 §3).
    let soa = message.authorities.iter().find_map(|r| match &r.data {
        RData::SOA(soa) => Some(r.ttl.min(soa.minimum)),
        _ => None,
    });
    let negative = |ttl: &mut u32, status| {
        // Without an SOA a negative answer has no TTL (RFC 2308 §5).
        *ttl = soa.unwrap_or(0).min(*ttl);
        Ok(Step::Settled(status, Vec::new()))
    };
    if message.metadata.response_code == ResponseCode::NXDomain {
        return negative(ttl, Status::NxDomain);
    }
    if soa.is_none() && at != asked {
        return Ok(Step::Follow(at.clone()));
    }
    let refers = message.authorities.iter().any(|r| r.record_type() == RecordType::NS && r.name.zone_of(at));
    if soa.is_none() && refers && !message.metadata.authoritative && !message.metadata.recursion_available {
        return Err(LookupFailure::Other("the server only refers to other name servers".into()));
    }
    negative(ttl, Status::NoData)
}
