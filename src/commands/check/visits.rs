//! Which servers `check` visits, and whom it trusts.

use std::path::PathBuf;

use crate::error::Result;
use crate::report::screen::Screen;
use crate::service::Reach;
use crate::tls::Trust;

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
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

impl VisitArgs {
    /// Whom to trust, where a file says so.
    ///
    /// # Errors
    /// A configuration error for a file without certificates.
    pub(super) fn named_trust(&self) -> Result<Option<Trust>> {
        self.ca_file.as_deref().map(Trust::file).transpose()
    }

    /// What may be visited; `None` for nothing. A system that trusts nobody, such as a small container, visits nothing:
    /// every certificate would look bad from there.
    ///
    /// # Errors
    /// A configuration error for a file without certificates.
    pub(super) fn reach(&self, screen: &Screen) -> Result<Option<Reach>> {
        if self.no_https && self.no_smtp {
            return Ok(None);
        }
        let trust = match self.named_trust()? {
            Some(trust) => trust,
            None => match Trust::system() {
                Ok(trust) => trust,
                Err(e) => {
                    screen.note(format!("no server is visited: {e}; name a file of authorities with --ca-file"));
                    return Ok(None);
                }
            },
        };
        Ok(Some(Reach { https: !self.no_https, smtp: !self.no_smtp, trust }))
    }
}
