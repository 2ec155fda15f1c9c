//! The software of one's own server, as this machine has it.

use crate::interview::flow::{Draft, Talk};
use crate::profile::schema::Server;

impl Talk<'_> {
    /// Sets `server` in the profile where this machine is one of the hosts and its software is known.
    pub(super) fn server(&mut self, draft: &mut Draft) {
        let machine = self.scout.machine();
        let Some(template) = machine.software.template() else { return };
        if !draft.domain.hosts.iter().any(|host| machine.is(&host.name, &host.addresses)) {
            return;
        }
        draft.domain.server = Some(Server {
            sending: Some(template.into()),
            receiving: Some(template.into()),
            system: machine.software.system.map(|s| s.id().into()),
            authserv_id: machine.software.authserv_id.filter(|id| crate::profile::leaf::authserv_id(id).is_ok()),
            ..Server::default()
        });
    }
}
