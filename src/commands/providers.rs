//! `mailproof providers`

use serde_json::{Value, json};

use crate::commands::format::Format;
use crate::commands::provider_args::ProviderArgs;
use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};
use crate::model::name;
use crate::profile::load;
use crate::profile::schema::ProviderConfig;
use crate::provider::builtin;
use crate::provider::definition::Definition;
use crate::report::wrap::pad;

/// Arguments of `providers`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// List the providers there are, and what each is told by
    List(ListArgs),
    /// Read the profile's zone, to see whether the credential works; nothing is written
    Check(CheckArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// A provider's definition of your own; may be repeated
    #[arg(long, value_name = "FILE")]
    provider_file: Vec<std::path::PathBuf>,
    /// How to print them
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Format,
}

#[derive(Debug, clap::Args)]
struct CheckArgs {
    #[command(flatten)]
    provider: ProviderArgs,
    /// The provider; the profile's by default
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// The zone to read; the profile's by default
    #[arg(long, value_name = "ZONE", requires = "id")]
    zone: Option<String>,
}

/// A provider as it is listed.
struct Listed {
    id: String,
    title: String,
    credentials: Vec<String>,
    docs: Option<String>,
}

/// Lists providers, or checks one.
///
/// # Errors
/// Those of a definition, the profile or the provider.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    match args.verb {
        Verb::List(args) => list(&args, context),
        Verb::Check(args) => check(&args, context),
    }
}

fn list(args: &ListArgs, context: &Context) -> Result<Outcome> {
    let own = |id: &str, title: &str, credentials: &[&str]| Listed {
        id: id.into(),
        title: title.into(),
        credentials: credentials.iter().map(|c| (*c).to_string()).collect(),
        docs: None,
    };
    let mut all = vec![
        own("rfc2136", "any name server that takes dynamic updates (RFC 2136)", &["MAILPROOF_TSIG_KEY"]),
        own("zone-file", "a zone file on this machine", &[]),
    ];
    for file in &args.provider_file {
        all.push(listed(&builtin::from_file(file)?));
    }
    for definition in builtin::definitions()? {
        if !all.iter().any(|other| other.id == definition.id) {
            all.push(listed(&definition));
        }
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    if args.format == Format::Json {
        let values: Vec<Value> = all
            .iter()
            .map(|p| json!({"id": p.id, "title": p.title, "credentials": p.credentials, "docs": p.docs}))
            .collect();
        context.screen.line(format!("{:#}", Value::Array(values)));
        return Ok(Outcome::Clean);
    }
    let width = all.iter().map(|p| p.id.len()).max().unwrap_or(0);
    for provider in &all {
        context.screen.line(format!("{}  {}", pad(&provider.id, width), provider.title));
        if !provider.credentials.is_empty() {
            context.screen.line(format!("{}  {}", pad("", width), provider.credentials.join(", ")));
        }
    }
    Ok(Outcome::Clean)
}

fn listed(definition: &Definition) -> Listed {
    Listed {
        id: definition.id.clone(),
        title: definition.title.clone(),
        credentials: definition.credentials.values().map(|c| c.env.clone()).collect(),
        docs: definition.docs.clone(),
    }
}

fn check(args: &CheckArgs, context: &Context) -> Result<Outcome> {
    let (config, apex) = match (&args.id, &args.zone) {
        (Some(id), Some(zone)) => (named(id), name::domain(zone)?),
        (id, _) => {
            let profile = load::load(&args.provider.profile)?;
            let mut found = None;
            for domain in profile.select(&args.provider.domain)? {
                let fits = |config: &&ProviderConfig| id.as_ref().is_none_or(|id| *id == config.id);
                if let Some(config) = domain.provider.as_ref().filter(fits) {
                    found = Some((config.clone(), domain.zone()?));
                    break;
                }
            }
            found.ok_or_else(|| {
                Error::config("the profile names no such provider")
                    .hint("add `provider: {id: ...}` to a domain, or say `providers check ID --zone ZONE`")
            })?
        }
    };
    let provider = args.provider.open(&config, &apex, context)?;
    let reading = context.run(async { provider.read(&[]).await })?;
    let sets = reading.snapshot.len() + reading.snapshot.opaque.len();
    context.screen.line(format!("{}: {} has {sets} record sets", provider.title(), name::show(&apex)));
    reading.notes.iter().for_each(|note| context.screen.note(format!("note: {note}")));
    Ok(Outcome::Clean)
}

fn named(id: &str) -> ProviderConfig {
    ProviderConfig { id: id.into(), zone: None, endpoint: None, settings: std::collections::BTreeMap::new() }
}
