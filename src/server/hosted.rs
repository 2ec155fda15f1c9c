//! A domain whose mail is with a host: what its panel asks for, with the domain's values.

use std::fmt::Write as _;

use crate::error::{Error, Result};
use crate::model::typo::nearest;
use crate::profile::desired::dmarc;
use crate::profile::preset::{self, Alignment, DkimForm, Kind, Preset};
use crate::profile::schema::Domain;

/// The hosts of mailboxes, by title.
///
/// # Errors
/// [`preset::all`]'s.
pub fn all() -> Result<Vec<Preset>> {
    let mut hosts = preset::all()?;
    hosts.retain(|p| matches!(p.kind, Kind::Suite | Kind::Hosting));
    Ok(hosts)
}

/// The host with this id, or the one whose id begins so.
///
/// # Errors
/// A configuration error that names a near one.
pub fn find(id: &str) -> Result<Preset> {
    let hosts = all()?;
    let id = id.to_ascii_lowercase();
    let begin: Vec<&Preset> = hosts.iter().filter(|p| p.id.starts_with(&id)).collect();
    let found = hosts.iter().find(|p| p.id == id).or(match begin.as_slice() {
        [one] => Some(*one),
        _ => None,
    });
    found.cloned().ok_or_else(|| {
        let ids: Vec<&str> = hosts.iter().map(|p| p.id.as_str()).collect();
        let hint = nearest(&id, &ids).map_or_else(
            || "see `mailproof config render --list`".to_string(),
            |guess| format!("did you mean {guess}?"),
        );
        Error::config(format!("no host of mailboxes is known as `{id}`")).hint(hint)
    })
}

/// The steps for `domain`, numbered, in Markdown.
///
/// # Errors
/// A configuration error when the profile's DMARC policy cannot be written.
pub fn steps(host: &Preset, domain: &Domain) -> Result<String> {
    let name = &domain.domain;
    let sender = host.sender(name);
    let mut out = format!("# {} for {name}\n\n", host.title);
    let mut number = 0;
    let mut step = |text: &str| {
        number += 1;
        let _ = writeln!(out, "{number}. {text}");
    };
    match host.mx.as_slice() {
        [] => step(&format!("MX of {name}: the exchangers that its panel names.")),
        tails => step(&format!("MX of {name}: the exchangers that its panel names, below {}.", tails.join(" or "))),
    }
    match (&host.spf.include, host.spf.needed) {
        (Some(include), true) => step(&format!(
            "SPF: `include:{include}` in the one SPF record of {name}. Other terms stay; a second record would spoil both."
        )),
        (_, false) if host.spf.alignment == Alignment::Never => {
            step("SPF: nothing. Its mail has an envelope of its own, so that only DKIM counts for DMARC.");
        }
        _ => step(&format!("SPF: the term that its panel names, in the one SPF record of {name}.")),
    }
    let mut at: Vec<String> = sender
        .dkim_cnames
        .iter()
        .map(|r| format!("\n   - `{}._domainkey.{name}. CNAME {}.`", r.selector, r.target))
        .collect();
    if at.is_empty() {
        let kind = if host.dkim.form == DkimForm::Cname { "CNAME" } else { "TXT" };
        let shown = |s: &String| format!("\n   - `{s}._domainkey.{name}. {kind}`, with the value shown");
        at.extend(host.dkim.selectors.iter().map(shown));
    }
    if host.dkim.form == DkimForm::None {
        at = vec!["\n   - It cannot sign as the domain: its mail passes DMARC by SPF or not at all.".into()];
    }
    step(&format!("DKIM: {}.{}", host.steps, at.concat()));
    step(&format!("DMARC: `_dmarc.{name}. TXT \"{}\"`", dmarc::text(domain)?));
    step(&format!(
        "Publish: put `{}` under `senders` of the profile (`mailproof setup` does), then `mailproof plan` and `mailproof push`.",
        host.title
    ));
    step(&format!(
        "Prove it: `mailproof check {name}`, then a letter from its webmail to an account elsewhere, saved there as a \
         file: `mailproof test --sending --to YOU@ELSEWHERE --read eml:FILE`."
    ));
    let received = host.receiving.as_deref().unwrap_or(
        "the host judges it in its own way, and no setting of it is known here. Whether it refuses under p=reject its own \
         documentation says; `mailproof test --receiving` is for servers of one's own",
    );
    let _ = writeln!(out, "\nWhat comes in: {received}.\n\nRead at {} on {}.", host.source.url, host.source.read);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_has_steps() {
        let domain: Domain = serde_yaml::from_str("{domain: shop.example.com, dmarc: {policy: reject}}").unwrap();
        let hosts = all().unwrap();
        assert!(hosts.len() >= 20, "{}", hosts.len());
        for host in &hosts {
            let text = steps(host, &domain).unwrap();
            for want in [
                "1. MX of shop.example.com",
                "2. SPF: ",
                "3. DKIM: ",
                "4. DMARC: `_dmarc.shop.example.com. TXT \"v=DMARC1; p=reject",
                "6. Prove it",
            ] {
                assert!(text.contains(want), "{}: {want}\n{text}", host.id);
            }
            assert!(!text.contains('{'), "{}: not filled in\n{text}", host.id);
        }
    }

    #[test]
    fn found_by_what_people_call_them() {
        assert_eq!(find("microsoft").unwrap().id, "microsoft365");
        assert_eq!(find("Google").unwrap().id, "google");
        assert!(find("sendgrid").is_err(), "it keeps no mailboxes");
        assert!(find("fastmial").unwrap_err().to_string().contains("fastmial"));
    }

    #[test]
    fn records_are_the_domain_s() {
        let domain: Domain = serde_yaml::from_str("{domain: example.com}").unwrap();
        let text = steps(&find("fastmail").unwrap(), &domain).unwrap();
        assert!(text.contains("`fm1._domainkey.example.com. CNAME fm1.example.com.dkim.fmhosted.com.`"), "{text}");
        assert!(text.contains("`include:spf.messagingengine.com`"), "{text}");
        let text = steps(&find("microsoft365").unwrap(), &domain).unwrap();
        assert!(text.contains("`selector1._domainkey.example.com. CNAME`, with the value shown"), "{text}");
        assert!(text.contains("Honor DMARC record policy"), "{text}");
    }
}
