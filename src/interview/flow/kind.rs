//! What kind of domain it is: the first question after looking, and what the others depend on.

use crate::error::Result;
use crate::interview::asker::{Answer, Choice, Kind, Need, Question};
use crate::interview::detect::{SpfFacts, SpfPart, Whose};
use crate::interview::flow::{Draft, Talk};
use crate::model::name::{self, Name};
use crate::model::spf::Qualifier;
use crate::profile::leaf;
use crate::profile::schema::{DmarcPolicy, Host, SpfAll};

/// A kind of domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainKind {
    /// A server of one's own sends and receives.
    Own,
    /// A service has the mailboxes and sends.
    Hosted,
    /// A service has the mailboxes; a server of one's own sends, too.
    Mixed,
    /// It sends; nobody writes to it.
    SendsOnly,
    /// It receives, and never sends.
    ReceivesOnly,
    /// Neither.
    Parked,
    /// A subdomain from which newsletters and the like are sent.
    Bulk,
}

/// Every kind: its id in answers files, and its label.
const KINDS: &[(DomainKind, &str, &str)] = &[
    (DomainKind::Own, "own", "own mail server  it sends and receives on a server of yours"),
    (DomainKind::Hosted, "hosted", "hosted mail  a service such as Google has the mailboxes"),
    (DomainKind::Mixed, "mixed", "hosted mail and own server  a server of yours sends, too"),
    (DomainKind::SendsOnly, "sends-only", "sends only  shop, alerts: nobody writes to it"),
    (DomainKind::ReceivesOnly, "receives-only", "receives only  what claims to come from it is refused"),
    (DomainKind::Parked, "parked", "parked  it neither sends nor receives"),
    (DomainKind::Bulk, "bulk", "subdomain for bulk mail  newsletters, apart from the main domain"),
];

impl DomainKind {
    pub(super) fn id(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or("own", |(_, id, _)| id)
    }

    /// Whether a server of one's own sends.
    pub(super) fn has_hosts(self) -> bool {
        !matches!(self, DomainKind::Hosted | DomainKind::Parked)
    }

    /// Whether it sends at all.
    pub(super) fn sends(self) -> bool {
        !matches!(self, DomainKind::Parked | DomainKind::ReceivesOnly)
    }
}

