//! `mailproof keys`

pub mod check;
pub mod generate;
pub mod list;

use crate::commands::{Context, Outcome};
use crate::error::Result;

/// Arguments of `keys`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do with keys
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do with keys.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Make a key pair and the record to publish
    Generate(generate::Args),
    /// List the keys of a folder or a profile
    List(list::Args),
    /// Compare private keys with what is published
    Check(check::Args),
}

/// Runs the one that is asked for.
///
/// # Errors
/// What that one fails with.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    match args.verb {
        Verb::Generate(args) => generate::run(&args, context),
        Verb::List(args) => list::run(&args, context),
        Verb::Check(args) => check::run(&args, context),
    }
}
