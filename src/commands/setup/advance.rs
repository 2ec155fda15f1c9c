//! `mailproof setup --advance`: the next stage of a domain's DMARC policy, with what speaks for it and against it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::commands::provider_args::{Asked, ProviderArgs};
use crate::commands::setup::Args;
use crate::commands::{Context, Outcome, plan};
use crate::error::{Error, Result};
use crate::feedback::{Digest, DigestOptions, Readiness, Span, Store, digest, readiness};
use crate::interview::asker::{Answer, Asker, Kind, Need, Question};
use crate::profile::rollout::Stage;
use crate::profile::schema::{Domain, Profile};
use crate::profile::{edit, load, preset, write};
use crate::words::Words;
use crate::words::wrap::{pad, wrap};

/// The store of reports beside the profile, if no other is named.
const STORE: &str = "reports.sqlite";

/// Proposes the next stage of every domain that has one, and changes the profile on consent. With `yes` a step is taken
/// where nothing stands against it. [`Outcome::Findings`] when something does.
///
/// # Errors
/// Those of the profile and the store of reports; interrupted by the person.
pub(super) fn run(args: &Args, asker: &mut dyn Asker, yes: bool, context: &Context) -> Result<Outcome> {
    let mut profile = load::load(&args.profile)?;
    let names: Vec<String> = args.domain.iter().cloned().collect();
    let chosen: Vec<String> = profile.select(&names)?.into_iter().map(|d| d.domain.clone()).collect();
    let store = store(args)?;
    let (mut outcome, mut changed) = (Outcome::Clean, Vec::new());
    for name in chosen {
        let Some(index) = profile.domains.iter().position(|d| d.domain == name) else { continue };
        let domain = profile.domains[index].clone();
        let now = Stage::of(&domain.dmarc);
        let next = match now.next() {
            _ if domain.parked => {
                context.screen.told(format!("{name}: parked, and refused already"));
                continue;
            }
            _ if domain.dmarc.inherited => {
                context.screen.told(format!("{name}: the policy of the domain above it holds"));
                continue;
            }
            None => {
                context.screen.told(format!("{name}: {}: the last stage is reached", now.tags()));
                continue;
            }
            Some(next) => next,
        };
        let seen = store.as_ref().map(|s| reports(s, &domain)).transpose()?.flatten();
        let own: Vec<IpAddr> = domain.hosts.iter().filter(|h| h.sends).flat_map(|h| h.addresses.clone()).collect();
        let found = readiness(now, next, seen.as_ref(), &own);
        for line in told(&domain, now, next, &found, context.screen.words()) {
            context.screen.line(line);
        }
        let free = found.objections.is_empty();
        if !free {
            outcome = Outcome::Findings;
        }
        if !taken(asker, &name, free, yes)? {
            continue;
        }
        let mut dmarc = next.apply(&domain.dmarc);
        dmarc.since = Some(jiff::Zoned::now().date().to_string());
        save(args, &mut profile, index, dmarc, context)?;
        changed.push(name);
    }
    if changed.is_empty() {
        return Ok(outcome);
    }
    let kept: Vec<String> = profile
        .domains
        .iter()
        .filter(|d| changed.contains(&d.domain) && d.provider.is_some())
        .map(|d| d.domain.clone())
        .collect();
    if !kept.is_empty() {
        let provider = ProviderArgs {
            profile: args.profile.clone(),
            domain: kept,
            endpoint: None,
            credentials: None,
            provider_file: Vec::new(),
            asked: Asked::default(),
        };
        context.screen.line("");
        plan::run(plan::Args::usual(provider, args.dns.clone()), context)?;
    }
    context.screen.note("  To publish it: mailproof push");
    Ok(outcome)
}

/// The store that is named, or the one beside the profile if there is one.
fn store(args: &Args) -> Result<Option<Store>> {
    let beside = load::beside(&args.profile, &PathBuf::from(STORE));
    match &args.reports {
        // Opening makes the file: a slip of the pen must not look like a store without reports.
        Some(path) if !path.exists() => {
            Err(Error::config(format!("there is no store of reports at {}", path.display()))
                .hint("`mailproof reports --store FILE PATH...` makes one"))
        }
        Some(path) => Store::open(path).map(Some),
        None if beside.exists() => Store::open(&beside).map(Some),
        None => Ok(None),
    }
}

/// The reports about `domain` since its last step.
fn reports(store: &Store, domain: &Domain) -> Result<Option<Digest>> {
    let day = domain.dmarc.since.as_deref().and_then(|d| d.parse::<jiff::civil::Date>().ok());
    let since = day.and_then(|d| d.to_zoned(jiff::tz::TimeZone::UTC).ok()).map(|z| z.timestamp().as_second());
    let services = preset::all()?.into_iter().map(|p| (p.title, p.domains)).collect();
    let options = DigestOptions {
        span: Span { since, until: None },
        domain: Some(domain.domain.clone()),
        services,
        names: HashMap::new(),
    };
    Ok(digest(store, &options)?.into_iter().find(|d| d.domain == domain.domain))
}

/// The step and what the reports say of it, in lines of at most 78 columns.
fn told(domain: &Domain, now: Stage, next: Stage, found: &Readiness, words: Words) -> Vec<String> {
    let mut out = vec![domain.domain.clone()];
    for (when, stage) in [("now", now), ("next", next)] {
        let when = pad(&words.text(when), 4);
        out.push(format!("  {when}  {:<17}  {}", stage.tags(), words.text(stage.meaning())));
    }
    if domain.dmarc.nonexistent != next.apply(&domain.dmarc).nonexistent {
        let text = words.text("and np=reject: names that do not exist may not be used at all");
        out.push(format!("        {text}"));
    }
    for (sign, lines) in [("ok", &found.reasons), ("!!", &found.objections)] {
        for line in lines {
            for (i, part) in wrap(&words.text(line), 72).into_iter().enumerate() {
                out.push(format!("  {} {part}", if i == 0 { sign } else { "  " }));
            }
        }
    }
    out
}

fn taken(asker: &mut dyn Asker, name: &str, free: bool, yes: bool) -> Result<bool> {
    if yes {
        return Ok(free);
    }
    let question = Question {
        id: format!("advance.{name}"),
        text: if free { format!("Take this step for {name}?") } else { format!("Take this step for {name} anyway?") },
        help: String::new(),
        kind: Kind::YesNo,
        default: Some(Answer::Yes(free)),
    };
    Need::Ask.yes(asker, &question)
}

/// Changes the lines where the layout allows it, so that comments stay; else writes the profile anew beside a copy.
fn save(
    args: &Args,
    profile: &mut Profile,
    index: usize,
    dmarc: crate::profile::schema::Dmarc,
    context: &Context,
) -> Result<()> {
    let shown = args.profile.display();
    let cannot = |e: std::io::Error| Error::config(format!("the profile {shown} cannot be read")).because(e);
    let text = std::fs::read_to_string(&args.profile).map_err(cannot)?;
    let edited = edit::with_dmarc(&text, profile, index, &dmarc);
    profile.domains[index].dmarc = dmarc;
    let backup = match edited {
        Some(text) => write::save_text(&args.profile, &text)?,
        None => write::save(&args.profile, profile)?,
    };
    let before = backup.map(|b| format!("; as it was before: {}", b.display())).unwrap_or_default();
    context.screen.note(format!("  changed  {shown}{before}"));
    Ok(())
}
