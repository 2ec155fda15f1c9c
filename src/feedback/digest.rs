//! What the reports of a span say about a domain: who sends, what passes, what the next stage would break.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::params;
use serde::Serialize;

use super::advice::{Advice, advise};
use super::store::{Span, Store, broken};
use crate::error::Result;

/// A day in seconds.
const DAY: i64 = 86_400;
/// Authenticated domains that are kept of one source.
const EVIDENCE: usize = 8;

/// What to sum up.
#[derive(Clone, Debug, Default)]
pub struct DigestOptions {
    /// The time.
    pub span: Span,
    /// The domain that the reports are about, if only one counts.
    pub domain: Option<String>,
    /// Services that send for others: title, and the domains in which their own mail authenticates.
    pub services: Vec<(String, Vec<String>)>,
    /// Names that DNS gives for addresses.
    pub names: HashMap<String, String>,
}

/// One domain's reports.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Digest {
    /// The domain.
    pub domain: String,
    /// The policy of its latest report: `p`, `sp`, `np`, in test mode, and `pct`.
    pub policy: String,
    /// `sp`.
    pub subdomain_policy: String,
    /// Whether receivers saw `t=y` or a `pct` below 100.
    pub testing: bool,
    /// Aggregate reports.
    pub reports: u64,
    /// Who sent them, and how many messages they are about; the largest first.
    pub reporters: Vec<(String, u64)>,
    /// Messages.
    pub messages: u64,
    /// Those that passed DMARC.
    pub passing: u64,
    /// Those with an aligned signature.
    pub dkim: u64,
    /// Those with aligned SPF.
    pub spf: u64,
    /// Messages by the day on which the report begins, in days since 1970: passing, failing.
    pub days: BTreeMap<i64, (u64, u64)>,
    /// Where the messages came from; the largest first.
    pub sources: Vec<Source>,
    /// What to do next.
    pub advice: Advice,
    /// Failure reports: address, envelope sender's domain, how many.
    pub failures: Vec<(String, String, u64)>,
    /// TLS reports.
    pub tls: Vec<TlsLine>,
}

/// How a source stands to the domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Everything passes.
    Aligned,
    /// Some of it passes.
    Partly,
    /// It authenticates, but as another domain.
    Unaligned,
    /// Receivers say that it was forwarded, or came over a mailing list.
    Forwarded,
    /// Nothing authenticates: forged, or a server that was forgotten.
    #[default]
    Unknown,
}

/// One address.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Source {
    /// The address.
    pub address: String,
    /// Its name in DNS, where that was asked for.
    pub name: Option<String>,
    /// Whose it seems to be: a service, or the domain that it authenticates as.
    pub organization: String,
    /// The service that it belongs to, where it is one that mailproof knows.
    pub service: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// Messages.
    pub messages: u64,
    /// Those that passed DMARC.
    pub passing: u64,
    /// Those with an aligned signature.
    pub dkim: u64,
    /// Those with aligned SPF.
    pub spf: u64,
    /// Those that were quarantined or refused.
    pub stopped: u64,
    /// Those that receivers call forwarded.
    pub forwarded: u64,
    /// Domains that signatures passed for.
    pub dkim_domains: Vec<String>,
    /// Domains that SPF passed for.
    pub spf_domains: Vec<String>,
    /// The first and the last day, in days since 1970.
    pub days: (i64, i64),
}

impl Source {
    /// Messages that failed DMARC.
    pub fn failing(&self) -> u64 {
        self.messages - self.passing
    }
}

/// Sessions of one domain under one kind of policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TlsLine {
    /// `sts`, `tlsa`, `no-policy-found`.
    pub kind: String,
    /// Encrypted as the policy wants it.
    pub successes: u64,
    /// Not.
    pub failures: u64,
    /// Why not: kind of failure, mail exchanger, sessions.
    pub details: Vec<(String, String, u64)>,
}

/// Sums up; one digest a domain, the one with the most messages first.
///
/// # Errors
/// When the store cannot be read.
pub fn digest(store: &Store, options: &DigestOptions) -> Result<Vec<Digest>> {
    let mut all = BTreeMap::new();
    reports(store, options, &mut all).map_err(broken)?;
    rows(store, options, &mut all).map_err(broken)?;
    failures(store, options, &mut all).map_err(broken)?;
    tls(store, options, &mut all).map_err(broken)?;
    let mut out: Vec<Digest> = all
        .into_iter()
        .filter(|(domain, _)| options.domain.as_ref().is_none_or(|only| only == domain))
        .map(|(domain, gathered)| gathered.finish(domain, options))
        .collect();
    out.sort_by(|a, b| b.messages.cmp(&a.messages).then_with(|| a.domain.cmp(&b.domain)));
    Ok(out)
}

#[derive(Default)]
struct Gathered {
    policy: String,
    subdomain_policy: String,
    testing: bool,
    reports: u64,
    reporters: BTreeMap<String, u64>,
    days: BTreeMap<i64, (u64, u64)>,
    /// Days that reports cover, with or without mail.
    covered: BTreeSet<i64>,
    sources: BTreeMap<String, Source>,
    failures: Vec<(String, String, u64)>,
    tls: BTreeMap<String, TlsLine>,
}

