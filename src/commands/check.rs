//! `mailproof check`

mod many;
mod published;
mod selectors;
mod sender;
mod visits;

use std::net::IpAddr;
use std::path::PathBuf;

use crate::commands::dns_args::DnsArgs;
use crate::commands::{Context, Outcome};
use crate::error::Result;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The domains
    #[arg(required_unless_present = "list", value_name = "DOMAIN")]
    domains: Vec<String>,
    #[command(flatten)]
    many: many::ManyArgs,
    #[command(flatten)]
    pub(super) dns: DnsArgs,
    /// Look for the DKIM key of this selector, not for the selectors that are often used
    #[arg(long, value_name = "SELECTOR")]
    selector: Vec<String>,
    /// Look for the keys that this message is signed with
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    message: Option<PathBuf>,
    /// Look for the keys that this profile signs with, and hold what is published against it
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    profile: Option<PathBuf>,
    /// Ask every authoritative name server of the zone, too: are the answers the same at each?
    #[arg(long, conflicts_with = "list")]
    authoritative: bool,
    /// The port at which they answer, in a lab
    #[arg(long, value_name = "PORT", default_value_t = 53, hide = true)]
    authoritative_port: u16,
    #[command(flatten)]
    visits: visits::VisitArgs,
    /// Evaluate SPF for a message from this address, and show every step
    #[arg(long, value_name = "IP")]
    from_ip: Option<IpAddr>,
    /// What the client says in HELO; the domain by default
    #[arg(long, value_name = "NAME", requires = "from_ip", allow_hyphen_values = true)]
    helo: Option<String>,
    /// The envelope sender; `postmaster` at the domain by default, empty for the null sender
    #[arg(long, value_name = "ADDRESS", requires = "from_ip", allow_hyphen_values = true)]
    mail_from: Option<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// One object; an array for several domains
    Json,
    /// One object a line
    Ndjson,
    /// One row a domain, under a header
    Csv,
    /// The findings as SARIF 2.1.0, for code scanning
    Sarif,
    /// The findings as JUnit XML
    Junit,
    /// The findings as annotations of GitHub Actions
    Github,
    /// The findings as a table for a job's summary
    Markdown,
    /// A page about one domain, complete in itself
    Html,
}

impl Format {
    /// Whether it is one document, which a list or an evaluation does not make.
    fn is_report(self) -> bool {
        matches!(self, Format::Sarif | Format::Junit | Format::Github | Format::Markdown | Format::Html)
    }
}

/// Runs it.
///
/// # Errors
/// A usage error for what is no domain (not with `--from-ip`: receivers are told odd names, too); unreachable, after
/// everything that is known was printed, when DNS did not answer.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    match (args.many.list(), args.from_ip) {
        (Some(list), _) => many::run(&args, list, context),
        (None, Some(ip)) => sender::run(&args, ip, context),
        (None, None) => published::run(&args, context),
    }
}

/// Prints one object, or an array for several domains.
fn print_json(context: &Context, mut results: Vec<serde_json::Value>) {
    let value = if results.len() == 1 { results.remove(0) } else { serde_json::Value::Array(results) };
    context.screen.line(format!("{value:#}"));
}
