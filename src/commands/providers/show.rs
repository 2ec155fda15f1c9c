//! `mailproof providers show`

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::commands::format::Format;
use crate::commands::provider_args::{all_definitions, by_id};
use crate::commands::{Context, Outcome};
use crate::error::Result;
use crate::provider::definition::{Definition, TextForm, TtlForm};
use crate::words::wrap::pad;

/// Arguments of `providers show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The provider
    #[arg(value_name = "ID")]
    id: String,
    /// A provider's definition of your own; may be repeated
    #[arg(long, value_name = "FILE")]
    provider_file: Vec<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Format,
}

/// Shows one provider.
///
/// # Errors
/// A configuration error when there is none of that id.
pub fn run(args: &Args, context: &Context) -> Result<Outcome> {
    let definitions = all_definitions(&args.provider_file)?;
    let definition = by_id(&definitions, &args.id)?;
    if args.format == Format::Json {
        context.screen.line(format!("{:#}", json(definition)));
    } else {
        human(definition, context);
    }
    Ok(Outcome::Clean)
}

fn human(definition: &Definition, context: &Context) {
    let line = |label: &str, text: &str| context.screen.line(format!("  {}  {text}", pad(label, 12)));
    context.screen.line(format!("{}  {}", definition.id, definition.title));
    line("API", &definition.endpoint);
    definition.docs.iter().for_each(|docs| line("portal", docs));
    if !definition.nameservers.is_empty() {
        line("name servers", &definition.nameservers.join(", "));
    }
    for credential in definition.credentials.values() {
        let hint = credential.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        line("credential", &format!("{}: {}{hint}", credential.env, credential.what));
    }
    for (name, setting) in &definition.settings {
        let default = match &setting.default {
            Some(default) => format!(" (default {default})"),
            None => " (needed)".into(),
        };
        line("setting", &format!("{name}: {}{default}", setting.what));
    }
    limits(definition).iter().for_each(|limit| line("limit", limit));
}

/// What of a record this provider does not take, each a phrase.
fn limits(definition: &Definition) -> Vec<String> {
    let TextForm { max, max_encoded, forbid, forbid_trailing_space, .. } = &definition.txt;
    let mut out = Vec::new();
    out.extend(max.map(|max| format!("TXT values of at most {max} octets")));
    out.extend(max_encoded.map(|max| format!("TXT values of at most {max} characters once quoted")));
    out.extend((!forbid.is_empty()).then(|| format!("no {} in TXT values", forbid.join(" "))));
    out.extend(forbid_trailing_space.then(|| "no space at the end of a TXT value".to_string()));
    let TtlForm { min, max, allowed, .. } = &definition.ttl;
    out.extend(min.map(|min| format!("TTL from {min} seconds")));
    out.extend(max.map(|max| format!("TTL up to {max} seconds")));
    if !allowed.is_empty() {
        let all: Vec<String> = allowed.iter().map(u32::to_string).collect();
        out.push(format!("TTL one of {}", all.join(", ")));
    }
    out
}

fn json(definition: &Definition) -> Value {
    let credentials: Vec<Value> = definition
        .credentials
        .values()
        .map(|c| json!({"env": c.env, "what": c.what, "secret": c.secret, "hint": c.hint}))
        .collect();
    let settings: Vec<Value> = definition
        .settings
        .iter()
        .map(|(name, s)| json!({"name": name, "what": s.what, "default": s.default}))
        .collect();
    json!({
        "id": definition.id,
        "title": definition.title,
        "docs": definition.docs,
        "endpoint": definition.endpoint,
        "name_servers": definition.nameservers,
        "credentials": credentials,
        "settings": settings,
        "limits": limits(definition),
    })
}
