//! `mailproof plan`

use std::path::PathBuf;

use serde_json::json;

use crate::commands::dns_args::DnsArgs;
use crate::commands::format::Format;
use crate::commands::proof_of::{Planned, ProofSummary, proof_of};
use crate::commands::provider_args::{ProviderArgs, all_definitions};
use crate::commands::zones::zones;
use crate::commands::{Context, Outcome, kept_by, nearest_zone};
use crate::error::{Error, Result};
use crate::plan::merge::SpfMode;
use crate::plan::{Plan, saved};
use crate::profile::load;
use crate::report;

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
    /// Save the plan, for `mailproof push --plan FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How to print the plan; JSON has every value in full
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Format,
}

impl Args {
    /// A plan as `setup` shows it: the usual way, for people.
    pub fn usual(provider: ProviderArgs, dns: DnsArgs) -> Self {
        Args { provider, dns, spf: SpfMode::default(), out: None, format: Format::Human }
    }
}

/// Shows what a push would do. Pending changes are [`Outcome::Findings`].
///
/// # Errors
/// Those of the profile and the provider, and refusals: what must not be done.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    let mut profile = load::load(&args.provider.profile)?;
    let definitions = all_definitions(&args.provider.provider_file)?;
    kept_by::fill_in(&mut profile, &args.provider.domain, &definitions, &args.dns, context)?;
    let folder = load::folder(&args.provider.profile);
    let zones = zones(&profile, &args.provider.domain, folder)?;
    if args.out.is_some() && zones.len() > 1 {
        return Err(Error::usage("one file holds the plan of one zone").hint("name a domain with --domain"));
    }
    let mut made = Vec::new();
    for zone in &zones {
        let provider = args.provider.open(zone.provider, &zone.apex, context)?;
        let planned = context.run(async {
            let (reading, plan) = zone.plan(provider.as_ref(), args.spf, &args.dns).await?;
            let planned = Planned {
                domains: &zone.domains,
                folder,
                observed: &reading.snapshot,
                plan: &plan,
                nameservers: &args.dns.nameserver,
            };
            let proof = proof_of(&planned).await?;
            Ok((plan, proof))
        });
        let (plan, proof) =
            planned.map_err(|e| nearest_zone::told(e, &args.provider, zone.provider, &zone.apex, context))?;
        if args.format == Format::Human {
            show(&plan, proof.as_ref(), !made.is_empty(), context);
        }
        made.push((plan, proof));
    }
    if let (Some(file), [(plan, _)]) = (&args.out, made.as_slice()) {
        std::fs::write(file, saved::write(plan)?)
            .map_err(|e| Error::config(format!("the plan cannot be written to {}", file.display())).because(e))?;
    }
    if args.format == Format::Json {
        let plans: Vec<_> = made.iter().map(|(plan, proof)| json!({"plan": plan, "proof": proof})).collect();
        context.screen.line(format!("{:#}", json!({ "plans": plans })));
    }
    let pending = made.iter().any(|(plan, proof)| !plan.is_empty() || proof.as_ref().is_some_and(|p| !p.passes));
    Ok(if pending { Outcome::Findings } else { Outcome::Clean })
}

/// Prints `plan` and its proof; push shows the very same.
pub fn show(plan: &Plan, proof: Option<&ProofSummary>, further: bool, context: &Context) {
    let width = context.screen.width();
    let mut text = String::new();
    if further {
        text.push('\n');
    }
    text.push_str(&report::plan::render(plan, width));
    if let Some(proof) = proof {
        text.push('\n');
        for (i, sentence) in proof.sentences.iter().enumerate() {
            let lead = if i == 0 { "Proof before push: " } else { "" };
            for line in report::wrap::wrap(&format!("{lead}{sentence}"), width.saturating_sub(2)) {
                text.push_str(&format!("  {line}\n"));
            }
        }
    }
    context.screen.raw(&text);
}
