//! `survey --domains`: what the domains of a list publish, on the engine of `check`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use clap::Parser;
use serde::Deserialize;

use super::Args;
use crate::cli::{Cli, Verb};
use crate::commands::table_format::TableFormat;
use crate::commands::{Context, Outcome, check};
use crate::error::{Error, Result};
use crate::report::survey as shown;
use crate::survey::{Domain, published_class};

/// Runs `check --domains` with the flags that it shares, and shows what came of it. [`Outcome::Clean`] whatever the
/// domains are like.
pub(super) fn run(args: &Args, list: &Path, context: &Context) -> Result<Outcome> {
    if !args.answers.zone_file.is_empty() {
        return Err(Error::usage("--domains asks DNS alone: --zone-file is for mail")
            .hint("`mailproof lint FILE` looks at what a zone file publishes"));
    }
    let cannot = |e: std::io::Error| Error::config("the results cannot be kept").because(e);
    let results = tempfile::NamedTempFile::new().map_err(cannot)?;
    let mut words: Vec<OsString> =
        ["mailproof", "check", "--format", "ndjson", "--resume"].map(OsString::from).to_vec();
    words.extend([results.path().into(), "--domains".into(), list.into()]);
    let checked = match Cli::try_parse_from(words).map(|cli| cli.verb) {
        Ok(Verb::Check(mut check)) => {
            check.dns = args.answers.dns.clone();
            check::run(check, context)
        }
        Ok(_) => Err(Error::usage("the list cannot be checked")),
        Err(e) => Err(Error::usage("the list cannot be checked").because(e)),
    };
    let mut domains = Vec::new();
    for line in BufReader::new(File::open(results.path()).map_err(cannot)?).lines() {
        let line = line.map_err(cannot)?;
        let seen: Seen =
            serde_json::from_str(&line).map_err(|e| Error::config("a result cannot be read").because(e))?;
        domains.push(seen.domain());
    }
    domains.sort_by(|a, b| a.domain.cmp(&b.domain));
    if !domains.is_empty() || checked.is_ok() {
        print(args, &domains, context);
    }
    // A list that was read in part, or DNS that was silent, is told; what is wrong with the domains is no failure here.
    checked.map(|_| Outcome::Clean)
}

fn print(args: &Args, domains: &[Domain], context: &Context) {
    match args.format {
        TableFormat::Human => context.screen.raw(&shown::domains_human(domains, context.screen.width())),
        TableFormat::Json => context.screen.line(shown::domains_json(domains)),
        TableFormat::Csv => context.screen.raw(&shown::domains_csv(domains)),
        TableFormat::Html => context.screen.raw(&shown::domains_page(domains, context.screen.words().lang())),
        TableFormat::Markdown => context.screen.raw(&shown::domains_markdown(domains)),
    }
}

/// What of a result of `check` is looked at.
#[derive(Deserialize)]
struct Seen {
    domain: String,
    exists: bool,
    spf: Standing,
    dmarc: Standing,
    dkim: Vec<Key>,
    mx: Vec<serde::de::IgnoredAny>,
    findings: Vec<Finding>,
    unknown: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Standing {
    status: String,
    policy: Option<String>,
}

#[derive(Deserialize)]
struct Key {
    status: String,
    algorithm: Option<String>,
    bits: Option<usize>,
}

#[derive(Deserialize)]
struct Finding {
    code: String,
}

impl Seen {
    fn domain(self) -> Domain {
        let has = |status: &str| self.dkim.iter().any(|key| key.status == status);
        let dkim = ["ok", "unknown", "broken"].into_iter().find(|status| has(status)).unwrap_or("missing");
        let mut keys = BTreeMap::new();
        for key in self.dkim.iter().filter(|key| key.status == "ok") {
            if let (Some(algorithm), Some(bits)) = (&key.algorithm, key.bits) {
                *keys.entry(format!("{algorithm} {bits}")).or_default() += 1;
            }
        }
        Domain {
            class: published_class(&self.spf.status, dkim, &self.dmarc.status),
            domain: self.domain,
            exists: self.exists,
            spf: self.spf.status,
            dkim: dkim.into(),
            policy: self.dmarc.policy.filter(|_| self.dmarc.status == "ok"),
            dmarc: self.dmarc.status,
            keys,
            mx: self.mx.len(),
            findings: self.findings.into_iter().map(|f| f.code).collect(),
            unknown: self.unknown.len(),
        }
    }
}
