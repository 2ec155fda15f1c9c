//! Noise through every door and every reader, and through `--fix`.
//!
//! A moment in every run; `MAILPROOF_FUZZ_SECONDS` lengthens it. The seed is told with what falls.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use mailproof::lint::facts::Facts;
use mailproof::lint::outcome::Outcome;
use mailproof::lint::registry::RULES;
use mailproof::lint::run::run;
use mailproof::lint::sorted::Sorted;
use mailproof::lint::zone_index::ZoneIndex;
use mailproof::lint::{fix, gather};
use mailproof::model::authentication_results::StatedResults;
use mailproof::model::bimi::BimiRecord;
use mailproof::model::dkim::KeyRecord;
use mailproof::model::dmarc::DmarcRecord;
use mailproof::model::mta_sts::{StsPolicy, StsRecord};
use mailproof::model::mx::MxRecord;
use mailproof::model::name;
use mailproof::model::reading::{Fault, Reading};
use mailproof::model::snapshot::{Snapshot, show_value};
use mailproof::model::spf::SpfRecord;
use mailproof::model::svg_tiny_ps;
use mailproof::model::tls_rpt::TlsRptRecord;
use mailproof::model::tlsa_record::TlsaRecord;
use mailproof::zone::load::load;
use mailproof::zone::octodns;
use mailproof::zone::walk::{Limits, NoIncludes};
use proptest::prelude::*;

/// How long each test throws noise.
fn patience() -> Duration {
    let seconds = std::env::var("MAILPROOF_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok());
    Duration::from_millis(seconds.map_or(1_200, |s: u64| s * 1000))
}

/// What the process took at most, in octets; nothing where the system does not say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// No text of these tests is larger than some kilobytes: what takes more than this is a leak or a bomb.
const MOST_MEMORY: u64 = 1 << 30;

/// Numbers that look random and are the same for a seed.
struct Noise(u64);

impl Noise {
    fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let seed = std::env::var("MAILPROOF_FUZZ_SEED").ok().and_then(|s| s.parse().ok());
        Noise(seed.unwrap_or(now.as_nanos() as u64))
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % bound.max(1) as u64) as usize
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn words(&mut self, all: &[&str], most: usize) -> String {
        (0..self.below(most)).map(|_| self.pick(all)).collect()
    }

    /// Some octets changed, taken out or put in.
    fn scratch(&mut self, octets: &mut Vec<u8>) {
        for _ in 0..self.below(4) {
            let at = self.below(octets.len() + 1);
            let octet = b"\"\\;()\n\t \0\xff\xc3:=,.@/-'#{}[]&*|>%+aA0"[self.below(32)];
            match self.below(3) {
                0 if at < octets.len() => drop(octets.remove(at)),
                1 if at < octets.len() => octets[at] = octet,
                _ => octets.insert(at, octet),
            }
        }
    }
}

/// Words of the records.
const VALUES: &[&str] = &[
    "v=spf1 ",
    "V=SPF1 ",
    "v=spf1",
    "spf1 ",
    "include:",
    "inlude:",
    "ip4:",
    "ip6:",
    "ipv4:",
    "a ",
    "mx ",
    "mx:",
    "ptr ",
    "exists:",
    "redirect=",
    "exp=",
    "-all",
    "~all",
    "+all",
    "?all ",
    "all ",
    "8.8.4.0",
    "192.0.2.1",
    "10.0.0.1",
    "/24",
    "//64",
    "/33",
    "2001:db8::1",
    "::/0",
    "%{d}",
    "%{i",
    "%%",
    "example.com",
    "_spf.example.net ",
    "mail.example.com ",
    " ",
    " ",
    "  ",
    "v=DKIM1; ",
    "v=DKIM1;",
    "k=rsa; ",
    "k=ed25519; ",
    "h=rsa-sha256; ",
    "s=email; ",
    "t=y; ",
    "g=*; ",
    "p=",
    "nk=rsa; ",
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB",
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "MIIBCgKCAQEA",
    "v=DMARC1; ",
    "v=DMARC1 ",
    "v=dmarc1; ",
    "nv=DMARC1; ",
    "p=none; ",
    "p=reject",
    "p=quarentine; ",
    "sp=none; ",
    "np=",
    "rua=",
    "ruf=",
    "mailto:a@example.com",
    "a@example.com",
    ", ",
    ",",
    "!10m",
    "pct=50; ",
    "adkim=x; ",
    "fo=1:d; ",
    "ri=1; ",
    "t=y; ",
    "psd=y; ",
    "v=STSv1; ",
    "v=STSv1;",
    "id=1;",
    "id=a-b; ",
    "v=TLSRPTv1; ",
    "v=TLSRPT1; ",
    "v=BIMI1; ",
    "l=",
    "a=",
    "https://example.com/x.svg",
    ";",
    "; ",
    ":",
    "=",
    "é",
    "\u{a0}",
    "x",
];

