//! Where credentials come from: never an argument, never the profile.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::SecretString;

use crate::error::{Error, Result};

/// One thing a provider must be told.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The provider for people.
    pub provider: &'a str,
    /// What it is, such as `API key`.
    pub what: &'a str,
    /// The environment variable it is looked for under.
    pub env: &'a str,
    /// Where a person gets it.
    pub hint: Option<&'a str>,
    /// Whether it must not be shown while typed.
    pub secret: bool,
}

/// A place where credentials may be found.
pub trait CredentialSource: Send + Sync {
    /// The answer, or `None` when this place has none.
    ///
    /// # Errors
    /// When the place itself cannot be used.
    fn get(&self, question: &Question<'_>) -> Result<Option<SecretString>>;
}

/// Variables by name: the environment as a command hands it in, or a file of `NAME=value` lines.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, SecretString>);

impl Variables {
    /// From pairs; an empty value counts as none.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let kept = pairs.into_iter().filter(|(_, value)| !value.trim().is_empty());
        Variables(kept.map(|(name, value)| (name, SecretString::from(value.trim().to_string()))).collect())
    }

    /// From a file of `NAME=value` lines; blank lines, `#` comments, `export ` and quotes around a value are fine.
    ///
    /// # Errors
    /// A configuration error with the line's number, never its text.
    pub fn from_file(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::config(format!("the credentials file {} cannot be read", path.display())).because(e))?;
        let mut pairs = Vec::new();
        for (i, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((name, value)) = line.strip_prefix("export ").unwrap_or(line).split_once('=') else {
                return Err(Error::config(format!("{}:{}: not a line of the form NAME=value", path.display(), i + 1)));
            };
            let value = value.trim();
            let bare = ['"', '\''].iter().find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q)).unwrap_or(value);
            pairs.push((name.trim().to_string(), bare.to_string()));
        }
        Ok(Variables::new(pairs))
    }
}

impl CredentialSource for Variables {
    fn get(&self, question: &Question<'_>) -> Result<Option<SecretString>> {
        Ok(self.0.get(question.env).cloned())
    }
}

/// Several places, the first that has an answer counts.
#[derive(Default)]
pub struct Chain(pub Vec<Box<dyn CredentialSource>>);

impl CredentialSource for Chain {
    fn get(&self, question: &Question<'_>) -> Result<Option<SecretString>> {
        for source in &self.0 {
            if let Some(answer) = source.get(question)? {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }
}

/// The answer to `question`, or the error that says where to put it.
///
/// # Errors
/// A configuration error naming the environment variable.
pub fn require(source: &dyn CredentialSource, question: &Question<'_>) -> Result<SecretString> {
    source.get(question)?.ok_or_else(|| {
        let error = Error::config(format!("{} needs its {}", question.provider, question.what));
        let place = format!("set {}, or name a file that has it with --credentials", question.env);
        error.hint(question.hint.map_or(place.clone(), |hint| format!("{place}; {hint}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn ask(env: &'static str) -> Question<'static> {
        Question { provider: "PowerDNS", what: "API key", env, hint: None, secret: true }
    }

    #[test]
    fn files_of_variables() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("credentials");
        std::fs::write(&path, "# comment\n\nA=1\nexport B = 'two words' \nC=\"x=y\"\nD=\n").unwrap();
        let found = Variables::from_file(&path).unwrap();
        for (name, value) in [("A", Some("1")), ("B", Some("two words")), ("C", Some("x=y")), ("D", None), ("E", None)]
        {
            let got = found.get(&ask(name)).unwrap();
            assert_eq!(got.as_ref().map(|s| s.expose_secret()), value, "{name}");
        }
        std::fs::write(&path, "A=1\nhunter2\n").unwrap();
        let error = Variables::from_file(&path).err().unwrap().to_string();
        assert!(error.contains(":2:") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_missing_one_names_its_variable() {
        let error = require(&Chain::default(), &ask("PDNS_API_KEY")).unwrap_err();
        assert!(error.hint_text().unwrap().contains("PDNS_API_KEY"));
    }
}
