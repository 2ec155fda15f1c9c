//! A baseline: findings of old that do not count, so that a zone with a past can be linted today.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::lint::finding::Finding;
use crate::lint::outcome::Located;

/// The findings that are known. Lines may move; what counts is the rule, the name, the type and the message.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The version of this form; 1.
    version: u32,
    /// Each finding once for every time that it is known.
    findings: Vec<Known>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    code: String,
    path: String,
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    message: String,
}

impl Known {
    fn of(finding: &Finding, at: &Located) -> Self {
        Known {
            code: finding.rule.code.to_string(),
            path: at.location.path.clone(),
            name: at.name.clone(),
            rtype: at.rtype.clone(),
            message: finding.message.to_string(),
        }
    }
}

impl Baseline {
    /// Of these findings.
    pub fn of<'f>(findings: impl IntoIterator<Item = (&'f Finding, Located)>) -> Self {
        let mut findings: Vec<Known> = findings.into_iter().map(|(f, at)| Known::of(f, &at)).collect();
        findings.sort();
        Baseline { version: 1, findings }
    }

    /// Reads a baseline; `path` is for the error.
    ///
    /// # Errors
    /// A configuration error if the text is no baseline.
    pub fn read(text: &str, path: &str) -> Result<Self> {
        let baseline: Baseline = serde_json::from_str(text).map_err(|e| {
            Error::config(format!("{path} is no baseline")).because(e).hint("write one with --write-baseline")
        })?;
        if baseline.version != 1 {
            return Err(Error::config(format!("{path} is a baseline of version {}, this reads 1", baseline.version)));
        }
        Ok(baseline)
    }

    /// As JSON.
    pub fn write(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Takes out what is known, each as often as it is known, and gives how many those were.
    pub fn apply(&self, findings: &mut Vec<Finding>, locate: impl Fn(&Finding) -> Located) -> usize {
        let mut known: HashMap<&Known, usize> = HashMap::new();
        for entry in &self.findings {
            *known.entry(entry).or_default() += 1;
        }
        let before = findings.len();
        findings.retain(|f| match known.get_mut(&Known::of(f, &locate(f))) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        });
        before - findings.len()
    }
}