/// Owners at which they count.
const OWNERS: &[&str] = &[
    "@",
    "_dmarc",
    "s1._domainkey",
    "s2._domainkey",
    "*._domainkey",
    "_domainkey",
    "_mta-sts",
    "_smtp._tls",
    "default._bimi",
    "mail",
    "mail.example.com",
    "*",
    "_dmarc.sub",
    "sub",
    "a._report._dmarc",
    "_25._tcp.mail",
    "www",
];

/// Every reader of octets: nothing falls, every fault has its place, and what was read is not lost.
fn readers(octets: &[u8]) {
    fn faults<T, K>(reading: &Reading<T, K>, octets: &[u8]) {
        let inside = |f: &Fault<K>| f.span.start <= f.span.end && f.span.end as usize <= octets.len();
        assert!(reading.faults().iter().all(inside), "{octets:?}");
    }
    let lossy = String::from_utf8_lossy(octets);
    macro_rules! reader {
        ($($type:ident),*) => {$({
            let reading = $type::read(octets);
            faults(&reading, octets);
            if let Some(record) = reading.record() {
                assert_eq!(record.to_string(), lossy, "what was read is printed");
            }
        })*};
    }
    reader!(SpfRecord, MxRecord, TlsaRecord, StatedResults);
    faults(&KeyRecord::read(octets), octets);
    faults(&DmarcRecord::read(octets), octets);
    faults(&StsRecord::read(octets), octets);
    faults(&TlsRptRecord::read(octets), octets);
    faults(&BimiRecord::read(octets), octets);
    faults(&StsPolicy::read(octets), octets);
    for fault in svg_tiny_ps::located(octets) {
        assert!(fault.span.start <= fault.span.end && fault.span.end as usize <= octets.len(), "{octets:?}");
    }
}

proptest! {
    #[test]
    fn readers_take_any_octets(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        readers(&octets);
    }

    #[test]
    fn readers_take_any_text(text in "(v=(spf1|DKIM1|DMARC1|STSv1|TLSRPTv1|BIMI1)[; ]|mx; |[0-9]{1,6} )?[ -~é]{0,120}") {
        readers(text.as_bytes());
    }
}

fn lint(zones: Vec<ZoneIndex>) -> Outcome {
    let facts = Facts::new(zones);
    let found = run(&facts, &Sorted::new(RULES), 2);
    let outcome = Outcome::new(facts, found.findings, &found.unseen, RULES);
    for finding in &outcome.findings {
        let at = outcome.locate(finding).location;
        assert!(at.start.line > 0 && at.start.column > 0 && !finding.message.is_empty() && !finding.help.is_empty());
    }
    outcome
}

#[test]
fn noise_makes_nothing_fall() {
    let (mut noise, until) = (Noise::new(), Instant::now() + patience());
    let origin = name::domain("example.com").unwrap();
    let mut rounds = 0u32;
    while Instant::now() < until {
        rounds += 1;
        let seed = noise.0;
        let guard = Guard(seed);
        let mut octets = noise.words(VALUES, 12).into_bytes();
        noise.scratch(&mut octets);
        readers(&octets);
        lint(vec![gather::record(&String::from_utf8_lossy(&octets), None).unwrap()]);
        lint(vec![gather::policy("p", octets.clone(), None).unwrap()]);
        lint(vec![gather::indicator("l.svg", [b"<svg ", &octets[..]].concat()).unwrap()]);
        let mut zone = master_file(&mut noise).into_bytes();
        noise.scratch(&mut zone);
        lint(vec![gather::master_file("z", zone.clone(), &origin, Limits::default(), &mut NoIncludes).unwrap()]);
        lint(vec![gather::octodns("z.yaml", zone, &origin).unwrap()]);
        let mut yaml = yaml(&mut noise).into_bytes();
        noise.scratch(&mut yaml);
        lint(vec![gather::octodns("z.yaml", yaml, &origin).unwrap()]);
        std::mem::forget(guard);
    }
    assert!(rounds > 10, "{rounds} rounds");
    assert!(peak().is_none_or(|octets| octets < MOST_MEMORY), "{:?}", peak());
    eprintln!("{rounds} rounds, {:?} octets at most", peak());
}

/// Says the seed of a round that fell.
struct Guard(u64);

impl Drop for Guard {
    fn drop(&mut self) {
        eprintln!("MAILPROOF_FUZZ_SEED={} repeats this", self.0);
    }
}

