//! The sentence of a verdict.

use crate::auth::dmarc::{Alignment, Discovery, DmarcResult, PolicyTag};

pub(super) fn verdict(result: DmarcResult, discovery: &Discovery, alignment: &[Alignment]) -> String {
    let domain = &discovery.domain;
    match result {
        DmarcResult::None => match &discovery.policy_domain {
            Some(at) => format!(
                "the record at _dmarc.{at} has no valid policy and no valid `rua` address: it counts for nothing"
            ),
            None => {
                let dropped = discovery.walk.steps.iter().find_map(|s| Some((&s.name, s.dropped.first()?)));
                let because = dropped.map(|(name, d)| format!(": at {name}, {}", d.why)).unwrap_or_default();
                format!("no DMARC record applies to {domain}{because}")
            }
        },
        DmarcResult::Pass => {
            let passed: Vec<String> = alignment
                .iter()
                .filter(|a| !a.temperror && a.aligned == Some(true))
                .map(|a| format!("{} for {} ({})", method(a), a.domain, a.why))
                .collect();
            format!("aligned with {domain}: {}", passed.join(", "))
        }
        DmarcResult::Fail => {
            let others: Vec<String> =
                alignment.iter().filter(|a| !a.temperror).map(|a| format!("{} for {}", method(a), a.domain)).collect();
            let what = if others.is_empty() {
                format!("neither SPF nor DKIM passed for {domain}")
            } else {
                format!("nothing that passed is aligned with {domain}: {}", others.join(", "))
            };
            match policy(discovery) {
                Some(policy) => format!("{what}; {policy}"),
                None => what,
            }
        }
        DmarcResult::TempError | DmarcResult::PermError => {
            let open = alignment.iter().find(|a| a.aligned.is_none() || a.temperror);
            let open = open.map(|a| match a.temperror {
                true => format!("{} for {} could not be judged", method(a), a.domain),
                false => a.why.clone(),
            });
            discovery.failure.clone().or(open).unwrap_or_else(|| "DNS did not answer".into())
        }
    }
}

fn method(alignment: &Alignment) -> &'static str {
    if alignment.method == "spf" { "SPF" } else { "DKIM" }
}

/// What the record asks for.
pub(super) fn policy(discovery: &Discovery) -> Option<String> {
    let at = discovery.policy_domain.as_ref()?;
    let (published, policy) = (discovery.published?, discovery.policy?);
    let tag = match discovery.tag? {
        PolicyTag::P => "p",
        PolicyTag::Sp => "sp",
        PolicyTag::Np => "np",
        PolicyTag::Recovered => return Some(format!("_dmarc.{at} has no valid policy, which acts as none")),
    };
    Some(if discovery.testing {
        format!("_dmarc.{at} asks for {published} ({tag}), in test mode: {policy}")
    } else {
        format!("_dmarc.{at} asks for {policy} ({tag})")
    })
}
