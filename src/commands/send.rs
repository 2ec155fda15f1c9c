//! `mailproof send`

use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};

/// Arguments of `send`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs it.
///
/// # Errors
/// Not built yet.
pub fn run(_args: Args, _context: &Context) -> Result<Outcome> {
    Err(Error::usage("`send` is not built yet"))
}
