//! `mailproof rollback`

use std::path::PathBuf;

use crate::commands::apply::{self, Applying, STATE_FOLDER, consent};
use crate::commands::dns_args::DnsArgs;
use crate::commands::provider_args::ProviderArgs;
use crate::commands::wait_args::WaitArgs;
use crate::commands::{Context, Outcome, nearest_zone};
use crate::error::{Error, Result};
use crate::model::name;
use crate::profile::load;
use crate::profile::schema::Domain;
use crate::push::journal::Kind;
use crate::push::rollback;
use crate::report;

/// Arguments of `rollback`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    dns: DnsArgs,
    #[command(flatten)]
    wait: WaitArgs,
    /// Restore without asking
    #[arg(long, short)]
    yes: bool,
    /// Restore sets that somebody else has changed since, too
    #[arg(long)]
    force: bool,
    /// The folder of the journals; `.mailproof` beside the profile by default
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
}

/// Restores the record sets that the last push touched, and no others.
///
/// # Errors
/// Refused when there is no push to take back, or somebody changed its sets since; those of the provider.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    let mut profile = load::load(&args.provider.profile)?;
    context.run(nearest_zone::fill_in(&mut profile, &args.provider, context))?;
    let mut zones: Vec<&Domain> = Vec::new();
    for domain in profile.select(&args.provider.domain)? {
        if !zones.iter().any(|other| other.zone_text() == domain.zone_text()) {
            zones.push(domain);
        }
    }
    let [domain] = zones.as_slice() else {
        return Err(
            Error::usage("a rollback is that of one zone, and the profile has several").hint("name one with --domain")
        );
    };
    let folder = load::folder(&args.provider.profile);
    let state = args.state.clone().unwrap_or_else(|| folder.join(STATE_FOLDER));
    let apex = domain.zone()?;
    let past = rollback::last(&state, &name::show(&apex))?;
    let config = domain.provider.as_ref().filter(|config| config.id == past.provider()).ok_or_else(|| {
        Error::config(format!("the push went to the provider {}, which the profile no longer names", past.provider()))
    })?;
    let provider = args.provider.open(config, &apex, context)?;
    context.run(async {
        let reading = provider.read(&past.keys()).await?;
        let plan = past.plan(&reading, args.force)?;
        if plan.is_empty() {
            context.screen.line(format!("{} is as it was before the push of {}", plan.zone, past.started()));
            past.taken_back()?;
            return Ok(Outcome::Clean);
        }
        context.screen.line(format!("Taking back the push of {}", past.started()));
        context.screen.raw(&report::plan::render(&plan, context.screen.words(), context.screen.width()));
        if !consent(args.yes, "Restore?", context).await? {
            context.screen.note("nothing was restored");
            return Ok(Outcome::Findings);
        }
        let named = args.wait.servers(&args.dns, config, provider.as_ref())?;
        let applying = Applying {
            provider: provider.as_ref(),
            plan: &plan,
            kind: Kind::Rollback,
            of_several: false,
            state,
            wait: &args.wait,
            dns: &args.dns,
            nameservers: &named,
        };
        apply::write(&applying, context).await?;
        past.taken_back()?;
        apply::wait(&applying, context).await?;
        Ok(Outcome::Clean)
    })
}