impl Talk<'_> {
    /// The kind; the detected one is proposed.
    pub(super) fn kind(&mut self, domain: &Name) -> Result<DomainKind> {
        let likely = self.likely_kind(domain);
        let choices: Vec<Choice> = KINDS.iter().map(|(_, id, label)| Choice::new(*id, *label)).collect();
        let question = Question {
            id: "kind".into(),
            text: format!("What is {} for?", name::show(domain)),
            help: "It decides what is asked. What was found suggests the one that is marked.".into(),
            kind: Kind::One(&choices),
            default: Some(Answer::Text(likely.id().into())),
        };
        let id = Need::unless(self.kind_is_sure(likely)).text(self.asker, &question)?;
        Ok(KINDS.iter().find(|(_, known, _)| *known == id).map_or(likely, |(kind, ..)| *kind))
    }

    /// What the findings speak for.
    fn likely_kind(&self, domain: &Name) -> DomainKind {
        let found = &self.found;
        let shown = name::show(domain);
        let parts = || found.spf.iter().flat_map(|s| &s.parts);
        let own_sends = parts().any(|p| p.whose == Whose::Own);
        let anybody_sends = parts().any(|p| !matches!(p.whose, Whose::Dead(_)));
        let nobody_sends = found.spf.as_ref().is_some_and(|s| s.all == Some(Qualifier::Fail)) && !anybody_sends;
        let below = psl::domain_str(&shown).is_some_and(|organisation| organisation != shown);
        if matches!(found.exchangers.as_slice(), [(_, host)] if host.is_empty()) {
            return if anybody_sends { DomainKind::SendsOnly } else { DomainKind::Parked };
        }
        if found.exchangers.is_empty() {
            return match (below, nobody_sends, anybody_sends) {
                (true, ..) => DomainKind::Bulk,
                (false, true, _) => DomainKind::Parked,
                (false, false, true) => DomainKind::SendsOnly,
                (false, false, false) => DomainKind::Own,
            };
        }
        if nobody_sends {
            return DomainKind::ReceivesOnly;
        }
        let own_receives = found.exchangers.iter().any(|(_, host)| self.is_own(host, &shown));
        match (own_receives, own_sends) {
            (true, _) => DomainKind::Own,
            (false, true) => DomainKind::Mixed,
            (false, false) => DomainKind::Hosted,
        }
    }

    /// Whether what was found leaves no doubt: mail is received, one SPF record names who sends, and all of it is
    /// recognised.
    fn kind_is_sure(&self, likely: DomainKind) -> bool {
        let found = &self.found;
        let named = |s: &SpfFacts| {
            let known = |p: &SpfPart| matches!(p.whose, Whose::Own | Whose::Service(_));
            s.complete && !s.parts.is_empty() && s.parts.iter().all(known)
        };
        let receives = found.exchangers.iter().any(|(_, host)| !host.is_empty());
        // Whether a server of one's own sends beside a service cannot be seen before it does.
        let usual = matches!(likely, DomainKind::Own | DomainKind::Mixed);
        usual && receives && found.spf_records == 1 && found.spf.as_ref().is_some_and(named)
    }

    /// Whether the exchanger `host` is below `domain` or this machine.
    pub(super) fn is_own(&self, host: &str, domain: &str) -> bool {
        (name::is_within(host, domain) || self.scout.machine().is(host, self.found.addresses(host)))
            && !self.presets.iter().any(|p| p.receives_at(host))
    }

    /// The subdomain that bulk mail is sent from, where the main domain was named.
    pub(super) fn bulk_domain(&mut self, domain: &Name) -> Result<Name> {
        let shown = name::show(domain);
        if psl::domain_str(&shown).is_none_or(|organisation| organisation != shown) {
            return Ok(domain.clone());
        }
        let inside = |text: &str| {
            leaf::full_domain(text)?;
            match name::domain(text) {
                Ok(name) if domain.zone_of(&name) && name != *domain => Ok(()),
                _ => Err(format!("is not below {}", name::show(domain))),
            }
        };
        let question = Question {
            id: "subdomain".into(),
            text: "The subdomain that it is sent from".into(),
            help: "Complaints about newsletters then do not hurt your other mail.".into(),
            kind: Kind::Text(&inside),
            default: Some(Answer::Text(format!("news.{shown}"))),
        };
        name::domain(&Need::Ask.text(self.asker, &question)?)
    }

    /// A domain that receives and never sends: exchangers stay, SPF and DMARC refuse whatever claims to come from it.
    pub(super) fn receives_only(&mut self, draft: &mut Draft) {
        let domain = draft.domain.domain.clone();
        draft.domain.spf.all = SpfAll::Fail;
        draft.domain.dmarc.policy = DmarcPolicy::Reject;
        for (preference, host) in &self.found.exchangers {
            if self.is_own(host, &domain) {
                draft.domain.hosts.push(Host {
                    name: host.clone(),
                    addresses: Vec::new(),
                    helo: None,
                    sends: false,
                    mx: Some(*preference),
                    publish_addresses: false,
                });
            }
        }
        if self.found.exchangers.is_empty() {
            draft.by_hand.push(format!("{domain} has no MX record yet: give it the exchangers that are to receive"));
        }
    }

    /// What a domain that only sends has to know of its MX.
    pub(super) fn sends_only(&mut self, draft: &mut Draft) {
        if self.found.exchangers.iter().any(|(_, host)| host.is_empty()) {
            // RFC 7505 §4.2: receivers may refuse what no bounce can be sent back for.
            draft.by_hand.push(format!(
                "{} has a null MX: some receivers refuse mail from a domain that takes no bounces; remove it, or let a \
                 server receive them",
                draft.domain.domain
            ));
        }
    }
}
