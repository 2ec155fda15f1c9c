//! One profile, several zones at several providers: all planned before the first is written to, and the right zone
//! found for a domain that is only a part of one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;

use std::process::{Command, Output};

use support::bind::Bind;
use support::knot::Knot;
use support::powerdns::PowerDns;
use support::{mailproof, told};
use tempfile::TempDir;

/// A zone; `more` are lines of its own.
fn zone(apex: &str, more: &str) -> String {
    format!(
        "$ORIGIN {apex}.\n$TTL 300\n@ IN SOA ns1 hostmaster 1 3600 600 86400 300\n@ IN NS ns1\nns1 IN A 127.0.0.1\n\
         mail IN A 192.0.2.10\n@ IN TXT \"site=1\"\n{more}"
    )
}

/// A folder with a profile of domains, each with its provider.
struct Home {
    dir: TempDir,
    key: String,
    tsig: String,
}

impl Home {
    fn new(server: Option<&PowerDns>, domains: &[(&str, &str)]) -> Home {
        let key = server.map_or_else(|| "none".into(), |server| server.api_key.clone());
        let home = Home { dir: tempfile::tempdir().unwrap(), key, tsig: support::bind::KEYS[0].line() };
        home.profile(domains);
        home
    }

    fn profile(&self, domains: &[(&str, &str)]) {
        let mut text = "version: 1\ndomains:\n".to_string();
        for (domain, provider) in domains {
            text.push_str(&format!(
                "  - domain: {domain}\n    hosts: [{{name: mail.{domain}, addresses: [192.0.2.10]}}]\n    dmarc: {{policy: \
                 none}}\n    provider: {provider}\n"
            ));
        }
        std::fs::write(self.dir.path().join("mailproof.yaml"), text).unwrap();
    }

