//! The RFC 2136 provider against BIND and Knot.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;

use std::process::{Command, Stdio};

use hickory_proto::rr::{RData, RecordType};
use mailproof::error::{Error, ErrorKind};
use mailproof::model::name::{self, Name};
use mailproof::model::snapshot::{Key, Origin, RecordSet, Snapshot, parse_value, show_value};
use mailproof::model::txt;
use mailproof::plan::build::{Inputs, build};
use mailproof::plan::change::Change;
use mailproof::plan::digest;
use mailproof::plan::merge::SpfMode;
use mailproof::provider::Provider;
use mailproof::provider::rfc2136::Rfc2136;
use mailproof::provider::rfc2136::key::TsigKey;
use mailproof::provider::rfc2136::server::Server;
use support::bind::{Bind, KEYS, LabKey};
use support::knot::Knot;

const ZONE: &str = r#"$ORIGIN example.test.
$TTL 300
@ IN SOA ns1 hostmaster 1 3600 600 86400 300
@ IN NS ns1
@ 120 IN TXT "v=spf1 include:_spf.other.test ~all"
@ 120 IN TXT "site-verification=abc; \"quoted\" \\ and \200"
@ 120 IN TXT "two " "strings"
@ 600 IN MX 10 Mail
ns1 IN A 127.0.0.1
mail IN A 192.0.2.1
mail IN AAAA 2001:db8::1
mail IN SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789
alias IN CNAME mail
sel1._domainkey IN CNAME sel1.keys.other.test.
_25._tcp.mail IN TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
_sip._tcp IN SRV 0 5 5060 mail
@ IN CAA 0 issue "ca.other.test"
@ IN TYPE65400 \# 3 0a0b0c
sub IN NS ns.sub
ns.sub IN A 192.0.2.53
*.wild IN A 192.0.2.9
*.wild IN TXT "from the wildcard"
there.wild IN MX 5 mail
"#;

/// Several messages of a transfer.
fn big_zone() -> String {
    let mut text =
        "$ORIGIN big.test.\n$TTL 300\n@ SOA ns1 root 1 3600 600 86400 300\n@ NS ns1\nns1 A 127.0.0.1\n".to_string();
    for i in 0..3000 {
        text.push_str(&format!("n{i} TXT \"record {i} {}\"\n", "x".repeat(i % 200)));
    }
    text
}

/// A server of the lab.
enum Lab {
    Bind(Bind),
    Knot(Knot),
}

impl Lab {
    /// Those that are installed.
    fn all() -> Vec<Lab> {
        let big = big_zone();
        let zones = [("example.test", ZONE), ("big.test", &big)];
        [Bind::start(&zones).map(Lab::Bind), Knot::start(&zones).map(Lab::Knot)].into_iter().flatten().collect()
    }

    fn name(&self) -> &'static str {
        match self {
            Lab::Bind(_) => "BIND",
            Lab::Knot(_) => "Knot",
        }
    }

    fn port(&self) -> u16 {
        match self {
            Lab::Bind(server) => server.port,
            Lab::Knot(server) => server.port,
        }
    }

    fn list(&self, zone: &str) -> Vec<String> {
        let lines = support::bind::transfer(self.port(), zone);
        assert!(lines.len() > 2, "{}: dig gets no transfer: {lines:?}", self.name());
        lines
    }

    fn kill(&mut self) {
        match self {
            Lab::Bind(server) => server.kill(),
            Lab::Knot(server) => server.kill(),
        }
    }

    /// The provider, as a person with this key has it.
    fn with(&self, line: &str, zone: &str, clock: fn() -> u64) -> Rfc2136 {
        let server = Server::parse(&format!("127.0.0.1:{}", self.port())).unwrap();
        Rfc2136::new(server, name::domain(zone).unwrap(), TsigKey::from_line(line).unwrap(), clock)
    }

    fn provider(&self, key: &LabKey) -> Rfc2136 {
        self.with(&key.line(), "example.test", now)
    }

    /// A change by somebody else, through `nsupdate`.
    fn nsupdate(&self, lines: &str) {
        use std::io::Write;
        let script = format!("server 127.0.0.1 {}\nzone example.test\n{lines}\nsend\n", self.port());
        let mut child = Command::new("nsupdate")
            .args(["-y", &KEYS[0].line()])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "nsupdate: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn at(owner: &str) -> Name {
    let apex = name::domain("example.test").unwrap();
    if owner == "@" { apex } else { name::below(owner, &apex).unwrap() }
}

