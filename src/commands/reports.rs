//! `mailproof reports`

mod hide;
mod names;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use serde_json::json;

use crate::commands::dns_args::DnsArgs;
use crate::commands::imap_args::ImapArgs;
use crate::commands::table_format::TableFormat;
use crate::commands::{Context, Outcome, token};
use crate::error::{Error, Result};
use crate::feedback::{
    Added, Damage, DigestOptions, Found, Report, Span, Step, Store, digest, read_file, reports_in_message,
};
use crate::mail::imap::Client;
use crate::mail::mailbox::Walk;
use crate::model::name;
use crate::profile::preset;
use crate::report::feedback::{csv, human, markdown, page};
use crate::report::harmless::harmless;
use crate::report::progress::Progress;
use crate::survey::Mask;

/// Reports that go into the store at a time.
const BATCH: usize = 200;
/// Damaged reports named at most.
const NAMED: u64 = 50;

/// Arguments of `reports`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Reports: XML, JSON, gzip, zip, messages, mbox, Maildir, folders of these; none to ask the store alone
    #[arg(value_name = "PATH", required_unless_present_any = ["store", "places"])]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    imap: ImapArgs,
    /// Keep the reports in this SQLite file, and sum up all that it holds
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Show this domain only
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// Reports that begin on this day or later: 2026-01-31, or a month, 2026-01
    #[arg(long, value_name = "DATE", value_parser = first_second)]
    since: Option<i64>,
    /// Reports that begin before this day or month
    #[arg(long, value_name = "DATE", value_parser = first_second)]
    until: Option<i64>,
    /// Ask DNS for the names of the largest sources
    #[arg(long)]
    names: bool,
    #[command(flatten)]
    dns: DnsArgs,
    /// Show pseudonyms in place of addresses and of other people's domains; the file of --store keeps both as they are
    #[arg(long)]
    anonymise: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: TableFormat,
}

/// What was read.
#[derive(Default)]
struct Tally {
    files: u64,
    added: u64,
    known: u64,
    aggregate: u64,
    failure: u64,
    tls: u64,
    without: u64,
    damaged: Vec<(String, String)>,
    faulty: u64,
}

/// Runs it. [`Outcome::Findings`] when known senders fail, or a report was damaged.
///
/// # Errors
/// A configuration error for a path or a store that cannot be read.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    let domain = args.domain.as_deref().map(|d| name::domain(d).map(|n| name::show(&n))).transpose()?;
    let mut store = match &args.store {
        Some(path) => Store::open(path)?,
        None => Store::in_memory()?,
    };
    let mut tally = Tally::default();
    read(&args, &mut store, &mut tally, context)?;
    if !args.imap.places.is_empty() {
        context.run(read_imap(&args, &mut store, &mut tally, context))?;
    }
    let services = preset::all()?.into_iter().map(|p| (p.title, p.domains)).collect();
    let mut options =
        DigestOptions { span: Span { since: args.since, until: args.until }, domain, services, names: HashMap::new() };
    let mut digests = digest(&store, &options)?;
    if args.names {
        let resolver = args.dns.resolver()?;
        options.names = context.run(async { Ok(names::names(&resolver, &digests).await) })?;
        digests = digest(&store, &options)?;
    }
    if args.anonymise {
        let mask = Mask::new(format!("{}{}", token()?, token()?).as_bytes());
        digests.iter_mut().for_each(|d| hide::hide(d, &mask));
    }
    match args.format {
        TableFormat::Human if digests.is_empty() => context.screen.line("no report of this time and domain"),
        TableFormat::Human => {
            let texts: Vec<String> = digests.iter().map(|digest| human(digest, context.screen.width())).collect();
            context.screen.raw(&texts.join("\n"));
        }
        TableFormat::Json => {
            let damaged: Vec<_> = tally.damaged.iter().map(|(at, why)| json!({"place": at, "reason": why})).collect();
            let read = json!({
                "files": tally.files, "aggregate": tally.aggregate, "failure": tally.failure, "tls": tally.tls,
                "new": tally.added, "known": tally.known, "messages_without_report": tally.without, "damaged": damaged,
            });
            context.screen.line(format!("{:#}", json!({"read": read, "domains": digests})));
        }
        TableFormat::Csv => context.screen.raw(&csv(&digests)),
        TableFormat::Html => context.screen.raw(&page(&digests, context.screen.words().lang())),
        TableFormat::Markdown => {
            let texts: Vec<String> = digests.iter().map(markdown).collect();
            context.screen.raw(&texts.join("\n"));
        }
    }
    if tally.files > 0 {
        context.screen.note(summary(&tally));
    }
    let broken = digests.iter().any(|d| d.advice.step == Step::Fix);
    Ok(if broken || !tally.damaged.is_empty() { Outcome::Findings } else { Outcome::Clean })
}

