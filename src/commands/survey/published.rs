//! `survey --domains`: what the domains of a list publish, on the engine of `check`.

use std::ffi::OsString;
use std::path::Path;

use clap::Parser;

use super::Args;
use crate::cli::{Cli, Verb};
use crate::commands::table_format::TableFormat;
use crate::commands::{Context, Outcome, check};
use crate::error::{Error, Result};

/// Runs `check --domains` with the flags that it shares.
pub(super) fn run(args: &Args, list: &Path, context: &Context) -> Result<Outcome> {
    let format = match args.format {
        TableFormat::Human => "human",
        TableFormat::Json => "ndjson",
        TableFormat::Csv => "csv",
        TableFormat::Markdown | TableFormat::Html => {
            return Err(Error::usage("a list of domains has no such form").hint("use --format human, json or csv"));
        }
    };
    let mut words: Vec<OsString> = ["mailproof", "check", "--format", format, "--domains"].map(OsString::from).to_vec();
    words.push(list.into());
    for server in &args.dns.nameserver {
        words.extend(["--nameserver".into(), server.to_string().into()]);
    }
    words.extend(["--questions-at-once".into(), args.dns.questions_at_once.to_string().into()]);
    match Cli::try_parse_from(words).map(|cli| cli.verb) {
        Ok(Verb::Check(check)) => check::run(check, context),
        Ok(_) => Err(Error::usage("the list cannot be checked")),
        Err(e) => Err(Error::usage("the list cannot be checked").because(e)),
    }
}
