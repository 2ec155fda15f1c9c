//! The verdict (RFC 9989 §5.3).

use std::collections::BTreeSet;

use crate::auth::dmarc::align::align;
use crate::auth::dmarc::discovery::discovery;
use crate::auth::dmarc::legacy::legacy;
use crate::auth::dmarc::walk::Walker;
use crate::auth::dmarc::{Alignment, DmarcResult, DmarcVerdict, reason};
use crate::dns::lookup::Lookup;
use crate::model::dmarc::DmarcRecord;
use crate::model::name::Name;

/// How many different DKIM domains are looked at: a message may carry any number of signatures.
const MAX_DKIM: usize = 20;

/// What SPF and DKIM made of a message.
#[derive(Clone, Debug, Default)]
pub struct Identifiers {
    /// The MAIL FROM domain (the HELO name for a null sender), if SPF passed for it.
    pub spf_pass: Option<Name>,
    /// The same, if SPF ended in a temporary error.
    pub spf_temperror: Option<Name>,
    /// The `d=` of each signature that verifies.
    pub dkim_pass: Vec<Name>,
    /// The `d=` of each signature that could not be judged for a temporary error.
    pub dkim_temperror: Vec<Name>,
}

/// Judges a message of author domain `author`, given the identifiers that passed.
pub async fn evaluate(lookup: &dyn Lookup, author: &Name, spf_pass: Option<&Name>, dkim_pass: &[Name]) -> DmarcVerdict {
    let identifiers =
        Identifiers { spf_pass: spf_pass.cloned(), dkim_pass: dkim_pass.to_vec(), ..Identifiers::default() };
    evaluate_identifiers(lookup, author, &identifiers).await
}

/// Judges a message of author domain `author`; an aligned identifier whose own check ended in a temporary error keeps
/// the message from failing (§5.3.6).
pub async fn evaluate_identifiers(lookup: &dyn Lookup, author: &Name, identifiers: &Identifiers) -> DmarcVerdict {
    let mut walker = Walker::new(lookup);
    let walked = walker.walk(author).await;
    let discovery = discovery(lookup, author, &walked).await;
    let record = discovery.record.clone().unwrap_or_default();
    let record = DmarcRecord::read(record.as_bytes()).into_record();
    let applies = discovery.policy.is_some() || (discovery.failure.is_some() && record.is_some());
    let mut alignment = Vec::new();
    if let Some(record) = record.filter(|_| applies) {
        let organization = walked.organization.as_ref();
        for (name, temperror) in with_error(&identifiers.spf_pass, &identifiers.spf_temperror) {
            let one = align(&mut walker, "spf", name, author, organization, record.spf_alignment).await;
            alignment.push(Alignment { temperror, ..one });
        }
        let mut seen = BTreeSet::new();
        for (name, temperror) in with_error(&identifiers.dkim_pass, &identifiers.dkim_temperror) {
            if seen.len() < MAX_DKIM && seen.insert(name.clone()) {
                let one = align(&mut walker, "dkim", name, author, organization, record.dkim_alignment).await;
                alignment.push(Alignment { temperror, ..one });
            }
        }
    }
    let passes = |method| alignment.iter().any(|a| a.method == method && !a.temperror && a.aligned == Some(true));
    let (spf_aligned, dkim_aligned) = (passes("spf"), passes("dkim"));
    // What could have passed, had DNS answered: unknown alignment, or an aligned check without an outcome.
    let open = alignment.iter().any(|a| a.aligned.is_none() || (a.temperror && a.aligned == Some(true)));
    let result = match () {
        () if !applies && discovery.failure.is_some() => DmarcResult::TempError,
        () if !applies => DmarcResult::None,
        () if spf_aligned || dkim_aligned => DmarcResult::Pass,
        () if open || discovery.failure.is_some() => DmarcResult::TempError,
        () => DmarcResult::Fail,
    };
    let legacy = legacy(&mut walker, author, identifiers).await;
    DmarcVerdict {
        result,
        domain: discovery.domain.clone(),
        policy_domain: discovery.policy_domain.clone(),
        policy: discovery.policy,
        organizational_domain: discovery.organizational_domain.clone(),
        spf_aligned,
        dkim_aligned,
        reason: reason::verdict(result, &discovery, &alignment),
        discovery: Some(discovery),
        alignment,
        legacy: Some(legacy),
    }
}

/// The names that passed, then those that ended in a temporary error.
fn with_error<'n>(
    pass: impl IntoIterator<Item = &'n Name>,
    temperror: impl IntoIterator<Item = &'n Name>,
) -> impl Iterator<Item = (&'n Name, bool)> {
    pass.into_iter().map(|n| (n, false)).chain(temperror.into_iter().map(|n| (n, true)))
}