/// A zone whose values are noise, written as a person would.
fn master_file(noise: &mut Noise) -> String {
    let mut out = String::from("$TTL 3600\n");
    if noise.below(2) == 0 {
        out.push_str("@ SOA ns host 1 2 3 4 5\n@ NS ns.example.net.\n");
    }
    for _ in 0..noise.below(7) {
        let owner = noise.pick(OWNERS);
        out.push_str(owner);
        out.push_str(match noise.below(8) {
            0 => {
                out.push_str(&format!(
                    " MX {} {}\n",
                    noise.below(2) * 10,
                    noise.pick(&[".", "mail", "mail.example.com", "x.example.net."])
                ));
                continue;
            }
            1 => " A 10.0.0.1 ; a host\n",
            2 => " CNAME mail\n",
            _ => " TXT ",
        });
        if out.ends_with('\n') {
            continue;
        }
        let (open, close) = *noise.pick_pair(&[("", ""), ("", ""), ("( ", "\n  )")]);
        out.push_str(open);
        for _ in 0..=noise.below(3) {
            let value = noise.words(VALUES, 9);
            match noise.below(6) {
                // Without quotes, as people forget them.
                0 => out.push_str(&value),
                _ => out.push_str(&format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))),
            }
            out.push_str(if open.is_empty() { " " } else { " ; why\n  " });
        }
        out.push_str(close);
        out.push_str(noise.pick_pair::<&str>(&["\n", " ; a comment\n"]));
    }
    out
}

impl Noise {
    fn pick_pair<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// An octoDNS zone whose values are noise.
fn yaml(noise: &mut Noise) -> String {
    let mut out = String::from("---\n# a zone\n");
    let mut owners: Vec<&str> = OWNERS.to_vec();
    for _ in 0..noise.below(6) {
        let owner = owners.swap_remove(noise.below(owners.len()));
        let owner = if owner == "@" { "" } else { owner };
        out.push_str(&format!("'{owner}':\n  - type: TXT # what\n    ttl: 300\n    values:\n"));
        for _ in 0..=noise.below(2) {
            let value = noise.words(VALUES, 9).replace(';', if noise.below(5) == 0 { ";" } else { "\\;" });
            let written = match noise.below(4) {
                0 => format!("'{}'", value.replace('\'', "''")),
                1 => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
                2 => format!("|-\n        {value}"),
                _ => value,
            };
            out.push_str(&format!("      - {written} # why\n"));
        }
    }
    out
}

/// Every record set by name and type.
fn sets(zone: &Snapshot) -> BTreeMap<(String, String), Vec<String>> {
    let mut out: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for set in zone.sets() {
        let mut values: Vec<String> = set.values.iter().map(show_value).collect();
        values.sort();
        out.insert((name::show(&set.name), set.rtype.to_string()), values);
    }
    out
}

/// Fixes a text until nothing more can be fixed, and holds every round to its word.
fn settle(text: &str, read: &dyn Fn(&[u8]) -> ZoneIndex, records: &dyn Fn(&[u8]) -> Option<Snapshot>) {
    let mut now = text.as_bytes().to_vec();
    for _ in 0..12 {
        let outcome = lint(vec![read(&now)]);
        let Some(fixed) = fix::apply(&outcome).pop() else {
            assert!(!outcome.findings.iter().any(|f| outcome.can_fix(f)), "a fix that cannot be made");
            return;
        };
        assert!(fixed.after != now, "a fix that changes nothing: {}", String::from_utf8_lossy(&now));
        // Other names keep what they have, and the lines between the records stay.
        if let (Some(before), Some(after)) = (records(&now), records(&fixed.after)) {
            let named: BTreeSet<String> = outcome
                .findings
                .iter()
                .filter(|f| f.fix.is_some())
                .map(|f| outcome.locate(f).name.to_lowercase())
                .collect();
            let (before, after) = (sets(&before), sets(&after));
            for key in before.keys().chain(after.keys()) {
                // A name that gets its dot is another name, below the one that was meant.
                let near = named.iter().any(|n| *n == key.0 || n.strip_suffix(".example.com") == Some(&key.0));
                assert!(near || before.get(key) == after.get(key), "{key:?} changed, named are {named:?}");
            }
        }
        now = fixed.after;
    }
    panic!("fixes without an end: {:?}", String::from_utf8_lossy(&now));
}

#[test]
fn fixes_settle_and_change_what_they_name() {
    let (mut noise, until) = (Noise::new(), Instant::now() + patience());
    let origin = name::domain("example.com").unwrap();
    let mut rounds = 0u32;
    while Instant::now() < until {
        rounds += 1;
        let guard = Guard(noise.0);
        let zone = master_file(&mut noise);
        settle(
            &zone,
            &|text| gather::master_file("z", text.to_vec(), &origin, Limits::default(), &mut NoIncludes).unwrap(),
            &|text| {
                let loaded = load("z", text.to_vec(), &origin, Limits::default(), &mut NoIncludes).unwrap();
                loaded.faults.is_empty().then_some(loaded.snapshot)
            },
        );
        let zone = yaml(&mut noise);
        settle(&zone, &|text| gather::octodns("z.yaml", text.to_vec(), &origin).unwrap(), &|text| {
            let loaded = octodns::load("z.yaml", text.to_vec(), &origin).unwrap();
            loaded.faults.is_empty().then_some(loaded.snapshot)
        });
        std::mem::forget(guard);
    }
    assert!(rounds > 10, "{rounds} rounds");
    assert!(peak().is_none_or(|octets| octets < MOST_MEMORY), "{:?}", peak());
    eprintln!("{rounds} rounds, {:?} octets at most", peak());
}
