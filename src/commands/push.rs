//! `mailproof push`

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::commands::apply::{Applying, apply, consent};
use crate::commands::dns_args::DnsArgs;
use crate::commands::plan::show;
use crate::commands::proof_of::{Planned, proof_of};
use crate::commands::provider_args::ProviderArgs;
use crate::commands::wait_args::WaitArgs;
use crate::commands::zones::{Zone, zones};
use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};
use crate::model::name;
use crate::plan::merge::SpfMode;
use crate::plan::{Plan, saved};
use crate::profile::load;
use crate::provider::{Provider, Reading};
use crate::push::executor::{self, wanted};
use crate::push::journal::Kind;

/// Arguments of `push`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    dns: DnsArgs,
    #[command(flatten)]
    wait: WaitArgs,
    /// How the profile's SPF record and a published one become one
    #[arg(long, value_enum, default_value_t, value_name = "HOW", conflicts_with = "plan")]
    spf: SpfMode,
    /// Carry out this saved plan, and nothing else
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Publish without asking
    #[arg(long, short)]
    yes: bool,
    /// Publish although mail would fail, or nobody can tell
    #[arg(long)]
    unproven: bool,
    /// The folder of the journals; `.mailproof` beside the profile by default
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
}

impl Args {
    /// A push as `setup` makes it: the usual way, `yes` where consent was given beforehand.
    pub fn usual(provider: ProviderArgs, dns: DnsArgs, yes: bool) -> Self {
        let (wait, spf) = (WaitArgs::default(), SpfMode::default());
        Args { provider, dns, wait, spf, plan: None, yes, unproven: false, state: None }
    }
}

/// Publishes what the profile asks for, after the person has seen it and agreed.
///
/// # Errors
/// Those of the profile and the provider; a usage error without a terminal and without `--yes`;
/// [`crate::error::ErrorKind::Partial`] when some of it was written.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    let profile = load::load(&args.provider.profile)?;
    let folder = load::folder(&args.provider.profile);
    let mut zones = zones(&profile, &args.provider.domain, folder)?;
    let saved = args.plan.as_ref().map(|file| read_plan(file)).transpose()?;
    if let Some(plan) = &saved {
        zones.retain(|zone| plan.apex().is_ok_and(|apex| apex == zone.apex));
        if zones.is_empty() {
            return Err(Error::config(format!(
                "the plan is for the zone {}, which the profile does not have",
                plan.zone
            )));
        }
    }
    let mut outcome = Outcome::Clean;
    for (index, zone) in zones.iter().enumerate() {
        let provider = args.provider.open(zone.provider, &zone.apex, context)?;
        let done = context.run(one(&args, zone, provider.as_ref(), saved.as_ref(), index > 0, context))?;
        if done == Outcome::Findings {
            outcome = done;
        }
    }
    Ok(outcome)
}

async fn one(
    args: &Args,
    zone: &Zone<'_>,
    provider: &dyn Provider,
    saved: Option<&Plan>,
    further: bool,
    context: &Context,
) -> Result<Outcome> {
    let folder = load::folder(&args.provider.profile);
    let state = args.state.clone().unwrap_or_else(|| folder.join(crate::commands::apply::STATE_FOLDER));
    if executor::settle(provider, &state, &name::show(&zone.apex)).await? {
        context.screen.note("what an earlier push wrote is in effect now");
    }
    let (reading, plan) = match saved {
        Some(plan) => from_file(plan, provider).await?,
        None => zone.plan(provider, args.spf, &args.dns).await?,
    };
    let planned = Planned {
        domains: &zone.domains,
        folder,
        observed: &reading.snapshot,
        plan: &plan,
        nameservers: &args.dns.nameserver,
    };
    let proof = proof_of(&planned).await?;
    show(&plan, proof.as_ref(), further, context);
    if plan.is_empty() {
        return Ok(Outcome::Clean);
    }
    if proof.is_some_and(|proof| !proof.passes) && !args.unproven {
        return Err(Error::refused("mail would fail under this plan, so nothing was published")
            .hint("change the profile as the proof says; --unproven publishes all the same"));
    }
    if !consent(args.yes, "Publish?", context).await? {
        context.screen.note("nothing was published");
        return Ok(Outcome::Findings);
    }
    let named: Vec<SocketAddr> = args.wait.servers(&args.dns, zone.provider, provider)?;
    let applying = Applying {
        provider,
        plan: &plan,
        kind: Kind::Push,
        state,
        wait: &args.wait,
        dns: &args.dns,
        nameservers: &named,
    };
    apply(&applying, context).await?;
    Ok(Outcome::Clean)
}

/// A saved plan with the zone as it is now; that it is still the same is for the executor to say.
async fn from_file(plan: &Plan, provider: &dyn Provider) -> Result<(Reading, Plan)> {
    if plan.provider != provider.id() {
        return Err(Error::config(format!(
            "the plan was made for the provider {}, and the profile has {}",
            plan.provider,
            provider.id()
        )));
    }
    let reading = provider.read(&wanted(plan)).await?;
    Ok((reading, plan.clone()))
}

fn read_plan(file: &std::path::Path) -> Result<Plan> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|e| Error::config(format!("the plan {shown} cannot be read")).because(e))?;
    saved::read(&text).map_err(|e| e.during(format!("reading {shown}")))
}
