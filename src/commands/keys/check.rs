//! `mailproof keys check`

use std::path::{Path, PathBuf};

use hickory_proto::rr::RecordType;
use serde_json::json;

use crate::commands::dns_args::DnsArgs;
use crate::commands::format::Format;
use crate::commands::{Context, Outcome};
use crate::dns::lookup::Lookup;
use crate::error::{Error, Result};
use crate::keys::pair::KeyPair;
use crate::keys::published::Published;
use crate::keys::{selector, store};
use crate::model::name;
use crate::profile::load;
use crate::profile::schema::KeyState;

/// Arguments of `keys check`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["key", "profile"]))]
pub struct Args {
    /// The domain that the key signs for; with --profile, only this one
    #[arg(long, value_name = "DOMAIN", required_unless_present = "profile")]
    pub domain: Option<String>,
    /// The selector of the key
    #[arg(long, value_name = "NAME", required_unless_present = "profile", conflicts_with = "profile")]
    pub selector: Option<String>,
    /// The private key
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Check every key of this profile, not a single one
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Whom to ask
    #[command(flatten)]
    pub dns: DnsArgs,
    /// How to print the result
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub format: Format,
}

/// A key to check.
struct Subject {
    domain: String,
    selector: String,
    path: PathBuf,
    state: KeyState,
    pair: KeyPair,
}

/// Compares each private key with the key at its selector.
///
/// # Errors
/// A configuration error when a key cannot be used; unreachable when DNS does not answer.
pub fn run(args: &Args, context: &Context) -> Result<Outcome> {
    let subjects = match (&args.profile, &args.domain, &args.selector, &args.key) {
        (Some(profile), domain, ..) => of_profile(profile, domain.as_deref())?,
        (None, Some(domain), Some(selector), Some(key)) => vec![one(domain, selector, key)?],
        _ => return Err(Error::usage("name --domain, --selector and --key, or --profile")),
    };
    let resolver = args.dns.resolver()?;
    let results = context.run(async {
        let mut out = Vec::new();
        for subject in &subjects {
            out.push(compare(subject, &resolver).await?);
        }
        Ok(out)
    })?;
    let mut entries = Vec::new();
    let mut clean = true;
    for (subject, published) in subjects.iter().zip(&results) {
        // A key that is not used yet need not be there, and a revoked one should not.
        let good = match subject.state {
            KeyState::Active | KeyState::Next => matches!(published, Published::Match(_)),
            KeyState::Revoked => matches!(published, Published::Revoked | Published::Missing),
        };
        clean &= good;
        let mut notes = store::cautions(&subject.path);
        if let Published::Match(remarks) = published {
            notes.extend(remarks.iter().map(|r| (*r).to_string()));
        }
        if args.format == Format::Human {
            show(subject, published, good, &notes, context);
        }
        entries.push(json!({
            "domain": subject.domain,
            "selector": subject.selector,
            "key_file": subject.path,
            "algorithm": subject.pair.algorithm().name(),
            "bits": subject.pair.bits(),
            "result": published.word(),
            "ok": good,
            "message": published.sentence(),
            "notes": notes,
        }));
    }
    if args.format == Format::Json {
        context.screen.line(format!("{:#}", serde_json::Value::Array(entries)));
    }
    Ok(if clean { Outcome::Clean } else { Outcome::Findings })
}

fn show(subject: &Subject, published: &Published, good: bool, notes: &[String], context: &Context) {
    let sign = if good { "ok" } else { "!!" };
    let key = format!("{}, {} bits", subject.pair.public().key_type(), subject.pair.bits());
    context.screen.line(format!("{sign}  {}._domainkey.{}  ({key})", subject.selector, subject.domain));
    context.screen.line(format!("    {}", published.sentence()));
    for note in notes {
        context.screen.line(format!("    note: {note}"));
    }
    if !good && matches!(published, Published::Missing | Published::Mismatch | Published::Broken(_)) {
        context.screen.line("    publish this TXT record:");
        context.screen.line(format!("    {}", subject.pair.record()));
    }
}

fn one(domain: &str, selector: &str, path: &Path) -> Result<Subject> {
    selector::check(selector).map_err(|why| Error::usage(format!("`{selector}` is no selector: {why}")))?;
    Ok(Subject {
        domain: name::show(&name::domain(domain)?),
        selector: selector.into(),
        path: path.into(),
        state: KeyState::Active,
        pair: store::read(path)?,
    })
}

fn of_profile(path: &Path, domain: Option<&str>) -> Result<Vec<Subject>> {
    let profile = load::load(path)?;
    let only: Vec<String> = domain.map(str::to_string).into_iter().collect();
    let mut out = Vec::new();
    for domain in profile.select(&only)? {
        for key in &domain.dkim {
            let file = load::beside(path, &key.key);
            // The file of a revoked key may be gone: nothing is left to compare.
            if key.state == KeyState::Revoked && !file.exists() {
                continue;
            }
            let subject = one(&domain.domain, &key.selector, &file)?;
            out.push(Subject { state: key.state, ..subject });
        }
    }
    if out.is_empty() {
        return Err(Error::config("the profile has no key to check").hint("add one under `dkim:`"));
    }
    Ok(out)
}

async fn compare(subject: &Subject, resolver: &dyn Lookup) -> Result<Published> {
    let owner = name::below(&format!("{}._domainkey", subject.selector), &name::domain(&subject.domain)?)?;
    let answer = resolver.lookup(&owner, RecordType::TXT).await.map_err(|e| {
        Error::unreachable(format!("{} cannot be looked up: {e}", name::show(&owner)))
            .hint("another name server can be named with --nameserver")
    })?;
    Ok(Published::compare(subject.pair.public(), &answer.texts()))
}
