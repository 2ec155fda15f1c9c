//! Who keeps the zone of a domain, as its name servers say.

use std::collections::BTreeMap;

use hickory_proto::rr::{RData, RecordType};

use crate::commands::Context;
use crate::commands::dns_args::DnsArgs;
use crate::dns::authority::zone_of;
use crate::dns::lookup::Lookup;
use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::profile::schema::{Profile, ProviderConfig};
use crate::provider::definition::Definition;
use crate::provider::recognise;

/// The zone of a domain and its servers.
#[derive(Clone, Debug)]
pub struct KeptBy {
    /// The apex of the zone that the domain is in.
    pub zone: Name,
    /// Its name servers, sorted.
    pub name_servers: Vec<String>,
    /// The provider whose servers these are, if that is known.
    pub definition: Option<Definition>,
}

/// Asks DNS who keeps the zone of `domain`.
///
/// # Errors
/// Unreachable when DNS does not answer, a configuration error when there is no such zone.
pub async fn kept_by(lookup: &dyn Lookup, domain: &Name, definitions: &[Definition]) -> Result<KeptBy> {
    let shown = name::show(domain);
    let failed = |e| Error::unreachable(format!("DNS does not say which zone {shown} is in: {e}"));
    let zone = zone_of(lookup, domain).await.map_err(failed)?;
    // The zone of a name that does not exist is `com` or the like, which is nobody's to publish in.
    let zone = zone.filter(|zone| psl::domain_str(&name::show(zone)).is_some());
    let zone = zone.ok_or_else(|| {
        Error::config(format!("{shown} is in no zone of its own")).hint("is the domain registered, and delegated?")
    })?;
    let answer = lookup.lookup(&zone, RecordType::NS).await.map_err(failed)?;
    let mut name_servers: Vec<String> = answer
        .records
        .iter()
        .filter_map(|data| match data {
            RData::NS(target) => Some(Name::from(&target.0).to_string()),
            _ => None,
        })
        .collect();
    name_servers.sort();
    let definition = recognise::keeper(definitions, &name_servers).cloned();
    Ok(KeptBy { zone, name_servers, definition })
}

/// Gives every domain of `profile` that names no provider the one whose name servers it has, if that is known; `names`
/// as in [`Profile::select`]. Says so for each.
///
/// # Errors
/// Those of [`Profile::select`]; a domain that is not recognised stays as it is.
pub fn fill_in(
    profile: &mut Profile,
    names: &[String],
    definitions: &[Definition],
    dns: &DnsArgs,
    context: &Context,
) -> Result<()> {
    let open = profile.select(names)?.into_iter().filter(|d| d.provider.is_none());
    let open: Vec<(String, Name)> = open.map(|d| Ok((d.domain.clone(), d.name()?))).collect::<Result<_>>()?;
    for (domain, owner) in open {
        let Ok(resolver) = dns.resolver() else { return Ok(()) };
        let Ok(kept) = context.run(async { kept_by(&resolver, &owner, definitions).await }) else { continue };
        let Some(definition) = kept.definition else { continue };
        let zone = (kept.zone != owner).then(|| name::show(&kept.zone));
        let written = match &zone {
            Some(zone) => format!("{{id: {}, zone: {zone}}}", definition.id),
            None => format!("{{id: {}}}", definition.id),
        };
        context.screen.note(format!(
            "note: the name servers of {domain} are those of {}; write `provider: {written}` into the profile to push",
            definition.title
        ));
        let config = ProviderConfig { id: definition.id, zone, endpoint: None, settings: BTreeMap::new() };
        for entry in profile.domains.iter_mut().filter(|d| d.domain == domain) {
            entry.provider = Some(config.clone());
        }
    }
    Ok(())
}
