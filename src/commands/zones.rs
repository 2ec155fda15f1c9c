//! The zones of a profile: domains that share one are planned together.

use std::path::Path;

use crate::commands::dns_args::DnsArgs;
use crate::commands::proof_of::{Planned, proof_of};
use crate::commands::spf_cost;
use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, RecordSet, Snapshot};
use crate::plan::Plan;
use crate::plan::build::{Inputs, build_with};
use crate::plan::merge::{SpfMode, SpfWay};
use crate::profile::desired::desired;
use crate::profile::key_files;
use crate::profile::schema::{Domain, Profile, ProviderConfig};
use crate::prove::proof_summary::ProofSummary;
use crate::provider::{Provider, Reading};

/// One zone and what is wanted in it.
#[derive(Debug)]
pub struct Zone<'a> {
    /// Its apex.
    pub apex: Name,
    /// Where it is kept.
    pub provider: &'a ProviderConfig,
    /// The domains in it.
    pub domains: Vec<&'a Domain>,
    /// The record sets that they need.
    pub wanted: Snapshot,
    /// Record sets that belong into zones of others.
    pub elsewhere: Vec<RecordSet>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// The zones of the domains called `names`, all where none is; key files are relative to `folder`.
///
/// # Errors
/// A configuration error: a domain without a provider, two in one zone with different ones, a key that cannot be read.
pub fn zones<'a>(profile: &'a Profile, names: &[String], folder: &Path) -> Result<Vec<Zone<'a>>> {
    let mut out: Vec<Zone<'a>> = Vec::new();
    for domain in profile.select(names)? {
        let provider = domain.provider.as_ref().ok_or_else(|| {
            Error::config(format!("the profile does not say where the zone of {} is kept", domain.domain))
                .hint("add `provider: {id: ...}`; `mailproof providers list` shows those there are")
        })?;
        let wish = desired(domain, &key_files::records(domain, folder)?)?;
        let apex = domain.zone()?;
        let index = match out.iter().position(|zone| zone.apex == apex) {
            Some(index) if !out[index].provider.same_place(provider) => {
                return Err(Error::config(format!(
                    "the profile names two providers for the zone {}",
                    name::show(&apex)
                )));
            }
            Some(index) => index,
            None => {
                let wanted = Snapshot::new(apex.clone());
                let (elsewhere, notes) = (Vec::new(), Vec::new());
                out.push(Zone { apex, provider, domains: Vec::new(), wanted, elsewhere, notes });
                out.len() - 1
            }
        };
        let zone = &mut out[index];
        zone.domains.push(domain);
        wish.snapshot.sets().for_each(|set| zone.wanted.put(set.clone()));
        zone.elsewhere.extend(wish.elsewhere);
        zone.notes.extend(wish.notes);
    }
    share(&mut out);
    Ok(out)
}

/// What a zone needs in another one of these goes there, such as the leave for reports about a domain at another.
fn share(zones: &mut [Zone<'_>]) {
    for from in 0..zones.len() {
        for set in std::mem::take(&mut zones[from].elsewhere) {
            let holds = |zone: &&mut Zone<'_>| zone.apex.zone_of(&set.name);
            match zones.iter_mut().filter(holds).max_by_key(|zone| zone.apex.depth()) {
                // What stands there already is the same wish.
                Some(zone) if zone.wanted.get(&set.name, set.rtype).is_some() => {}
                Some(zone) => zone.wanted.put(set),
                None => zones[from].elsewhere.push(set),
            }
        }
    }
}

impl Zone<'_> {
    /// Reads the zone and plans.
    ///
    /// # Errors
    /// Those of the provider, and refusals of the plan.
    pub async fn plan(&self, provider: &dyn Provider, spf: SpfMode, dns: &DnsArgs) -> Result<(Reading, Plan)> {
        let keys: Vec<Key> = self.wanted.sets().map(RecordSet::key).collect();
        let reading = provider.read(&keys).await?;
        let ways: Vec<(Name, SpfWay)> =
            self.domains.iter().map(|d| Ok((d.name()?, way(d, spf)))).collect::<Result<_>>()?;
        let inputs = Inputs {
            observed: &reading.snapshot,
            partial: reading.partial,
            desired: &self.wanted,
            remove: &[],
            spf,
            provider: provider.id(),
            normalise: &|set| provider.normalise(set),
        };
        let of_owner = |owner: &Name| {
            let own = ways.iter().find(|(name, _)| name == owner).map(|(_, way)| way.clone());
            own.unwrap_or_else(|| spf.into())
        };
        let mut plan = build_with(&inputs, &of_owner)?;
        // Without a name server to ask only the record itself is counted, which the merge has done.
        if let Ok(resolver) = dns.resolver() {
            spf_cost::note(&mut plan, &resolver).await?;
        }
        plan.notes.extend(reading.notes.iter().chain(&self.notes).cloned());
        for set in &self.elsewhere {
            plan.notes.push(format!(
                "{} {} belongs into another zone: ask for it there, `mailproof records` shows it",
                name::show(&set.name),
                set.rtype
            ));
        }
        Ok((reading, plan))
    }

    /// Whether mail would pass under `plan`, which was made of `reading`; key files are relative to `folder`.
    ///
    /// # Errors
    /// Those of [`proof_of`].
    pub async fn prove(
        &self,
        reading: &Reading,
        plan: &Plan,
        folder: &Path,
        dns: &DnsArgs,
    ) -> Result<Option<ProofSummary>> {
        let observed = &reading.snapshot;
        proof_of(&Planned { domains: &self.domains, folder, observed, plan, nameservers: &dns.nameserver }).await
    }
}

/// What becomes of the published SPF record of `domain`. Where nobody sends, whoever its record still names is to go.
fn way(domain: &Domain, mode: SpfMode) -> SpfWay {
    let mode = if domain.parked || domain.sends_nothing() { SpfMode::Replace } else { mode };
    SpfWay { mode, drop: domain.spf.drop.clone() }
}
