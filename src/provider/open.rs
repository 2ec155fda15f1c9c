//! From the profile's `provider` to a provider that answers.

use std::path::PathBuf;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result};
use crate::model::name::Name;
use crate::profile::schema::ProviderConfig;
use crate::provider::credential::{CredentialSource, Question, require};
use crate::provider::definition::Definition;
use crate::provider::engine::http::Transport;
use crate::provider::engine::template::{self, Scope, Variables};
use crate::provider::engine::{self, Engine, http};
use crate::provider::{Provider, builtin, namecheap, rfc2136, route53, zone_file};

/// Settings that every provider takes: they are for the wait after a push.
const COMMON_SETTINGS: &[&str] = &["nameservers"];

/// What opening a provider may need besides the profile.
pub struct Opening<'a> {
    /// The provider as the profile has it; its `endpoint` may have been overridden.
    pub config: &'a ProviderConfig,
    /// The zone's apex.
    pub apex: &'a Name,
    /// Where credentials are found.
    pub credentials: &'a dyn CredentialSource,
    /// The folder that relative paths in the settings count from: the profile's.
    pub base: PathBuf,
    /// Definitions of a person's own; they win over those of the same id that come with the program.
    pub definitions: Vec<Definition>,
}

impl Opening<'_> {
    /// The setting `name`, if the profile has it.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.config.settings.get(name).map(String::as_str)
    }

    /// Makes sure that the profile has no settings but `known`.
    ///
    /// # Errors
    /// A configuration error that lists those there are.
    pub fn only_settings(&self, known: &[&str]) -> Result<()> {
        let strange = |name: &&String| !known.contains(&name.as_str()) && !COMMON_SETTINGS.contains(&name.as_str());
        match self.config.settings.keys().find(strange) {
            None => Ok(()),
            Some(name) => {
                let all: Vec<&str> = known.iter().chain(COMMON_SETTINGS).copied().collect();
                Err(Error::config(format!("the provider {} has no setting `{name}`", self.config.id))
                    .hint(format!("it has: {}", all.join(", "))))
            }
        }
    }
}

/// Opens the provider that the profile names. Nothing is sent yet.
///
/// # Errors
/// A configuration error: an unknown provider, a missing credential or setting.
pub fn open(opening: &Opening<'_>) -> Result<Box<dyn Provider>> {
    let id = opening.config.id.as_str();
    if let Some(own) = opening.definitions.iter().find(|d| d.id == id) {
        return engine(own.clone(), opening);
    }
    match id {
        "zone-file" => return zone_file::open(opening),
        "rfc2136" => return rfc2136::open(opening),
        "route53" => return route53::open(opening),
        "namecheap" => return namecheap::open(opening),
        _ => {}
    }
    match builtin::definitions()?.into_iter().find(|d| d.id == id) {
        Some(definition) => engine(definition, opening),
        None => Err(Error::config(format!("there is no provider `{id}`"))
            .hint("`mailproof providers list` shows those there are")),
    }
}

/// The engine for one definition.
fn engine(definition: Definition, opening: &Opening<'_>) -> Result<Box<dyn Provider>> {
    let known: Vec<&str> = definition.settings.keys().map(String::as_str).collect();
    opening.only_settings(&known)?;
    let mut variables = Variables::default();
    for (name, setting) in &definition.settings {
        let value = opening.setting(name).map(str::to_string).or_else(|| setting.default.clone());
        let value = value.ok_or_else(|| {
            Error::config(format!("{} needs the setting `{name}`: {}", definition.title, setting.what))
                .hint(format!("set `provider.settings.{name}` in the profile"))
        })?;
        variables.set(format!("setting.{name}"), value);
    }
    let mut secrets: Vec<SecretString> = Vec::new();
    let mut variable = None;
    for (name, credential) in &definition.credentials {
        let question = Question {
            provider: &definition.title,
            what: &credential.what,
            env: &credential.env,
            hint: credential.hint.as_deref(),
            secret: credential.secret,
        };
        let value = require(opening.credentials, &question)?;
        variables.set(format!("cred.{name}"), value.expose_secret());
        if credential.secret {
            variable.get_or_insert_with(|| credential.env.clone());
            secrets.push(value);
        }
    }
    let their_endpoint = template::text(&definition.endpoint, &Scope::new(&variables), &|s| s.to_string())?;
    let theirs = parse_endpoint(&their_endpoint)?;
    let endpoint = endpoint_of(opening, &their_endpoint)?;
    let transport = Transport::new(
        http::Parts {
            title: definition.title.clone(),
            id: definition.id.clone(),
            variable,
            secrets,
            retry: definition.retry.clone(),
            rate: definition.rate,
            success: definition.success.clone(),
            error: definition.error.clone(),
            explain: None,
        },
        is_local(&endpoint),
    )?;
    let transport = match definition.timeout {
        Some(seconds) => transport.patient(std::time::Duration::from_secs(seconds)),
        None => transport,
    };
    Ok(Box::new(Engine::new(engine::Parts {
        theirs,
        apex: opening.apex.clone(),
        definition,
        endpoint,
        variables,
        transport,
    })))
}

