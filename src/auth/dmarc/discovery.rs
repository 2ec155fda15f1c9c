//! Policy discovery (RFC 9989 §4.10.1): which record, which tag, which policy.

use hickory_proto::rr::RecordType;
use serde::Serialize;

use crate::auth::dmarc::walk::{Walked, Walker};
use crate::auth::dmarc::{Disposition, Walk};
use crate::dns::lookup::{Lookup, Status};
use crate::model::dmarc::{DmarcRecord, Policy, Psd};
use crate::model::name::{self, Name};
use crate::model::txt;

/// Where the record that applies stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordPlace {
    /// At the author domain.
    AuthorDomain,
    /// At its organisational domain.
    OrganizationalDomain,
    /// At the public suffix domain above it.
    PublicSuffixDomain,
}

/// The tag that the policy was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyTag {
    /// `p`.
    P,
    /// `sp`: the author domain is a subdomain that exists, or `np` is absent.
    Sp,
    /// `np`: the author domain does not exist.
    Np,
    /// None: `p`, `sp` or `np` is missing or not valid, and a valid `rua` makes it `p=none` (§4.10.1).
    Recovered,
}

/// Whether the author domain exists, where that matters: NXDOMAIN alone means that it does not (RFC 8020).
#[derive(Clone, Debug, Serialize)]
pub struct Existence {
    /// The name that was asked for, type A.
    pub name: String,
    /// What came back.
    pub outcome: String,
    /// Whether it exists; unknown without an answer.
    pub exists: Option<bool>,
}

/// How the policy for a domain was found.
#[derive(Clone, Debug, Serialize)]
pub struct Discovery {
    /// The author domain.
    pub domain: String,
    /// The walk from it upwards.
    pub walk: Walk,
    /// The organisational domain; unknown where a query stayed open.
    pub organizational_domain: Option<String>,
    /// The domain whose record applies.
    pub policy_domain: Option<String>,
    /// Where that stands to the author domain.
    pub place: Option<RecordPlace>,
    /// The record.
    pub record: Option<String>,
    /// The tag that gives the policy.
    pub tag: Option<PolicyTag>,
    /// The policy as published, before `t`.
    pub published: Option<Disposition>,
    /// `t=y`: the policy is applied one step weaker (§4.7).
    pub testing: bool,
    /// The policy that applies. None without a record, or where the record counts for nothing.
    pub policy: Option<Disposition>,
    /// Whether the author domain exists, where `np` makes a difference.
    pub existence: Option<Existence>,
    /// A question that stayed open, and without whose answer the policy is unknown.
    pub failure: Option<String>,
}

/// Finds the policy for mail from `domain`, whatever the messages.
pub async fn discover(lookup: &dyn Lookup, domain: &Name) -> Discovery {
    let mut walker = Walker::new(lookup);
    let walked = walker.walk(domain).await;
    discovery(lookup, domain, &walked).await
}

/// The policy that a finished walk from `author` leads to.
pub(super) async fn discovery(lookup: &dyn Lookup, author: &Name, walked: &Walked) -> Discovery {
    let mut found = Discovery {
        domain: name::show(author),
        walk: walked.shown.clone(),
        organizational_domain: walked.organization.as_ref().map(name::show),
        policy_domain: None,
        place: None,
        record: None,
        tag: None,
        published: None,
        testing: false,
        policy: None,
        existence: None,
        failure: None,
    };
    let Some((domain, octets, place)) = applicable(author, walked) else {
        found.failure = walked.failure.clone();
        return found;
    };
    found.policy_domain = Some(name::show(domain));
    found.place = Some(place);
    found.record = Some(txt::shown(octets).into_owned());
    let Some(record) = DmarcRecord::read(octets).into_record() else { return found };
    let Some((tag, policy)) = choose(lookup, author, &record, place, &mut found).await else { return found };
    found.testing = record.testing;
    found.tag = Some(tag);
    found.published = Some(policy.into());
    found.policy = Some(if record.testing { policy.weaker() } else { policy }.into());
    found
}

/// The record that applies: the author domain's own, else its organisational domain's, else the public suffix
/// domain's. Without the whole walk only the first is certain.
fn applicable<'w>(author: &Name, walked: &'w Walked) -> Option<(&'w Name, &'w [u8], RecordPlace)> {
    let at = |wanted: &Name| walked.records.iter().find(|(domain, ..)| domain == wanted);
    if let Some((domain, octets, _)) = at(author) {
        return Some((domain, octets, RecordPlace::AuthorDomain));
    }
    let organization = walked.organization.as_ref()?;
    if let Some((domain, octets, _)) = at(organization) {
        return Some((domain, octets, RecordPlace::OrganizationalDomain));
    }
    let suffix = walked.records.iter().find(|(_, _, psd)| *psd == Psd::Yes)?;
    Some((&suffix.0, &suffix.1, RecordPlace::PublicSuffixDomain))
}

/// The tag and its policy; nothing where the record counts for nothing or the answer is unknown.
async fn choose(
    lookup: &dyn Lookup,
    author: &Name,
    record: &DmarcRecord<'_>,
    place: RecordPlace,
    found: &mut Discovery,
) -> Option<(PolicyTag, Policy)> {
    let invalid = |tag: &str, value: Option<Policy>| record.tags.get(tag).is_some() && value.is_none();
    let sound =
        record.policy.filter(|_| !invalid("sp", record.subdomain_policy) && !invalid("np", record.nonexistent_policy));
    // §4.10.1: no valid `p`, or an `sp` or `np` that is not valid: `p=none` if there is somebody to report to,
    // otherwise DMARC does not apply.
    let Some(p) = sound else {
        return record.aggregate.iter().any(|uri| uri.valid).then_some((PolicyTag::Recovered, Policy::None));
    };
    if place == RecordPlace::AuthorDomain {
        return Some((PolicyTag::P, p));
    }
    let existing = record.subdomain_policy.map_or((PolicyTag::P, p), |sp| (PolicyTag::Sp, sp));
    let Some(np) = record.nonexistent_policy else { return Some(existing) };
    let existence = exists(lookup, author).await;
    let choice = match existence.exists {
        Some(true) => Some(existing),
        Some(false) => Some((PolicyTag::Np, np)),
        None if np == existing.1 => Some(existing),
        None => {
            found.failure = Some(format!("whether {} exists is unknown: {}", existence.name, existence.outcome));
            None
        }
    };
    found.existence = Some(existence);
    choice
}

/// Whether `domain` exists: anything but NXDOMAIN says that it does (RFC 9989 §3.2, RFC 8020). A CNAME exists even
/// where its target does not.
async fn exists(lookup: &dyn Lookup, domain: &Name) -> Existence {
    let (outcome, exists) = match lookup.lookup(domain, RecordType::A).await {
        Err(failure) => (failure.to_string(), None),
        Ok(answer) if answer.status == Status::NxDomain && answer.chain.is_empty() => {
            ("no such name".to_string(), Some(false))
        }
        Ok(_) => ("it exists".to_string(), Some(true)),
    };
    Existence { name: name::show(domain), outcome, exists }
}
