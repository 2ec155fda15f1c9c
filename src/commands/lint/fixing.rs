//! `lint --fix`: fixes until nothing more can be fixed, and what is left is printed.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use similar::TextDiff;

use crate::commands::Context;
use crate::commands::lint::settings::Settings;
use crate::commands::lint::{Args, inputs, lint};
use crate::error::{Error, Result};
use crate::lint::fix;
use crate::lint::outcome::Outcome as Linted;
use crate::lint::profile_view::ProfileFacts;
use crate::lint::zone_index::ZoneIndex;

/// A fix may uncover another; after so many rounds something is wrong.
const ROUNDS: usize = 10;

/// Fixes the files of a run, or shows what would change; gives what is left.
///
/// # Errors
/// A configuration error when a file cannot be written; a usage error for standard input without `--diff`.
pub fn run(
    args: &Args,
    settings: &Settings,
    profile: Option<ProfileFacts>,
    zones: Vec<ZoneIndex>,
    context: &Context,
) -> Result<Linted> {
    if !args.diff && args.paths.iter().any(|p| p == "-") {
        return Err(Error::usage("standard input cannot be fixed in place").hint("add --diff, or name files"));
    }
    let mut linted = lint(settings, profile, zones)?;
    if args.diff {
        for fixed in fix::apply(&linted) {
            context.screen.raw(&diff(&fixed));
        }
        return Ok(linted);
    }
    let mut total = 0;
    for _ in 0..ROUNDS {
        let fixed = fix::apply(&linted);
        if fixed.is_empty() {
            break;
        }
        for text in &fixed {
            replace(Path::new(&text.path), &text.before, &text.after)?;
            total += text.count;
        }
        let profile = linted.facts.profile.take();
        linted = lint(settings, profile, inputs::read(args, settings)?.zones)?;
    }
    context.screen.note(if total == 1 { "1 edit written".to_string() } else { format!("{total} edits written") });
    Ok(linted)
}

fn diff(fixed: &fix::Fixed) -> String {
    let (before, after) = (String::from_utf8_lossy(&fixed.before), String::from_utf8_lossy(&fixed.after));
    let diff = TextDiff::from_lines(&before, &after);
    diff.unified_diff().context_radius(2).header(&format!("a/{}", fixed.path), &format!("b/{}", fixed.path)).to_string()
}

/// Writes a file anew: whole or not at all, with the mode that it had; not when it changed since it was read.
fn replace(path: &Path, before: &[u8], after: &[u8]) -> Result<()> {
    let bad = |e: std::io::Error| Error::config(format!("{} cannot be written", path.display())).because(e);
    // A link stays a link: what it points to is written.
    let real = fs::canonicalize(path).map_err(bad)?;
    if fs::read(&real).map_err(bad)? != before {
        return Err(Error::config(format!("{} changed while it was being fixed", path.display())).hint("run it again"));
    }
    let folder = real.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(bad)?;
    file.write_all(after).and_then(|()| file.as_file().sync_all()).map_err(bad)?;
    let mode = fs::metadata(&real).map_err(bad)?.permissions();
    file.as_file().set_permissions(mode).map_err(bad)?;
    file.persist(&real).map_err(|e| bad(e.error))?;
    Ok(())
}
