//! The command line: one variant a verb, its arguments beside its code.

use clap::{Parser, Subcommand};

use crate::commands;
use crate::report::screen::ColorChoice;
use crate::words::Lang;

/// Set up, publish and prove SPF, DKIM and DMARC
#[derive(Debug, Parser)]
#[command(name = "mailproof", version, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
    /// Ask and tell line by line, without drawing: for screen readers; a terminal that is `dumb` has it so anyway
    #[arg(long, global = true)]
    pub plain: bool,
    /// The language to speak: that of LC_ALL, LC_MESSAGES or LANG where nothing is said. Results for machines are English
    #[arg(long, global = true, value_enum, value_name = "LANGUAGE")]
    pub lang: Option<Lang>,
    /// Print results only, no progress
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Log what happens to standard error; twice for more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// What to do
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Ask about server and domain, then make keys, records and proof
    Setup(commands::setup::Args),
    /// Show the whole story on embedded parts, without network
    Demo(commands::demo::Args),
    /// Make, list and check DKIM keys
    Keys(commands::keys::Args),
    /// Print the DNS records that a profile needs
    Records(commands::records::Args),
    /// Check zone files, octoDNS YAML and single records
    Lint(commands::lint::Args),
    /// Explain a rule, with a bad and a good example
    Explain(commands::explain::Args),
    /// Check live DNS for a domain
    Check(commands::check::Args),
    /// Show what a push would change, and whether mail would pass
    Plan(commands::plan::Args),
    /// Publish the records at the DNS provider
    Push(commands::push::Args),
    /// Restore what a push replaced
    Rollback(commands::rollback::Args),
    /// List DNS providers and check credentials
    Providers(commands::providers::Args),
    /// Render and check the configuration of a mail server
    Config(commands::config::Args),
    /// Send a test message
    Send(commands::send::Args),
    /// Receive test messages by SMTP and judge them
    Receive(commands::receive::Args),
    /// Send and receive a test message, and show the six cells
    Test(commands::test::Args),
    /// Judge a saved message
    Verify(commands::verify::Args),
    /// Count who authenticates how in a mailbox
    Survey(commands::survey::Args),
    /// Sum up what receivers report: DMARC and TLS
    Reports(commands::reports::Args),
}
