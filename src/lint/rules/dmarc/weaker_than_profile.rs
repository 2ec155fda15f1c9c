//! A policy that does less than the profile says.

use crate::lint::rules::prelude::*;
use crate::model::dmarc::{Alignment, DmarcRecord, Policy};
use crate::profile::desired::dmarc;

rule! {
    /// The published DMARC record is weaker than the profile's.
    ///
    /// # Why
    /// What was decided is not what receivers are told: somebody took the policy back, or never published it.
    ///
    /// # Bad
    /// ```profile
    /// profile: dmarc: {policy: reject, strict_dkim: true}
    /// zone:    _dmarc TXT "v=DMARC1; p=none; rua=mailto:d@example.com"
    /// ```
    ///
    /// # Good
    /// ```profile
    /// profile: dmarc: {policy: reject, strict_dkim: true}
    /// zone:    _dmarc TXT "v=DMARC1; p=reject; adkim=s; rua=mailto:d@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.7
    ///
    /// # Since
    /// 0.1.0
    "DMARC028", "weaker-than-profile", Warning, Profile, Profile(check)
}

fn check(view: &ProfileView<'_>, out: &mut Sink<'_>) {
    // A parked domain has a rule of its own; an inherited record is another domain's.
    if view.own.domain.parked || view.own.domain.dmarc.inherited {
        return;
    }
    let Some(name) = wire::child(b"_dmarc", &view.own.name) else { return };
    let Some(texts) = view.texts(&name) else { return out.unseen(&name) };
    let Ok(decided) = dmarc::text(&view.own.domain) else { return };
    let Some(decided) = DmarcRecord::read(decided.as_bytes()).into_record() else { return };
    // That there is none, or that there are several, is told by other rules.
    let mut ours =
        texts.iter().map(|t| (t, DmarcRecord::read(&t.decoded.octets))).filter(|(_, reading)| reading.is_ours());
    let (Some((text, reading)), None) = (ours.next(), ours.next()) else { return };
    let Some(published) = reading.into_record() else { return };
    let weaker = differences(&published, &decided);
    if !weaker.is_empty() {
        out.report(text.spot(), format!("weaker than the profile: {}", weaker.join("; ")))
            .sees("forged mail is treated more mildly than was decided")
            .help("publish the profile's record with mailproof push, or write into the profile what holds now");
    }
}

/// Where `published` does less than `decided`, each with what is published and what the profile says.
fn differences(published: &DmarcRecord<'_>, decided: &DmarcRecord<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let mut policy = |tag: &str, is: Option<Policy>, wanted: Option<Policy>| {
        if is < wanted {
            let is = is.map_or("no valid value", Policy::name);
            out.push(format!("`{tag}` is {is}, not {}", wanted.map_or("none", Policy::name)));
        }
    };
    policy("p", published.effective_policy(), decided.effective_policy());
    // Without a tag of their own they follow `p` (RFC 9989 §4.7), which has been told then.
    if published.subdomain_policy.is_some() || decided.subdomain_policy.is_some() {
        policy("sp", published.for_subdomains(), decided.for_subdomains());
    }
    if published.nonexistent_policy.is_some() || decided.nonexistent_policy.is_some() {
        policy("np", published.for_nonexistent(), decided.for_nonexistent());
    }
    for (tag, is, wanted) in [
        ("adkim", published.dkim_alignment, decided.dkim_alignment),
        ("aspf", published.spf_alignment, decided.spf_alignment),
    ] {
        if (is, wanted) == (Alignment::Relaxed, Alignment::Strict) {
            out.push(format!("`{tag}` is relaxed, not strict"));
        }
    }
    if published.testing && !decided.testing {
        out.push("`t` is y, not n: the policy is applied one step weaker".into());
    }
    // A profile has no such tag: readers of RFC 7489 apply its policy to all mail.
    if let Some(percent) = published.percent.filter(|percent| *percent < 100) {
        out.push(format!("`pct` is {percent}, not 100"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_values() {
        for (published, decided, want, why) in [
            ("p=reject", "p=reject", "", "the same"),
            ("p=reject; sp=reject; adkim=s; aspf=s", "p=quarantine", "", "stricter is no drift of this kind"),
            ("p=none", "p=reject", "`p` is none, not reject", "taken back"),
            ("p=quarantine", "p=reject", "`p` is quarantine, not reject", "by one step"),
            ("p=nonsense", "p=none", "`p` is no valid value, not none", "a value that is none"),
            ("p=reject; sp=none", "p=reject", "`sp` is none, not reject", "subdomains left out"),
            ("p=reject", "p=reject; sp=none", "", "subdomains stricter than decided"),
            ("p=none", "p=none; sp=reject", "`sp` is none, not reject", "the profile is stricter for subdomains"),
            ("p=reject; np=none", "p=reject", "`np` is none, not reject", "names that do not exist left out"),
            ("p=reject; sp=none; np=reject", "p=reject", "`sp` is none, not reject", "`np` by itself"),
            (
                "p=reject; sp=none",
                "p=reject; np=reject",
                "`sp` is none, not reject; `np` is none, not reject",
                "`np` follows `sp`",
            ),
            ("p=reject; adkim=r", "p=reject; adkim=s", "`adkim` is relaxed, not strict", "alignment of DKIM"),
            ("p=reject", "p=reject; aspf=s", "`aspf` is relaxed, not strict", "relaxed is what goes without saying"),
            ("p=reject; t=y", "p=reject", "`t` is y, not n: the policy is applied one step weaker", "testing"),
            ("p=reject; t=y", "p=reject; t=y", "", "testing as decided"),
            ("p=reject; pct=25", "p=reject", "`pct` is 25, not 100", "a share, for readers of RFC 7489"),
            ("p=reject; pct=100", "p=reject", "", "all of it"),
            (
                "p=none; sp=none; pct=0; t=y",
                "p=reject; sp=quarantine",
                "`p` is none, not reject; `sp` is none, not quarantine; `t` is y, not n: the policy is applied one step \
                 weaker; `pct` is 0, not 100",
                "all at once",
            ),
        ] {
            let texts = [published, decided].map(|tags| format!("v=DMARC1; {tags}"));
            let [published, decided] =
                texts.each_ref().map(|text| DmarcRecord::read(text.as_bytes()).into_record().unwrap());
            assert_eq!(differences(&published, &decided).join("; "), want, "{why}");
        }
    }
}
