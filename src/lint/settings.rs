//! What `mailproof.yaml` says of findings: which may be told for which files, and what they count as.

use std::collections::BTreeMap;

use crate::lint::finding::Finding;
use crate::lint::pattern;
use crate::lint::registry::{self, RULES};
use crate::lint::rule::Severity;
use crate::lint::selection;
use crate::profile::lint_settings::{LintPath, LintSettings};

/// Whether `name` names a rule or a group of rules.
///
/// # Errors
/// The rest of a sentence that says that it does not, with a guess.
pub fn known(name: &str) -> Result<(), String> {
    if RULES.iter().any(|r| selection::matches(r, name)) {
        return Ok(());
    }
    let guess = registry::guess(name).map_or(String::new(), |meant| format!("; did you mean {meant}?"));
    Err(format!("is no rule{guess}"))
}

/// Takes out what the settings of its file do not want to hear of, and changes what the rest counts as. `path` gives the
/// path of a finding's file, relative to the folder of the settings.
pub fn apply(settings: &LintSettings, findings: &mut Vec<Finding>, path: impl Fn(&Finding) -> String) {
    if settings.paths.is_empty() && settings.severity.is_empty() {
        return;
    }
    findings.retain_mut(|finding| {
        let path = path(finding);
        let parts = || settings.paths.iter().filter(|p| pattern::names_path(&p.path, &path));
        let named = |names: &[String]| names.iter().any(|n| selection::matches(finding.rule, n));
        if parts().any(|p| named(&p.ignore) || (!p.select.is_empty() && !named(&p.select))) {
            return false;
        }
        // What is said for the file goes before what is said for all, and what is said last before what is said first.
        let own = parts().filter_map(|p| severity(&p.severity, finding)).next_back();
        if let Some(severity) = own.or_else(|| severity(&settings.severity, finding)) {
            finding.severity = severity;
        }
        true
    });
}

/// What a finding counts as: what is said for its code or name goes before what is said for its group.
fn severity(by_rule: &BTreeMap<String, String>, finding: &Finding) -> Option<Severity> {
    let named = by_rule.iter().filter(|(name, _)| selection::matches(finding.rule, name));
    let (_, word) = named.max_by_key(|(name, _)| name.len())?;
    [Severity::Error, Severity::Warning, Severity::Advice].into_iter().find(|s| s.word() == word)
}

/// The zone that the settings say a file is of.
pub fn origin<'s>(settings: &'s LintSettings, path: &str) -> Option<&'s str> {
    let own = |p: &'s LintPath| p.origin.as_deref().filter(|_| pattern::names_path(&p.path, path));
    settings.paths.iter().filter_map(own).next_back()
}
