//! The order of the questions, and the profile that comes of the answers.

mod hosts;
mod policy;
mod provider;
mod senders;

use std::net::IpAddr;

use crate::error::Result;
use crate::interview::asker::{self, Answer, Asker, Kind, Question};
use crate::interview::detect::{Found, HostFacts, Machine};
use crate::interview::presets::{self, Preset};
use crate::keys::algorithm::Algorithm;
use crate::model::name::{self, Name};
use crate::profile::leaf;
use crate::profile::schema::{Dmarc, Domain, Spf, default_ttl};

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

    /// What the machine knows of itself.
    fn machine(&self) -> Machine;
}

/// What the answers ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The domain, but for the keys, which are still to be made.
    pub domain: Domain,
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
    let mut talk = Talk { presets: presets::all()?, found: Found::default(), asker, scout };
    let domain = talk.domain()?;
    let shown = name::show(&domain);
    talk.found = talk.scout.look(&domain)?;
    talk.tell_found();
    let question = Question {
        id: "mail".into(),
        text: format!("Does {shown} send or receive mail?"),
        help: "If not, its records will say so, and nobody can send in its name.".into(),
        kind: Kind::YesNo,
        default: Some(Answer::Yes(!talk.looks_parked())),
    };
    let parked = !asker::yes(talk.asker, &question)?;
    let mut draft = Draft {
        domain: Domain {
            domain: shown,
            parked,
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
        algorithms: Vec::new(),
        by_hand: Vec::new(),
    };
    if !parked {
        talk.hosts(&mut draft)?;
        talk.senders(&mut draft)?;
        talk.spf_all(&mut draft)?;
        talk.keys(&mut draft)?;
        talk.policy(&mut draft)?;
    }
    talk.reports(&mut draft)?;
    talk.provider(&mut draft, offers)?;
    Ok(draft)
}

/// A conversation and what is known in it.
struct Talk<'a> {
    asker: &'a mut dyn Asker,
    scout: &'a mut dyn Scout,
    found: Found,
    presets: Vec<Preset>,
}

impl Talk<'_> {
    fn domain(&mut self) -> Result<Name> {
        let question = Question {
            id: "domain".into(),
            text: "Domain".into(),
            help: "What stands after the @ in your addresses.".into(),
            kind: Kind::Text(&leaf::full_domain),
            default: None,
        };
        name::domain(&asker::text(self.asker, &question)?)
    }

    fn looks_parked(&self) -> bool {
        matches!(self.found.exchangers.as_slice(), [(_, host)] if host.is_empty())
    }

    /// What was found, in a few aligned lines.
    fn tell_found(&mut self) {
        let found = &self.found;
        let mut lines = vec![String::new(), "  What I found".to_string()];
        let mut line = |what: &str, text: String| lines.push(format!("    {what:<9}  {text}"));
        let servers = match found.name_servers.as_slice() {
            [] => "no name server found".into(),
            [one] => one.clone(),
            [first, second] => format!("{first}, {second}"),
            [first, .., last] => format!("{first} to {last}, {} servers", found.name_servers.len()),
        };
        line("DNS", servers);
        let exchangers: Vec<String> = found.exchangers.iter().map(|(_, host)| self.show_exchanger(host)).collect();
        line("Mail to", if exchangers.is_empty() { "nowhere: no MX".into() } else { exchangers.join(", ") });
        let spf = match (&found.spf, found.spf_records) {
            (Some(_), _) => format!("one record, {} of 10 lookups", found.spf_lookups),
            (None, 0) => "none".into(),
            (None, n) => format!("{n} records: receivers believe none of them"),
        };
        line("SPF", spf);
        let keys = found.selectors.join(", ");
        line(
            "DKIM",
            if keys.is_empty() { "no key under the usual selectors".into() } else { format!("keys at {keys}") },
        );
        let dmarc = match &found.dmarc {
            Some(facts) => format!("policy {}", facts.policy.map_or("none", |p| p.name())),
            None => "none".into(),
        };
        line("DMARC", dmarc);
        for open in found.unanswered.iter().take(3) {
            line("no answer", open.clone());
        }
        lines.push(String::new());
        for line in lines {
            self.asker.say(&line);
        }
    }

    fn show_exchanger(&self, host: &str) -> String {
        match self.presets.iter().find(|p| p.receives_at(host)) {
            Some(preset) => format!("{host} ({})", preset.title),
            None if host.is_empty() => "nowhere, and says so (a null MX)".into(),
            None => host.to_string(),
        }
    }
}

/// Addresses as answers hold them.
fn texts(addresses: &[IpAddr]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}
