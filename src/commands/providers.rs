//! `mailproof providers`

mod check;
mod list;
mod schema;
mod show;

use crate::commands::{Context, Outcome};
use crate::error::Result;

/// Arguments of `providers`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// List the providers there are, or say which one keeps a domain
    List(list::Args),
    /// Show what is known of one provider: its credentials, settings and limits
    Show(show::Args),
    /// Log in and find the zone, to see whether the credential works; nothing is written
    Check(check::Args),
    /// Print the JSON Schema of definitions, for editors
    Schema,
}

/// Lists providers, shows or checks one.
///
/// # Errors
/// Those of a definition, the profile or the provider.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    match args.verb {
        Verb::List(args) => list::run(&args, context),
        Verb::Show(args) => show::run(&args, context),
        Verb::Check(args) => check::run(&args, context),
        Verb::Schema => schema::run(context),
    }
}
