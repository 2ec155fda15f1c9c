//! The order of the questions, and the profile that comes of the answers.

mod hosts;
mod kind;
mod many;
mod policy;
mod provider;
mod senders;
mod server;
mod spf_care;
mod tell;
mod transport;

use std::net::IpAddr;

use crate::error::{Error, Result};
use crate::interview::asker::{self, Asker, Kind, Question};
use crate::interview::detect::{Found, HostFacts, Machine};
use crate::keys::algorithm::Algorithm;
use crate::model::name::{self, Name};
use crate::model::spf::{SpfRecord, SpfTree};
use crate::profile::leaf;
use crate::profile::preset::{self, Preset};
use crate::profile::schema::{Dmarc, Domain, Spf, default_ttl};

pub use kind::DomainKind;
pub use provider::{Offer, OfferSetting};

/// Who looks before questions are asked.
pub trait Scout {
    /// What DNS says of the domain.
    ///
    /// # Errors
    /// Interrupted by the person. What DNS does not answer is told in the result.
    fn look(&mut self, domain: &Name) -> Result<Found>;

    /// What DNS says of a host.
    ///
    /// # Errors
    /// Interrupted by the person.
    fn host(&mut self, host: &Name) -> Result<HostFacts>;

    /// What `record` would cost receivers if `domain` published it, all includes counted.
    ///
    /// # Errors
    /// Interrupted by the person.
    fn cost(&mut self, domain: &Name, record: &SpfRecord) -> Result<SpfTree>;

    /// What the machine knows of itself.
    fn machine(&self) -> Machine;
}

/// What the answers ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The domain, but for the keys, which are still to be made.
    pub domain: Domain,
    /// Further domains with the same answers, each with keys of its own.
    pub more: Vec<Domain>,
    /// The keys to make.
    pub algorithms: Vec<Algorithm>,
    /// What is left to do by hand, each a sentence without a full stop.
    pub by_hand: Vec<String>,
}

/// Asks everything.
///
/// # Errors
/// Interrupted by the person; without a person, a configuration error that names the question.
pub fn interview(asker: &mut dyn Asker, scout: &mut dyn Scout, offers: &[Offer]) -> Result<Draft> {
    let mut talk = Talk {
        presets: preset::all()?,
        found: Found::default(),
        kind: DomainKind::Own,
        chosen: Vec::new(),
        left: Vec::new(),
        asker,
        scout,
        offers,
    };
    let mut domains = talk.domains()?.into_iter();
    let Some(mut domain) = domains.next() else { return Err(Error::usage("no domain is named")) };
    talk.found = talk.scout.look(&domain)?;
    talk.tell_found(&domain);
    talk.kind = talk.kind(&domain)?;
    if talk.kind == DomainKind::Bulk {
        let below = talk.bulk_domain(&domain)?;
        if below != domain {
            talk.found = talk.scout.look(&below)?;
            talk.tell_found(&below);
            domain = below;
        }
    }
    let mut draft = Draft {
        domain: Domain {
            domain: name::show(&domain),
            parked: talk.kind == DomainKind::Parked,
            hosts: Vec::new(),
            senders: Vec::new(),
            spf: Spf::default(),
            dkim: Vec::new(),
            dmarc: Dmarc::default(),
            mta_sts: None,
            tls_rpt: None,
            ttl: default_ttl(),
            provider: None,
            server: None,
        },
        more: Vec::new(),
        algorithms: Vec::new(),
        by_hand: Vec::new(),
    };
    if talk.kind.sends() {
        talk.hosts(&mut draft)?;
        talk.senders(&mut draft)?;
        talk.spf_all(&mut draft)?;
        talk.spf_care(&domain, &mut draft)?;
        talk.keys(&mut draft)?;
        talk.policy(&mut draft)?;
    }
    match talk.kind {
        DomainKind::ReceivesOnly => talk.receives_only(&mut draft),
        DomainKind::SendsOnly => talk.sends_only(&mut draft),
        _ => {}
    }
    talk.reports(&mut draft)?;
    talk.transport(&mut draft)?;
    talk.provider(&mut draft)?;
    talk.server(&mut draft);
    for further in domains {
        let alike = talk.alike(&further, &draft)?;
        draft.more.push(alike);
    }
    Ok(draft)
}

/// A conversation and what is known in it.
struct Talk<'a> {
    asker: &'a mut dyn Asker,
    scout: &'a mut dyn Scout,
    found: Found,
    presets: Vec<Preset>,
    offers: &'a [Offer],
    kind: DomainKind,
    /// The presets that were chosen, by id.
    chosen: Vec<String>,
    /// Terms of the first domain's own record that nobody recognises: they stay with that domain.
    left: Vec<String>,
}

impl Talk<'_> {
    /// The domain; several share the answers.
    fn domains(&mut self) -> Result<Vec<Name>> {
        let question = Question {
            id: "domain".into(),
            text: "Domain".into(),
            help: "What stands after the @ in your addresses. Several share the answers.".into(),
            kind: Kind::List(&leaf::full_domain),
            default: None,
        };
        let mut out = Vec::new();
        for text in asker::list(self.asker, &question)? {
            let domain = name::domain(&text)?;
            if !out.contains(&domain) {
                out.push(domain);
            }
        }
        Ok(out)
    }
}

/// Addresses as answers hold them.
fn texts(addresses: &[IpAddr]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests;