fn read(args: &Args, store: &mut Store, tally: &mut Tally, context: &Context) -> Result<()> {
    let mut progress = Progress::new(&context.screen, "files", None);
    let mut seen = BTreeSet::new();
    let mut batch = Vec::new();
    for path in &args.paths {
        let cannot = |e: std::io::Error| Error::config(format!("{} cannot be read", path.display())).because(e);
        for file in Walk::new(path).map_err(cannot)? {
            let file = file.map_err(cannot)?;
            // A file that was named twice is read once.
            if args.paths.len() > 1 && !seen.insert(file.clone()) {
                continue;
            }
            tally.files += 1;
            let mut result = Ok(());
            let single = args.paths.contains(&file);
            let read = read_file(&file, |found| {
                let place = place(&file, &found);
                match found.outcome {
                    None => tally.without += 1,
                    Some(outcome) => tally.take(&place, outcome, &mut batch, &progress),
                }
                if batch.len() >= BATCH {
                    result = tally.keep(store, &mut batch);
                }
                result.is_ok()
            });
            match read {
                Err(e) if single => return Err(Error::config(format!("{} cannot be read", file.display())).because(e)),
                Err(e) => tally.damage(&file.display().to_string(), &format!("it cannot be read: {e}"), &progress),
                Ok(()) => result?,
            }
            progress.advance();
            progress.tell(|| format!("{} reports", tally.added + batch.len() as u64));
        }
    }
    progress.finish();
    tally.keep(store, &mut batch)
}

async fn read_imap(args: &Args, store: &mut Store, tally: &mut Tally, context: &Context) -> Result<()> {
    let password = args.imap.password()?;
    let mut batch = Vec::new();
    for at in &args.imap.places {
        let mut client = args.imap.open(at, &password).await?;
        let all = client.list().await?;
        let mut progress = Progress::new(&context.screen, "messages", Some(all.len() as u64));
        let mut rest = all.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(Client::batch(rest));
            let fetched = client.fetch(now).await.map_err(|e| e.during(format!("reading {}", at.shown())))?;
            rest = later;
            for message in &fetched {
                tally.files += 1;
                let place = format!("{}, message {}", at.shown(), message.uid);
                let found = if message.cut {
                    vec![Err(Damage::new("the message is larger than any that carries a report: refused"))]
                } else {
                    reports_in_message(&message.octets)
                };
                tally.without += u64::from(found.is_empty());
                found.into_iter().for_each(|outcome| tally.take(&place, outcome, &mut batch, &progress));
                progress.advance();
            }
            tally.keep(store, &mut batch)?;
            progress.tell(|| format!("{} reports", tally.added));
        }
        progress.finish();
        client.close().await;
    }
    Ok(())
}

fn place(file: &std::path::Path, found: &Found) -> String {
    let mut place = file.display().to_string();
    if let Some(number) = found.message {
        place.push_str(&format!(", message {number}"));
    }
    if let Some(member) = &found.member {
        place.push_str(&format!(", {member}"));
    }
    place
}

impl Tally {
    fn take(
        &mut self,
        place: &str,
        outcome: std::result::Result<Report, Damage>,
        batch: &mut Vec<Report>,
        progress: &Progress<'_>,
    ) {
        match outcome {
            Err(damage) => self.damage(place, &damage.to_string(), progress),
            Ok(report) => {
                if !report.faults().is_empty() {
                    self.faulty += 1;
                    let faults = report.faults().join("; ");
                    progress.note(&harmless(&format!("damaged, but counted: {place}: {faults}")));
                }
                batch.push(report);
            }
        }
    }

    fn damage(&mut self, place: &str, why: &str, progress: &Progress<'_>) {
        self.damaged.push((harmless(place), harmless(why)));
        match self.damaged.len() as u64 {
            1..=NAMED => progress.note(&harmless(&format!("skipped: {place}: {why}"))),
            n if n == NAMED + 1 => progress.note("more reports are damaged; they are skipped, too"),
            _ => {}
        }
    }

    fn keep(&mut self, store: &mut Store, batch: &mut Vec<Report>) -> Result<()> {
        for (report, added) in batch.iter().zip(store.add(batch)?) {
            match added {
                Added::Known => self.known += 1,
                Added::New => {
                    self.added += 1;
                    match report {
                        Report::Aggregate(_) => self.aggregate += 1,
                        Report::Failure(_) => self.failure += 1,
                        Report::Tls(_) => self.tls += 1,
                    }
                }
            }
        }
        batch.clear();
        Ok(())
    }
}

fn summary(tally: &Tally) -> String {
    let mut text = format!(
        "{} files: {} aggregate, {} failure and {} TLS reports",
        tally.files, tally.aggregate, tally.failure, tally.tls
    );
    for (count, what) in [
        (tally.known, "known already"),
        (tally.faulty, "damaged but counted"),
        (tally.damaged.len() as u64, "damaged and skipped"),
        (tally.without, "messages without a report"),
    ] {
        if count > 0 {
            text.push_str(&format!("; {count} {what}"));
        }
    }
    text
}

/// The first second of a day or a month, since 1970.
fn first_second(text: &str) -> std::result::Result<i64, String> {
    let day = if text.len() == 7 { format!("{text}-01") } else { text.to_string() };
    day.parse::<jiff::civil::Date>()
        .ok()
        .and_then(|d| d.to_zoned(jiff::tz::TimeZone::UTC).ok())
        .map(|z| z.timestamp().as_second())
        .ok_or_else(|| "it is neither a day such as 2026-01-31 nor a month such as 2026-01".into())
}
