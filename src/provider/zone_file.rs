//! A master file on disk as a provider.

use crate::error::{Error, Result};
use crate::provider::Provider;
use crate::provider::open::Opening;

/// Opens the file that the settings name as `path`.
///
/// # Errors
/// A configuration error when there is no such setting or file.
pub fn open(_opening: &Opening<'_>) -> Result<Box<dyn Provider>> {
    Err(Error::config("the provider `zone-file` is not built yet"))
}
