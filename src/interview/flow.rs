//! The order of the questions, and the profile that comes of the answers.

mod hosts;
mod policy;
mod provider;
mod senders;
mod server;
mod tell;

use std::net::IpAddr;

use crate::error::Result;
use crate::interview::asker::{self, Answer, Asker, Kind, Question};
use crate::interview::detect::{Found, HostFacts, Machine};
use crate::keys::algorithm::Algorithm;
use crate::model::name::{self, Name};
use crate::profile::leaf;
use crate::profile::preset::{self, Preset};
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
    let mut talk = Talk { presets: preset::all()?, found: Found::default(), asker, scout, offers };
    let domain = talk.domain()?;
    let shown = name::show(&domain);
    talk.found = talk.scout.look(&domain)?;
    talk.tell_found(&domain);
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
    talk.provider(&mut draft)?;
    talk.server(&mut draft);
    Ok(draft)
}

/// A conversation and what is known in it.
struct Talk<'a> {
    asker: &'a mut dyn Asker,
    scout: &'a mut dyn Scout,
    found: Found,
    presets: Vec<Preset>,
    offers: &'a [Offer],
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
}

/// Addresses as answers hold them.
fn texts(addresses: &[IpAddr]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::interview::detect::{SpfPart, Whose};
    use crate::interview::scripted::Scripted;
    use crate::profile::load;
    use crate::profile::schema::{Profile, SpfAll};
    use crate::profile::write;

    /// Looks at what the test says.
    #[derive(Default)]
    struct Table {
        found: Found,
        hosts: BTreeMap<String, HostFacts>,
        machine: Machine,
    }

    impl Scout for Table {
        fn look(&mut self, _: &Name) -> Result<Found> {
            Ok(self.found.clone())
        }

        fn host(&mut self, host: &Name) -> Result<HostFacts> {
            Ok(self.hosts.get(&name::show(host)).cloned().unwrap_or_default())
        }

        fn machine(&self) -> Machine {
            self.machine.clone()
        }
    }

    fn offers() -> Vec<Offer> {
        vec![
            Offer {
                id: "powerdns".into(),
                title: "PowerDNS".into(),
                endpoint: Some("http://127.0.0.1:8081/api/v1".into()),
                settings: vec![OfferSetting {
                    key: "server".into(),
                    what: "The server's id".into(),
                    default: Some("localhost".into()),
                }],
                ..Offer::default()
            },
            Offer {
                id: "cloud".into(),
                title: "Cloud".into(),
                nameservers: vec!["*.ns.cloud.example".into()],
                ..Offer::default()
            },
        ]
    }

    /// Holds questions to 80 columns.
    struct Narrow<'a>(Scripted<'a>);

    impl Asker for Narrow<'_> {
        fn ask(&mut self, question: &Question<'_>) -> Result<Answer> {
            assert!(question.help.chars().count() <= 76, "{}", question.help);
            assert!(question.text.chars().count() <= 60, "{}", question.text);
            if let Kind::One(choices) | Kind::Many(choices) = &question.kind {
                assert!(choices.iter().all(|c| c.label.chars().count() <= 72), "{}", question.text);
            }
            self.0.ask(question)
        }

        fn settle(&mut self, question: &Question<'_>) -> Result<Answer> {
            self.0.settle(question)
        }

        fn secret(&mut self, text: &str, env: &str) -> Result<secrecy::SecretString> {
            self.0.secret(text, env)
        }

        fn say(&mut self, text: &str) {
            self.0.say(text);
        }
    }

    fn run(answers: &str, scout: &mut Table) -> std::result::Result<Draft, String> {
        let mut said = String::new();
        let mut tell = |text: &str| said.push_str(&format!("{text}\n"));
        let file = Scripted::read(answers, std::path::Path::new("a.yaml"), &mut tell);
        let mut asker = Narrow(file.map_err(|e| e.to_string())?);
        let draft = interview(&mut asker, scout, &offers()).map_err(|e| e.to_string())?;
        for line in said.lines() {
            assert!(line.chars().count() <= 80, "a screen has 80 columns: {line}");
        }
        let profile = Profile { version: 1, lint: None, domains: vec![draft.domain.clone()] };
        let back = load::parse(&write::text(&profile), "p").map_err(|e| e.to_string())?;
        assert_eq!(back, profile, "what the wizard writes loads");
        Ok(draft)
    }

    fn facts(addresses: &[&str]) -> HostFacts {
        let addresses: Vec<IpAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
        HostFacts { confirmed: addresses.clone(), addresses, open: false }
    }

    fn part(text: &str, whose: Whose) -> SpfPart {
        SpfPart { text: text.into(), through: None, whose }
    }

    #[test]
    fn a_new_domain_on_a_new_server() {
        let mut scout = Table::default();
        let draft = run("domain: Example.com\naddresses.mail.example.com: [192.0.2.10]\n", &mut scout).unwrap();
        let domain = draft.domain;
        let host = &domain.hosts[0];
        assert_eq!((host.name.as_str(), host.mx, host.publish_addresses), ("mail.example.com", Some(10), true));
        assert_eq!(domain.dmarc.reports, ["dmarc@example.com"]);
        assert_eq!(domain.spf.all, SpfAll::SoftFail);
        assert_eq!(draft.algorithms, [Algorithm::Rsa2048]);
        assert!(domain.provider.is_none());
    }

    #[test]
    fn what_is_there_is_proposed() {
        let mut scout = Table::default();
        scout.found.zone = Some("example.com".into());
        scout.found.name_servers = vec!["a.ns.cloud.example".into()];
        scout.found.exchangers = vec![(5, "mx1.example.com".into()), (10, "aspmx.l.google.com".into())];
        scout.found.spf_records = 1;
        scout.found.spf = Some(crate::interview::detect::SpfFacts {
            text: String::new(),
            includes: vec!["_spf.google.com".into(), "spf.shop.example".into()],
            all: Some(crate::model::spf::Qualifier::Fail),
            parts: vec![
                part("include:_spf.google.com", Whose::Service("google".into())),
                part("include:spf.shop.example", Whose::Left),
                part("ip4:192.0.2.99", Whose::Left),
                part("include:gone.example", Whose::Dead("gone.example has no SPF record".into())),
            ],
            ..Default::default()
        });
        scout.found.dmarc = Some(crate::interview::detect::DmarcFacts {
            policy: Some(crate::model::dmarc::Policy::Quarantine),
            reports: vec!["r@reports.example".into()],
            ..Default::default()
        });
        scout.found.hosts.insert("mx1.example.com".into(), facts(&["192.0.2.1", "2001:db8::1"]));
        let draft = run("domain: example.com\n", &mut scout).unwrap();
        let domain = draft.domain;
        assert_eq!(domain.hosts.len(), 1, "Google's exchanger is no server of one's own");
        assert_eq!(domain.hosts[0].addresses.len(), 2);
        assert_eq!((domain.hosts[0].mx, domain.hosts[0].publish_addresses), (Some(5), false));
        let senders: Vec<&str> = domain.senders.iter().filter_map(|s| s.include.as_deref()).collect();
        assert_eq!(senders, ["_spf.google.com", "spf.shop.example"]);
        assert_eq!(domain.spf.terms, ["ip4:192.0.2.99"], "nobody knows whose it is: it stays");
        assert_eq!(domain.spf.all, SpfAll::Fail);
        assert_eq!(domain.dmarc.policy.to_owned(), crate::profile::schema::DmarcPolicy::Quarantine);
        assert_eq!(domain.dmarc.reports, ["r@reports.example"]);
        assert_eq!(domain.provider.unwrap().id, "cloud", "known by its name servers");
        assert_eq!(draft.by_hand.len(), 1, "Google's key is made at Google");
    }

    #[test]
    fn other_roads() {
        let google_only = || {
            let mut scout = Table::default();
            scout.found.exchangers = vec![(1, "smtp.google.com".into())];
            scout
        };
        let draft = run("domain: example.com\n", &mut google_only()).unwrap();
        assert!(draft.domain.hosts.is_empty() && draft.algorithms.is_empty(), "no server of one's own, no key");
        assert_eq!(draft.domain.senders[0].name, "Google Workspace");

        let mut parked = Table::default();
        parked.found.exchangers = vec![(0, String::new())];
        let draft = run("domain: example.com\n", &mut parked).unwrap();
        assert!(draft.domain.parked && draft.domain.dmarc.reports.is_empty());

        let answers = "domain: a.example.com
hosts: none
senders: [other]
senders.other: [a:www1.hosting.example, include:_spf.x.example, 'ip4:192.0.2.0/28']
dmarc.reports: none
provider: powerdns
provider.endpoint: http://10.0.0.1:8081/api/v1
setting.server: other
";
        let mut below = Table::default();
        below.found.zone = Some("example.com".into());
        let draft = run(answers, &mut below).unwrap();
        assert_eq!(draft.domain.spf.terms, ["a:www1.hosting.example", "ip4:192.0.2.0/28"]);
        assert_eq!(draft.domain.senders[0].include.as_deref(), Some("_spf.x.example"));
        let provider = draft.domain.provider.unwrap();
        assert_eq!(provider.zone.as_deref(), Some("example.com"));
        assert_eq!(provider.endpoint.as_deref(), Some("http://10.0.0.1:8081/api/v1"));
        assert_eq!(provider.settings["server"], "other");
    }

    #[test]
    fn answers_that_cannot_be() {
        for (answers, want) in [
            ("keys: rsa2048\n", "a.yaml has no answer for `domain`: Domain"),
            ("domain: example.com\n", "no answer for `addresses.mail.example.com`"),
            ("domain: localhost\n", "single label"),
            ("domain: example.com\nhosts: [a_b.example.com]\n", "`_`"),
            ("domain: example.com\nhosts: none\nsenders: [gogle]\n", "did you mean `google`?"),
            ("domain: example.com\nhosts: none\nsenders: [other]\n", "no answer for `senders.other`"),
            ("domain: example.com\nhosts: none\nsenders: [other]\nsenders.other: [+all]\n", "senders.other"),
            ("domain: example.com\nhosts: none\ndmarc.policy: rejct\n", "did you mean `reject`?"),
            ("domain: example.com\nhosts: none\ndmarc.reports: [x]\n", "no @"),
            ("domain: example.com\nhosts: none\nprovider: route53\n", "`route53` is not one of"),
        ] {
            let error = run(answers, &mut Table::default()).unwrap_err();
            assert!(error.contains(want), "{answers}: {error}");
        }
    }
}
