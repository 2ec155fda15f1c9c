//! Questions about who keeps the zone.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::interview::asker::{Answer, Choice, Kind, Need, Question};
use crate::interview::detect::DnsApi;
use crate::interview::flow::{Draft, Talk};
use crate::model::name;
use crate::profile::leaf;
use crate::profile::schema::ProviderConfig;
use crate::provider::recognise;

/// A provider that can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Patterns of its name servers' names ([`recognise::fits`]).
    pub nameservers: Vec<String>,
    /// What its endpoint is, if it is asked for: the usual one, or empty where there is none.
    pub endpoint: Option<String>,
    /// What the endpoint is for, in a few words.
    pub endpoint_help: String,
    /// What else it asks for.
    pub settings: Vec<OfferSetting>,
}

/// Something that a provider asks for and is no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferSetting {
    /// Its key in the profile.
    pub key: String,
    /// What it is, for people.
    pub what: String,
    /// What it is if nothing is said.
    pub default: Option<String>,
}

impl Offer {
    /// Whether the name server `host` is its.
    fn serves_at(&self, host: &str) -> bool {
        self.nameservers.iter().any(|pattern| recognise::fits(pattern, host))
    }
}

impl Talk<'_> {
    /// The provider whose name servers most of the zone's are; or the software of this machine that serves the zone.
    pub(super) fn keeper(&self) -> Option<&Offer> {
        if let Some(api) = self.api_here() {
            return self.offers.iter().find(|o| o.id == api.provider);
        }
        let served = |o: &Offer| self.found.name_servers.iter().filter(|ns| o.serves_at(ns)).count();
        let counted = self.offers.iter().map(|o| (served(o), o)).filter(|(count, _)| *count > 0);
        counted.rev().max_by_key(|(count, _)| *count).map(|(_, offer)| offer)
    }

    fn api_here(&self) -> Option<DnsApi> {
        self.scout.machine().dns_api.filter(|_| self.found.served_here)
    }

    /// The provider; without one the records are printed.
    pub(super) fn provider(&mut self, draft: &mut Draft) -> Result<()> {
        let offers = self.offers;
        let mut choices: Vec<Choice> = offers.iter().map(|o| Choice::new(&o.id, o.title.clone())).collect();
        choices.push(Choice::new("none", "none of these  I publish the records by hand"));
        let guessed = self.keeper();
        // The proposal, and the way out, are seen without paging.
        let proposed = guessed.map_or("none", |o| &o.id);
        choices.sort_by_key(|choice| choice.id != proposed);
        let question = Question {
            id: "provider".into(),
            text: format!("Who keeps the zone of {}?", draft.domain.domain),
            help: String::new(),
            kind: Kind::One(&choices),
            default: Some(Answer::Text(proposed.into())),
        };
        let id = Need::unless(guessed.is_some()).text(self.asker, &question)?;
        let Some(offer) = offers.iter().find(|o| o.id == id) else { return Ok(()) };
        let endpoint = self.endpoint(offer)?;
        let mut settings = BTreeMap::new();
        for setting in &offer.settings {
            let question = Question {
                id: format!("setting.{}", setting.key),
                text: setting.what.clone(),
                help: String::new(),
                kind: Kind::Text(&leaf::text),
                default: setting.default.clone().map(Answer::Text),
            };
            let value = Need::unless(setting.default.is_some()).text(self.asker, &question)?;
            if setting.default.as_ref() != Some(&value) {
                settings.insert(setting.key.clone(), value);
            }
        }
        let zone = self.zone(&draft.domain.domain)?;
        draft.domain.provider = Some(ProviderConfig { id, zone, endpoint, settings });
        Ok(())
    }

    fn endpoint(&mut self, offer: &Offer) -> Result<Option<String>> {
        let Some(usual) = &offer.endpoint else { return Ok(None) };
        let here = self.api_here().filter(|api| api.provider == offer.id).map(|api| api.endpoint);
        let proposed = here.clone().unwrap_or_else(|| usual.clone());
        let question = Question {
            id: "provider.endpoint".into(),
            text: format!("Address of {}", offer.title),
            help: offer.endpoint_help.clone(),
            kind: Kind::Text(&leaf::text),
            default: (!proposed.is_empty()).then(|| Answer::Text(proposed.clone())),
        };
        let endpoint = Need::unless(here.is_some()).text(self.asker, &question)?;
        Ok((endpoint != *usual).then_some(endpoint))
    }

    /// Asked only where the domain is seen not to be a zone of its own.
    fn zone(&mut self, domain: &str) -> Result<Option<String>> {
        let Some(found) = self.found.zone.clone().filter(|zone| zone != domain) else { return Ok(None) };
        let apex = domain.to_string();
        let holds = |text: &str| {
            leaf::dns_name(text)?;
            match (name::domain(text), name::domain(&apex)) {
                (Ok(zone), Ok(domain)) if zone.zone_of(&domain) => Ok(()),
                _ => Err(format!("does not hold {apex}")),
            }
        };
        let question = Question {
            id: "provider.zone".into(),
            text: "Zone that the records go into".into(),
            help: format!("{domain} is not a zone of its own."),
            kind: Kind::Text(&holds),
            default: Some(Answer::Text(found)),
        };
        let zone = name::show(&name::domain(&Need::Settle.text(self.asker, &question)?)?);
        Ok((zone != domain).then_some(zone))
    }
}
