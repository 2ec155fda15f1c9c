//! `mailproof providers check`

use serde_json::json;

use crate::commands::format::Format;
use crate::commands::nearest_zone;
use crate::commands::provider_args::{ProviderArgs, all_definitions};
use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::profile::load;
use crate::profile::schema::ProviderConfig;

/// Arguments of `providers check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    provider: ProviderArgs,
    /// The provider; the profile's by default
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// The zone to read; the profile's by default
    #[arg(long, value_name = "ZONE", requires = "id")]
    zone: Option<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Format,
}

/// Logs in and reads the zone.
///
/// # Errors
/// A configuration error for a credential that is refused or a zone that is not there; unreachable otherwise.
pub fn run(args: &Args, context: &Context) -> Result<Outcome> {
    let (config, apex) = zone(args)?;
    let known = all_definitions(&args.provider.provider_file)?;
    let portal = known.into_iter().find(|d| d.id == config.id).and_then(|d| d.docs);
    let result = args.provider.open(&config, &apex, context).and_then(|provider| {
        let reading = context.run(async { provider.read(&[]).await })?;
        Ok((provider.title(), reading))
    });
    let zone = name::show(&apex);
    let (title, reading) = match result {
        Ok(found) => found,
        Err(error) => {
            let error =
                context.run(async { Ok(nearest_zone::told(error, &args.provider, &config, &apex, context).await) })?;
            if args.format == Format::Json {
                let value = json!({
                    "ok": false, "provider": config.id, "zone": zone, "error": error.to_string(),
                    "hint": error.hint_text(), "portal": portal,
                });
                context.screen.line(format!("{value:#}"));
            } else if let Some(portal) = portal {
                context.screen.note(format!("note: credentials of {} are made at {portal}", config.id));
            }
            return Err(error);
        }
    };
    let sets = reading.snapshot.len() + reading.snapshot.opaque.len();
    if args.format == Format::Json {
        let value = json!({
            "ok": true, "provider": config.id, "title": title, "zone": zone, "record_sets": sets,
            "partial": reading.partial, "notes": reading.notes,
        });
        context.screen.line(format!("{value:#}"));
        return Ok(Outcome::Clean);
    }
    context.screen.line(format!("{title}: {zone} has {sets} record sets"));
    reading.notes.iter().for_each(|note| context.screen.note(format!("note: {note}")));
    Ok(Outcome::Clean)
}

/// The provider and the zone that are meant.
fn zone(args: &Args) -> Result<(ProviderConfig, Name)> {
    if let (Some(id), Some(zone)) = (&args.id, &args.zone) {
        let settings = std::collections::BTreeMap::new();
        return Ok((ProviderConfig { id: id.clone(), zone: None, endpoint: None, settings }, name::domain(zone)?));
    }
    let profile = load::load(&args.provider.profile)?;
    for domain in profile.select(&args.provider.domain)? {
        let fits = |config: &&ProviderConfig| args.id.as_ref().is_none_or(|id| *id == config.id);
        if let Some(config) = domain.provider.as_ref().filter(fits) {
            return Ok((config.clone(), domain.zone()?));
        }
    }
    Err(Error::config("the profile names no such provider")
        .hint("add `provider: {id: ...}` to a domain, or say `providers check ID --zone ZONE`"))
}
