//! `mailproof keys generate`

use std::path::{Path, PathBuf};

use hickory_proto::rr::RData;
use serde_json::json;

use crate::commands::format::Format;
use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};
use crate::keys::algorithm::Algorithm;
use crate::keys::pair::KeyPair;
use crate::keys::selector;
use crate::keys::store::{self, KeyFiles};
use crate::model::{name, txt};
use crate::profile::leaf;
use crate::profile::schema::default_ttl;
use crate::zone::writer;

/// Arguments of `keys generate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The domain that the key signs for
    #[arg(long, value_name = "DOMAIN")]
    pub domain: String,
    /// The kind of key; every receiver verifies rsa2048
    #[arg(long, value_name = "KIND", default_value_t, value_parser = clap::value_parser!(Algorithm))]
    pub algorithm: Algorithm,
    /// The selector; left out, one with the month in it, the next that is free in DIR
    #[arg(long, value_name = "NAME")]
    pub selector: Option<String>,
    /// The folder for the key files; made if it is not there
    #[arg(long, value_name = "DIR", default_value = "keys")]
    pub dir: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub format: Format,
}

/// A pair that was made and written.
#[derive(Debug)]
pub struct Made {
    /// The domain, in A-labels.
    pub domain: String,
    /// Its selector.
    pub selector: String,
    /// Where it is.
    pub files: KeyFiles,
    /// The pair.
    pub pair: KeyPair,
}

/// Makes the pair and writes both files.
///
/// # Errors
/// A usage error for a domain or selector that is none; a configuration error when the files are there already or
/// cannot be written.
pub fn make(domain: &str, algorithm: Algorithm, selector: Option<&str>, dir: &Path) -> Result<Made> {
    leaf::full_domain(domain).map_err(|why| Error::usage(format!("`{domain}` {why}")))?;
    let name = name::domain(domain)?;
    let domain = name::show(&name);
    let selector = match selector {
        Some(text) => {
            selector::check(text).map_err(|why| Error::usage(format!("`{text}` is no selector: {why}")))?;
            text.to_ascii_lowercase()
        }
        None => {
            let today = jiff::Zoned::now().date();
            selector::dated(today.year(), today.month(), algorithm, |s| KeyFiles::of(dir, &domain, s).exist())
                .ok_or_else(|| Error::usage("every selector of this month is taken").hint("name one with --selector"))?
        }
    };
    let owner = name::below(&format!("{selector}._domainkey"), &name)?;
    let pair = KeyPair::generate(algorithm)?;
    let files = KeyFiles::of(dir, &domain, &selector);
    let data = writer::data(&RData::TXT(txt::split(pair.record().as_bytes())));
    store::save(&files, &pair, &format!("{}. {} IN TXT {data}\n", name::show(&owner), default_ttl()))?;
    Ok(Made { domain, selector, files, pair })
}

/// Makes a pair and says where it is.
///
/// # Errors
/// As [`make`].
pub fn run(args: &Args, context: &Context) -> Result<Outcome> {
    let made = make(&args.domain, args.algorithm, args.selector.as_deref(), &args.dir)?;
    let owner = format!("{}._domainkey.{}", made.selector, made.domain);
    let (key, record) = (made.files.key.display(), made.files.record.display());
    match args.format {
        Format::Json => context.screen.line(format!(
            "{:#}",
            json!({
                "domain": made.domain,
                "selector": made.selector,
                "algorithm": made.pair.algorithm().name(),
                "bits": made.pair.bits(),
                "key_file": made.files.key,
                "record_file": made.files.record,
                "name": owner,
                "type": "TXT",
                "value": made.pair.record(),
            })
        )),
        Format::Human => context.screen.raw(&format!(
            "made  {key}  the private key, {} ({} bits), for its owner alone\n      {record}  the record to publish\n\n\
             {owner}  TXT\n{}\n",
            made.pair.algorithm(),
            made.pair.bits(),
            made.pair.record()
        )),
    }
    Ok(Outcome::Clean)
}