fn key(owner: &str, rtype: RecordType) -> Key {
    Key::new(&at(owner), rtype)
}

fn set(owner: &str, ttl: u32, rtype: RecordType, values: &[&str]) -> RecordSet {
    let values = values.iter().map(|v| parse_value(rtype, v).unwrap()).collect();
    RecordSet::desired(at(owner), ttl, values, "why")
}

fn add(set: RecordSet) -> Change {
    Change::between(None, Some(set)).unwrap()
}

/// The change that undoes another.
fn undone(change: &Change) -> Change {
    Change::between(change.after.clone(), change.before.clone()).unwrap()
}

/// A snapshot as `dig` lists a zone.
fn told(snapshot: &Snapshot) -> Vec<String> {
    let mut out = Vec::new();
    for set in snapshot.sets().filter(|set| set.rtype != RecordType::SOA) {
        assert_eq!(set.origin, Origin::Provider("rfc2136".into()));
        out.extend(
            set.values
                .iter()
                .map(|v| format!("{}. {} IN {} {}", name::show(&set.name), set.ttl, set.rtype, show_value(v))),
        );
    }
    out.sort();
    out
}

/// Lines of `dig` with what it writes otherwise than we do.
fn of_dig(lines: Vec<String>) -> Vec<String> {
    let mut lines: Vec<String> = lines
        .into_iter()
        .filter(|l| !l.contains(" SSHFP ") && !l.contains(" TYPE65400 "))
        .map(|l| l.replace("\\;", ";"))
        .collect();
    lines.sort();
    lines
}

fn refused(error: &Error, kind: ErrorKind, message: &str, why: &str) {
    let told = format!("{error} / {:?}", error.hint_text());
    assert_eq!(error.kind(), kind, "{why}: {told}");
    assert!(error.message().contains(message), "{why}: {told}");
    assert!(!told.contains(KEYS[0].secret), "{why}: {told}");
}

#[tokio::test]
async fn a_transfer_reads_what_dig_reads() {
    for lab in Lab::all() {
        for key in KEYS.iter().filter(|key| key.transfers) {
            let reading =
                lab.provider(key).read(&[]).await.unwrap_or_else(|e| panic!("{} {}: {e}", lab.name(), key.name));
            assert!(!reading.partial && reading.notes.is_empty());
            assert_eq!(told(&reading.snapshot), of_dig(lab.list("example.test")), "{} {}", lab.name(), key.name);
            let opaque: Vec<String> = reading
                .snapshot
                .opaque
                .iter()
                .map(|o| format!("{} {} {}", o.name, o.rtype, o.values.join("|")))
                .collect();
            let sshfp = "mail.example.test SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789";
            assert_eq!(opaque, ["example.test TYPE65400 \\# 3 0a0b0c", sshfp], "{}", lab.name());
            let soa = reading.snapshot.get(&at("@"), RecordType::SOA).unwrap();
            assert_eq!(soa.values.len(), 1, "the SOA that ends the transfer is no second one");
        }
        let big = lab.with(&KEYS[0].line(), "big.test", now).read(&[]).await.unwrap();
        assert_eq!(big.snapshot.len(), 3003, "{}", lab.name());
        assert_eq!(told(&big.snapshot), of_dig(lab.list("big.test")), "{}", lab.name());
        let json = serde_json::to_string(&big.snapshot).unwrap();
        assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), big.snapshot);
    }
}

