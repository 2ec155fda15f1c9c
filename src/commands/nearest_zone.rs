//! The zone that a provider has for a name: the name itself, or the nearest name above it.

use crate::commands::Context;
use crate::commands::provider_args::ProviderArgs;
use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::profile::schema::ProviderConfig;
use crate::provider::lacks_zone;

/// The nearest zone above `apex` that the provider has: the longest match.
///
/// # Errors
/// Those of the provider, but not that a zone is missing.
pub fn above(args: &ProviderArgs, config: &ProviderConfig, apex: &Name, context: &Context) -> Result<Option<Name>> {
    let mut at = apex.base_name();
    // Above the registrable domain are zones of registries.
    while psl::domain_str(&name::show(&at)).is_some() {
        let provider = args.open(config, &at, context)?;
        match context.run(async { provider.read(&[]).await }) {
            Ok(_) => return Ok(Some(at)),
            Err(error) if lacks_zone(&error) => at = at.base_name(),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// `error` of the zone at `apex`; if the zone is missing and the provider has one above it, told so.
pub fn told(error: Error, args: &ProviderArgs, config: &ProviderConfig, apex: &Name, context: &Context) -> Error {
    if !lacks_zone(&error) {
        return error;
    }
    match above(args, config, apex, context) {
        Ok(Some(zone)) => {
            let zone = name::show(&zone);
            Error::config(format!("{}; it has {zone}, which holds {}", error.message(), name::show(apex)))
                .hint(format!("set `zone: {zone}` beside the provider's id in the profile"))
        }
        _ => error,
    }
}