    /// Runs a verb and holds its exit status against `status`; what it said.
    fn run(&self, arguments: &[&str], status: i32) -> (String, String) {
        let mut command: Command = mailproof();
        command.current_dir(self.dir.path()).args(arguments).env("HOME", self.dir.path());
        command.env("PDNS_API_KEY", &self.key).env("MAILPROOF_TSIG_KEY", &self.tsig);
        let output: Output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", told(&output));
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    fn journals(&self) -> Vec<(String, bool)> {
        let Ok(files) = std::fs::read_dir(self.dir.path().join(".mailproof")) else { return Vec::new() };
        let mut out: Vec<(String, bool)> = files
            .map(|file| {
                let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
                let journal: serde_json::Value = serde_json::from_str(&text).unwrap();
                (journal["zone"].as_str().unwrap().to_string(), journal["finished"].as_bool().unwrap())
            })
            .collect();
        out.sort();
        out
    }
}

fn powerdns(server: &PowerDns) -> String {
    format!(
        "{{id: powerdns, endpoint: \"{}\", settings: {{nameservers: \"127.0.0.1:{}\"}}}}",
        server.endpoint, server.dns_port
    )
}

fn rfc2136(port: u16) -> String {
    format!("{{id: rfc2136, endpoint: \"127.0.0.1:{port}\", settings: {{nameservers: \"127.0.0.1:{port}\"}}}}")
}

#[test]
fn two_servers_from_one_profile() {
    let Some(power) = PowerDns::start(&[("one.test", &zone("one.test", ""))]) else { return };
    let Some(bind) = Bind::start(&[("two.test", &zone("two.test", ""))]) else { return };
    let home = Home::new(Some(&power), &[("one.test", &powerdns(&power)), ("two.test", &rfc2136(bind.port))]);
    let both = || (power.list("one.test"), bind.list("two.test"));
    let before = both();

    let (shown, _) = home.run(&["plan", "--exit-code"], 1);
    assert!(shown.contains("one.test on powerdns") && shown.contains("two.test on rfc2136"), "{shown}");
    let (page, _) = home.run(&["plan", "--format", "markdown"], 0);
    for part in
        ["## one.test on powerdns\n\n**2 to add, 1 to change**", "## two.test on rfc2136", "```diff\n", "~ @ TXT 300\n"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(
        page.contains("+     v=spf1 ip4:192.0.2.10 ~all\n") && page.contains("**Proof before push: mail would pass**"),
        "{page}"
    );
    let (_, asked) = home.run(&["push"], 2);
    assert!(asked.contains("--yes"), "{asked}");
    assert_eq!(both(), before, "no consent, no write");

    let (said, _) = home.run(&["push", "--yes"], 0);
    for zone in ["one.test", "two.test"] {
        assert!(said.contains(&format!("published: 3 record sets of {zone}, read back and found right")), "{said}");
        assert!(said.contains(&format!("the name server answers the new records of {zone}")), "{said}");
    }
    assert!(said.find("two.test on rfc2136").unwrap() < said.find("published: ").unwrap(), "all is seen first: {said}");
    assert_eq!(home.journals(), [("one.test".into(), true), ("two.test".into(), true)]);
    home.run(&["plan", "--exit-code"], 0);
    home.run(&["push", "--yes"], 0);
    for zone in ["one.test", "two.test"] {
        home.run(&["rollback", "--yes", "--domain", zone], 0);
    }
    assert_eq!(both(), before);
}

/// One zone that must not be written to keeps the others from it, too.
#[test]
fn one_refusal_stops_all_before_the_first_write() {
    let Some(power) = PowerDns::start(&[("one.test", &zone("one.test", ""))]) else { return };
    let Some(bind) = Bind::start(&[("two.test", &zone("two.test", "_dmarc IN CNAME x.example.\n"))]) else { return };
    let home = Home::new(Some(&power), &[("one.test", &powerdns(&power)), ("two.test", &rfc2136(bind.port))]);
    let before = power.list("one.test");
    let (shown, refused) = home.run(&["plan", "--out", "plan.json"], 1);
    assert!(
        shown.contains("one.test on powerdns") && refused.contains("_dmarc.two.test is a CNAME"),
        "{shown}{refused}"
    );
    assert!(!home.dir.path().join("plan.json").exists(), "half a plan is none");
    let (page, _) = home.run(&["plan", "--format", "markdown"], 1);
    assert!(page.contains("## two.test on rfc2136\n\n**Refused**: \\_dmarc.two.test is a CNAME"), "{page}");
    let (json, _) = home.run(&["plan", "--format", "json"], 1);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["plans"][0]["plan"]["zone"], "one.test");
    assert_eq!(json["plans"][1]["refused"]["zone"], "two.test");

    let (_, refused) = home.run(&["push", "--yes"], 1);
    assert!(refused.contains("planning the push of 2 zones; nothing was written to any of them"), "{refused}");
    assert_eq!((power.list("one.test"), home.journals()), (before, Vec::new()));
    home.run(&["push", "--yes", "--domain", "one.test"], 0);
}

/// The second of three zones takes no updates: what is done, what is not, and a second run that goes on.
#[test]
fn a_failure_in_the_middle() {
    let zones = [("one.test", zone("one.test", "")), ("three.test", zone("three.test", ""))];
    let Some(power) = PowerDns::start(&zones.each_ref().map(|(apex, text)| (*apex, text.as_str()))) else { return };
    let Some(bind) = Bind::start(&[("two.test", &zone("two.test", ""))]) else { return };
    let at = powerdns(&power);
    let mut home =
        Home::new(Some(&power), &[("one.test", &at), ("two.test", &rfc2136(bind.port)), ("three.test", &at)]);
    let (third, right) = (power.list("three.test"), home.tsig.clone());
    home.tsig = support::bind::KEYS.iter().find(|key| !key.updates).unwrap().line();
    let (said, stopped) = home.run(&["push", "--yes"], 4);
    assert!(said.contains("published: 3 record sets of one.test"), "{said}");
    for part in
        ["published: one.test; not, or not in full: two.test; not begun: three.test", "(REFUSED)", "run the push again"]
    {
        assert!(stopped.contains(part), "{part}: {stopped}");
    }
    assert_eq!(power.list("three.test"), third);
    assert_eq!(home.journals(), [("one.test".into(), true), ("two.test".into(), false)]);
    home.tsig = right;
    let (said, _) = home.run(&["push", "--yes"], 0);
    assert!(said.contains("two.test, read back") && said.contains("three.test, read back"), "{said}");
    home.run(&["plan", "--exit-code"], 0);
}

#[test]
fn a_saved_plan_of_two_zones() {
    let Some(power) = PowerDns::start(&[("two.test", &zone("two.test", ""))]) else { return };
    let Some(bind) = Bind::start(&[("one.test", &zone("one.test", ""))]) else { return };
    let home = Home::new(Some(&power), &[("one.test", &rfc2136(bind.port)), ("two.test", &powerdns(&power))]);
    let first = bind.list("one.test");
    home.run(&["plan", "--out", "plan.json"], 0);
    // The second zone moves: the first is not written to either.
    home.run(&["push", "--yes", "--domain", "two.test"], 0);
    let (_, moved) = home.run(&["push", "--yes", "--plan", "plan.json"], 1);
    assert!(moved.contains("the zone two.test has changed since the plan was made"), "{moved}");
    assert_eq!(bind.list("one.test"), first);
    home.run(&["rollback", "--yes", "--domain", "two.test"], 0);
    home.run(&["push", "--yes", "--plan", "plan.json"], 0);
    home.run(&["plan", "--exit-code"], 0);
    home.profile(&[("one.test", &rfc2136(bind.port))]);
    let (_, strange) = home.run(&["push", "--yes", "--plan", "plan.json"], 2);
    assert!(strange.contains("the plan is for the zone two.test, which the profile does not have"), "{strange}");
}

/// The longest match: the zone above where there is no other, the zone itself where there is one.
#[test]
fn a_domain_that_is_part_of_a_zone() {
    let parent = zone("example.test", "mail.news IN A 192.0.2.10\n");
    let child = zone("news.example.test", "");
    let cut = zone("example.test", "news IN NS ns.elsewhere.test.\n");
    type Start = fn(&[(&str, &str)]) -> Option<(String, Box<dyn std::any::Any>, String)>;
    let servers: [(&str, Start); 3] = [
        ("PowerDNS", |zones| {
            PowerDns::start(zones)
                .map(|s| (powerdns(&s), s.api_key.clone(), s))
                .map(|(at, key, s)| (at, Box::new(s) as _, key))
        }),
        ("BIND", |zones| Bind::start(zones).map(|s| (rfc2136(s.port), Box::new(s) as _, String::new()))),
        ("Knot", |zones| Knot::start(zones).map(|s| (rfc2136(s.port), Box::new(s) as _, String::new()))),
    ];
    for (server, start) in servers {
        let Some((at, running, key)) = start(&[("example.test", &parent)]) else { continue };
        let mut home = Home::new(None, &[("news.example.test", &at)]);
        home.key = key.clone();
        let (shown, note) = home.run(&["plan"], 0);
        assert!(shown.contains("example.test on ") && shown.contains("_dmarc.news "), "{server}: {shown}");
        assert!(note.contains("news.example.test stands in the zone example.test"), "{server}: {note}");
        assert!(note.contains("`zone: example.test`"), "{server}: {note}");
        home.run(&["push", "--yes"], 0);
        home.run(&["plan", "--exit-code"], 0);
        // Both domains in one zone are planned together.
        home.profile(&[("news.example.test", &at), ("example.test", &at)]);
        let (shown, _) = home.run(&["plan"], 0);
        assert_eq!(shown.matches(" left alone").count(), 1, "{server}: {shown}");
        home.profile(&[("news.example.test", &at)]);
        home.run(&["rollback", "--yes"], 0);
        drop(running);

        let Some((at, running, key)) = start(&[("example.test", &cut), ("news.example.test", &child)]) else {
            continue;
        };
        home.key = key.clone();
        home.profile(&[("news.example.test", &at)]);
        let (shown, note) = home.run(&["plan"], 0);
        assert!(shown.starts_with("news.example.test on ") && note.is_empty(), "{server}: {shown}{note}");
        drop(running);

        // What must not be written is the same for all providers.
        if server != "BIND" {
            continue;
        }
        let Some((at, running, key)) = start(&[("example.test", &cut)]) else { continue };
        home.key = key;
        home.profile(&[("news.example.test", &at)]);
        let (_, refused) = home.run(&["push", "--yes"], 1);
        assert!(refused.contains("news.example.test, which is delegated to other name servers"), "{server}: {refused}");
        assert!(home.journals().len() == 2, "the push before and its rollback: {:?}", home.journals());
        drop(running);
    }
}