/// What a profile asks for, with keys of 2048 and 4096 bits.
fn desired() -> Snapshot {
    use base64::Engine as _;
    let mut out = Snapshot::new(at("@"));
    out.put(set("@", 3600, RecordType::TXT, &["\"v=spf1 ip4:192.0.2.1 ~all\""]));
    for (selector, octets) in [("rsa2048", 294usize), ("rsa4096", 550)] {
        let octets: Vec<u8> = (0..octets).map(|i| (i * 37 % 251) as u8).collect();
        let text = format!("v=DKIM1; k=rsa; p={}", base64::engine::general_purpose::STANDARD.encode(octets));
        let value = RData::TXT(txt::split(text.as_bytes()));
        out.put(RecordSet::desired(at(&format!("{selector}._domainkey")), 3600, vec![value], "a key"));
    }
    out.put(set("_dmarc", 3600, RecordType::TXT, &["\"v=DMARC1; p=none; rua=mailto:d@example.test\""]));
    out.put(set("@", 3600, RecordType::MX, &["10 mail.example.test.", "20 mx2.example.test."]));
    out.put(set("sel2._domainkey", 3600, RecordType::CNAME, &["sel2.keys.other.test."]));
    out.put(set("mx2", 3600, RecordType::A, &["192.0.2.2"]));
    out
}

