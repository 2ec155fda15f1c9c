//! A plan as a file: looked at today, carried out later.

use crate::error::{Error, Result};
use crate::plan::Plan;

/// The plan as JSON, with a last line end.
///
/// # Errors
/// None that occurs: the types can all be written.
pub fn write(plan: &Plan) -> Result<String> {
    let text =
        serde_json::to_string_pretty(plan).map_err(|e| Error::config("the plan cannot be written").because(e))?;
    Ok(text + "\n")
}

/// Reads a plan that [`write()`] wrote. Whether it still fits its zone is for [`crate::plan::safety::check`] to say.
///
/// # Errors
/// A configuration error: not JSON, of another version, or with a change that has neither side.
pub fn read(text: &str) -> Result<Plan> {
    let plan: Plan = serde_json::from_str(text).map_err(|e| Error::config("this is not a saved plan").because(e))?;
    if plan.version != 1 {
        return Err(Error::config(format!("the plan is of version {}, and this program reads 1", plan.version))
            .hint("make a new plan"));
    }
    if plan.changes.iter().any(|c| c.set().is_none_or(|set| set.values.is_empty())) {
        return Err(Error::config("the plan has a change without a record set").hint("make a new plan"));
    }
    plan.apex()?;
    Ok(plan)
}
