//! Services that send mail for other people's domains: `templates/senders/*.yaml`, one file each.
//!
//! A preset says what the service asks to be published, whether its mail can pass DMARC by SPF and by DKIM, what is left
//! to do in its panel, and how it is recognised in a domain's records and in reports.

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::profile::schema::{DkimCname, Sender};

/// The names and texts of `templates/senders/*.yaml`.
const TEXTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/senders.rs"));

/// A service that sends for other people's domains.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// What answers files call it: the name of its file.
    #[serde(skip)]
    pub id: String,
    /// What people call it.
    pub title: String,
    /// What people have it for.
    pub kind: Kind,
    /// How its mail exchangers' names end, if it receives mail, too.
    #[serde(default)]
    pub mx: Vec<String>,
    /// What it asks of SPF.
    #[serde(default)]
    pub spf: PresetSpf,
    /// What it asks of DKIM.
    pub dkim: PresetDkim,
    /// Domains of its own that its mail bears in the envelope or in `d=`; reports name them.
    #[serde(default)]
    pub domains: Vec<String>,
    /// What the person does in its panel, a sentence without a full stop.
    pub steps: String,
    /// What it does with mail that comes in, and what can be set, a sentence without a full stop; where that is known.
    #[serde(default)]
    pub receiving: Option<String>,
    /// Where this is documented.
    pub source: Source,
}

/// What a service is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Mailboxes, and much beside them.
    Suite,
    /// Web space with mail, or rented servers.
    Hosting,
    /// Mail that programs send, one by one.
    Transactional,
    /// Newsletters and campaigns.
    Newsletters,
    /// Customers and sales.
    Crm,
    /// Help desk.
    Desk,
    /// Shop.
    Shop,
    /// Anything else.
    Other,
}

/// What a service asks of SPF.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetSpf {
    /// The documented domain to include.
    #[serde(default)]
    pub include: Option<String>,
    /// What else it has asked to include: older values, and those of its other regions.
    #[serde(default)]
    pub also: Vec<String>,
    /// Whether the domain's own record has to include it: its mail then has the domain itself in the envelope.
    #[serde(default)]
    pub needed: bool,
    /// Whether its mail passes DMARC by SPF.
    #[serde(default)]
    pub alignment: Alignment,
}

/// Whether a service's mail has the author's domain in the envelope, so that SPF counts for DMARC (RFC 9989 §4.4.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alignment {
    /// The envelope has the service's own domain.
    #[default]
    Never,
    /// Once a return-path host below the domain has been set up in its panel.
    ReturnPath,
    /// The envelope has the author's domain.
    Always,
}

/// What a service asks of DKIM.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetDkim {
    /// How its key gets into the domain.
    pub form: DkimForm,
    /// The selectors that it uses, if they are the same for everybody.
    #[serde(default)]
    pub selectors: Vec<String>,
    /// The records, if they are the same for everybody; `{domain}` and `{dashed}` stand for the domain, plain and with
    /// dashes for dots.
    #[serde(default)]
    pub records: Vec<DkimCname>,
    /// How the targets of its CNAME records end.
    #[serde(default)]
    pub targets: Vec<String>,
}

/// How a service's DKIM key gets into a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DkimForm {
    /// CNAME records that lead to keys of the service.
    Cname,
    /// A TXT record with the key itself.
    Txt,
    /// It cannot sign as the domain.
    None,
}

/// Where a fact was read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The page.
    pub url: String,
    /// The day, ISO 8601.
    pub read: String,
}

impl Preset {
    /// Whether the mail exchanger `host` is its.
    pub fn receives_at(&self, host: &str) -> bool {
        ends_in(host, &self.mx)
    }

    /// Whether an SPF record that includes `domain` means it.
    pub fn included_as(&self, domain: &str) -> bool {
        self.spf.include.iter().chain(&self.spf.also).any(|include| include == domain)
    }

    /// Whether a DKIM record that leads to `target` is its.
    pub fn signs_at(&self, target: &str) -> bool {
        ends_in(target, &self.dkim.targets) || self.dkim.records.iter().any(|r| r.target == target)
    }

