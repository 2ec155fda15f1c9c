//! Which servers `check` visits, and whom it trusts.

use std::path::PathBuf;

use crate::error::Result;
use crate::service::{Reach, Trust};

/// The flags of visits.
#[derive(Debug, clap::Args)]
pub struct VisitArgs {
    /// Connect to no mail host
    #[arg(long)]
    no_smtp: bool,
    /// Fetch nothing over HTTPS: neither the MTA-STS policy nor the BIMI logo
    #[arg(long)]
    no_https: bool,
    /// Trust the certificates in this PEM file, not the authorities that the system trusts
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    ca_file: Option<PathBuf>,
}

impl VisitArgs {
    /// What may be visited; `None` for nothing.
    ///
    /// # Errors
    /// A configuration error for a file without certificates.
    pub(super) fn reach(&self) -> Result<Option<Reach>> {
        let trust = self.ca_file.as_deref().map_or_else(Trust::system, Trust::file)?;
        let reach = Reach { https: !self.no_https, smtp: !self.no_smtp, trust };
        Ok(Some(reach).filter(|r| r.https || r.smtp))
    }
}
