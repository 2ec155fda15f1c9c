//! The services that the wizard offers as senders: `templates/senders.yaml`.

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::profile::schema::Sender;

const TEXT: &str = include_str!("../../templates/senders.yaml");

/// A service that sends for other people's domains.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// What answers files call it.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The domain of its SPF record.
    pub include: String,
    /// How its mail exchangers' names end.
    #[serde(default)]
    pub mx: Vec<String>,
    /// What is left to do by hand.
    #[serde(default)]
    pub more: Option<String>,
}

impl Preset {
    /// Whether the mail exchanger `host` is its.
    pub fn receives_at(&self, host: &str) -> bool {
        let below = |tail: &String| host.strip_suffix(tail.as_str()).is_some_and(|h| h.is_empty() || h.ends_with('.'));
        self.mx.iter().any(below)
    }

    /// As an entry of the profile.
    pub fn sender(&self) -> Sender {
        Sender {
            name: self.title.clone(),
            include: Some(self.include.clone()),
            dkim_cnames: Vec::new(),
            mx: Vec::new(),
        }
    }
}

/// All presets, in the order in which they are offered.
///
/// # Errors
/// A configuration error when the built-in list is broken, which a test rules out.
pub fn all() -> Result<Vec<Preset>> {
    serde_yaml::from_str(TEXT).map_err(|e| Error::config("the built-in list of senders is broken").because(e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::leaf;

    #[test]
    fn every_preset_is_sound() {
        let presets = all().unwrap();
        assert!(presets.len() >= 5);
        for (i, preset) in presets.iter().enumerate() {
            assert_eq!(leaf::include(&preset.include), Ok(()), "{}", preset.id);
            assert!(presets[..i].iter().all(|p| p.id != preset.id && p.include != preset.include), "{}", preset.id);
            assert!(leaf::provider_id(&preset.id).is_ok(), "{}", preset.id);
        }
        let google = &presets[0];
        assert!(google.receives_at("aspmx.l.google.com") && google.receives_at("smtp.google.com"));
        assert!(!google.receives_at("notgoogle.com"));
    }
}
