//! `mailproof lint`

mod fixing;
mod glob;
mod inputs;
pub(super) mod origin;
pub(super) mod profile;
mod settings;

use std::path::PathBuf;

use crate::commands::lint::settings::Settings;
use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};
use crate::lint::baseline::Baseline;
use crate::lint::facts::Facts;
use crate::lint::outcome::Outcome as Linted;
use crate::lint::profile_view::ProfileFacts;
use crate::lint::rule::{Needs, Rule};
use crate::lint::run::run as run_rules;
use crate::lint::settings::apply as apply_settings;
use crate::lint::sorted::Sorted;
use crate::lint::suppress;
use crate::lint::zone_index::{Door, ZoneIndex};
use crate::report::{github, human, json, junit, markdown, sarif};

/// Arguments of `lint`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Zone files, folders of them, octoDNS YAML, MTA-STS policy files, BIMI logos, patterns such as `zones/**/*.zone`; `-` for standard input
    #[arg(value_name = "PATH", required_unless_present = "record")]
    pub paths: Vec<String>,
    /// The zone that relative names belong to; by default from `$ORIGIN`, the SOA record or the file's name
    #[arg(long, value_name = "DOMAIN")]
    pub origin: Option<String>,
    /// Look at this TXT value alone, as it is or in quotes as in a zone file; may be repeated
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub record: Vec<String>,
    /// The name at which the record stands; without it the record counts as standing where it belongs
    #[arg(long, value_name = "NAME", requires = "record")]
    pub name: Option<String>,
    /// How to print the findings
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Run these rules alone: codes, groups such as `SPF`, or names; commas between
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Leave these rules out
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Write the mechanical fixes into the files
    #[arg(long, conflicts_with = "record")]
    pub fix: bool,
    /// With --fix, print what would change and write nothing
    #[arg(long, requires = "fix")]
    pub diff: bool,
    /// Findings in this file do not count
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write all findings to this file, to be the baseline from now on
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    pub write_baseline: Option<PathBuf>,
    /// More warnings than this make the run fail, as an error does
    #[arg(long, value_name = "N")]
    pub max_warnings: Option<usize>,
    /// Read no file that another one includes
    #[arg(long)]
    pub no_include: bool,
    /// Hold the zones against this profile, too: its senders, keys and parked domains
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Take the settings of `lint:` from this file; by default from `mailproof.yaml` in this folder, if it is there
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Show every finding, however many there are of one rule
    #[arg(long)]
    pub all: bool,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people, with the place underlined
    #[default]
    Human,
    /// One object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML
    Junit,
    /// Annotations of GitHub Actions
    Github,
    /// A table for a job's summary
    Markdown,
}

/// Lints what it is given.
///
/// # Errors
/// A usage error for a rule, origin or name that is none; a configuration error, after everything that could be read was
/// linted and printed, when a file could not.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    let settings = Settings::read(&args)?;
    let profile = args.profile.as_deref().map(|path| profile::facts(path, context)).transpose()?;
    let read = inputs::read(&args, &settings)?;
    if read.zones.is_empty() {
        return Err(read.errors.into_iter().next().unwrap_or_else(|| Error::usage("there is nothing to lint")));
    }
    let linted = if args.fix {
        fixing::run(&args, &settings, profile, read.zones, context)?
    } else {
        lint(&settings, profile, read.zones)?
    };
    if let Some(path) = &args.write_baseline {
        let baseline = Baseline::of(linted.findings.iter().map(|f| (f, linted.locate(f))));
        std::fs::write(path, baseline.write())
            .map_err(|e| Error::config(format!("the baseline {} cannot be written", path.display())).because(e))?;
        context.screen.note(format!("{} findings written to {}", linted.findings.len(), path.display()));
        return Ok(Outcome::Clean);
    }
    if !(args.fix && args.diff) {
        context.screen.raw(&print(&args, &linted, context));
    }
    // What could not be read is the last word, and decides the exit.
    let mut errors = read.errors.into_iter();
    if let Some(last) = errors.next_back() {
        errors.for_each(|e| context.screen.error(&e));
        return Err(last);
    }
    let over = settings.max_warnings.is_some_and(|max| linted.summary.warnings > max);
    Ok(if linted.summary.errors > 0 || over { Outcome::Findings } else { Outcome::Clean })
}

/// Runs the rules, and takes out what comments, the settings and the baseline allow.
fn lint(settings: &Settings, profile: Option<ProfileFacts>, zones: Vec<ZoneIndex>) -> Result<Linted> {
    let rules = &settings.rules[..];
    let mut facts = Facts::new(zones);
    facts.profile = profile;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let found = run_rules(&facts, &Sorted::new(rules), threads);
    let mut findings = found.findings;
    // A comment for a rule that did not look allowed nothing, and is not to be told so.
    let looked = |rule: &Rule| match rule.needs {
        Needs::Live | Needs::Server => false,
        Needs::Profile => facts.profile.is_some(),
        Needs::Policy => facts.zones.iter().any(|z| z.door == Door::Policy),
        Needs::Indicator => facts.zones.iter().any(|z| z.door == Door::Indicator),
        Needs::Record | Needs::Zone | Needs::Text => true,
    };
    let ran = |rule: &'static Rule| looked(rule) && rules.iter().any(|r| r.code == rule.code);
    let mut allowed = 0;
    for (i, zone) in facts.zones.iter().enumerate() {
        allowed += suppress::apply(zone, i as u32, &mut findings, ran);
    }
    apply_settings(&settings.of, &mut findings, |finding| {
        let zone = facts.zones.get(finding.spot.zone as usize);
        let source = zone.and_then(|z| z.sources.get(z.sources.written(finding.spot.place).source));
        source.map_or_else(String::new, |s| settings.relative(s.path()))
    });
    findings.sort_by_key(|f| (f.spot.zone, f.spot.place, f.rule.code));
    let mut linted = Linted::new(facts, findings, &found.unseen, rules);
    if let Some(path) = &settings.baseline {
        let text = std::fs::read_to_string(path).map_err(|e| {
            Error::config(format!("the baseline {} cannot be read", path.display()))
                .because(e)
                .hint("write one with --write-baseline")
        })?;
        let baseline = Baseline::read(&text, &path.display().to_string())?;
        let mut findings = std::mem::take(&mut linted.findings);
        allowed += baseline.apply(&mut findings, |f| linted.locate(f));
        linted = Linted::new(linted.facts, findings, &found.unseen, rules);
    }
    linted.summary.allowed = allowed;
    Ok(linted)
}

fn print(args: &Args, linted: &Linted, context: &Context) -> String {
    let inputs = if args.paths.is_empty() { "record".to_string() } else { args.paths.join(" ") };
    print_as(args.format, args.all, linted, &inputs, context)
}

/// A run in one of the formats; `inputs` is what was looked at, for people.
pub fn print_as(format: Format, all: bool, linted: &Linted, inputs: &str, context: &Context) -> String {
    match format {
        Format::Human => human::outcome(
            linted,
            human::Look { width: context.screen.width(), words: context.screen.words(), all },
            inputs,
        ),
        Format::Json => json::outcome(linted),
        Format::Sarif => sarif::outcome(linted),
        Format::Junit => junit::outcome(linted),
        Format::Github => github::outcome(linted),
        Format::Markdown => markdown::outcome(linted),
    }
}
