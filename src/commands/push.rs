//! `mailproof push`

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::commands::apply::{self, Applying, consent};
use crate::commands::dns_args::DnsArgs;
use crate::commands::plan::show;
use crate::commands::provider_args::ProviderArgs;
use crate::commands::wait_args::WaitArgs;
use crate::commands::zones::{Zone, zones};
use crate::commands::{Context, Outcome, nearest_zone};
use crate::error::{Error, ErrorKind, Result};
use crate::model::name;
use crate::plan::merge::SpfMode;
use crate::plan::{Plan, saved};
use crate::profile::load;
use crate::provider::{Provider, Reading};
use crate::push::executor::{self, wanted};
use crate::push::journal::Kind;
use crate::push::resume;

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
    /// Carry out what `plan --out` saved in this file, and nothing else
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

/// Publishes what the profile asks for, after the person has seen it and agreed. Every zone is read and planned before
/// the first is written to.
///
/// # Errors
/// Those of the profile and the provider; a usage error without a terminal and without `--yes`; refused when one of the
/// zones is; [`ErrorKind::Partial`] when some of it was written.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    let mut profile = load::load(&args.provider.profile)?;
    let saved = args.plan.as_ref().map(|file| read_plans(file)).transpose()?;
    context.run(async {
        nearest_zone::fill_in(&mut profile, &args.provider, context).await?;
        let mut zones = zones(&profile, &args.provider.domain, load::folder(&args.provider.profile))?;
        if let Some(plans) = &saved {
            only_planned(&mut zones, plans, !args.provider.domain.is_empty())?;
        }
        let open = |zone: &Zone<'_>| args.provider.open(zone.provider, &zone.apex, context);
        let providers: Vec<Box<dyn Provider>> = zones.iter().map(open).collect::<Result<_>>()?;
        let mut jobs = Vec::new();
        let mut refusals: Vec<Error> = Vec::new();
        for (index, (zone, provider)) in zones.iter().zip(&providers).enumerate() {
            match look(&args, zone, provider.as_ref(), saved.as_deref(), index > 0, context).await {
                Ok(job) => jobs.extend(job),
                Err(error) if error.kind() == ErrorKind::Refused => refusals.push(error),
                Err(error) => {
                    let error = nearest_zone::told(error, &args.provider, zone.provider, &zone.apex, context).await;
                    return Err(before_all(error, zones.len()));
                }
            }
        }
        if let Some(last) = refusals.pop() {
            refusals.iter().for_each(|error| context.screen.error(error));
            return Err(before_all(last, zones.len()));
        }
        publish(&args, &jobs, context).await
    })
}

/// A zone with something to publish.
struct Job<'a> {
    provider: &'a dyn Provider,
    plan: Plan,
    /// The servers to wait for, where somebody names them.
    nameservers: Vec<SocketAddr>,
}

/// Leaves the zones that there is a plan for.
fn only_planned(zones: &mut Vec<Zone<'_>>, plans: &[Plan], some_named: bool) -> Result<()> {
    let is_for = |plan: &Plan, zone: &Zone<'_>| plan.apex().is_ok_and(|apex| apex == zone.apex);
    let strange = plans.iter().find(|plan| !zones.iter().any(|zone| is_for(plan, zone)));
    zones.retain(|zone| plans.iter().any(|plan| is_for(plan, zone)));
    match strange {
        // Who names domains wants a part of the plan.
        Some(plan) if zones.is_empty() || !some_named => {
            Err(Error::config(format!("the plan is for the zone {}, which the profile does not have", plan.zone)))
        }
        _ => Ok(()),
    }
}

/// `error` of one of `count` zones, before anything was written.
fn before_all(error: Error, count: usize) -> Error {
    match count {
        1 => error,
        _ => error.during(format!("planning the push of {count} zones; nothing was written to any of them")),
    }
}

fn state(args: &Args) -> PathBuf {
    args.state.clone().unwrap_or_else(|| load::folder(&args.provider.profile).join(apply::STATE_FOLDER))
}