type All = BTreeMap<String, Gathered>;

fn reports(store: &Store, options: &DigestOptions, all: &mut All) -> rusqlite::Result<()> {
    let (since, until) = options.span.bounds();
    let mut query = store.connection.prepare(
        "SELECT domain, p, sp, pct, testing, begins, ends FROM report
         WHERE kind = 'aggregate' AND begins >= ? AND begins < ? ORDER BY ends, id",
    )?;
    let mut found = query.query(params![since, until])?;
    while let Some(row) = found.next()? {
        let gathered: &mut Gathered = all.entry(row.get(0)?).or_default();
        // The latest stands.
        gathered.policy = row.get(1)?;
        gathered.subdomain_policy = row.get(2)?;
        let (pct, testing): (String, String) = (row.get(3)?, row.get(4)?);
        gathered.testing = testing == "y" || pct.parse().is_ok_and(|p: u32| p < 100);
        gathered.reports += 1;
        let (begins, ends): (i64, i64) = (row.get(5)?, row.get(6)?);
        // A report is about a day or so; one that claims years does not cover them.
        let last = ends.max(begins).min(begins + 7 * DAY) / DAY;
        gathered.covered.extend(begins / DAY..=last);
    }
    Ok(())
}

fn rows(store: &Store, options: &DigestOptions, all: &mut All) -> rusqlite::Result<()> {
    let (since, until) = options.span.bounds();
    let mut query = store.connection.prepare(
        "SELECT r.domain, r.org, r.begins, m.source, m.messages, m.disposition, m.dkim, m.spf, m.reasons
         FROM message_row m JOIN report r ON r.id = m.report WHERE r.begins >= ? AND r.begins < ?",
    )?;
    let mut found = query.query(params![since, until])?;
    while let Some(row) = found.next()? {
        let Some(gathered) = all.get_mut(row.get_ref(0)?.as_str()?) else { continue };
        let messages = row.get::<_, i64>(4)?.unsigned_abs();
        let (dkim, spf): (bool, bool) = (row.get(6)?, row.get(7)?);
        let day = row.get::<_, i64>(2)?.div_euclid(DAY);
        *gathered.reporters.entry(row.get(1)?).or_default() += messages;
        let address: String = row.get(3)?;
        let source = gathered.sources.entry(address.clone()).or_insert_with(|| new_source(address, day));
        source.days = (source.days.0.min(day), source.days.1.max(day));
        let add = |sum: &mut u64, when: bool| *sum = sum.saturating_add(if when { messages } else { 0 });
        add(&mut source.messages, true);
        add(&mut source.passing, dkim || spf);
        add(&mut source.dkim, dkim);
        add(&mut source.spf, spf);
        add(&mut source.stopped, matches!(row.get_ref(5)?.as_str()?, "quarantine" | "reject"));
        let reasons: String = row.get(8)?;
        let forwarded = reasons.split(' ').any(|r| matches!(r, "forwarded" | "mailing_list" | "trusted_forwarder"));
        add(&mut source.forwarded, forwarded && !dkim && !spf);
        let tally = gathered.days.entry(day).or_default();
        add(&mut tally.0, dkim || spf);
        add(&mut tally.1, !dkim && !spf);
    }
    evidence(store, options, all)
}

fn new_source(address: String, day: i64) -> Source {
    Source {
        address,
        name: None,
        organization: String::new(),
        service: None,
        standing: Standing::Unknown,
        messages: 0,
        passing: 0,
        dkim: 0,
        spf: 0,
        stopped: 0,
        forwarded: 0,
        dkim_domains: Vec::new(),
        spf_domains: Vec::new(),
        days: (day, day),
    }
}

/// The domains that each source authenticated as, the most used first.
fn evidence(store: &Store, options: &DigestOptions, all: &mut All) -> rusqlite::Result<()> {
    let (since, until) = options.span.bounds();
    let mut query = store.connection.prepare(
        "SELECT r.domain, m.source, a.method, a.domain, sum(m.messages) AS messages
         FROM authentication a JOIN message_row m ON m.id = a.message_row JOIN report r ON r.id = m.report
         WHERE a.result = 'pass' AND a.domain <> '' AND r.begins >= ? AND r.begins < ?
         GROUP BY 1, 2, 3, 4 ORDER BY messages DESC, a.domain",
    )?;
    let mut found = query.query(params![since, until])?;
    while let Some(row) = found.next()? {
        let Some(gathered) = all.get_mut(row.get_ref(0)?.as_str()?) else { continue };
        let Some(source) = gathered.sources.get_mut(row.get_ref(1)?.as_str()?) else { continue };
        let list = match row.get_ref(2)?.as_str()? {
            "dkim" => &mut source.dkim_domains,
            _ => &mut source.spf_domains,
        };
        if list.len() < EVIDENCE {
            list.push(row.get(3)?);
        }
    }
    Ok(())
}

