//! `mailproof records`

use std::path::PathBuf;

use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};
use crate::model::snapshot::Snapshot;
use crate::profile::desired::{desired, mta_sts};
use crate::profile::schema::Domain;
use crate::profile::{key_files, load};
use crate::report::record_list::{self, ZoneRecords};
use crate::report::{dnscontrol, octodns, terraform};

/// Arguments of `records`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The profile
    #[arg(long, value_name = "FILE", default_value = load::FILE_NAME)]
    pub profile: PathBuf,
    /// Only this domain of the profile; may be repeated
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Vec<String>,
    /// How to print them
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub format: Format,
    /// In zone text leave out SOA and NS, to paste into a zone that exists
    #[arg(long)]
    pub fragment: bool,
    /// Print the MTA-STS policy file that the web server is to serve, not the records
    #[arg(long, conflicts_with_all = ["format", "fragment"])]
    pub mta_sts_policy: bool,
}

/// How records are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Zone text that a name server loads, each record under its reason
    #[default]
    Zone,
    /// Rows to paste into a provider's panel
    Table,
    /// JSON
    Json,
    /// octoDNS: for the zone's YAML file
    Octodns,
    /// dnscontrol: a D_EXTEND for dnsconfig.js
    Dnscontrol,
    /// Terraform: locals that the resource of any DNS provider can go through
    Terraform,
}

/// Prints what the profile asks for.
///
/// # Errors
/// A configuration error when the profile or one of its key files cannot be used.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    let profile = load::load(&args.profile)?;
    let domains = profile.select(&args.domain)?;
    if args.mta_sts_policy {
        return policy(&domains, context);
    }
    let mut zones: Vec<ZoneRecords> = Vec::new();
    for domain in domains {
        let keys = key_files::records(domain, load::folder(&args.profile))?;
        let wish = desired(domain, &keys)?;
        wish.notes.iter().for_each(|note| context.screen.note(format!("note: {note}")));
        // Domains that share a zone are printed as one.
        let zone = match zones.iter_mut().find(|z| z.snapshot.apex == wish.snapshot.apex) {
            Some(zone) => zone,
            None => {
                let snapshot = Snapshot::new(wish.snapshot.apex.clone());
                zones.push(ZoneRecords { snapshot, elsewhere: Vec::new() });
                zones.last_mut().ok_or_else(|| Error::config("no zone"))?
            }
        };
        wish.snapshot.sets().for_each(|set| zone.snapshot.put(set.clone()));
        zone.elsewhere.extend(wish.elsewhere);
    }
    let text = match args.format {
        Format::Zone => texts(&zones, |z| record_list::zone_text(z, args.fragment)),
        Format::Table => texts(&zones, record_list::table),
        Format::Octodns => zones.iter().map(octodns::render).collect::<Result<Vec<_>>>()?.join("\n"),
        Format::Dnscontrol => texts(&zones, dnscontrol::render),
        Format::Terraform => texts(&zones, terraform::render),
        Format::Json => format!("{:#}\n", record_list::json(&zones)),
    };
    context.screen.raw(&text);
    if args.format == Format::Zone && !args.fragment && zones.len() > 1 {
        context.screen.note(format!("note: these are {} zones; a name server loads one, see --domain", zones.len()));
    }
    Ok(Outcome::Clean)
}

fn texts(zones: &[ZoneRecords], one: impl Fn(&ZoneRecords) -> String) -> String {
    zones.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn policy(domains: &[&Domain], context: &Context) -> Result<Outcome> {
    let [domain] = domains else {
        return Err(Error::usage("a policy file is that of one domain").hint("name it with --domain"));
    };
    let text = mta_sts::policy(domain).ok_or_else(|| {
        Error::config(format!("the profile has no `mta_sts` for {}", domain.domain))
            .hint("add it: mode, id and the hosts' `mx`")
    })?;
    context.screen.raw(&text);
    Ok(Outcome::Clean)
}
