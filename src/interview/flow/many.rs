//! Further domains with the answers of the first.

use crate::error::Result;
use crate::interview::flow::{Draft, Talk};
use crate::model::dmarc::Policy;
use crate::model::name::{self, Name};
use crate::profile::leaf;
use crate::profile::schema::{DmarcPolicy, Domain, ProviderConfig, Sender, Spf};

impl Talk<'_> {
    /// `domain` as the answers about the first one make it. What it has published of its own stays: its further SPF
    /// terms, where reports about it go, and a DMARC policy that is stricter.
    pub(super) fn alike(&mut self, domain: &Name, draft: &Draft) -> Result<Domain> {
        let shown = name::show(domain);
        self.asker.say(&format!("\n  {shown}: with the same answers"));
        self.found = self.scout.look(domain)?;
        self.tell_found(domain);
        let first = &draft.domain;
        let mut alike = Domain { domain: shown.clone(), ..first.clone() };
        for host in &mut alike.hosts {
            // The zone of the first has them.
            host.publish_addresses = false;
        }
        let chosen = &self.chosen;
        let left = self.left.clone();
        let theirs = |s: &Sender| s.include.as_ref().is_some_and(|i| left.contains(&format!("include:{i}")));
        alike.senders.retain(|s| !theirs(s));
        alike.senders.retain(|s| !self.presets.iter().any(|p| chosen.contains(&p.id) && p.title == s.name));
        let presets = self.presets.iter().filter(|p| chosen.contains(&p.id));
        let own: Vec<_> = presets.map(|p| self.sender_of(p, &shown)).collect();
        alike.senders.splice(0..0, own);
        if !first.parked {
            let mut terms: Vec<String> = first.spf.terms.iter().filter(|t| !left.contains(t)).cloned().collect();
            terms.extend(self.usable_terms().into_iter().filter(|t| !t.starts_with("include:")));
            terms.dedup();
            alike.spf = Spf { all: first.spf.all, terms, drop: Vec::new() };
            let published = self.found.dmarc.as_ref().and_then(|d| d.policy);
            alike.dmarc.policy = match (published, first.dmarc.policy) {
                (Some(Policy::Reject), _) => DmarcPolicy::Reject,
                (Some(Policy::Quarantine), DmarcPolicy::None) => DmarcPolicy::Quarantine,
                (_, asked) => asked,
            };
            let published = self.found.dmarc.iter().flat_map(|d| &d.reports);
            let kept: Vec<String> = published.filter(|text| leaf::report_address(text).is_ok()).cloned().collect();
            if !kept.is_empty() {
                alike.dmarc.reports = kept;
            }
        }
        // A policy file and its id are each domain's own.
        alike.mta_sts = None;
        let zone = self.found.zone.clone().filter(|zone| *zone != shown);
        let keeper = self.keeper().map(|offer| offer.id.clone());
        alike.provider = first.provider.as_ref().map(|shared| match keeper {
            Some(id) if id != shared.id => {
                ProviderConfig { id, zone: zone.clone(), endpoint: None, settings: Default::default() }
            }
            _ => ProviderConfig { zone: zone.clone(), ..shared.clone() },
        });
        Ok(alike)
    }
}
