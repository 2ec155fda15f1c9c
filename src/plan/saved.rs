//! Plans as a file: looked at today, carried out later.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::plan::Plan;

/// The file: a plan for each zone.
#[derive(Serialize, Deserialize)]
struct File {
    /// The form of this file; 1.
    version: u32,
    plans: Vec<Plan>,
}

/// The plans as JSON, with a last line end.
///
/// # Errors
/// None that occurs: the types can all be written.
pub fn write(plans: &[Plan]) -> Result<String> {
    let file = File { version: 1, plans: plans.to_vec() };
    let text =
        serde_json::to_string_pretty(&file).map_err(|e| Error::config("the plan cannot be written").because(e))?;
    Ok(text + "\n")
}

/// Reads plans that [`write()`] wrote. Whether they still fit their zones is for [`crate::plan::safety::check`] to say.
///
/// # Errors
/// A configuration error: not JSON, of another version, without a plan, two of them for one zone, or with a change that
/// has neither side.
pub fn read(text: &str) -> Result<Vec<Plan>> {
    let bad = |message: String| Error::config(message).hint("make a new plan");
    let File { version, plans } =
        serde_json::from_str(text).map_err(|e| Error::config("this is not a saved plan").because(e))?;
    let versions = plans.iter().map(|plan| plan.version).chain([version]);
    if let Some(other) = versions.into_iter().find(|version| *version != 1) {
        return Err(bad(format!("the plan is of version {other}, and this program reads 1")));
    }
    if plans.is_empty() {
        return Err(bad("the file has no plan".into()));
    }
    for (i, plan) in plans.iter().enumerate() {
        if plan.changes.iter().any(|c| c.set().is_none_or(|set| set.values.is_empty())) {
            return Err(bad("the plan has a change without a record set".into()));
        }
        let apex = plan.apex()?;
        if plans[..i].iter().any(|other| other.apex().is_ok_and(|name| name == apex)) {
            return Err(bad(format!("the file has two plans for the zone {}", plan.zone)));
        }
    }
    Ok(plans)
}
