//! `check --domains`: a list of domains of any length.

mod list;
mod shard;
mod sink;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::auth::published::{Finding, Judge};
use crate::commands::check::{Args, Format};
use crate::commands::{Context, Outcome};
use crate::dns::gather::{gather_many, key_name};
use crate::dns::resolver::Resolver;
use crate::error::{Error, Result};
use crate::lint::registry::RULES;
use crate::lint::sorted::Sorted;
use crate::model::name::{self, Name};
use crate::report::harmless::harmless;
use crate::report::progress::Progress;
use crate::report::published_row;
use list::Line;
use shard::Shard;
use sink::Sink;

/// Lines of the list read ahead.
const AHEAD: usize = 1024;
/// After a domain is done, others soon are: taken together they cost one waking of a thread, and one write.
const PAUSE: Duration = Duration::from_millis(1);
/// How often results are made safe and progress is told.
const TICK: Duration = Duration::from_millis(200);
/// Bad lines named at most.
const NAMED: u64 = 20;

/// The flags of a list.
#[derive(Debug, clap::Args)]
pub struct ManyArgs {
    /// Check the domains of this list, one a line; `-` reads standard input
    #[arg(long = "domains", value_name = "FILE", conflicts_with_all = ["domains", "from_ip"])]
    list: Option<PathBuf>,
    /// Append the results to this file, and skip the domains whose results are in it
    #[arg(long, value_name = "FILE", requires = "list", conflicts_with = "domains")]
    resume: Option<PathBuf>,
    /// Take part I of the list, of N parts that several runs share; I counts from 0
    #[arg(long, value_name = "I/N", requires = "list", conflicts_with = "domains")]
    shard: Option<Shard>,
    /// Domains of the list in work at a time
    #[arg(long, value_name = "N", requires = "list", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,
}

impl ManyArgs {
    /// The list, if there is one.
    pub(super) fn list(&self) -> Option<&Path> {
        self.list.as_deref()
    }
}

/// The result of one domain, in a form that takes little room.
struct Row {
    text: String,
    findings: bool,
    open: bool,
}

#[derive(Default)]
struct Tally {
    done: u64,
    findings: u64,
    open: u64,
    skipped: u64,
    bad: u64,
}

/// Checks every domain of the list, each result printed as it comes.
pub(super) fn run(args: &Args, list: &Path, context: &Context) -> Result<Outcome> {
    if args.format == Format::Json || args.format.is_report() {
        return Err(Error::usage("one document for a whole list would have to be kept until the end")
            .hint("use --format ndjson: an object a line, as results come"));
    }
    if args.many.resume.is_some() && args.format == Format::Human {
        return Err(Error::usage("--resume needs --format ndjson or --format csv: other results cannot be read again"));
    }
    let any = name::domain("example.com")?;
    args.selector.iter().try_for_each(|s| key_name(s, &any).map(drop))?;
    let resolver = args.dns.resolver_trusting(args.visits.named_trust()?.as_ref())?;
    let mut sink = match &args.many.resume {
        Some(path) => Sink::resume(path, args.format)?,
        None => Sink::screen(&context.screen),
    };
    let reader = list::open(list)?;
    let total = list::count(list).map(|all| args.many.shard.map_or(all, |s| s.share(all)));
    let mut progress = Progress::new(&context.screen, "domains", total);
    let (sender, lines) = mpsc::channel(AHEAD);
    let path = list.to_owned();
    // On a thread of its own, which nobody waits for: standard input may never end.
    let reading = std::thread::spawn(move || list::read(reader, &path, &sender));
    let mut tally = Tally::default();
    let result = context.run(go(args, &resolver, lines, &mut sink, &mut progress, &mut tally));
    progress.finish();
    let saved = sink.flush();
    context.screen.note(summary(&tally, &resolver, &progress));
    let whole = result.map_err(|e| match &args.many.resume {
        Some(_) => e.hint("the same command goes on from here"),
        None => e,
    })?;
    saved?;
    if whole {
        reading.join().unwrap_or_else(|_| Err(Error::config("reading the list was broken off")))?;
    }
    match tally {
        Tally { findings: 1.., .. } => Ok(Outcome::Findings),
        Tally { open: open @ 1.., .. } => {
            Err(Error::unreachable(format!("DNS did not answer every question about {open} domains"))
                .hint("their results say which, under `unknown`"))
        }
        Tally { bad: bad @ 1.., .. } => {
            Err(Error::usage(format!("{bad} lines of {} are no domains and were skipped", list.display())))
        }
        _ => Ok(Outcome::Clean),
    }
}

