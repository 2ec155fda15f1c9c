//! `check`: what a domain publishes.

use crate::commands::check::Args;
use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};

pub(super) fn run(_args: &Args, _context: &Context) -> Result<Outcome> {
    Err(Error::usage("`check` without --from-ip is not built yet"))
}