    /// Whether `domain`, out of an envelope or a `d=`, is its.
    pub fn bears(&self, domain: &str) -> bool {
        ends_in(domain, &self.domains)
    }

    /// As an entry of the profile of `domain`.
    pub fn sender(&self, domain: &str) -> Sender {
        let fill = |text: &str| text.replace("{domain}", domain).replace("{dashed}", &domain.replace('.', "-"));
        let cname = |r: &DkimCname| DkimCname { selector: fill(&r.selector), target: fill(&r.target) };
        Sender {
            name: self.title.clone(),
            include: self.spf.include.clone().filter(|_| self.spf.needed),
            dkim_cnames: self.dkim.records.iter().map(cname).collect(),
            mx: Vec::new(),
        }
    }
}

/// Whether `host` is one of `tails` or below one.
fn ends_in(host: &str, tails: &[String]) -> bool {
    tails.iter().any(|tail| host.strip_suffix(tail.as_str()).is_some_and(|h| h.is_empty() || h.ends_with('.')))
}

/// All presets, by kind and title: the order in which they are offered.
///
/// # Errors
/// A configuration error when a built-in file is broken, which a test rules out.
pub fn all() -> Result<Vec<Preset>> {
    let mut presets = TEXTS.iter().map(|(id, text)| read(id, text)).collect::<Result<Vec<_>>>()?;
    presets.sort_by_cached_key(|p| (p.kind, p.title.to_lowercase()));
    Ok(presets)
}

fn read(id: &str, text: &str) -> Result<Preset> {
    let preset: Preset = serde_yaml::from_str(text)
        .map_err(|e| Error::config(format!("templates/senders/{id}.yaml is no sender")).because(e))?;
    Ok(Preset { id: id.into(), ..preset })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::name;
    use crate::profile::leaf;

    #[test]
    fn every_preset_is_sound() {
        let mut seen = BTreeSet::new();
        let mut once =
            |what: &str, value: &str| assert!(seen.insert(format!("{what} {value}")), "{what} {value} twice");
        for preset in all().unwrap() {
            let id = preset.id.as_str();
            assert_eq!(leaf::provider_id(id), Ok(()), "{id}");
            once("title", &preset.title);
            for include in preset.spf.include.iter().chain(&preset.spf.also) {
                assert_eq!(leaf::include(include), Ok(()), "{id}");
                once("include", include);
            }
            assert!(preset.spf.include.is_some() || !preset.spf.needed, "{id}: what is to be included?");
            assert!(
                !preset.spf.needed || preset.spf.alignment != Alignment::Never,
                "{id}: an include that helps nobody"
            );
            for (what, tails) in [("mx", &preset.mx), ("target", &preset.dkim.targets), ("domain", &preset.domains)] {
                for tail in tails {
                    assert!(name::domain(tail).is_ok() && tail.to_lowercase() == *tail, "{id}: {tail}");
                    once(what, tail);
                }
            }
            let sender = preset.sender("shop.example.com");
            for record in &sender.dkim_cnames {
                assert!(name::domain(&format!("{}._domainkey.example.com", record.selector)).is_ok(), "{id}");
                assert!(name::domain(&record.target).is_ok(), "{id}: {}", record.target);
            }
            assert!(sender.dkim_cnames.is_empty() || preset.dkim.form == DkimForm::Cname, "{id}");
            assert!(preset.dkim.targets.is_empty() || preset.dkim.form == DkimForm::Cname, "{id}");
            assert!(!preset.steps.is_empty() && !preset.steps.ends_with('.'), "{id}");
            assert!(preset.source.url.starts_with("https://"), "{id}");
            assert!(preset.source.read.parse::<jiff::civil::Date>().is_ok(), "{id}: {}", preset.source.read);
        }
    }

    #[test]
    fn recognised_by_whole_labels() {
        let presets = all().unwrap();
        let google = presets.iter().find(|p| p.id == "google").unwrap();
        for (host, want) in
            [("aspmx.l.google.com", true), ("smtp.google.com", true), ("google.com", true), ("notgoogle.com", false)]
        {
            assert_eq!(google.receives_at(host), want, "{host}");
        }
    }
}
