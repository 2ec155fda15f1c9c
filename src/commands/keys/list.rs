//! `mailproof keys list`

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::commands::format::Format;
use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};
use crate::keys::store;
use crate::profile::load;
use crate::profile::schema::KeyState;
use crate::words::wrap::pad;

/// Arguments of `keys list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder with the key files
    #[arg(long, value_name = "DIR", default_value = "keys")]
    pub dir: PathBuf,
    /// List the keys of this profile, not those of a folder
    #[arg(long, value_name = "FILE", conflicts_with = "dir")]
    pub profile: Option<PathBuf>,
    /// How to print the list
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub format: Format,
}

/// A line of the list.
struct Row {
    domain: String,
    selector: String,
    state: Option<&'static str>,
    created: Option<String>,
    path: PathBuf,
    /// The kind and size, or why it cannot be used.
    key: std::result::Result<(&'static str, usize), String>,
}

/// Lists the keys; one that cannot be used is a finding.
///
/// # Errors
/// A configuration error when the profile or the folder cannot be read.
pub fn run(args: &Args, context: &Context) -> Result<Outcome> {
    let rows = match &args.profile {
        Some(profile) => of_profile(profile)?,
        None => of_folder(&args.dir)?,
    };
    match args.format {
        Format::Json => {
            let list: Vec<_> = rows
                .iter()
                .map(|row| {
                    json!({
                        "domain": row.domain,
                        "selector": row.selector,
                        "algorithm": row.key.as_ref().ok().map(|k| k.0),
                        "bits": row.key.as_ref().ok().map(|k| k.1),
                        "state": row.state,
                        "created": row.created,
                        "key_file": row.path,
                        "error": row.key.as_ref().err(),
                    })
                })
                .collect();
            context.screen.line(format!("{:#}", serde_json::Value::Array(list)));
        }
        Format::Human if rows.is_empty() => context.screen.note("no keys; `mailproof keys generate` makes one"),
        Format::Human => context.screen.raw(&table(&rows)),
    }
    Ok(if rows.iter().any(|r| r.key.is_err()) { Outcome::Findings } else { Outcome::Clean })
}

fn table(rows: &[Row]) -> String {
    let width = |of: fn(&Row) -> &str| rows.iter().map(|r| of(r).chars().count()).max().unwrap_or(0);
    let (domain, selector) = (width(|r| &r.domain), width(|r| &r.selector));
    let mut out = String::new();
    for row in rows {
        let start = format!("{}  {}", pad(&row.domain, domain), pad(&row.selector, selector));
        let state = row.state.map(|s| format!("  {s:<7}")).unwrap_or_default();
        match &row.key {
            Ok((kind, _)) => out.push_str(&format!("{start}  {kind:<7}{state}  {}\n", row.path.display())),
            Err(why) => out.push_str(&format!("{start}  !!     {state}  {why}\n")),
        }
    }
    out
}

fn of_profile(path: &Path) -> Result<Vec<Row>> {
    let profile = load::load(path)?;
    let mut rows = Vec::new();
    for domain in &profile.domains {
        for key in &domain.dkim {
            rows.push(Row {
                domain: domain.domain.clone(),
                selector: key.selector.clone(),
                state: Some(match key.state {
                    KeyState::Active => "active",
                    KeyState::Next => "next",
                    KeyState::Revoked => "revoked",
                }),
                created: key.created.clone(),
                ..row(load::beside(path, &key.key))
            });
        }
    }
    Ok(rows)
}

fn of_folder(dir: &Path) -> Result<Vec<Row>> {
    let cannot = |e| Error::config(format!("the folder {} cannot be read", dir.display())).because(e);
    let entries = std::fs::read_dir(dir).map_err(cannot)?;
    let mut paths = entries.map(|e| e.map(|e| e.path())).collect::<std::io::Result<Vec<_>>>().map_err(cannot)?;
    paths.retain(|p| p.extension().is_some_and(|e| e == "pem"));
    paths.sort();
    Ok(paths.into_iter().map(row).collect())
}

fn row(path: PathBuf) -> Row {
    let key = store::read(&path).map(|pair| (pair.algorithm().name(), pair.bits())).map_err(|e| e.to_string());
    let (domain, selector) = store::whose(&path).unwrap_or_else(|| ("?".into(), "?".into()));
    Row { domain, selector, state: None, created: None, path, key }
}
