//! pyspf as a second opinion on made-up policies.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::process::Command;

use hickory_proto::rr::RData;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, PTR};
use mailproof::auth::spf::{RecordTrace, SpfEvaluation};
use mailproof::model::name::{Name, RecordName};
use mailproof::model::txt;
use serde_json::{Value, json};

use crate::scenario::{Case, Scenario, name};

/// How many policies are made up. The same every time: nothing here is chance.
const POLICIES: u64 = 10_000;

const DOMAINS: [&str; 5] = ["a.example", "b.example", "c.example", "d.b.example", "e.example"];
const HOSTS: [&str; 4] = ["mail.a.example", "mx.b.example", "out.example", "alias.example"];
const ADDRESSES: [&str; 6] =
    ["192.0.2.1", "192.0.2.130", "198.51.100.7", "2001:db8::1", "2001:db8::8000:1", "2001:db8:1::7"];

/// A sequence of numbers without a pattern (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }

    fn name(&mut self) -> &'static str {
        if self.one_in(2) { self.pick(&DOMAINS) } else { self.pick(&HOSTS) }
    }

    fn policy(&mut self) -> String {
        let mut text = self.pick(&["v=spf1", "v=spf1", "v=spf1", "V=SPF1"]).to_string();
        for _ in 0..self.below(6) {
            text.push_str(self.pick(&[" ", " ", " ", "  "]));
            text.push_str(&self.term());
        }
        if !self.one_in(3) {
            text.push(' ');
            text.push_str(self.pick(&["-all", "~all", "?all", "all", "+all"]));
        }
        text
    }

    fn term(&mut self) -> String {
        let qualifier = self.pick(&["", "", "", "+", "-", "~", "?"]);
        let name = self.name();
        let domain = self.pick(&DOMAINS);
        let cidr = self.pick(&["", "", "", "/24", "/25", "//64", "/24//112", "/0", "//0", "/32//128"]);
        match self.below(24) {
            0..=3 => format!("{qualifier}ip4:{}{}", self.pick(&ADDRESSES[..3]), self.pick(&["", "/24", "/31", "/0"])),
            4 | 5 => format!("{qualifier}ip6:{}{}", self.pick(&ADDRESSES[3..]), self.pick(&["", "/64", "/112", "/0"])),
            6 | 7 => format!("{qualifier}{}{cidr}", self.pick(&["a", "mx", "A", "Mx"])),
            8 | 9 => format!("{qualifier}a:{name}{cidr}"),
            10 => format!("{qualifier}mx:{domain}{cidr}"),
            11..=14 => format!("{qualifier}include:{domain}"),
            15 => format!("redirect={domain}"),
            16 => format!("exp=why.{domain}"),
            17 => format!("{qualifier}ptr{}", self.pick(&["", ":example", ":b.example", ":mail.a.example"])),
            18 => format!(
                "{qualifier}exists:{}",
                self.pick(&[
                    "%{l}.%{d}",
                    "%{d}",
                    "%{ir}.x.example",
                    "%{h}",
                    "%{d2}",
                    "%{o1r}.%{d}",
                    "a%%.%{d}",
                    "%{p}",
                    "mail.%{o}"
                ])
            ),
            19 => self.pick(&["ra=postmaster", "x-y_z.1=%{s}", "a=b"]).to_string(),
            20 | 21 => self.broken(),
            22 => format!("include:{}", self.pick(&["%{d}", "%{d2}", "nowhere.example", "%{l}.example"])),
            _ => format!("{qualifier}exists:{name}"),
        }
    }

    fn broken(&mut self) -> String {
        if !self.one_in(4) {
            return "ip4:203.0.113.99".into();
        }
        self.pick(&[
            "moo",
            "ip4:192.0.2",
            "ip4:192.0.2.1/33",
            "ip6:192.0.2.1",
            "a:",
            "include",
            "-exp=x.example",
            "a/33",
            "a:museum",
            "exists:%{x}.example",
            "exists:%(d).example",
            "redirect=",
            "all:x",
            "ptr/24",
            "a/24/64",
            "ip4:192.0.2.1/024",
            "=x",
            "mx:a.example//129",
            "ip6:2001:db8::/129",
        ])
        .to_string()
    }

    fn scenario(&mut self) -> (Scenario, Case) {
        let mut records: Vec<(Name, RData)> = Vec::new();
        let mut add = |owner: &str, data: RData| records.push((name(owner), data));
        for domain in DOMAINS {
            for _ in 0..[1, 1, 1, 1, 1, 1, 1, 1, 0, 2][self.below(10) as usize] {
                add(domain, RData::TXT(txt::split(self.policy().as_bytes())));
            }
            if self.one_in(3) {
                add(domain, RData::TXT(txt::split(b"another text")));
            }
            for _ in 0..self.below(3) {
                add(domain, RData::MX(MX::new(10, name(self.pick(&HOSTS)).into())));
            }
            let text = self.pick(&["see %{d} for %{i}", "%{c} %{l} %{o} %{p} %{r}", "no", "%{q}", "caf\u{e9}"]);
            add(&format!("why.{domain}"), RData::TXT(txt::split(text.as_bytes())));
        }
        for owner in DOMAINS.iter().chain(&HOSTS[..3]) {
            for _ in 0..self.below(3) {
                add(owner, address(self.pick(&ADDRESSES)));
            }
        }
        add(HOSTS[3], RData::CNAME(CNAME(name(HOSTS[self.below(3) as usize]).into())));
        for owner in ADDRESSES {
            let reverse = Name::from(owner.parse::<IpAddr>().unwrap());
            for _ in 0..self.below(3) {
                add(&reverse.to_string(), RData::PTR(PTR(name(self.name()).into())));
            }
        }
        let silent = (0..5).filter(|_| self.one_in(25)).collect::<Vec<_>>();
        let silent = silent.into_iter().map(|i| name(DOMAINS[i])).collect();
        let case = Case {
            id: String::new(),
            helo: self.pick(&["mail.a.example", "c.example", "b.example", "[192.0.2.1]"]).into(),
            host: self.pick(&ADDRESSES).parse().unwrap(),
            mail_from: self
                .pick(&["user@a.example", "user@a.example", "strong-bad@A.Example", "@a.example", ""])
                .into(),
            results: Vec::new(),
            explanation: None,
        };
        (Scenario { description: String::new(), records, silent, cases: Vec::new() }, case)
    }
}

