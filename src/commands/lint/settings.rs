//! The settings of a run: what `mailproof.yaml` says, and what the arguments say instead.

use std::path::{Component, Path, PathBuf};

use crate::commands::lint::Args;
use crate::error::{Error, Result};
use crate::lint::rule::Rule;
use crate::lint::{selection, settings};
use crate::profile::lint_settings::{self, LintSettings};
use crate::profile::load::{FILE_NAME, beside};

/// What a run is to do.
pub struct Settings {
    /// What the file says.
    pub of: LintSettings,
    /// The rules that run.
    pub rules: Vec<&'static Rule>,
    /// The baseline, if there is one to be held against.
    pub baseline: Option<PathBuf>,
    /// More warnings than this make the run fail.
    pub max_warnings: Option<usize>,
    /// The folder of the file, absolute: what its patterns are relative to.
    folder: PathBuf,
    /// Where relative paths begin.
    here: PathBuf,
}

impl Settings {
    /// From the file that `--config` names, or else the profile in this folder, if there is one.
    ///
    /// # Errors
    /// A configuration error for a file that cannot be used; a usage error for a rule that is none.
    pub fn read(args: &Args) -> Result<Self> {
        let found = Path::new(FILE_NAME);
        let path = args.config.as_deref().or_else(|| found.exists().then_some(found));
        let of = match path {
            Some(path) => lint_settings::load(path, &settings::known)?,
            None => LintSettings::default(),
        };
        let here = std::env::current_dir()
            .map_err(|e| Error::config("the working directory is not there any more").because(e))?;
        let folder = path.and_then(Path::parent).map_or_else(|| here.clone(), |folder| plain(&here.join(folder)));
        // Who asks for a rule wants to see it, whatever the file leaves out.
        let (select, ignore) = match args.select.is_empty() {
            true => (&of.select, [&of.ignore[..], &args.ignore].concat()),
            false => (&args.select, args.ignore.clone()),
        };
        let rules = selection::rules(select, &ignore)?;
        let own = of.baseline.as_deref().map(|file| beside(path.unwrap_or(found), file));
        // One that is written now is not held against itself.
        let baseline = args.baseline.clone().or(own).filter(|_| args.write_baseline.is_none());
        let max_warnings = args.max_warnings.or(of.max_warnings);
        Ok(Settings { of, rules, baseline, max_warnings, folder, here })
    }

    /// A path as the patterns of the file see it.
    pub fn relative(&self, path: &str) -> String {
        if self.of.paths.is_empty() {
            return path.to_string();
        }
        let whole = plain(&self.here.join(path));
        whole.strip_prefix(&self.folder).unwrap_or(&whole).to_string_lossy().into_owned()
    }
}

/// A path without `.` and `..`, as far as that can be said without looking.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}
