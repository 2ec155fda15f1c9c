//! The flags of verbs that read mail by IMAP.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::mail::imap::{Client, ImapPlace};

/// Which folders, and how to get in.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ImapArgs {
    /// Read this folder by IMAP, encrypted and without changing anything: imaps://USER@HOST/FOLDER; imap:// for
    /// STARTTLS
    #[arg(long = "imap", value_name = "URL")]
    pub places: Vec<ImapPlace>,
    /// The file that holds the IMAP password; MAILPROOF_IMAP_PASSWORD by default
    #[arg(long, value_name = "FILE", requires = "places")]
    pub password_file: Option<PathBuf>,
    /// Trust the certificates of this PEM file for IMAP, not the system's
    #[arg(long, value_name = "FILE", requires = "places")]
    pub tls_ca: Option<PathBuf>,
}

impl ImapArgs {
    /// The password.
    ///
    /// # Errors
    /// A configuration error when there is none.
    pub fn password(&self) -> Result<SecretString> {
        let text = match &self.password_file {
            Some(path) => std::fs::read_to_string(path).map_err(|e| {
                Error::config(format!("the password file {} cannot be read", path.display())).because(e)
            })?,
            None => std::env::var("MAILPROOF_IMAP_PASSWORD").unwrap_or_default(),
        };
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err(Error::config("there is no password for IMAP")
                .hint("set MAILPROOF_IMAP_PASSWORD, or name a file with --password-file"));
        }
        Ok(SecretString::from(text))
    }

    /// Opens `place`.
    ///
    /// # Errors
    /// Those of [`Client::open`].
    pub async fn open(&self, place: &ImapPlace, password: &SecretString) -> Result<Client> {
        Client::open(place, password, self.tls_ca.as_deref()).await
    }
}
