//! What `lint` was given, read: on as many threads as there are files for.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::commands::lint::settings::Settings;
use crate::commands::lint::{Args, glob, origin};
use crate::error::{Error, Result};
use crate::lint::zone_index::ZoneIndex;
use crate::lint::{gather, pattern, settings};
use crate::model::name::{self, Name};
use crate::provider::zone_includes::FileIncludes;
use crate::zone::walk::{Includes, Limits, NoIncludes};

/// The largest file that is read, in octets: what spans can count.
const MAX_FILE: u64 = (1 << 32) - 1;

/// What could be read, and what could not.
pub struct Read {
    /// The zones, in the order in which they were given.
    pub zones: Vec<ZoneIndex>,
    /// One error for each file that could not be read.
    pub errors: Vec<Error>,
}

/// Reads everything that the arguments name.
///
/// # Errors
/// A usage error for an origin or name that is none, or a path that is not there.
pub fn read(args: &Args, settings: &Settings) -> Result<Read> {
    let given = args.origin.as_deref().map(name::domain).transpose()?;
    let owner = args.name.as_deref().map(name::domain).transpose()?;
    let (files, mut errors) = files(&args.paths)?;
    let mut zones = Vec::new();
    for text in &args.record {
        zones.push(match gather::is_policy(text.as_bytes()) {
            true => gather::policy("record", text.as_str(), given.as_ref())?,
            false => gather::record(text, owner.as_ref())?,
        });
    }
    let slots: Mutex<Vec<Option<Result<ZoneIndex>>>> = Mutex::new(files.iter().map(|_| None).collect());
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = files.get(i) else { return };
            let result = match &given {
                Some(name) => Ok(Some(name.clone())),
                None => said(path, settings),
            }
            .and_then(|given| one(path, given.as_ref(), args.no_include));
            if let Ok(mut slots) = slots.lock()
                && let Some(slot) = slots.get_mut(i)
            {
                *slot = Some(result);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    for result in slots.into_inner().unwrap_or_default().into_iter().flatten() {
        match result {
            Ok(zone) => zones.push(zone),
            Err(e) => errors.push(e),
        }
    }
    Ok(Read { zones, errors })
}

/// The files that the paths name, and an error for each that names none.
fn files(paths: &[String]) -> Result<(Vec<PathBuf>, Vec<Error>)> {
    let (mut files, mut errors): (Vec<PathBuf>, Vec<Error>) = (Vec::new(), Vec::new());
    for text in paths {
        let path = Path::new(text);
        if text == "-" || path.is_file() {
            files.push(path.to_path_buf());
        } else if path.is_dir() {
            let found = folder(path);
            if found.is_empty() {
                errors.push(
                    Error::config(format!("{text} has no zone files"))
                        .hint("they are called *.zone, *.db, db.*, *.yaml; name others, or a pattern"),
                );
            }
            files.extend(found);
        } else if pattern::is_pattern(text) {
            let found = glob::expand(text);
            if found.is_empty() {
                errors.push(Error::config(format!("{text} names no file")));
            }
            files.extend(found);
        } else {
            let why = std::fs::metadata(path).err().map_or_else(|| "it is no file".to_string(), |e| e.to_string());
            errors.push(Error::config(format!("{text} cannot be read: {why}")));
        }
    }
    let mut seen = std::collections::HashSet::new();
    files.retain(|f| seen.insert(f.clone()));
    Ok((files, errors))
}

/// The zone files below a folder, by their names, sorted.
fn folder(path: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![path.to_path_buf()];
    while let Some(at) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&at) else { continue };
        for entry in entries.flatten() {
            let file = entry.file_name();
            let Some(file) = file.to_str().filter(|f| !f.starts_with('.')) else { continue };
            let kind = entry.file_type();
            if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) {
                open.push(entry.path());
            } else if is_zone_file(file) && entry.path().is_file() {
                out.push(entry.path());
            }
        }
    }
    out.sort();
    out
}

fn is_zone_file(name: &str) -> bool {
    let master = [".zone", ".db", ".hosts"].iter().any(|e| name.ends_with(e)) || name.starts_with("db.");
    // octoDNS calls a zone's file by the zone; `config.yaml` and the like are none.
    let yaml = [".yaml", ".yml"].iter().any(|e| name.strip_suffix(e).is_some_and(|zone| zone.contains('.')));
    master || yaml || name == "mta-sts.txt"
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

/// The zone that the settings say a file is of.
fn said(path: &Path, settings: &Settings) -> Result<Option<Name>> {
    let path = settings.relative(&path.to_string_lossy());
    settings::origin(&settings.of, &path).map(name::domain).transpose()
}

/// One file.
fn one(path: &Path, given: Option<&Name>, no_include: bool) -> Result<ZoneIndex> {
    let shown = path.display().to_string();
    let text = contents(path, &shown)?;
    if gather::is_policy(&text) || shown.ends_with("mta-sts.txt") {
        let domain = given.cloned().or_else(|| policy_domain(path));
        return gather::policy(&shown, text, domain.as_ref());
    }
    if gather::is_indicator(&shown, &text) {
        return gather::indicator(&shown, text);
    }
    let origin = match given {
        Some(name) => name.clone(),
        None => origin::of(&shown, &text)?,
    };
    if is_yaml(&shown) {
        return gather::octodns(&shown, text, &origin);
    }
    let mut none = NoIncludes;
    let mut below = (!no_include && shown != "-").then(|| FileIncludes::beside(path)).transpose()?;
    let includes: &mut dyn Includes = match &mut below {
        Some(files) => files,
        None => &mut none,
    };
    gather::master_file(&shown, text, &origin, Limits::default(), includes)
}

fn contents(path: &Path, shown: &str) -> Result<Vec<u8>> {
    let bad = |e: std::io::Error| Error::config(format!("{shown} cannot be read")).because(e);
    if shown == "-" {
        let mut text = Vec::new();
        std::io::stdin().lock().take(MAX_FILE + 1).read_to_end(&mut text).map_err(bad)?;
        return Ok(text);
    }
    if std::fs::metadata(path).map_err(bad)?.len() > MAX_FILE {
        return Err(Error::config(format!("{shown} is larger than 4 GiB")).hint("split the zone with $INCLUDE"));
    }
    std::fs::read(path).map_err(bad)
}

/// The domain of a policy file that lies where its web server has it: `mta-sts.example.com/.well-known/mta-sts.txt`.
fn policy_domain(path: &Path) -> Option<Name> {
    let host =
        path.components().rev().find_map(|c| c.as_os_str().to_str()?.strip_prefix("mta-sts.").map(str::to_string))?;
    name::domain(&host).ok().filter(|_| host.contains('.'))
}
