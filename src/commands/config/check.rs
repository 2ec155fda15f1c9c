//! `mailproof config check`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hickory_proto::rr::RecordType;

use crate::commands::dns_args::DnsArgs;
use crate::commands::lint::{Format, print_as};
use crate::commands::{Context, Outcome};
use crate::dns::lookup::Lookup;
use crate::dns::resolver::Resolver;
use crate::error::{Error, Result};
use crate::lint::facts::Facts;
use crate::lint::gather;
use crate::lint::outcome::Outcome as Linted;
use crate::lint::registry::RULES;
use crate::lint::rule::{Needs, Rule};
use crate::lint::run::run as run_rules;
use crate::lint::sorted::Sorted;
use crate::model::name;
use crate::profile::load;
use crate::profile::schema::KeyState;
use crate::server::setup::{Paths, Setup, Wish, read};
use crate::server::tree::Disk;

/// Arguments of `config check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder that is the server's root
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub root: PathBuf,
    /// Hold the configuration against this profile: its domains and selectors; mailproof.yaml where there is one
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Look at this OpenDKIM configuration, and at no file that is not named; may be repeated
    #[arg(long, value_name = "FILE")]
    pub opendkim: Vec<PathBuf>,
    /// Look at this OpenDMARC configuration
    #[arg(long, value_name = "FILE")]
    pub opendmarc: Option<PathBuf>,
    /// Look at this configuration of policyd-spf
    #[arg(long, value_name = "FILE")]
    pub policyd_spf: Option<PathBuf>,
    /// Look at this main.cf of Postfix
    #[arg(long, value_name = "FILE")]
    pub main_cf: Option<PathBuf>,
    /// Look at this master.cf of Postfix
    #[arg(long, value_name = "FILE")]
    pub master_cf: Option<PathBuf>,
    /// Do not ask DNS for the keys
    #[arg(long)]
    pub no_dns: bool,
    /// Whom to ask for the keys
    #[command(flatten)]
    pub dns: DnsArgs,
    /// How to print findings
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// Reads the configuration and judges it.
///
/// # Errors
/// A configuration error, after everything that could be read was judged, when a file cannot be read or is half written.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    let paths = paths(&args)?;
    let read = read(&Disk { root: args.root.clone() }, &paths);
    let mut setup = read.setup;
    if read.errors.is_empty()
        && setup.postfix.is_none()
        && setup.signers.is_empty()
        && setup.dmarc.is_none()
        && setup.spf.is_none()
        && setup.rspamd.is_none()
        && !setup.exim
    {
        return Err(Error::config(format!(
            "no configuration of a mail server was found below {}",
            args.root.display()
        ))
        .hint("name the root with --root, or single files with --opendkim, --main-cf and so on"));
    }
    if setup.exim {
        // Its configuration is a program: what it does with a message shows when it gets one.
        context
            .screen
            .note("note: of Exim the keys alone are looked at; mailproof test --receiving shows how it judges");
    }
    setup.wish = wish(&args, &setup)?;
    if !args.no_dns {
        match args.dns.resolver() {
            Ok(resolver) => setup.published = context.run(async { Ok(published(&setup, &resolver, context).await) })?,
            Err(e) => context.screen.note(format!("note: keys are not held against DNS: {e}")),
        }
    }
    let mut facts = Facts::new(vec![gather::server(read.sources)]);
    facts.server = Some(setup);
    let rules: Vec<&'static Rule> = RULES.iter().copied().filter(|r| r.needs == Needs::Server).collect();
    let found = run_rules(&facts, &Sorted::new(&rules), 1);
    let linted = Linted::new(facts, found.findings, &found.unseen, &rules);
    let inputs = if paths.any() { "the files".to_string() } else { args.root.display().to_string() };
    context.screen.raw(&print_as(args.format, false, &linted, &inputs, context));
    let mut errors = read.errors.into_iter();
    if let Some(last) = errors.next_back() {
        errors.for_each(|e| context.screen.error(&e));
        return Err(last);
    }
    Ok(if linted.summary.errors > 0 { Outcome::Findings } else { Outcome::Clean })
}

/// The named files as absolute paths: those in the configuration are absolute too.
fn paths(args: &Args) -> Result<Paths> {
    let text = |path: &Path| -> Result<String> {
        let cannot = |e: std::io::Error| Error::config(format!("{} cannot be read", path.display())).because(e);
        let absolute = std::path::absolute(path).map_err(cannot)?;
        std::fs::metadata(&absolute).map_err(cannot)?;
        let inside = absolute.strip_prefix(&args.root).unwrap_or(&absolute);
        Ok(format!("/{}", inside.to_string_lossy().trim_start_matches('/')))
    };
    let one = |path: &Option<PathBuf>| path.as_deref().map(text).transpose();
    Ok(Paths {
        opendkim: args.opendkim.iter().map(|p| text(p)).collect::<Result<_>>()?,
        opendmarc: one(&args.opendmarc)?,
        policyd_spf: one(&args.policyd_spf)?,
        main_cf: one(&args.main_cf)?,
        master_cf: one(&args.master_cf)?,
    })
}

/// What the profile wants of this host: of the domains that name it, or of all where none does.
fn wish(args: &Args, setup: &Setup) -> Result<Option<Wish>> {
    let path = match &args.profile {
        Some(path) => path.clone(),
        None if Path::new(load::FILE_NAME).exists() => load::FILE_NAME.into(),
        None => return Ok(None),
    };
    let profile = load::load(&path)?;
    let here = |d: &&crate::profile::schema::Domain| d.hosts.iter().any(|h| h.name == setup.host && h.sends);
    let any = profile.domains.iter().any(|d| here(&d));
    let mut wish = Wish::default();
    for domain in profile.domains.iter().filter(|d| !any || here(d)) {
        let active = domain.dkim.iter().filter(|k| k.state == KeyState::Active);
        wish.domains.insert(domain.domain.clone(), active.map(|k| k.selector.clone()).collect());
    }
    Ok(Some(wish))
}

/// The key records at the selectors that the server signs with. What DNS does not answer is left out, and that is said.
async fn published(setup: &Setup, resolver: &Resolver, context: &Context) -> BTreeMap<String, Vec<String>> {
    let mut out = BTreeMap::new();
    for key in setup.keys() {
        let text = format!("{}._domainkey.{}", key.selector, key.domain.to_ascii_lowercase());
        let Ok(owner) = name::domain(&text) else { continue };
        if out.contains_key(&text) {
            continue;
        }
        match resolver.lookup(&owner, RecordType::TXT).await {
            Ok(answer) => {
                let texts = answer.texts();
                out.insert(text, texts.iter().map(|t| String::from_utf8_lossy(t).into_owned()).collect());
            }
            Err(e) => context.screen.note(format!("note: {text} is not held against DNS: {e}")),
        }
    }
    out
}
