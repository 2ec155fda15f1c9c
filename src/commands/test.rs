//! `mailproof test`

use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs it.
///
/// # Errors
/// Not built yet.
pub fn run(_args: Args, _context: &Context) -> Result<Outcome> {
    Err(Error::usage("`test` is not built yet"))
}
