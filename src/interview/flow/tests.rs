//! Interviews by answers files, over tables of what DNS says.

use std::collections::BTreeMap;

use hickory_proto::rr::RData;

use super::*;
use crate::interview::asker::Answer;
use crate::interview::detect::{SpfPart, Whose};
use crate::interview::scripted::Scripted;
use crate::model::spf::Known;
use crate::profile::load;
use crate::profile::schema::{Profile, SpfAll};
use crate::profile::write;

/// Looks at what the test says.
#[derive(Default)]
struct Table {
    found: Found,
    hosts: BTreeMap<String, HostFacts>,
    machine: Machine,
    records: BTreeMap<String, String>,
}

impl Scout for Table {
    fn look(&mut self, _: &Name) -> Result<Found> {
        Ok(self.found.clone())
    }

    fn host(&mut self, host: &Name) -> Result<HostFacts> {
        Ok(self.hosts.get(&name::show(host)).cloned().unwrap_or_default())
    }

    fn cost(&mut self, domain: &Name, record: &SpfRecord) -> Result<SpfTree> {
        let known = |name: &Name, _| match self.records.get(&name::show(name)) {
            Some(text) => Known::Records(vec![RData::TXT(crate::model::txt::split(text.as_bytes()))]),
            None => Known::Unasked,
        };
        Ok(SpfTree::of(&name::show(domain), record, known))
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
    told(answers, scout).map(|(draft, _)| draft)
}

/// What comes of the answers, and what was said on the way.
fn told(answers: &str, scout: &mut Table) -> std::result::Result<(Draft, String), String> {
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
    Ok((draft, said))
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

/// Answers nothing but what has no proposal, and counts.
struct Counting {
    asked: Vec<String>,
    answers: BTreeMap<&'static str, Answer>,
}

impl Asker for Counting {
    fn ask(&mut self, question: &Question<'_>) -> Result<Answer> {
        self.asked.push(question.id.clone());
        let answer = self.answers.get(question.id.as_str()).or(question.default.as_ref());
        let answer = answer.unwrap_or_else(|| panic!("no answer for {}", question.id));
        question.read(answer).map_err(Error::usage)
    }

    fn secret(&mut self, _: &str, _: &str) -> Result<secrecy::SecretString> {
        unreachable!("an interview asks for no secret")
    }

    fn say(&mut self, _: &str) {}
}

fn counted(scout: &mut Table, answers: &[(&'static str, &str)]) -> (Vec<String>, Draft) {
    let answers = answers.iter().map(|(id, text)| (*id, Answer::Text((*text).into()))).collect();
    let mut asker = Counting { asked: Vec::new(), answers };
    let draft = interview(&mut asker, scout, &offers()).unwrap();
    (asker.asked, draft)
}

fn spf(all: crate::model::spf::Qualifier, parts: Vec<SpfPart>) -> Option<crate::interview::detect::SpfFacts> {
    Some(crate::interview::detect::SpfFacts { all: Some(all), parts, ..Default::default() })
}

/// What is found, the kind that it speaks for, and the questions that are put to a person.
#[test]
fn kinds_and_their_questions() {
    use crate::model::spf::Qualifier::{Fail, SoftFail};
    let own = || part("ip4:192.0.2.1", Whose::Own);
    let google = || part("include:_spf.google.com", Whose::Service("google".into()));
    let mx = |hosts: &[&str]| hosts.iter().map(|h| (10, (*h).to_string())).collect::<Vec<_>>();
    type Row = (&'static str, Found, &'static str, &'static str);
    let with = |exchangers: Vec<(u16, String)>, spf| Found { exchangers, spf, ..Found::default() };
    let rows: Vec<Row> = vec![
        ("example.com", with(vec![], None), "own", "hosts addresses senders dmarc.policy dmarc.reports provider"),
        ("example.com", with(mx(&["mail.example.com"]), spf(SoftFail, vec![own()])), "own", ""),
        ("example.com", with(mx(&["smtp.google.com"]), spf(SoftFail, vec![google()])), "hosted", ""),
        ("example.com", with(mx(&["mx.elsewhere.example"]), None), "hosted", ""),
        ("example.com", with(mx(&["smtp.google.com"]), spf(SoftFail, vec![google(), own()])), "mixed", ""),
        ("example.com", with(vec![], spf(SoftFail, vec![google()])), "sends-only", ""),
        ("example.com", with(mx(&[""]), spf(SoftFail, vec![google()])), "sends-only", ""),
        (
            "example.com",
            with(mx(&["mail.example.com"]), spf(Fail, vec![])),
            "receives-only",
            "dmarc.reports transport provider",
        ),
        ("example.com", with(mx(&[""]), spf(Fail, vec![])), "parked", "dmarc.reports provider"),
        ("example.com", with(mx(&[""]), None), "parked", "dmarc.reports provider"),
        ("example.com", with(vec![], spf(Fail, vec![])), "parked", "dmarc.reports provider"),
        ("news.example.com", with(vec![], None), "bulk", "hosts senders dmarc.policy dmarc.reports provider"),
        ("mail.example.com", with(mx(&["mail.example.com"]), None), "own", ""),
    ];
    for (domain, found, kind, questions) in rows {
        let mut scout = Table { found, ..Table::default() };
        scout.found.hosts.insert("mail.example.com".into(), facts(&["192.0.2.1"]));
        let answers = [("domain", domain), ("addresses.mail.example.com", "192.0.2.1")];
        let mut asker = Counting { asked: Vec::new(), answers: BTreeMap::new() };
        asker.answers = answers.iter().map(|(id, text)| (*id, Answer::Text((*text).into()))).collect();
        let mut presets = Talk {
            presets: preset::all().unwrap(),
            found: scout.found.clone(),
            kind: DomainKind::Own,
            chosen: vec![],
            left: vec![],
            asker: &mut asker,
            scout: &mut scout,
            offers: &[],
        };
        let got = presets.kind(&name::domain(domain).unwrap()).unwrap();
        assert_eq!(got.id(), kind, "{domain} {:?}", presets.found);
        scout.found.hosts.clear();
        let (asked, _) = counted(&mut scout, &answers);
        let asked: Vec<&str> = asked.iter().map(|id| id.split(".mail.").next().unwrap()).collect();
        if !questions.is_empty() {
            assert_eq!(asked.join(" "), format!("domain kind {questions}"), "{domain} {kind}");
        }
        assert!(asked.len() <= 10, "with the key and the consent that is twelve: {asked:?}");
    }
}

#[test]
fn what_was_found_is_not_asked() {
    let mut scout = Table::default();
    scout.found.exchangers = vec![(10, "mail.example.com".into())];
    scout.found.hosts.insert("mail.example.com".into(), facts(&["192.0.2.1"]));
    scout.found.spf = spf(crate::model::spf::Qualifier::SoftFail, vec![part("mx", Whose::Own)]);
    scout.found.dmarc = Some(crate::interview::detect::DmarcFacts {
        policy: Some(crate::model::dmarc::Policy::Quarantine),
        subdomains: Some(crate::model::dmarc::Policy::Reject),
        testing: true,
        reports: vec!["d@example.com".into()],
        ..Default::default()
    });
    scout.found.name_servers = vec!["a.ns.cloud.example".into()];
    scout.machine.name = Some("mail.example.com".into());
    scout.machine.software.installed = vec!["Postfix", "Rspamd"];
    let (asked, draft) = counted(&mut scout, &[("domain", "example.com")]);
    assert_eq!(asked, ["domain", "kind", "senders", "transport"], "with the key and the consent that is six");
    let domain = draft.domain;
    assert_eq!((domain.hosts[0].mx, domain.hosts[0].addresses.len()), (Some(10), 1));
    assert!(domain.dmarc.testing && domain.dmarc.subdomains.is_some(), "what the record says beside p stays");
    assert_eq!(domain.server.unwrap().sending.as_deref(), Some("rspamd"));
    assert_eq!(domain.provider.unwrap().id, "cloud");
}

#[test]
fn other_kinds() {
    let mut receiving = Table::default();
    receiving.found.exchangers = vec![(10, "mail.example.com".into()), (20, "mx.elsewhere.example".into())];
    let draft = run("domain: example.com\nkind: receives-only\n", &mut receiving).unwrap();
    let text = crate::profile::desired::spf::of_domain(&draft.domain).text;
    assert_eq!((text.as_str(), draft.domain.hosts.len()), ("v=spf1 -all", 1));
    assert_eq!(draft.domain.dmarc.policy, crate::profile::schema::DmarcPolicy::Reject);

    let mut main = Table::default();
    main.found.inherited = Some(("example.com".into(), "reject".into()));
    let draft = run("domain: example.com\nkind: bulk\nsenders: [sendgrid]\n", &mut main).unwrap();
    assert_eq!(draft.domain.domain, "news.example.com");
    assert!(draft.domain.dmarc.inherited && draft.domain.dmarc.reports.is_empty());
    assert!(draft.domain.hosts.is_empty() && draft.algorithms.is_empty());

    let mut null = Table::default();
    null.found.exchangers = vec![(0, String::new())];
    let draft = run("domain: example.com\nkind: sends-only\nsenders: [google]\n", &mut null).unwrap();
    assert!(draft.by_hand.iter().any(|what| what.contains("null MX")), "{:?}", draft.by_hand);
    let own = run("domain: example.com\nkind: own\nhosts: none\n", &mut null).unwrap();
    assert!(!own.domain.parked, "an answer counts for more than what was found");
}

#[test]
fn spf_with_care() {
    let published = "v=spf1 include:gone.example include:nine.example ptr ~all";
    let mut scout = Table::default();
    let nine: Vec<String> = (0..8).map(|i| format!("exists:{i}.example.net")).collect();
    scout.records.insert("nine.example".into(), format!("v=spf1 {} -all", nine.join(" ")));
    scout.records.insert("_spf.google.com".into(), "v=spf1 include:a.example -all".into());
    scout.found.spf_records = 1;
    scout.found.exchangers = vec![(10, "smtp.google.com".into())];
    scout.found.spf = Some(crate::interview::detect::SpfFacts {
        text: published.into(),
        parts: vec![
            part("include:gone.example", Whose::Dead("gone.example has no SPF record".into())),
            part("include:nine.example", Whose::Left),
            part("ptr", Whose::Dead("not to be used".into())),
        ],
        ..Default::default()
    });
    let head = "domain: example.com\nkind: hosted\n";
    let told = run(head, &mut scout).unwrap_err();
    assert!(told.contains("13 lookups") && told.contains("`spf.over`"), "{told}");
    let draft = run(&format!("{head}spf.drop: [include:gone.example]\nsenders: [other]\n"), &mut scout).unwrap();
    assert_eq!(draft.domain.spf.drop, ["include:gone.example"], "only what was named");
    let draft = run(&format!("{head}spf.over: [google, ptr, include:gone.example]\n"), &mut scout).unwrap();
    assert_eq!(draft.domain.spf.drop, ["ptr", "include:gone.example"]);
    let google = draft.domain.senders.iter().find(|s| s.name == "Google Workspace").unwrap();
    assert_eq!(google.include, None);
    assert!(draft.by_hand.iter().any(|w| w.contains("subdomain")), "{:?}", draft.by_hand);
    let told = run(&format!("{head}spf.over: [ptr]\n"), &mut scout).unwrap_err();
    assert!(told.contains("still"), "{told}");
}

#[test]
fn encrypted_transport() {
    let mut scout = Table::default();
    scout.found.exchangers = vec![(1, "smtp.google.com".into()), (10, "mx.elsewhere.example".into())];
    let head = "domain: example.com\nkind: hosted\n";
    let draft = run(&format!("{head}transport: testing\n"), &mut scout).unwrap();
    let file = crate::profile::desired::mta_sts::policy(&draft.domain).unwrap();
    for line in ["mode: testing", "mx: smtp.google.com", "mx: mx.elsewhere.example", "max_age: 86400"] {
        assert!(file.contains(line), "{line}:\n{file}");
    }
    assert_eq!(draft.domain.tls_rpt.unwrap().reports, ["dmarc@example.com"]);
    let draft = run(&format!("{head}transport: reports\ntransport.reports: [t@example.com]\n"), &mut scout).unwrap();
    assert_eq!((draft.domain.tls_rpt.unwrap().reports, draft.domain.mta_sts), (vec!["t@example.com".into()], None));
    scout.found.sts_id = Some("x1".into());
    let (asked, draft) = counted(&mut scout, &[("domain", "example.com")]);
    assert!(!asked.contains(&"transport".to_string()), "what is published stays: {asked:?}");
    assert_eq!((draft.domain.mta_sts, draft.domain.tls_rpt), (None, None));
    let mut none = Table::default();
    let answers = "domain: example.com\nkind: hosted\ntransport: enforce\n";
    let draft = run(answers, &mut none).unwrap();
    assert!(draft.domain.mta_sts.is_none() && draft.by_hand.iter().any(|w| w.contains("MTA-STS")));
}

#[test]
fn many_domains_with_the_same_answers() {
    let mut scout = Table::default();
    scout.found.name_servers = vec!["a.ns.cloud.example".into()];
    scout.found.spf = spf(
        crate::model::spf::Qualifier::SoftFail,
        vec![part("ip4:192.0.2.99", Whose::Left), part("include:spf.x.example", Whose::Left)],
    );
    let answers = "domain: [example.com, example.net, Example.org]
kind: own
addresses.mail.example.com: [192.0.2.1]
senders: [fastmail, other]
dmarc.policy: quarantine
";
    let draft = run(answers, &mut scout).unwrap();
    assert_eq!(draft.more.iter().map(|d| d.domain.as_str()).collect::<Vec<_>>(), ["example.net", "example.org"]);
    for (alike, other) in draft.more.iter().zip(["example.net", "example.org"]) {
        assert_eq!(alike.hosts[0].addresses, draft.domain.hosts[0].addresses);
        assert!(!alike.hosts[0].publish_addresses, "the first zone has them");
        let targets: Vec<&str> = alike.senders[0].dkim_cnames.iter().map(|c| c.target.as_str()).collect();
        assert!(targets.iter().all(|t| t.contains(other)), "{targets:?}");
        assert_eq!(alike.senders.len(), 1, "the first domain's old include is not the others'");
        assert_eq!(alike.dmarc.policy, crate::profile::schema::DmarcPolicy::Quarantine);
        assert_eq!(alike.dmarc.reports, ["dmarc@example.com"]);
    }
    let profile = Profile { version: 1, lint: None, domains: [draft.domain].into_iter().chain(draft.more).collect() };
    assert_eq!(load::parse(&write::text(&profile), "p").unwrap(), profile);
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

/// What is told of port 25: the way out of others, a listener of one's own.
#[test]
fn port_25_both_ways() {
    let own = facts(&["192.0.2.10"]);
    let cases: [(&str, std::result::Result<(), String>, &str); 4] = [
        (
            "mail.example.com",
            Ok(()),
            "in: mail.example.com listens; from another network `mailproof check example.com`",
        ),
        ("mail.example.com", Err("refused".into()), "out: not tried, name a host elsewhere"),
        ("mx.example.net", Ok(()), "out: mx.example.net takes connections from here"),
        ("mx.example.net", Err("no answer in 5 s".into()), "out: mx.example.net: no answer in 5 s"),
    ];
    for (host, outcome, want) in cases {
        let found = Found {
            exchangers: vec![(10, "mail.example.com".into())],
            hosts: [("mail.example.com".to_string(), own.clone())].into(),
            port_25: vec![(host.into(), outcome)],
            ..Found::default()
        };
        let machine = Machine { name: Some("mail.example.com".into()), ..Machine::default() };
        let mut scout = Table { found, machine, ..Table::default() };
        let (_, said) = told("{domain: example.com, kind: parked}", &mut scout).unwrap();
        assert!(said.split_whitespace().collect::<Vec<_>>().join(" ").contains(want), "{said}");
    }
}
