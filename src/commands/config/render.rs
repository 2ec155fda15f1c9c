//! `mailproof config render`

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::commands::apply::consent;
use crate::commands::format::Format;
use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};
use crate::profile::load;
use crate::profile::preset::Preset;
use crate::profile::schema::Domain;
use crate::report::server_files;
use crate::server::hosted;
use crate::server::install::{self, below};
use crate::server::postfix::main_cf;
use crate::server::render::{Rendered, render};
use crate::server::setting::{Wishes, setting};
use crate::server::side::Direction;
use crate::server::software::Software;
use crate::server::system::System;

/// Arguments of `config render`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The profile
    #[arg(long, value_name = "FILE", default_value = load::FILE_NAME)]
    pub profile: PathBuf,
    /// Only this domain of the profile; may be repeated
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Vec<String>,
    /// Which direction of mail the server is for
    #[arg(long, value_enum, default_value_t, value_name = "SIDE")]
    pub side: Direction,
    /// The host, where the profile has several
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// The software, in place of the profile's; or a host of mailboxes, such as google, for what to click
    #[arg(long, value_name = "ID")]
    pub software: Option<String>,
    /// The release that it runs on; the profile's by default, with --install that of the root
    #[arg(long, value_enum, value_name = "RELEASE")]
    pub system: Option<System>,
    /// The resolver that the server asks, in place of the profile's; may be repeated
    #[arg(long, value_name = "IP")]
    pub resolver: Vec<IpAddr>,
    /// List the software that can be rendered
    #[arg(long)]
    pub list: bool,
    /// Write the files: show the differences, ask, keep a copy of what was there, restart nothing
    #[arg(long)]
    pub install: bool,
    /// The folder that is the server's root
    #[arg(long, value_name = "DIR", default_value = "/", requires = "install")]
    pub root: PathBuf,
    /// Write without asking
    #[arg(long, requires = "install")]
    pub yes: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub format: Format,
}

/// Renders, and installs where that is asked for.
///
/// # Errors
/// Usage and configuration errors of the profile and the root; [`install::install`]'s.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    if args.list {
        for id in Software::ids() {
            context.screen.line(format!("{id:<13} {}", Software::find(id)?.title()));
        }
        for host in hosted::all()? {
            context.screen.line(format!("{:<13} {}, hosted: what to click", host.id, host.title));
        }
        return Ok(Outcome::Clean);
    }
    if let Some(id) = args.software.as_deref()
        && Software::find(id).is_err()
        && let Ok(host) = hosted::find(id)
    {
        return clicks(&host, &args, context);
    }
    let rendered = rendered(&args)?;
    if args.install {
        return write(&rendered, &args, context);
    }
    match args.format {
        Format::Json => {
            let value = serde_json::to_value(&rendered)
                .map_err(|e| Error::config("the configuration cannot be written as JSON").because(e))?;
            context.screen.line(format!("{value:#}"));
        }
        Format::Human => context.screen.raw(&server_files::rendered(&rendered)),
    }
    Ok(Outcome::Clean)
}

/// The steps at a host of mailboxes.
fn clicks(host: &Preset, args: &Args, context: &Context) -> Result<Outcome> {
    if args.install {
        return Err(Error::usage(format!("nothing is to be installed for {}: it is hosted", host.title))
            .hint("without --install the steps are printed"));
    }
    let profile = load::load(&args.profile)?;
    for domain in profile.select(&args.domain)?.into_iter().filter(|d| !d.parked) {
        let steps = hosted::steps(host, domain)?;
        match args.format {
            Format::Human => context.screen.raw(&steps),
            Format::Json => {
                let value = json!({"host": host.id, "title": host.title, "domain": domain.domain, "markdown": steps});
                context.screen.line(format!("{value:#}"));
            }
        }
    }
    Ok(Outcome::Clean)
}

/// The configuration that the arguments ask for.
fn rendered(args: &Args) -> Result<Rendered> {
    let profile = load::load(&args.profile)?;
    let domains = profile.select(&args.domain)?;
    let software = software(args.software.as_deref(), &domains, args.side)?;
    let mut wishes = Wishes {
        direction: args.side,
        host: args.host.clone(),
        system: args.system,
        resolvers: args.resolver.clone(),
        networks: Vec::new(),
    };
    if args.install {
        let release = fs::read_to_string(below(&args.root, "/etc/os-release")).unwrap_or_default();
        wishes.system = wishes.system.or_else(|| System::from_os_release(&release));
        wishes.networks = relayed_for(&args.root);
    }
    render(software, &setting(&domains, load::folder(&args.profile), &wishes)?)
}

/// The software that the flag or the profile names for a direction.
///
/// # Errors
/// A usage error when the profile names two; a configuration error for one that is not known.
pub fn software(flag: Option<&str>, domains: &[&Domain], direction: Direction) -> Result<Software> {
    if let Some(id) = flag {
        return Software::find(id);
    }
    let mut named: Vec<&str> = Vec::new();
    for server in domains.iter().filter_map(|d| d.server.as_ref()) {
        let sides = [(direction.sends(), &server.sending), (direction.receives(), &server.receiving)];
        for id in sides.into_iter().filter(|(asked, _)| *asked).filter_map(|(_, id)| id.as_deref()) {
            if !named.contains(&id) {
                named.push(id);
            }
        }
    }
    match named.as_slice() {
        [] => Software::find("postfix"),
        [one] => Software::find(one),
        several => Err(Error::usage(format!("the profile names several servers: {}", several.join(", ")))
            .hint("choose with --side or --software")),
    }
}

/// The networks beside loopback that the Postfix at `root` relays for, in the words of the milters.
fn relayed_for(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(below(root, "/etc/postfix/main.cf")).unwrap_or_default();
    let value = main_cf::read(&text).value("mynetworks").unwrap_or_default();
    main_cf::list(&value)
        .into_iter()
        // Tables and exclusions have no form that the milters read.
        .filter(|n| !n.starts_with(['!', '/']) && !n.contains(":/") && !n.contains('$'))
        .map(|n| n.replace(['[', ']'], ""))
        .filter(|n| !n.starts_with("127.") && !n.starts_with("::1") && !n.starts_with("::ffff:127."))
        .collect()
}

fn write(rendered: &Rendered, args: &Args, context: &Context) -> Result<Outcome> {
    let planned = install::plan(rendered, &args.root)?;
    for note in &planned.notes {
        context.screen.note(format!("note: {note}"));
    }
    if planned.changes.is_empty() {
        match args.format {
            Format::Human => context.screen.line("Everything is in place: nothing to write."),
            Format::Json => context.screen.line(format!("{:#}", json!({"changes": [], "backup": null, "restart": []}))),
        }
        return Ok(Outcome::Clean);
    }
    if args.format == Format::Human {
        context.screen.raw(&server_files::differences(&planned));
    }
    if !context.run(consent(args.yes, "Write these files?", context))? {
        context.screen.note("nothing was written");
        return Ok(Outcome::Findings);
    }
    let stamp = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let backup = install::install(&planned, &args.root, &stamp)?;
    match args.format {
        Format::Human => context.screen.raw(&server_files::written(&planned, backup.as_deref(), rendered)),
        Format::Json => {
            let value = json!({
                "changes": planned.changes,
                "backup": backup,
                "tests": rendered.tests,
                "steps": rendered.steps,
                "restart": rendered.restart,
                "by_hand": rendered.by_hand,
            });
            context.screen.line(format!("{value:#}"));
        }
    }
    Ok(Outcome::Clean)
}
