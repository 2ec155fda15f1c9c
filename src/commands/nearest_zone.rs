//! The zone that a provider has for a name: the name itself, or the nearest name above it.

use crate::commands::Context;
use crate::commands::provider_args::ProviderArgs;
use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::profile::schema::{Domain, Profile, ProviderConfig};
use crate::provider::lacks_zone;

/// The nearest zone that the provider has, from `at` upwards: the longest match.
///
/// # Errors
/// Those of the provider, but not that a zone is missing.
async fn nearest(args: &ProviderArgs, config: &ProviderConfig, at: &Name, context: &Context) -> Result<Option<Name>> {
    let mut at = at.clone();
    // Above the registrable domain are zones of registries.
    while psl::domain_str(&name::show(&at)).is_some() {
        let provider = args.open(config, &at, context)?;
        match provider.read(&[]).await {
            Ok(_) => return Ok(Some(at)),
            Err(error) if lacks_zone(&error) => at = at.parent(),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Gives every domain of `profile` that may be part of a zone, and whose zone nobody names, the nearest zone that its
/// provider has; the domains are those that `args` name. Says so for each.
///
/// # Errors
/// Those of [`Profile::select`]. What a provider does not answer here is told where its zone is read.
pub async fn fill_in(profile: &mut Profile, args: &ProviderArgs, context: &Context) -> Result<()> {
    let open: Vec<Domain> = profile.select(&args.domain)?.into_iter().filter(|d| may_be_part(d)).cloned().collect();
    for domain in open {
        let (Some(config), owner) = (&domain.provider, domain.name()?) else { continue };
        let Ok(Some(zone)) = nearest(args, config, &owner, context).await else { continue };
        if zone == owner {
            continue;
        }
        let zone = name::show(&zone);
        context.screen.note(format!(
            "note: {} stands in the zone {zone}, the nearest that the provider has; `zone: {zone}` beside the provider's \
             id in the profile saves the search",
            domain.domain
        ));
        for entry in profile.domains.iter_mut().filter(|d| d.domain == domain.domain) {
            if let Some(config) = &mut entry.provider {
                config.zone = Some(zone.clone());
            }
        }
    }
    Ok(())
}

/// A domain below a registrable one, of which nothing says what zone it is in. A file on disk is the zone it is.
fn may_be_part(domain: &Domain) -> bool {
    let named = domain.provider.as_ref().is_none_or(|p| p.zone.is_some() || p.id == "zone-file");
    !named && psl::domain_str(&domain.domain).is_some_and(|own| own != domain.domain)
}

/// `error` of the zone at `apex`; if the zone is missing and the provider has one above it, told so.
pub async fn told(error: Error, args: &ProviderArgs, config: &ProviderConfig, apex: &Name, context: &Context) -> Error {
    if !lacks_zone(&error) {
        return error;
    }
    match nearest(args, config, &apex.parent(), context).await {
        Ok(Some(zone)) => {
            let zone = name::show(&zone);
            Error::config(format!("{}; it has {zone}, which holds {}", error.message(), name::show(apex)))
                .hint(format!("set `zone: {zone}` beside the provider's id in the profile"))
        }
        _ => error,
    }
}
