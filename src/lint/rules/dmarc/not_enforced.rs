//! A policy that asks for nothing.

use crate::lint::rules::prelude::*;
use crate::model::dmarc::Policy;

rule! {
    /// The policy is `none`, or weaker for subdomains than for the domain.
    ///
    /// # Why
    /// Mail that fails is delivered as if there were no DMARC.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// ```
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; sp=none; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.7
    ///
    /// # Since
    /// 0.1.0
    "DMARC018", "not-enforced", Advice, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    let record = dmarc.record;
    if dmarc.site.role == Role::ReportAuthorisation {
        return;
    }
    let Some(policy) = record.policy else { return };
    let place = |tag: &str| record.tags.get(tag).map_or(dmarc.whole(), |t| dmarc.at(t.whole));
    if policy == Policy::None {
        out.report(place("p"), "the policy is `none`")
            .sees("mail that fails is treated as any other; reports are sent")
            .help("go to `quarantine`, then `reject`, once the reports show nothing of yours failing");
        return;
    }
    let weaker = [
        ("sp", record.subdomain_policy, "subdomains"),
        ("np", record.nonexistent_policy, "subdomains that do not exist"),
    ];
    for (tag, value, whom) in weaker {
        if let Some(value) = value.filter(|v| *v < policy) {
            out.report(place(tag), format!("the policy for {whom} is weaker than that of the domain"))
                .sees(format!("`{}` for {whom}, `{}` for the domain", value.name(), policy.name()))
                .help(format!("remove `{tag}`, or make it as strong as `p`"));
        }
    }
}
