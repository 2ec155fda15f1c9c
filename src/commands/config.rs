//! `mailproof config`

pub mod check;
pub mod render;

use crate::commands::{Context, Outcome};
use crate::error::Result;

/// Arguments of `config`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do with a server's configuration
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do with a server's configuration.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Write the files and steps that make a server sign and judge
    Render(render::Args),
    /// Look for faults in the configuration of a server, against profile and DNS
    Check(check::Args),
}

/// Runs the one that is asked for.
///
/// # Errors
/// What that one fails with.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    match args.verb {
        Verb::Render(args) => render::run(args, context),
        Verb::Check(args) => check::run(args, context),
    }
}
