//! `mailproof providers schema`

use crate::commands::{Context, Outcome};
use crate::error::Result;

/// The schema that also lies beside the definitions.
const SCHEMA: &str = include_str!("../../../providers/schema.json");

/// Prints the JSON Schema of definitions.
pub fn run(context: &Context) -> Result<Outcome> {
    context.screen.raw(SCHEMA);
    Ok(Outcome::Clean)
}
