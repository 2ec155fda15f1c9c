//! `mailproof test`

pub mod form;
pub mod proving;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::json;

use crate::commands::dns_args::DnsArgs;
use crate::commands::test::form::Form;
use crate::commands::test::proving::ProvingArgs;
use crate::commands::{Context, Outcome, token};
use crate::error::{Error, Result};
use crate::profile::load;
use crate::profile::schema::Domain;
use crate::prove::domain::{Tested, prove};
use crate::prove::letter::Moment;
use crate::prove::sender::SigningKeys;
use crate::report::{cells, probes};
use crate::words::Words;

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The profile
    #[arg(long, value_name = "FILE", default_value = load::FILE_NAME)]
    pub profile: PathBuf,
    /// The domain, if the profile has several
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// Judge the messages without sending them, as if they came from the servers' addresses
    #[arg(long)]
    pub simulate: bool,
    /// Whom to ask
    #[command(flatten)]
    pub dns: DnsArgs,
    /// One's own servers, with real mail
    #[command(flatten)]
    pub proving: ProvingArgs,
    /// How to print the result
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub format: Form,
}

/// Sends and judges.
///
/// # Errors
/// A configuration error when the profile has no server that sends, unreachable when DNS or an address cannot be used.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    if args.proving.receiving.is_some() || args.proving.sending {
        return proving::run(&args, context);
    }
    let profile = load::load(&args.profile)?;
    let only: Vec<String> = args.domain.iter().cloned().collect();
    let selected = profile.select(&only)?;
    if args.format == Form::Html && selected.len() > 1 {
        return Err(Error::usage("a page has one domain, and the profile has several").hint("choose one with --domain"));
    }
    let mut good = true;
    let mut results = Vec::new();
    for domain in selected {
        let tested = context.run(test(domain, &args))?;
        good &= !tested.table.has_faults();
        match args.format {
            Form::Human => {
                if !tested.probes.iter().all(|p| p.sent) {
                    context.screen.note(format!(
                        "{} is not an address of this machine: the messages are judged as if they came from there",
                        tested.sender.ip
                    ));
                }
                context.screen.raw(&shown(&tested, context.screen.words(), context.screen.width()));
            }
            Form::Html => context.screen.raw(&proving::page(&tested.table, None, None)?),
            Form::Json => results.push(
                json!({"domain": tested.table.domain, "from": tested.sender.ip, "probes": tested.probes, "table": tested.table}),
            ),
        }
    }
    if args.format == Form::Json {
        let value = if results.len() == 1 { results.remove(0) } else { json!(results) };
        context.screen.line(format!("{value:#}"));
    }
    Ok(if good { Outcome::Clean } else { Outcome::Findings })
}

/// The messages and the table for people.
pub fn shown(tested: &Tested, words: Words, width: usize) -> String {
    let (cells, summary) = (cells::render_at(width, &tested.table, words), cells::summary(&tested.table, words));
    format!("{}\n{cells}\n{summary}\n", words.lines(&probes::render(&tested.probes)))
}

/// Tests one domain: by SMTP where the sending address is this machine's, else judged without being sent.
async fn test(domain: &Domain, args: &Args) -> Result<Tested> {
    let keys = SigningKeys::read(domain, load::folder(&args.profile))?;
    let resolver = args.dns.resolver()?;
    let at = Moment { now: SystemTime::now(), token: token()? };
    prove(domain, &keys, Arc::new(resolver), &at, args.simulate).await
}
