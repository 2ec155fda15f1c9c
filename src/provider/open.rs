//! From the profile's `provider` to a provider that answers.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::model::name::Name;
use crate::profile::schema::ProviderConfig;
use crate::provider::credential::CredentialSource;
use crate::provider::{Provider, zone_file};

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
}

/// Opens the provider that the profile names. Nothing is sent yet.
///
/// # Errors
/// A configuration error: an unknown provider, a missing credential or setting.
pub fn open(opening: &Opening<'_>) -> Result<Box<dyn Provider>> {
    match opening.config.id.as_str() {
        "zone-file" => zone_file::open(opening),
        other => Err(Error::config(format!("there is no provider `{other}`"))
            .hint("`mailproof providers list` shows those there are")),
    }
}
