//! `mailproof providers list`

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::commands::dns_args::DnsArgs;
use crate::commands::format::Format;
use crate::commands::kept_by::{KeptBy, kept_by};
use crate::commands::provider_args::all_definitions;
use crate::commands::{Context, Outcome};
use crate::error::Result;
use crate::model::name;
use crate::provider::definition::Definition;
use crate::words::wrap::pad;

/// Arguments of `providers list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only the provider that keeps this domain, as its name servers say
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    #[command(flatten)]
    dns: DnsArgs,
    /// A provider's definition of your own; may be repeated
    #[arg(long, value_name = "FILE")]
    provider_file: Vec<PathBuf>,
    /// How to print them
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Format,
}

/// A provider as it is listed.
struct Listed {
    id: String,
    title: String,
    credentials: Vec<String>,
    docs: Option<String>,
}

impl Listed {
    fn of(definition: &Definition) -> Self {
        Listed {
            id: definition.id.clone(),
            title: definition.title.clone(),
            credentials: definition.credentials.values().map(|c| c.env.clone()).collect(),
            docs: definition.docs.clone(),
        }
    }

    fn json(&self) -> Value {
        json!({"id": self.id, "title": self.title, "credentials": self.credentials, "docs": self.docs})
    }
}

/// Lists providers. A domain whose provider is not known is [`Outcome::Findings`].
///
/// # Errors
/// Those of a definition, and of DNS where a domain is named.
pub fn run(args: &Args, context: &Context) -> Result<Outcome> {
    let definitions = all_definitions(&args.provider_file)?;
    if let Some(domain) = &args.domain {
        let domain = name::domain(domain)?;
        let resolver = args.dns.resolver()?;
        let kept = context.run(async { kept_by(&resolver, &domain, &definitions).await })?;
        return Ok(keeper(&kept, args.format, context));
    }
    let own = |id: &str, title: &str, credentials: &[&str]| Listed {
        id: id.into(),
        title: title.into(),
        credentials: credentials.iter().map(|c| (*c).to_string()).collect(),
        docs: None,
    };
    let mut all = vec![
        own("rfc2136", "any name server that takes dynamic updates (RFC 2136)", &["MAILPROOF_TSIG_KEY"]),
        own("route53", "Amazon Route 53", &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
        own("namecheap", "Namecheap", &["NAMECHEAP_API_USER", "NAMECHEAP_API_KEY"]),
        own("zone-file", "a zone file on this machine", &[]),
    ];
    for definition in &definitions {
        if !all.iter().any(|other| other.id == definition.id) {
            all.push(Listed::of(definition));
        }
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    if args.format == Format::Json {
        context.screen.line(format!("{:#}", Value::Array(all.iter().map(Listed::json).collect())));
        return Ok(Outcome::Clean);
    }
    let width = all.iter().map(|p| p.id.len()).max().unwrap_or(0);
    for provider in &all {
        context.screen.line(format!("{}  {}", pad(&provider.id, width), provider.title));
        if !provider.credentials.is_empty() {
            context.screen.line(format!("{}  {}", pad("", width), provider.credentials.join(", ")));
        }
    }
    Ok(Outcome::Clean)
}

fn keeper(kept: &KeptBy, format: Format, context: &Context) -> Outcome {
    let zone = name::show(&kept.zone);
    let listed = kept.definition.as_ref().map(Listed::of);
    if format == Format::Json {
        let value = json!({
            "zone": zone,
            "name_servers": kept.name_servers,
            "provider": listed.as_ref().map(Listed::json),
        });
        context.screen.line(format!("{value:#}"));
    } else {
        match &listed {
            Some(provider) => {
                context.screen.line(format!("{zone} is kept by {} ({})", provider.title, provider.id));
                context.screen.line(format!("  credentials: {}", provider.credentials.join(", ")));
                provider.docs.iter().for_each(|docs| context.screen.line(format!("  made at:     {docs}")));
            }
            None => context.screen.line(format!("{zone} is kept by nobody that is known here")),
        }
        context.screen.line(format!("  servers:     {}", kept.name_servers.join(", ")));
    }
    if listed.is_some() { Outcome::Clean } else { Outcome::Findings }
}
