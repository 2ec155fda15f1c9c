//! The flags of every verb that talks to a DNS provider.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;

use crate::commands::Context;
use crate::error::{Error, Result};
use crate::interview::asker::Asker;
use crate::model::name::Name;
use crate::model::typo::nearest;
use crate::profile::load;
use crate::profile::schema::ProviderConfig;
use crate::provider::credential::{Chain, CredentialSource, Question, Variables};
use crate::provider::definition::Definition;
use crate::provider::open::{Opening, open};
use crate::provider::{Provider, builtin};

/// Which profile, and how its provider is reached.
#[derive(Clone, Debug, clap::Args)]
pub struct ProviderArgs {
    /// The profile
    #[arg(long, value_name = "FILE", default_value = load::FILE_NAME)]
    pub profile: PathBuf,
    /// Only this domain of the profile; may be repeated
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Vec<String>,
    /// The address of the provider's API, instead of the profile's
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// A file of NAME=value lines with the provider's credentials; the environment is looked at too
    #[arg(long, value_name = "FILE")]
    pub credentials: Option<PathBuf>,
    /// A provider's definition of your own; may be repeated
    #[arg(long, value_name = "FILE")]
    pub provider_file: Vec<PathBuf>,
    /// What a person has answered already: one run may open a provider for many zones.
    #[arg(skip)]
    pub asked: Asked,
}

/// Credentials that a person has typed in this run, by the variable they are asked for under.
#[derive(Clone, Debug, Default)]
pub struct Asked(Arc<Mutex<BTreeMap<String, SecretString>>>);

impl ProviderArgs {
    /// The provider of `config` for the zone at `apex`. Credentials come from the file, else from the environment,
    /// else from whoever sits at the terminal.
    ///
    /// # Errors
    /// A configuration error: an unknown provider, or a credential that nobody has.
    pub fn open(&self, config: &ProviderConfig, apex: &Name, context: &Context) -> Result<Box<dyn Provider>> {
        let mut config = config.clone();
        if let Some(endpoint) = &self.endpoint {
            config.endpoint = Some(endpoint.clone());
        }
        open(&Opening {
            config: &config,
            apex,
            credentials: &self.sources(context)?,
            base: load::folder(&self.profile).to_path_buf(),
            definitions: self.definitions()?,
        })
    }

    /// The places where credentials are looked for.
    ///
    /// # Errors
    /// A configuration error when the file cannot be used.
    pub fn sources(&self, context: &Context) -> Result<Chain> {
        let mut sources: Vec<Box<dyn CredentialSource>> = Vec::new();
        if let Some(file) = &self.credentials {
            sources.push(Box::new(Variables::from_file(file)?));
        }
        sources.push(Box::new(Environment));
        if context.screen.interactive() {
            sources.push(Box::new(Person(Mutex::new(context.person()), self.asked.clone())));
        }
        Ok(Chain(sources))
    }

    /// Definitions of a person's own: those named, and those in the folder for them.
    ///
    /// # Errors
    /// A configuration error in one of them.
    pub fn definitions(&self) -> Result<Vec<Definition>> {
        own_definitions(&self.provider_file)
    }
}

/// Definitions of a person's own: those in `files`, and those in the folder for them.
///
/// # Errors
/// A configuration error in one of them.
pub fn own_definitions(files: &[PathBuf]) -> Result<Vec<Definition>> {
    let mut found: Vec<Definition> = Vec::new();
    for file in files {
        found.push(builtin::from_file(file)?);
    }
    if let Some(folder) = own_folder() {
        found.extend(builtin::from_folder(&folder)?);
    }
    Ok(found)
}

/// A person's own definitions, then those that come with the program and are not replaced by one of these.
///
/// # Errors
/// A configuration error in one of them.
pub fn all_definitions(files: &[PathBuf]) -> Result<Vec<Definition>> {
    let mut all = own_definitions(files)?;
    for definition in builtin::definitions()? {
        if !all.iter().any(|own| own.id == definition.id) {
            all.push(definition);
        }
    }
    Ok(all)
}

/// The definition called `id`.
///
/// # Errors
/// A configuration error that names the nearest one there is.
pub fn by_id<'d>(definitions: &'d [Definition], id: &str) -> Result<&'d Definition> {
    definitions.iter().find(|d| d.id == id).ok_or_else(|| {
        let known: Vec<&str> = definitions.iter().map(|d| d.id.as_str()).collect();
        Error::config(format!("there is no definition `{id}`")).hint(match nearest(id, &known) {
            Some(meant) => format!("do you mean `{meant}`?"),
            None => "`mailproof providers list` shows those there are".into(),
        })
    })
}

/// Where a person keeps definitions: `providers` in this program's configuration folder (XDG Base Directory).
fn own_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")));
    Some(base?.join("mailproof").join("providers"))
}

/// The environment of this process; only what is asked for is looked at.
struct Environment;

impl CredentialSource for Environment {
    fn get(&self, question: &Question<'_>) -> Result<Option<SecretString>> {
        match std::env::var(question.env) {
            Ok(value) if value.trim().is_empty() => Ok(None),
            Ok(value) => Ok(Some(SecretString::from(value.trim()))),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(Error::config(format!("{} is not text", question.env))),
        }
    }
}

/// Whoever sits at the terminal.
struct Person(Mutex<Box<dyn Asker + Send>>, Asked);

impl CredentialSource for Person {
    fn get(&self, question: &Question<'_>) -> Result<Option<SecretString>> {
        let mut terminal = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut asked = self.1.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = asked.get(question.env) {
            return Ok(Some(answer.clone()));
        }
        if let Some(hint) = question.hint {
            terminal.say(&format!("  {hint}"));
        }
        let answer = terminal.secret(&format!("{} of {}", question.what, question.provider), question.env)?;
        asked.insert(question.env.to_string(), answer.clone());
        Ok(Some(answer))
    }
}