#[tokio::test]
async fn a_plan_is_carried_out_and_taken_back() {
    for lab in Lab::all() {
        let provider = lab.provider(&KEYS[0]);
        let before = lab.list("example.test");
        let desired = desired();
        let normalise = |set: &mut RecordSet| provider.normalise(set);
        let plan = |observed: &Snapshot| {
            let inputs = Inputs {
                observed,
                partial: false,
                desired: &desired,
                remove: &[],
                spf: SpfMode::Merge,
                provider: "rfc2136",
                normalise: &normalise,
            };
            build(&inputs).unwrap()
        };
        let observed = provider.read(&[]).await.unwrap().snapshot;
        let made = plan(&observed);
        assert_eq!(made.changes.len(), 7, "{made:?}");
        let units = provider.units(made.changes.clone());
        assert_eq!(units.len(), 1, "all or nothing");
        provider.apply(&units[0]).await.unwrap_or_else(|e| panic!("{}: {e} {:?}", lab.name(), e.hint_text()));

        let after = provider.read(&[]).await.unwrap().snapshot;
        let outcome = made.outcome(&observed);
        assert_eq!(told(&after), of_dig(lab.list("example.test")));
        for wanted in outcome.sets().filter(|set| set.rtype != RecordType::SOA) {
            let got = after.get(&wanted.name, wanted.rtype).unwrap_or_else(|| panic!("{wanted} is not there"));
            assert!(got.same_data(wanted) && got.ttl == wanted.ttl, "{}: {got} instead of {wanted}", lab.name());
        }
        assert_eq!(after.len(), outcome.len());
        let apex = after.get(&at("@"), RecordType::TXT).unwrap();
        let mut kept: Vec<String> = apex.values.iter().map(show_value).collect();
        kept.sort();
        let spf = "\"v=spf1 include:_spf.other.test ip4:192.0.2.1 ~all\"";
        assert_eq!(kept, [r#""site-verification=abc; \"quoted\" \\ and \200""#, r#""two " "strings""#, spf]);
        assert!(plan(&after).is_empty(), "{}: the second plan is empty", lab.name());
        let error = provider.apply(&units[0]).await.unwrap_err();
        refused(&error, ErrorKind::Refused, "nothing was written", "the same plan once more");

        let back: Vec<Change> = made.changes.iter().rev().map(undone).collect();
        provider.apply(&back).await.unwrap();
        assert_eq!(lab.list("example.test"), before, "{}: as it was, TTLs and strings too", lab.name());
    }
}

#[tokio::test]
async fn nothing_is_written_to_a_zone_that_has_moved() {
    for lab in Lab::all() {
        let provider = lab.provider(&KEYS[0]);
        let observed = provider.read(&[]).await.unwrap().snapshot;
        let there = |owner: &str, rtype| observed.get(&at(owner), rtype).unwrap().clone();
        let good = add(set("_dmarc", 60, RecordType::TXT, &["\"v=DMARC1; p=none\""]));
        let spf = Change::between(
            Some(there("@", RecordType::TXT)),
            Some(set("@", 60, RecordType::TXT, &["\"v=spf1 -all\""])),
        );
        let cases: &[(&str, &str, Change)] = &[
            ("a value was added", "add example.test 120 TXT theirs", spf.clone().unwrap()),
            ("a value was taken away", "del example.test TXT \"two \" \"strings\"", spf.clone().unwrap()),
            (
                "a value is split otherwise",
                "del example.test TXT \"two \" \"strings\"\nadd example.test 120 TXT \"two strings\"",
                spf.unwrap(),
            ),
            (
                "the set is new meanwhile",
                "add new.example.test 60 TXT theirs",
                add(set("new", 60, RecordType::TXT, &["\"ours\""])),
            ),
            (
                "a CNAME is new meanwhile",
                "add new.example.test 60 CNAME theirs.test.",
                add(set("new", 60, RecordType::TXT, &["\"ours\""])),
            ),
            (
                "the name is in use meanwhile",
                "add new.example.test 60 A 192.0.2.8",
                add(set("new", 60, RecordType::CNAME, &["ours.test."])),
            ),
            (
                "a CNAME always was there",
                "",
                add(set("sel1._domainkey", 60, RecordType::TXT, &["\"v=DKIM1; p=AAAA\""])),
            ),
            ("an MX beside a CNAME", "", add(set("alias", 60, RecordType::MX, &["1 mail.example.test."]))),
            ("a CNAME where others always were", "", add(set("mail", 60, RecordType::CNAME, &["ours.test."]))),
            (
                "what is to go is gone",
                "del mail.example.test AAAA",
                Change::between(Some(there("mail", RecordType::AAAA)), None).unwrap(),
            ),
        ];
        for (why, theirs, change) in cases {
            let clean = lab.list("example.test");
            if !theirs.is_empty() {
                lab.nsupdate(theirs);
            }
            let moved = lab.list("example.test");
            assert_eq!(theirs.is_empty(), moved == clean, "{why}: nsupdate does something");
            for unit in [vec![change.clone()], vec![good.clone(), change.clone()], vec![change.clone(), good.clone()]] {
                let error =
                    provider.apply(&unit).await.err().unwrap_or_else(|| panic!("{} {why}: applied", lab.name()));
                refused(&error, ErrorKind::Refused, "has changed since it was read: nothing was written", why);
            }
            assert_eq!(lab.list("example.test"), moved, "{} {why}", lab.name());
            // Back to the start: what is there goes, what was there comes.
            let script: Vec<String> = moved
                .iter()
                .filter(|l| !clean.contains(l))
                .map(|l| format!("del {}", l.replace(" IN ", " ")))
                .collect();
            let again: Vec<String> = clean
                .iter()
                .filter(|l| !moved.contains(l))
                .map(|l| format!("add {}", l.replace(" IN ", " ")))
                .collect();
            if !theirs.is_empty() {
                lab.nsupdate(&[script, again].concat().join("\n"));
            }
            assert_eq!(lab.list("example.test"), clean);
        }
        provider.apply(&[good]).await.unwrap();
    }
}

#[tokio::test]
async fn of_two_updates_at_once_one_wins() {
    for lab in Lab::all() {
        let provider = lab.provider(&KEYS[0]);
        let observed = provider.read(&[]).await.unwrap().snapshot;
        let apex = observed.get(&at("@"), RecordType::TXT);
        for _ in 0..10 {
            let change = |text: &str| Change::between(apex.cloned(), Some(set("@", 60, RecordType::TXT, &[text])));
            let (ours, theirs) = (change("\"ours\"").unwrap(), change("\"theirs\"").unwrap());
            let units = [[ours], [theirs]];
            let (one, other) = tokio::join!(provider.apply(&units[0]), provider.apply(&units[1]));
            let (won, lost) = match (one, other) {
                (Ok(()), Err(lost)) => (&units[0][0], lost),
                (Err(lost), Ok(())) => (&units[1][0], lost),
                both => panic!("{}: {both:?}", lab.name()),
            };
            refused(&lost, ErrorKind::Refused, "nothing was written", lab.name());
            let now = provider.read(&[]).await.unwrap().snapshot;
            assert!(
                now.get(&at("@"), RecordType::TXT).unwrap().same_data(won.after.as_ref().unwrap()),
                "{}",
                lab.name()
            );
            provider.apply(&[undone(won)]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_cname_and_what_takes_its_place() {
    for lab in Lab::all() {
        let provider = lab.provider(&KEYS[0]);
        let clean = lab.list("example.test");
        let observed = provider.read(&[]).await.unwrap().snapshot;
        let cname = observed.get(&at("sel1._domainkey"), RecordType::CNAME).unwrap().clone();
        // In the order of a plan: what takes away comes last.
        let swap = [
            add(set("sel1._domainkey", 60, RecordType::TXT, &["\"v=DKIM1; p=AAAA\""])),
            Change::between(Some(cname), None).unwrap(),
        ];
        provider.apply(&swap).await.unwrap_or_else(|e| panic!("{}: {e}", lab.name()));
        let after = provider.read(&[]).await.unwrap().snapshot;
        let types: Vec<RecordType> = after.at(&at("sel1._domainkey")).map(|set| set.rtype).collect();
        assert_eq!(types, [RecordType::TXT], "{}", lab.name());
        let back: Vec<Change> = swap.iter().map(undone).collect();
        provider.apply(&back).await.unwrap_or_else(|e| panic!("{}: {e}", lab.name()));
        assert_eq!(lab.list("example.test"), clean, "{}", lab.name());
    }
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let behind: fn() -> u64 = || now() - 4000;
    let ahead: fn() -> u64 = || now() + 4000;
    for mut lab in Lab::all() {
        let lab_key = &KEYS[0];
        let wrong_secret = format!("{}:{}:d3Jvbmctc2VjcmV0LWZvci10aGUtbGFiLW9ubHk=", lab_key.algorithm, lab_key.name);
        let unknown = format!("{}:stranger:{}", lab_key.algorithm, lab_key.secret);
        let algorithm = format!("hmac-sha384:{}:{}", lab_key.name, lab_key.secret);
        let right = lab_key.line();
        let cases: &[(&str, Rfc2136, ErrorKind, &[&str])] = &[
            (
                "wrong secret",
                lab.with(&wrong_secret, "example.test", now),
                ErrorKind::Config,
                &["another secret for the key mailproof-lab"],
            ),
            (
                "unknown key",
                lab.with(&unknown, "example.test", now),
                ErrorKind::Config,
                &["does not know the key stranger"],
            ),
            (
                "another algorithm",
                lab.with(&algorithm, "example.test", now),
                ErrorKind::Config,
                &["does not know the key", "another secret"],
            ),
            ("no such zone", lab.with(&right, "example.com", now), ErrorKind::Config, &["has no zone example.com"]),
            (
                "a name in the zone",
                lab.with(&right, "mail.example.test", now),
                ErrorKind::Config,
                &["has no zone mail.example.test"],
            ),
            (
                "our clock behind",
                lab.with(&right, "example.test", behind),
                ErrorKind::Config,
                &["s ahead, and a signature"],
            ),
            (
                "our clock ahead",
                lab.with(&right, "example.test", ahead),
                ErrorKind::Config,
                &["s behind, and a signature"],
            ),
        ];
        let change = [add(set("_dmarc", 60, RecordType::TXT, &["\"v=DMARC1; p=none\""]))];
        let clean = lab.list("example.test");
        let check = |error: Error, kind, messages: &[&str], why: &str| {
            let one = messages.iter().find(|m| error.message().contains(**m)).unwrap_or(&messages[0]);
            eprintln!("{} {why}: {error} (hint: {})", lab.name(), error.hint_text().unwrap_or("none"));
            refused(&error, kind, one, &format!("{} {why}", lab.name()));
        };
        for (why, provider, kind, messages) in cases {
            let error = provider.read(&[]).await.err().unwrap_or_else(|| panic!("{} {why}: read", lab.name()));
            check(error, *kind, messages, why);
            // The change is out of another zone: what is at fault is told, not that.
            let error = provider.apply(&change).await.err().unwrap_or_else(|| panic!("{} {why}: applied", lab.name()));
            check(error, *kind, messages, why);
        }
        let stranger = lab.provider(KEYS.last().unwrap());
        let error = stranger.apply(&change).await.unwrap_err();
        check(
            error,
            ErrorKind::Config,
            &["does not let the key no-rights update", "or does not let it in"],
            "no right to update",
        );
        assert_eq!(lab.list("example.test"), clean, "{}", lab.name());
        lab.kill();
        let error = lab.provider(lab_key).read(&[]).await.unwrap_err();
        refused(&error, ErrorKind::Unreachable, "takes no connection", "gone");
        let error = lab.provider(lab_key).apply(&change).await.unwrap_err();
        refused(&error, ErrorKind::Unreachable, "takes no connection", "gone");
    }
}

#[tokio::test]
async fn without_a_transfer_the_names_are_read() {
    let wanted = [
        key("@", RecordType::TXT),
        key("_dmarc", RecordType::TXT),
        key("mail", RecordType::TXT),
        key("sel1._domainkey", RecordType::TXT),
        key("_dmarc.sub", RecordType::TXT),
        key("new.wild", RecordType::TXT),
        key("there.wild", RecordType::TXT),
        Key::new(&name::domain("example.com").unwrap(), RecordType::TXT),
    ];
    for lab in Lab::all() {
        let limited = KEYS.iter().find(|key| key.updates && !key.transfers).unwrap();
        let provider = lab.provider(limited);
        let reading =
            provider.read(&wanted).await.unwrap_or_else(|e| panic!("{}: {e} {:?}", lab.name(), e.hint_text()));
        assert!(reading.partial && reading.notes.len() == 1, "{:?}", reading.notes);
        let whole = lab.provider(&KEYS[0]).read(&[]).await.unwrap().snapshot;
        // What was not asked for: hosts that no wanted name is.
        let want: Vec<String> = told(&whole)
            .into_iter()
            .filter(|l| !["ns1.", "alias.", "_25.", "_sip.", "ns.sub."].iter().any(|o| l.starts_with(o)))
            .collect();
        assert_eq!(told(&reading.snapshot), want, "{}", lab.name());
        provider.apply(&[add(set("_dmarc", 60, RecordType::TXT, &["\"v=DMARC1; p=none\""]))]).await.unwrap();
        let again = provider.read(&wanted).await.unwrap().snapshot;
        assert_eq!(again.len(), reading.snapshot.len() + 1);
    }
}

#[tokio::test]
async fn a_signed_zone() {
    let Some(server) = Bind::start_with(&[("example.test", ZONE)], "dnssec-policy default; inline-signing yes;") else {
        return;
    };
    let signed = || server.list("example.test").iter().any(|l| l.contains(" NSEC ") && l.starts_with("there.wild."));
    for _ in 0..200 {
        if signed() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let lab = Lab::Bind(server);
    let provider = lab.provider(&KEYS[0]);
    let observed = provider.read(&[]).await.unwrap().snapshot;
    let signatures = observed.opaque.iter().filter(|set| set.rtype == "RRSIG").count();
    assert!(signatures > 8, "BIND signs the whole zone: {signatures}");
    let mut desired = Snapshot::new(at("@"));
    desired.put(set("sel1._domainkey", 60, RecordType::CNAME, &["sel9.keys.other.test."]));
    desired.put(set("sel3._domainkey", 60, RecordType::CNAME, &["sel3.keys.other.test."]));
    desired.put(set("_dmarc", 60, RecordType::TXT, &["\"v=DMARC1; p=none\""]));
    let normalise = |set: &mut RecordSet| provider.normalise(set);
    let plan = |observed: &Snapshot| {
        let spf = SpfMode::Merge;
        build(&Inputs {
            observed,
            partial: false,
            desired: &desired,
            remove: &[],
            spf,
            provider: "rfc2136",
            normalise: &normalise,
        })
    };
    let made = plan(&observed).unwrap();
    assert_eq!(made.changes.len(), 3);
    provider.apply(&made.changes).await.unwrap_or_else(|e| panic!("{e} {:?}", e.hint_text()));
    let after = provider.read(&[]).await.unwrap().snapshot;
    assert!(plan(&after).unwrap().is_empty());
    let back: Vec<Change> = made.changes.iter().rev().map(undone).collect();
    provider.apply(&back).await.unwrap();
    let restored = provider.read(&[]).await.unwrap().snapshot;
    assert_eq!(digest::of(&restored), digest::of(&observed), "new signatures and serials do not count");
    assert_ne!(digest::of(&after), digest::of(&observed));
}