fn failures(store: &Store, options: &DigestOptions, all: &mut All) -> rusqlite::Result<()> {
    let (since, until) = options.span.bounds();
    let mut query = store.connection.prepare(
        "SELECT r.domain, f.source, f.envelope_from, count(*) AS reports FROM failure f JOIN report r ON r.id = f.report
         WHERE r.begins >= ? AND r.begins < ? GROUP BY 1, 2, 3 ORDER BY reports DESC, 2, 3",
    )?;
    let mut found = query.query(params![since, until])?;
    while let Some(row) = found.next()? {
        let count = row.get::<_, i64>(3)?.unsigned_abs();
        all.entry(row.get(0)?).or_default().failures.push((row.get(1)?, row.get(2)?, count));
    }
    Ok(())
}

fn tls(store: &Store, options: &DigestOptions, all: &mut All) -> rusqlite::Result<()> {
    let (since, until) = options.span.bounds();
    let mut query = store.connection.prepare(
        "SELECT p.domain, p.kind, sum(p.successes), sum(p.failures) FROM tls_policy p JOIN report r ON r.id = p.report
         WHERE r.begins >= ? AND r.begins < ? GROUP BY 1, 2",
    )?;
    let mut found = query.query(params![since, until])?;
    while let Some(row) = found.next()? {
        let kind: String = row.get(1)?;
        let line = TlsLine {
            kind: kind.clone(),
            successes: row.get::<_, i64>(2)?.unsigned_abs(),
            failures: row.get::<_, i64>(3)?.unsigned_abs(),
            details: Vec::new(),
        };
        all.entry(row.get(0)?).or_default().tls.insert(kind, line);
    }
    let mut query = store.connection.prepare(
        "SELECT p.domain, p.kind, f.kind, f.mx, sum(f.sessions) AS sessions
         FROM tls_failure f JOIN tls_policy p ON p.id = f.tls_policy JOIN report r ON r.id = p.report
         WHERE r.begins >= ? AND r.begins < ? GROUP BY 1, 2, 3, 4 ORDER BY sessions DESC, 3, 4",
    )?;
    let mut found = query.query(params![since, until])?;
    while let Some(row) = found.next()? {
        let kind: String = row.get(1)?;
        if let Some(line) = all.entry(row.get(0)?).or_default().tls.get_mut(&kind) {
            line.details.push((row.get(2)?, row.get(3)?, row.get::<_, i64>(4)?.unsigned_abs()));
        }
    }
    Ok(())
}

impl Gathered {
    fn finish(self, domain: String, options: &DigestOptions) -> Digest {
        let mut sources: Vec<Source> = self.sources.into_values().collect();
        for source in &mut sources {
            judge(source, &domain, options);
        }
        sources.sort_by(|a, b| b.messages.cmp(&a.messages).then_with(|| a.address.cmp(&b.address)));
        let sum = |value: fn(&Source) -> u64| sources.iter().fold(0u64, |sum, s| sum.saturating_add(value(s)));
        let mut reporters: Vec<(String, u64)> = self.reporters.into_iter().collect();
        reporters.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut digest = Digest {
            policy: self.policy,
            subdomain_policy: self.subdomain_policy,
            testing: self.testing,
            reports: self.reports,
            reporters,
            messages: sum(|s| s.messages),
            passing: sum(|s| s.passing),
            dkim: sum(|s| s.dkim),
            spf: sum(|s| s.spf),
            days: self.days,
            advice: Advice::default(),
            failures: self.failures,
            tls: self.tls.into_values().collect(),
            sources,
            domain,
        };
        digest.advice = advise(&digest, self.covered.len());
        digest
    }
}

/// Whose the source is, and how it stands.
fn judge(source: &mut Source, domain: &str, options: &DigestOptions) {
    let own = organization(domain);
    let names: Vec<&String> = source.dkim_domains.iter().chain(&source.spf_domains).collect();
    source.name = options.names.get(&source.address).cloned();
    let hosts = names.iter().copied().chain(source.name.as_ref());
    source.service = hosts.into_iter().find_map(|host| {
        let bears = |tail: &String| host == tail || host.strip_suffix(tail.as_str()).is_some_and(|h| h.ends_with('.'));
        options.services.iter().find(|(_, domains)| domains.iter().any(bears)).map(|(title, _)| title.clone())
    });
    let foreign = names.iter().map(|d| organization(d)).find(|d| *d != own);
    source.standing = if source.passing == source.messages {
        Standing::Aligned
    } else if source.forwarded.saturating_mul(2) > source.failing() {
        Standing::Forwarded
    } else if source.passing > 0 {
        Standing::Partly
    } else if foreign.is_some() {
        Standing::Unaligned
    } else {
        Standing::Unknown
    };
    source.organization = source
        .service
        .clone()
        .or_else(|| source.name.as_deref().map(organization))
        .or(if source.spf > 0 { Some(own) } else { None })
        .or(foreign)
        .unwrap_or_else(|| if source.passing > 0 { organization(domain) } else { String::new() });
}

/// The domain one label below the public suffix; the domain itself where there is none.
fn organization(domain: &str) -> String {
    psl::domain_str(domain).unwrap_or(domain).to_string()
}
