//! `mailproof plan`

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::commands::dns_args::DnsArgs;
use crate::commands::provider_args::{ProviderArgs, all_definitions};
use crate::commands::zones::{Zone, zones};
use crate::commands::{Context, Outcome, kept_by, nearest_zone};
use crate::error::{Error, ErrorKind, Result};
use crate::model::name;
use crate::plan::merge::SpfMode;
use crate::plan::{Plan, saved};
use crate::profile::load;
use crate::prove::proof_summary::ProofSummary;
use crate::report;
use crate::words::wrap::wrap;

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    dns: DnsArgs,
    /// How the profile's SPF record and a published one become one
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    spf: SpfMode,
    /// Save the plan of every zone, for `mailproof push --plan FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How to print the plan
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: PlanFormat,
    /// Exit 1 when there is something to push; without it a plan that could be made is 0, if mail would not fail under it
    #[arg(long)]
    exit_code: bool,
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum PlanFormat {
    /// For people
    #[default]
    Human,
    /// JSON, for programs, with every value in full
    Json,
    /// Markdown, for the review of a pull request
    Markdown,
}

impl Args {
    /// A plan as `setup` shows it: the usual way, for people.
    pub fn usual(provider: ProviderArgs, dns: DnsArgs) -> Self {
        Args { provider, dns, spf: SpfMode::default(), out: None, format: PlanFormat::Human, exit_code: false }
    }
}

/// Shows what a push would do. With `--exit-code` pending changes are [`Outcome::Findings`]; a plan under which mail
/// would fail is that always.
///
/// # Errors
/// Those of the profile and the provider, and refusals: what must not be done. A zone that is refused keeps nobody from
/// seeing the plans of the others.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    let mut profile = load::load(&args.provider.profile)?;
    let definitions = all_definitions(&args.provider.provider_file)?;
    kept_by::fill_in(&mut profile, &args.provider.domain, &definitions, &args.dns, context)?;
    let folder = load::folder(&args.provider.profile);
    context.run(nearest_zone::fill_in(&mut profile, &args.provider, context))?;
    let zones = zones(&profile, &args.provider.domain, folder)?;
    let mut made = Vec::new();
    let mut refusals: Vec<Error> = Vec::new();
    let mut entries = Vec::new();
    for zone in &zones {
        match context.run(one(&args, zone, folder, context)) {
            Ok((plan, proof)) => {
                match args.format {
                    PlanFormat::Human => show(&plan, proof.as_ref(), !made.is_empty(), context),
                    PlanFormat::Markdown => markdown(&report::plan::markdown::zone(&plan, proof.as_ref()), context),
                    PlanFormat::Json => entries.push(json!({"plan": plan, "proof": proof})),
                }
                made.push((plan, proof));
            }
            // What is the matter with one zone says nothing about the next.
            Err(error) if error.kind() == ErrorKind::Refused => {
                let (apex, provider) = (name::show(&zone.apex), &zone.provider.id);
                match args.format {
                    PlanFormat::Human => {}
                    PlanFormat::Markdown => {
                        markdown(&report::plan::markdown::refused(&apex, provider, &error), context);
                    }
                    PlanFormat::Json => entries.push(json!({
                        "refused": {"zone": apex, "provider": provider, "error": error.to_string(), "hint": error.hint_text()}
                    })),
                }
                refusals.push(error);
            }
            Err(error) => return Err(error),
        }
    }
    if args.format == PlanFormat::Json {
        context.screen.line(format!("{:#}", json!({ "plans": entries })));
    }
    if let Some(last) = refusals.pop() {
        refusals.iter().for_each(|error| context.screen.error(error));
        return Err(last);
    }
    let fails = made.iter().any(|(_, proof)| proof.as_ref().is_some_and(|p| !p.passes));
    let plans: Vec<Plan> = made.into_iter().map(|(plan, _)| plan).collect();
    if let Some(file) = &args.out {
        std::fs::write(file, saved::write(&plans)?)
            .map_err(|e| Error::config(format!("the plan cannot be written to {}", file.display())).because(e))?;
    }
    let pending = args.exit_code && plans.iter().any(|plan| !plan.is_empty());
    Ok(if pending || fails { Outcome::Findings } else { Outcome::Clean })
}

/// The plan of one zone and its proof.
async fn one(args: &Args, zone: &Zone<'_>, folder: &Path, context: &Context) -> Result<(Plan, Option<ProofSummary>)> {
    let provider = args.provider.open(zone.provider, &zone.apex, context)?;
    let (reading, plan) = match zone.plan(provider.as_ref(), args.spf, &args.dns).await {
        Ok(planned) => planned,
        Err(error) => {
            return Err(nearest_zone::told(error, &args.provider, zone.provider, &zone.apex, context).await);
        }
    };
    let proof = zone.prove(&reading, &plan, folder, &args.dns).await?;
    Ok((plan, proof))
}

/// A part of a Markdown document, with an empty line after it.
fn markdown(text: &str, context: &Context) {
    context.screen.raw(&format!("{text}\n"));
}

/// Prints `plan` and its proof; push shows the very same.
pub fn show(plan: &Plan, proof: Option<&ProofSummary>, further: bool, context: &Context) {
    let (width, words) = (context.screen.width(), context.screen.words());
    let mut text = String::new();
    if further {
        text.push('\n');
    }
    text.push_str(&report::plan::render(plan, words, width));
    if let Some(proof) = proof {
        text.push('\n');
        for (i, sentence) in proof.sentences.iter().enumerate() {
            let lead = if i == 0 { "Proof before push: " } else { "" };
            for line in wrap(&format!("{}{}", words.text(lead), words.text(sentence)), width.saturating_sub(2)) {
                text.push_str(&format!("  {line}\n"));
            }
        }
    }
    context.screen.raw(&text);
}
