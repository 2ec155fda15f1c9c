//! Questions about mail servers of one's own.

use crate::error::Result;
use crate::interview::asker::{Answer, Kind, Need, Question};
use crate::interview::flow::{DomainKind, Draft, Talk, texts};
use crate::model::name;
use crate::profile::leaf;
use crate::profile::schema::Host;

impl Talk<'_> {
    /// The hosts, each with its addresses and its part.
    pub(super) fn hosts(&mut self, draft: &mut Draft) -> Result<()> {
        let domain = draft.domain.domain.clone();
        let likely = if self.kind.has_hosts() { self.likely_hosts(&domain) } else { Vec::new() };
        let known = !self.kind.has_hosts() || likely.iter().any(|h| self.found.hosts.contains_key(h));
        let question = Question {
            id: "hosts".into(),
            text: "Your own mail servers".into(),
            help: "Names with spaces between; none if services such as Google do it all.".into(),
            kind: Kind::List(&leaf::full_domain),
            default: Some(Answer::List(likely)),
        };
        let mut seen = Vec::new();
        for typed in Need::unless(known).list(self.asker, &question)? {
            let host = name::show(&name::domain(&typed)?);
            if !seen.contains(&host) {
                draft.domain.hosts.push(self.one_host(&host, draft)?);
                seen.push(host);
            }
        }
        Ok(())
    }

    /// The exchangers that belong to nobody else; else this machine; else a usual name.
    fn likely_hosts(&self, domain: &str) -> Vec<String> {
        let machine = self.scout.machine();
        let exchangers = self.found.exchangers.iter().map(|(_, host)| host);
        let own: Vec<String> = exchangers.filter(|h| !h.is_empty() && self.is_own(h, domain)).cloned().collect();
        if !own.is_empty() && self.kind == DomainKind::Own {
            return own;
        }
        let here = machine.name.filter(|name| name::is_within(name, domain));
        let seen: Vec<String> = self.found.inventory.iter().flat_map(|i| i.own.keys().cloned()).collect();
        match (here, self.kind) {
            (Some(name), _) => vec![name],
            (None, _) if !seen.is_empty() => seen,
            (None, DomainKind::Own | DomainKind::Mixed) => vec![format!("mail.{domain}")],
            // What only sends is as often a service's as a server's.
            _ => Vec::new(),
        }
    }

    fn one_host(&mut self, host: &str, draft: &Draft) -> Result<Host> {
        let name = name::domain(host)?;
        let facts = match self.found.hosts.get(host) {
            Some(facts) => facts.clone(),
            None => self.scout.host(&name)?,
        };
        let machine = self.scout.machine();
        let here = machine.name.as_deref() == Some(host);
        let proposed = if !facts.addresses.is_empty() { &facts.addresses } else { &machine.addresses };
        let help = match (facts.addresses.is_empty(), facts.confirmed.len() == facts.addresses.len()) {
            (true, _) if facts.open => "DNS did not answer what its addresses are.".to_string(),
            (true, _) if here => "This machine's; its name has no address in DNS yet.".to_string(),
            (true, _) => "Its name has no address in DNS yet.".to_string(),
            (false, true) => "From DNS, and their reverse names lead back to it.".to_string(),
            (false, false) => "From DNS. Some have no reverse name that leads back; receivers mind that.".to_string(),
        };
        let default = (!facts.addresses.is_empty() || here).then(|| Answer::List(texts(proposed)));
        let question = Question {
            id: format!("addresses.{host}"),
            text: format!("Addresses that {host} sends from"),
            help,
            kind: Kind::List(&leaf::address),
            default,
        };
        // Where some have no reverse name that leads back, a person had better look.
        let sure = !facts.open && !facts.addresses.is_empty() && facts.confirmed.len() == facts.addresses.len();
        let addresses: Vec<std::net::IpAddr> =
            Need::unless(sure).list(self.asker, &question)?.iter().filter_map(|a| a.parse().ok()).collect();
        let helo = self.helo(host)?;
        let mx = self.receives(host)?;
        let publish_addresses = self.publish_addresses(host, &addresses, facts.addresses.is_empty(), draft)?;
        Ok(Host { name: host.into(), addresses, helo, sends: true, mx, publish_addresses })
    }

    /// What Postfix of this machine is set to say; else its own name, which is what nearly all say.
    fn helo(&mut self, host: &str) -> Result<Option<String>> {
        let machine = self.scout.machine();
        let here = machine.name.as_deref() == Some(host);
        let said = machine.software.host.clone().filter(|h| here && leaf::full_domain(h).is_ok());
        let said = said.unwrap_or_else(|| host.to_string());
        let question = Question {
            id: format!("helo.{host}"),
            text: format!("Name that {host} gives in EHLO"),
            help: "In Postfix: smtp_helo_name, which is myhostname if nothing else is set.".into(),
            kind: Kind::Text(&leaf::full_domain),
            default: Some(Answer::Text(said)),
        };
        let helo = name::show(&name::domain(&Need::Settle.text(self.asker, &question)?)?);
        Ok((helo != host).then_some(helo))
    }

    fn receives(&mut self, host: &str) -> Result<Option<u16>> {
        let exchangers = &self.found.exchangers;
        let now = exchangers.iter().find(|(_, h)| h == host).map(|(preference, _)| *preference);
        let nobody = exchangers.iter().all(|(_, h)| h.is_empty());
        let likely = match self.kind {
            DomainKind::Own => now.is_some() || nobody,
            DomainKind::Mixed => now.is_some(),
            _ => false,
        };
        let question = Question {
            id: format!("receives.{host}"),
            text: format!("Does {host} receive mail for the domain?"),
            help: String::new(),
            kind: Kind::YesNo,
            default: Some(Answer::Yes(likely)),
        };
        let receives = Need::Settle.yes(self.asker, &question)?;
        Ok(receives.then(|| now.unwrap_or(10)))
    }

    /// Asked only where DNS has no address for a host in the zone.
    fn publish_addresses(
        &mut self,
        host: &str,
        addresses: &[std::net::IpAddr],
        unknown: bool,
        draft: &Draft,
    ) -> Result<bool> {
        let zone = self.found.zone.clone().unwrap_or_else(|| draft.domain.domain.clone());
        let inside = name::domain(&zone)?.zone_of(&name::domain(host)?);
        if !unknown || addresses.is_empty() || !inside {
            return Ok(false);
        }
        let question = Question {
            id: format!("publish_addresses.{host}"),
            text: format!("Publish the addresses of {host} too?"),
            help: String::new(),
            kind: Kind::YesNo,
            default: Some(Answer::Yes(true)),
        };
        Need::Settle.yes(self.asker, &question)
    }
}
