//! Which selectors are looked for.

use std::path::Path;

use crate::commands::check::Args;
use crate::error::{Error, Result};
use crate::model::message::Message;
use crate::model::name::{self, Name};
use crate::model::tag_list::TagList;
use crate::profile::load;

/// A message larger than this is none that a person saved.
const LONGEST: u64 = 64 << 20;

/// A selector and the domain whose it is; none where it goes for every domain.
type Selector = (Option<Name>, String);

/// What `--selector`, `--message` and `--profile` name.
///
/// # Errors
/// A configuration error when the message or the profile cannot be read, or names no selector.
pub(super) fn named(args: &Args) -> Result<Vec<Selector>> {
    let mut out: Vec<Selector> = args.selector.iter().map(|s| (None, s.clone())).collect();
    if let Some(path) = &args.message {
        out.extend(of_message(path)?);
    }
    if let Some(path) = &args.profile {
        for domain in &load::load(path)?.domains {
            let owner = name::domain(&domain.domain)?;
            let services = domain.senders.iter().flat_map(|s| &s.dkim_cnames).map(|alias| &alias.selector);
            let own = domain.dkim.iter().map(|key| &key.selector);
            out.extend(own.chain(services).map(|selector| (Some(owner.clone()), selector.clone())));
        }
    }
    Ok(out)
}

/// Those of `domain`, each once.
pub(super) fn of(all: &[Selector], domain: &Name) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for (_, selector) in all.iter().filter(|(owner, _)| owner.as_ref().is_none_or(|owner| owner == domain)) {
        if !out.contains(selector) {
            out.push(selector.clone());
        }
    }
    out
}

fn of_message(path: &Path) -> Result<Vec<Selector>> {
    let bad = |e: std::io::Error| Error::config(format!("{} cannot be read", path.display())).because(e);
    if std::fs::metadata(path).map_err(bad)?.len() > LONGEST {
        return Err(Error::config(format!("{} is too large for a message", path.display())));
    }
    let raw = std::fs::read(path).map_err(bad)?;
    let message = Message::read(&raw);
    let mut out = Vec::new();
    for field in message.named("DKIM-Signature") {
        let tags = TagList::read(field.value);
        let text = |tag: &str| tags.value(tag).map(|v| String::from_utf8_lossy(v).trim().to_string());
        if let (Some(selector), Some(Ok(domain))) = (text("s"), text("d").map(|d| name::domain(&d))) {
            out.push((Some(domain), selector));
        }
    }
    if out.is_empty() {
        return Err(Error::config(format!("{} has no DKIM signature", path.display())));
    }
    Ok(out)
}
