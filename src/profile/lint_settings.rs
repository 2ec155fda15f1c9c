//! How zones are linted: the section `lint` of `mailproof.yaml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_yaml::Value;

use crate::error::Result;
use crate::profile::load;
use crate::profile::shape::Problem;
use crate::profile::tree::{Step, clip};

/// The section `lint`. Rules are named as on the command line: by code, group or name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LintSettings {
    /// The rules that run; all if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub select: Vec<String>,
    /// The rules that do not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// What findings count as, by rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub severity: BTreeMap<String, String>,
    /// The baseline, relative to the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<PathBuf>,
    /// More warnings than this make a run fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_warnings: Option<usize>,
    /// What else holds for some files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<LintPath>,
}

/// What holds for the files of one pattern.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LintPath {
    /// The pattern, relative to the file's folder: `*`, `?`, and `**` for any number of folders.
    pub path: String,
    /// The zone that these files are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The rules that may speak; all if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub select: Vec<String>,
    /// The rules that may not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// What findings count as, by rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub severity: BTreeMap<String, String>,
}

/// Reads the section from the file at `path`, which may be a whole profile or have nothing but this section. `rule` says
/// what is wrong with the name of a rule, in the rest of a sentence.
///
/// # Errors
/// As [`load::load`]; for names of rules too.
pub fn load(path: &Path, rule: &dyn Fn(&str) -> std::result::Result<(), String>) -> Result<LintSettings> {
    load::lint(path, |value| rule_names(value, rule))
}

/// Every name of a rule that is none.
fn rule_names(file: &Value, rule: &dyn Fn(&str) -> std::result::Result<(), String>) -> Vec<Problem> {
    let key = |name: &str| Step::Key(name.to_string());
    let mut out = Vec::new();
    let mut check = |path: Vec<Step>, at_key: bool, name: &str| {
        if let Err(why) = rule(name) {
            out.push(Problem { path, at_key, message: format!("`{}` {why}", clip(name)) });
        }
    };
    let Some(section) = file.get("lint") else { return out };
    let mut parts = vec![(vec![key("lint")], section)];
    let paths = section.get("paths").and_then(Value::as_sequence).into_iter().flatten();
    parts.extend(paths.enumerate().map(|(i, part)| (vec![key("lint"), key("paths"), Step::Index(i)], part)));
    for (path, part) in parts {
        for list in ["select", "ignore"] {
            let names = part.get(list).and_then(Value::as_sequence).into_iter().flatten();
            for (i, name) in names.enumerate().filter_map(|(i, n)| Some((i, n.as_str()?))) {
                check([path.clone(), vec![key(list), Step::Index(i)]].concat(), false, name);
            }
        }
        let severities = part.get("severity").and_then(Value::as_mapping).into_iter().flatten();
        for name in severities.filter_map(|(name, _)| name.as_str()) {
            check([path.clone(), vec![key("severity"), key(name)]].concat(), true, name);
        }
    }
    out
}
