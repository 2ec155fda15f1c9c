//! What a reader of RFC 7489 concludes: no walk, a public suffix list, no `np`, `psd` or `t`, but `pct`.

use serde::Serialize;

use crate::auth::dmarc::walk::Walker;
use crate::auth::dmarc::{Disposition, DmarcResult, Identifiers};
use crate::dns::lookup::Lookup;
use crate::model::dmarc::{Alignment, DmarcRecord, Policy};
use crate::model::name::{self, Name};

/// The conclusion of an RFC 7489 reader.
#[derive(Clone, Debug, Serialize)]
pub struct LegacyView {
    /// The result.
    pub result: DmarcResult,
    /// The organisational domain by the public suffix list (RFC 7489 §3.2).
    pub organizational_domain: String,
    /// The domain whose record gave the policy.
    pub policy_domain: Option<String>,
    /// The record.
    pub record: Option<String>,
    /// The policy, `sp` for a subdomain of the organisational domain.
    pub policy: Option<Disposition>,
    /// The share of failing mail that it is applied to, in percent (§6.3 `pct`).
    pub percent: u8,
    /// The SPF domain passed and is aligned.
    pub spf_aligned: bool,
    /// A DKIM domain passed and is aligned.
    pub dkim_aligned: bool,
    /// A sentence that says why.
    pub reason: String,
}

/// The organisational domain by the public suffix list: one label more than the suffix; a suffix is its own. Under a
/// top-level domain that the list does not know, two labels (the list's rule `*`).
pub(super) fn organization(domain: &Name) -> Name {
    let text = name::show(domain);
    let labels = psl::domain_str(&text).map_or(usize::MAX, |d| d.split('.').count());
    domain.last(labels)
}

/// What such a reader finds for mail of `author` of which nothing passes.
pub async fn legacy_view(lookup: &dyn Lookup, author: &Name) -> LegacyView {
    legacy(&mut Walker::new(lookup), author, &Identifiers::default()).await
}

pub(super) async fn legacy(walker: &mut Walker<'_>, author: &Name, identifiers: &Identifiers) -> LegacyView {
    let own_organization = organization(author);
    let mut view = LegacyView {
        result: DmarcResult::None,
        organizational_domain: name::show(&own_organization),
        policy_domain: None,
        record: None,
        policy: None,
        percent: 100,
        spf_aligned: false,
        dkim_aligned: false,
        reason: String::new(),
    };
    // §6.6.3: the author domain, and if nothing there begins `v=DMARC1`, the organisational domain.
    let mut domain = author;
    let mut step = walker.step(domain).await;
    if !step.shown.failed && step.candidates == 0 && *author != own_organization {
        domain = &own_organization;
        step = walker.step(domain).await;
    }
    if step.shown.failed {
        view.result = DmarcResult::TempError;
        view.reason = format!("the TXT records of {} are unknown: {}", step.shown.name, step.shown.outcome);
        return view;
    }
    // §6.6.3 step 5: several records end it, and so does none.
    let Some(octets) = &step.record else {
        view.reason = match step.candidates {
            0 => format!("no record at _dmarc.{} or at the organisational domain", name::show(author)),
            n => format!("{n} records at {}: DMARC does not apply", step.shown.name),
        };
        return view;
    };
    view.record = step.shown.record.clone();
    view.policy_domain = Some(name::show(domain));
    let Some(record) = DmarcRecord::read(octets).into_record() else { return view };
    let Some(policy) = policy(&record, domain != author) else {
        view.reason = format!("the record at {} has no valid `p` and no valid `rua`: ignored", step.shown.name);
        return view;
    };
    view.policy = Some(policy.into());
    view.percent = record.percent.unwrap_or(100);
    let aligned = |identifier: &Name, mode: Alignment| match mode {
        Alignment::Strict => identifier == author,
        Alignment::Relaxed => organization(identifier) == own_organization,
    };
    view.spf_aligned = identifiers.spf_pass.iter().any(|i| aligned(i, record.spf_alignment));
    view.dkim_aligned = identifiers.dkim_pass.iter().any(|i| aligned(i, record.dkim_alignment));
    let open = identifiers.spf_temperror.iter().any(|i| aligned(i, record.spf_alignment))
        || identifiers.dkim_temperror.iter().any(|i| aligned(i, record.dkim_alignment));
    view.result = match () {
        () if view.spf_aligned || view.dkim_aligned => DmarcResult::Pass,
        () if open => DmarcResult::TempError,
        () => DmarcResult::Fail,
    };
    view.reason = format!(
        "the record at {} asks for {}{}, organisational domain {}",
        step.shown.name,
        policy.name(),
        if view.percent < 100 { format!(" for {}% of failing mail", view.percent) } else { String::new() },
        view.organizational_domain
    );
    view
}

/// RFC 7489 §6.6.3 step 6: without a valid `p`, or with an `sp` that is not valid, `none` if there is a valid `rua`.
fn policy(record: &DmarcRecord<'_>, inherited: bool) -> Option<Policy> {
    let bad_sp = record.tags.get("sp").is_some() && record.subdomain_policy.is_none();
    match record.policy.filter(|_| !bad_sp) {
        Some(_) if inherited && record.subdomain_policy.is_some() => record.subdomain_policy,
        Some(p) => Some(p),
        None => record.aggregate.iter().any(|uri| uri.valid).then_some(Policy::None),
    }
}