/// Reads one zone, shows its plan and judges it. `None` where there is nothing to publish.
async fn look<'a>(
    args: &Args,
    zone: &Zone<'_>,
    provider: &'a dyn Provider,
    saved: Option<&[Plan]>,
    further: bool,
    context: &Context,
) -> Result<Option<Job<'a>>> {
    let (state, apex) = (state(args), name::show(&zone.apex));
    if resume::settle(provider, &state, &apex).await? {
        context.screen.note("what an earlier push wrote is in effect now");
    }
    let saved = saved.and_then(|plans| plans.iter().find(|plan| plan.apex().is_ok_and(|apex| apex == zone.apex)));
    let (reading, plan) = match saved {
        Some(plan) => from_file(plan, provider).await?,
        None => zone.plan(provider, args.spf, &args.dns).await?,
    };
    let proof = zone.prove(&reading, &plan, load::folder(&args.provider.profile), &args.dns).await?;
    show(&plan, proof.as_ref(), further, context);
    if plan.is_empty() {
        if resume::close(provider, &state, &apex, &reading.snapshot).await? {
            context
                .screen
                .note(format!("what an earlier push of {apex} did not finish is all there: its journal is closed"));
        }
        return Ok(None);
    }
    executor::may_be_done(&plan, Kind::Push, &reading)?;
    if proof.is_some_and(|proof| !proof.passes) && !args.unproven {
        return Err(Error::refused(format!("mail would fail under the plan of {apex}, so nothing was published"))
            .hint("change the profile as the proof says; --unproven publishes all the same"));
    }
    let nameservers = args.wait.servers(&args.dns, zone.provider, provider)?;
    Ok(Some(Job { provider, plan, nameservers }))
}

/// Asks for consent, writes one zone after the other, then waits for all of them.
async fn publish(args: &Args, jobs: &[Job<'_>], context: &Context) -> Result<Outcome> {
    if jobs.is_empty() {
        return Ok(Outcome::Clean);
    }
    let question = if jobs.len() == 1 { "Publish?" } else { "Publish all of it?" };
    if !consent(args.yes, question, context).await? {
        context.screen.note("nothing was published");
        return Ok(Outcome::Findings);
    }
    let applying: Vec<Applying<'_>> = jobs
        .iter()
        .map(|job| Applying {
            provider: job.provider,
            plan: &job.plan,
            kind: Kind::Push,
            of_several: jobs.len() > 1,
            state: state(args),
            wait: &args.wait,
            dns: &args.dns,
            nameservers: &job.nameservers,
        })
        .collect();
    for (index, one) in applying.iter().enumerate() {
        apply::write(one, context).await.map_err(|error| stopped(error, &applying, index))?;
    }
    let mut late = Vec::new();
    for one in &applying {
        late.extend(apply::wait(one, context).await.err());
    }
    match late.pop() {
        None => Ok(Outcome::Clean),
        Some(last) => {
            late.iter().for_each(|error| context.screen.error(error));
            Err(last)
        }
    }
}

/// `error` of the zone at `index`, with what became of the others.
fn stopped(error: Error, all: &[Applying<'_>], index: usize) -> Error {
    let zones = |part: &[Applying<'_>]| part.iter().map(|one| one.plan.zone.as_str()).collect::<Vec<_>>().join(", ");
    let (done, left) = (zones(&all[..index]), zones(&all[index + 1..]));
    let mut told = Vec::new();
    if !done.is_empty() {
        told.push(format!("published: {done}"));
    }
    told.push(format!("not, or not in full: {}", zones(&all[index..=index])));
    if !left.is_empty() {
        told.push(format!("not begun: {left}"));
    }
    let what = told.join("; ");
    match (all.len(), done.is_empty()) {
        (1, _) => error,
        (_, true) => error.during(format!("publishing several zones: {what}")),
        (_, false) => {
            let told = Error::new(ErrorKind::Partial, format!("{what}; {error}"));
            let told = error.context().iter().fold(told, |told, line| told.during(line));
            let again = "run the push again: it goes on where this one stopped".to_string();
            told.hint(error.hint_text().map_or(again.clone(), |hint| format!("{hint}. Then {again}")))
        }
    }
}

/// A saved plan with the zone as it is now.
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

fn read_plans(file: &std::path::Path) -> Result<Vec<Plan>> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|e| Error::config(format!("the plan {shown} cannot be read")).because(e))?;
    saved::read(&text).map_err(|e| e.during(format!("reading {shown}")))
}
