//! The end of the wizard: the sheet for whoever looks after the domain from now on.

use std::collections::BTreeMap;
use std::path::Path;

use crate::commands::apply::STATE_FOLDER;
use crate::commands::setup::Setup;
use crate::error::Result;
use crate::profile::schema::Domain;
use crate::profile::{load, preset, write};
use crate::push::journal::{self, JournalFile};
use crate::report::handover::{self, DomainHandover, Handover};

impl Setup<'_> {
    /// Writes what was done, what is left and how to undo it beside the profile; `proven` says of the domains for which
    /// test messages were sent how they were judged.
    ///
    /// # Errors
    /// A configuration error when a journal cannot be read or the sheet cannot be written.
    pub(super) fn hand_over(&mut self, domains: &[Domain], proven: &BTreeMap<&str, bool>) -> Result<()> {
        let Some(first) = domains.first() else { return Ok(()) };
        let handover = Handover {
            day: jiff::Zoned::now().date().to_string(),
            profile: &self.args.profile,
            backup: self.backup.clone(),
            domains: domains.iter().map(|domain| self.handed(domain, proven)).collect::<Result<_>>()?,
            by_hand: self.by_hand.clone(),
        };
        let path = load::beside(&self.args.profile, Path::new(&format!("handover-{}.md", first.domain)));
        write::save_text(&path, &handover::sheet(&handover, &preset::all()?, self.context.screen.words()))?;
        self.say(&format!("\n  made  {}  what was done, what is left, how to undo it", path.display()));
        Ok(())
    }

    fn handed<'d>(&self, domain: &'d Domain, proven: &BTreeMap<&str, bool>) -> Result<DomainHandover<'d>> {
        let state = self.folder().join(STATE_FOLDER);
        let standing = |file: &JournalFile| file.journal.kind == journal::Kind::Push && !file.journal.taken_back;
        Ok(DomainHandover {
            domain,
            records: if domain.provider.is_none() { Some(self.wished(domain)?.0) } else { None },
            push: journal::of_zone(&state, domain.zone_text())?.into_iter().rfind(standing),
            proven: proven.get(domain.domain.as_str()).copied(),
        })
    }
}