/// The address of the API: `theirs`, or what the profile names instead.
///
/// # Errors
/// A configuration error for what is no address.
pub fn endpoint_of(opening: &Opening<'_>, theirs: &str) -> Result<Url> {
    let theirs = parse_endpoint(theirs)?;
    match &opening.config.endpoint {
        None => Ok(theirs),
        Some(own) => Ok(below(parse_endpoint(own)?, &theirs)),
    }
}

/// An endpoint that is only scheme and host stands for the definition's path there.
fn below(mut own: Url, theirs: &Url) -> Url {
    if own.path() == "/" {
        own.set_path(theirs.path());
    }
    own
}

fn parse_endpoint(text: &str) -> Result<Url> {
    let bad = |why: &str| {
        Error::config(format!("`{text}` is not the address of an API: {why}"))
            .hint("it is written like https://api.example.net/v1")
    };
    let url = Url::parse(text).map_err(|e| bad(&e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(bad("it must be an http or https URL"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // Not repeated: what stands there is likely a secret.
        return Err(Error::config("the address of an API must not hold a user name or password")
            .hint("credentials come from the environment, a file or a question"));
    }
    Ok(url)
}

/// Whether `url` is on this machine.
pub fn is_local(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name;
    use crate::provider::credential::Variables as Environment;

    fn config(id: &str, endpoint: Option<&str>, settings: &[(&str, &str)]) -> ProviderConfig {
        ProviderConfig {
            id: id.into(),
            zone: None,
            endpoint: endpoint.map(str::to_string),
            settings: settings.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect(),
        }
    }

    fn opened(config: &ProviderConfig, credentials: &[(&str, &str)]) -> Result<String> {
        let apex = name::domain("example.com").unwrap();
        let credentials = Environment::new(credentials.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())));
        let opening =
            Opening { config, apex: &apex, credentials: &credentials, base: PathBuf::new(), definitions: Vec::new() };
        open(&opening).map(|provider| provider.title())
    }

    #[test]
    fn what_is_missing_is_named() {
        let key = &[("PDNS_API_KEY", "k")][..];
        let cases: &[(ProviderConfig, &[(&str, &str)], Result<&str, &str>)] = &[
            (config("powerdns", None, &[]), key, Ok("PowerDNS at http://127.0.0.1:8081")),
            (
                config("powerdns", Some("https://dns.example:8443"), &[]),
                key,
                Ok("PowerDNS at https://dns.example:8443"),
            ),
            (
                config("powerdns", None, &[("nameservers", "127.0.0.1:53")]),
                key,
                Ok("PowerDNS at http://127.0.0.1:8081"),
            ),
            (config("powerdns", None, &[]), &[], Err("PowerDNS needs its API key")),
            (config("powerdns", None, &[("serer", "x")]), key, Err("no setting `serer`")),
            (config("powerdns", Some("dns.example"), &[]), key, Err("not the address of an API")),
            (config("powerdns", Some("ftp://dns.example"), &[]), key, Err("must be an http")),
            (config("powerdns", Some("http://u:hunter2@dns.example"), &[]), key, Err("must not hold a user name")),
            (config("powerdsn", None, &[]), key, Err("there is no provider `powerdsn`")),
        ];
        for (config, credentials, want) in cases {
            match (opened(config, credentials), want) {
                (Ok(title), Ok(want)) => assert_eq!(title, *want),
                (Err(error), Err(want)) => {
                    assert!(error.message().contains(want), "{error}");
                    assert!(!format!("{error:?}").contains("hunter2"));
                }
                (got, want) => panic!("{got:?}, wanted {want:?}"),
            }
        }
    }

    #[test]
    fn endpoints() {
        let theirs = Url::parse("https://api.example.net/v2").unwrap();
        for (own, want) in [
            ("http://127.0.0.1:1", "http://127.0.0.1:1/v2"),
            ("http://127.0.0.1:1/", "http://127.0.0.1:1/v2"),
            ("http://127.0.0.1:1/v2", "http://127.0.0.1:1/v2"),
            ("http://127.0.0.1:1/other", "http://127.0.0.1:1/other"),
        ] {
            assert_eq!(below(Url::parse(own).unwrap(), &theirs).as_str(), want);
        }
        assert!(is_local(&Url::parse("http://[::1]:1/").unwrap()) && !is_local(&theirs));
    }
}
