//! The flags of verbs that judge mail: where DNS answers come from.

use std::path::{Path, PathBuf};

use crate::commands::dns_args::DnsArgs;
use crate::commands::lint::origin;
use crate::dns::lookup::Lookup;
use crate::dns::overlay::AtHand;
use crate::error::{Error, Result};
use crate::model::snapshot::Snapshot;
use crate::provider::zone_includes::FileIncludes;
use crate::zone::load::load;
use crate::zone::walk::Limits;

/// The largest zone file that is read, in octets.
const MAX_FILE: u64 = 1 << 30;

/// Whom to ask, and what is at hand.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct AnswerArgs {
    /// Take what this zone file says for all names of its zone, not DNS: mail is judged by the records and keys of
    /// when it was kept. May be given several times
    #[arg(long, value_name = "FILE")]
    pub zone_file: Vec<PathBuf>,
    /// Whom to ask for the rest.
    #[command(flatten)]
    pub dns: DnsArgs,
}

impl AnswerArgs {
    /// What answers.
    ///
    /// # Errors
    /// A configuration error for a zone file that cannot be read, or with a fault in it; when there is no name server,
    /// neither named nor of the system, and no zone file either.
    pub fn lookup(&self) -> Result<Box<dyn Lookup>> {
        let resolver = self.dns.resolver();
        if self.zone_file.is_empty() {
            return Ok(Box::new(resolver?));
        }
        // A machine without a name server can ask for what is at hand all the same.
        let beyond = if self.dns.nameserver.is_empty() { resolver.ok() } else { Some(resolver?) };
        let zones = self.zone_file.iter().map(|path| zone(path)).collect::<Result<Vec<_>>>()?;
        Ok(Box::new(AtHand::new(&zones, beyond)))
    }
}

/// Reads the zone file at `path`, and what it includes from its folder.
fn zone(path: &Path) -> Result<Snapshot> {
    let shown = path.display().to_string();
    let bad = |e: std::io::Error| Error::config(format!("the zone file {shown} cannot be read")).because(e);
    if std::fs::metadata(path).map_err(bad)?.len() > MAX_FILE {
        return Err(Error::config(format!("the zone file {shown} is larger than 1 GiB")));
    }
    let text = std::fs::read(path).map_err(bad)?;
    let apex = origin::said(&shown, &text).ok_or_else(|| {
        Error::config(format!("{shown} does not say which zone it is"))
            .hint("begin it with `$ORIGIN example.com.`, or call it by its zone: example.com.zone")
    })?;
    load(&shown, text, &apex, Limits::default(), &mut FileIncludes::beside(path)?)?.faultless()
}
