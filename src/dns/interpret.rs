//! What a response says about a question: data, nothing, no such name, or ask on elsewhere.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{RData, RecordType};

use crate::dns::lookup::{LookupFailure, Status};
use crate::dns::reply::{Reply, Section};
use crate::model::name::{self, Name};

/// What to do after a response.
#[derive(Debug)]
pub(super) enum Step {
    /// The question is settled.
    Settled(Status, Vec<RData>),
    /// The response ends at a CNAME whose target it says nothing about.
    Follow(Name),
}

/// Reads `reply` as the answer for `asked` and `rtype`. CNAME targets are appended to `chain`, and `ttl` lowered to
/// the lowest that counts.
///
/// # Errors
/// A circle of CNAMEs, and a referral: a server that only points elsewhere has not said that there is no record.
pub(super) fn interpret(
    reply: &Reply,
    asked: &Name,
    rtype: RecordType,
    chain: &mut Vec<Name>,
    ttl: &mut u32,
) -> Result<Step, LookupFailure> {
    let mut alias: Option<Name> = None;
    loop {
        let at = alias.as_ref().unwrap_or(asked);
        let here = || reply.records(Section::Answer).filter(|record| record.is_at(at));
        let found: Vec<RData> = here()
            .filter(|record| record.rtype == rtype)
            .inspect(|record| *ttl = record.ttl.min(*ttl))
            .map(|record| record.data())
            .collect();
        if !found.is_empty() {
            return Ok(Step::Settled(Status::Found, found));
        }
        let next = here().filter(|record| record.rtype == RecordType::CNAME).find_map(|record| match record.data() {
            RData::CNAME(target) => Some((record.ttl, Name::from(&target.0))),
            _ => None,
        });
        let Some((low, target)) = next else { break };
        if target == *asked || chain.contains(&target) {
            return Err(LookupFailure::Other(format!("the CNAMEs at {} go in a circle", name::show(asked))));
        }
        *ttl = low.min(*ttl);
        chain.push(target.clone());
        alias = Some(target);
    }
    // The RCODE speaks of the last name of the chain (RFC 6604 §3).
    let soa = reply.records(Section::Authority).find_map(|record| record.negative_ttl());
    let negative = |ttl: &mut u32, status| {
        // Without an SOA a negative answer has no TTL (RFC 2308 §5).
        *ttl = soa.unwrap_or(0).min(*ttl);
        Ok(Step::Settled(status, Vec::new()))
    };
    if reply.rcode() == ResponseCode::NXDomain {
        return negative(ttl, Status::NxDomain);
    }
    if let Some(target) = alias.take_if(|_| soa.is_none()) {
        return Ok(Step::Follow(target));
    }
    let at = alias.as_ref().unwrap_or(asked);
    let refers = || {
        let mut servers = reply.records(Section::Authority).filter(|record| record.rtype == RecordType::NS);
        servers.any(|record| record.owner().is_some_and(|zone| zone.zone_of(at)))
    };
    if soa.is_none() && !reply.authoritative() && !reply.recursion_available() && refers() {
        return Err(LookupFailure::Other("the server only refers to other name servers".into()));
    }
    negative(ttl, Status::NoData)
}