fn address(text: &str) -> RData {
    match text.parse().unwrap() {
        IpAddr::V4(v4) => RData::A(A(v4)),
        IpAddr::V6(v6) => RData::AAAA(AAAA(v6)),
    }
}

/// The case as `pyspf.py` reads it.
fn as_json(scenario: &Scenario, case: &Case) -> Value {
    let mut zone: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (owner, data) in &scenario.records {
        let bare = |n: &RecordName| n.to_ascii().trim_end_matches('.').to_string();
        let value = match data {
            RData::TXT(t) => String::from_utf8(txt::joined(t)).unwrap(),
            RData::MX(mx) => bare(&mx.exchange),
            RData::PTR(p) => bare(&p.0),
            RData::CNAME(c) => bare(&c.0),
            other => other.to_string(),
        };
        let key = owner.to_string();
        zone.entry(key).or_default().push(json!([data.record_type().to_string(), value]));
    }
    for owner in &scenario.silent {
        zone.entry(owner.to_string()).or_default().push(json!(["TIMEOUT", ""]));
    }
    json!({"zone": zone, "ip": case.host.to_string(), "helo": case.helo, "mail_from": case.mail_from})
}

/// Where pyspf does otherwise than RFC 7208, and why that is so.
fn known_difference(ours: &SpfEvaluation, result: &str, text: &str) -> Option<&'static str> {
    match result {
        // §4.6.4 limits the terms that find nothing, not the hosts of an `mx` and the names of a `ptr`.
        "permerror" if text.contains("Void lookup limit") => Some("pyspf counts every empty answer as a void lookup"),
        // §4.6: a loop is no syntax error; it ends at the limit, if it is reached.
        "permerror" if text.contains("trivial recursion") => Some("pyspf rejects a record that includes itself"),
        // §6: only `redirect` and `exp` must not be repeated.
        "permerror" if text.contains("MUST appear at most once") && ours.trace.faults.is_empty() => {
            Some("pyspf rejects repeated unknown modifiers")
        }
        // §5.5: a name whose addresses cannot be asked for is skipped.
        "temperror" if asks_for_names(&ours.trace) => Some("pyspf ends at a reverse name that does not answer"),
        _ => None,
    }
}

/// Whether some record needs the client's validated names.
fn asks_for_names(trace: &RecordTrace) -> bool {
    trace.record.iter().any(|text| text.contains("ptr") || text.contains("%{p}"))
        || trace.terms.iter().any(|term| term.nested.as_deref().is_some_and(asks_for_names))
}

#[tokio::test]
async fn made_up_policies() {
    if !Command::new("python3").args(["-c", "import spf"]).output().is_ok_and(|o| o.status.success()) {
        eprintln!("SKIPPED: pyspf is not there (python3 -c 'import spf'): no second opinion on made-up policies");
        return;
    }
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let cases: Vec<(Scenario, Case)> = (0..POLICIES).map(|_| dice.scenario()).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    let all: Vec<Value> = cases.iter().map(|(scenario, case)| as_json(scenario, case)).collect();
    std::fs::write(&file, serde_json::to_vec(&all).unwrap()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/spf_suite/pyspf.py");
    let output = Command::new("python3").arg(script).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: Vec<(String, String)> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(theirs.len(), cases.len());
    let mut tally: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for ((scenario, case), (result, text)) in cases.iter().zip(theirs) {
        let ours = case.run(&scenario.table()).await;
        let explanation = ours.explanation.as_deref().unwrap_or("DEFAULT");
        if ours.result.as_str() == result && (result != "fail" || explanation == text) {
            *tally.entry(result).or_default() += 1;
        } else if let Some(why) = known_difference(&ours, &result, &text) {
            *tally.entry(why.into()).or_default() += 1;
        } else {
            wrong.push(format!("{} {:?} {}\npyspf {result}: {text}\n{ours}", case.host, case.mail_from, case.helo));
        }
    }
    // The made-up policies must be worth the comparison: every result often, and the known differences few.
    for result in ["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"] {
        assert!(tally.get(result).is_some_and(|n| *n > 50), "{result} is rare: {tally:?}");
    }
    let different: usize = tally.iter().filter(|(why, _)| why.starts_with("pyspf")).map(|(_, n)| n).sum();
    assert!(different * 20 < cases.len(), "{tally:?}");
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        cases.len(),
        wrong[..wrong.len().min(12)].join("\n\n")
    );
}