/// True when the list is at its end, false when nobody reads the results any more.
async fn go(
    args: &Args,
    resolver: &Resolver,
    mut lines: mpsc::Receiver<Line>,
    sink: &mut Sink<'_>,
    progress: &mut Progress<'_>,
    tally: &mut Tally,
) -> Result<bool> {
    let now = SystemTime::now();
    let rules = Arc::new(Sorted::new(RULES));
    let selectors: Arc<[String]> = args.selector.clone().into();
    let source: Arc<str> = resolver.shown().into();
    let mut work = JoinSet::new();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ended = false;
    while !ended || !work.is_empty() {
        tokio::select! {
            mut next = work.join_next(), if !work.is_empty() => {
                tokio::time::sleep(PAUSE).await;
                let mut rows = String::new();
                while let Some(row) = next {
                    let row: Row = row.map_err(|e| Error::config("a check was broken off").because(e))??;
                    tally.done += 1;
                    tally.findings += u64::from(row.findings);
                    tally.open += u64::from(row.open);
                    progress.advance();
                    rows.push_str(&row.text);
                    next = work.try_join_next();
                }
                if !progress.aside(|| sink.put(&rows, args.format))? {
                    return Ok(false);
                }
            }
            line = lines.recv(), if !ended && work.len() < usize::from(args.many.concurrency) => match line {
                None => ended = true,
                Some(Line::Bad(why)) => {
                    tally.bad += 1;
                    progress.fewer();
                    match tally.bad {
                        1..=NAMED => progress.note(&harmless(&format!("skipped: {why}"))),
                        n if n == NAMED + 1 => progress.note("more lines are no domains; they are skipped, too"),
                        _ => {}
                    }
                }
                Some(Line::Domain(domain)) => {
                    // What falls to other runs was never counted in the total.
                    if args.many.shard.is_some_and(|shard| !shard.has(&domain)) {
                        continue;
                    }
                    if sink.has(&domain) {
                        tally.skipped += 1;
                        progress.fewer();
                        continue;
                    }
                    let one = check(resolver.clone(), rules.clone(), domain, selectors.clone(), source.clone(), now, args.format);
                    work.spawn(one);
                }
            },
            _ = tick.tick() => {
                sink.flush()?;
                progress.tell(|| format!("{} with findings, {} open", tally.findings, tally.open));
            }
        }
    }
    Ok(true)
}

async fn check(
    resolver: Resolver,
    rules: Arc<Sorted>,
    domain: Name,
    selectors: Arc<[String]>,
    source: Arc<str>,
    now: SystemTime,
    format: Format,
) -> Result<Row> {
    let gathered = gather_many(&resolver, &domain, &selectors, &source).await;
    let judge = Judge { rules: &rules, thorough: false, services: None, servers: &[], profile: None };
    let published = judge.judge(&resolver, &gathered, &selectors, now).await?.published;
    let text = match format {
        Format::Csv => published_row::csv(&published),
        Format::Human => published_row::line(&published),
        _ => published_row::json(&published)?,
    };
    let findings = published.findings.iter().any(Finding::is_error);
    Ok(Row { text, findings, open: !published.unknown.is_empty() })
}

fn summary(tally: &Tally, resolver: &Resolver, progress: &Progress<'_>) -> String {
    let seconds = progress.elapsed().as_secs_f64();
    let rate = resolver.asked() as f64 / seconds.max(0.001);
    let mut text = format!(
        "{} domains in {seconds:.1} s: {} with findings, {} with open questions; {} messages to DNS, {rate:.0}/s",
        tally.done,
        tally.findings,
        tally.open,
        resolver.asked()
    );
    if tally.skipped > 0 {
        text.push_str(&format!("; {} were done before", tally.skipped));
    }
    if tally.bad > 0 {
        text.push_str(&format!("; {} lines are no domains", tally.bad));
    }
    text
}
