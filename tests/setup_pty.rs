//! The wizard in a real pseudo-terminal, and through an answers file.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use rexpect::session::{Options, PtySession, spawn_with_options};
use support::powerdns::PowerDns;
use support::{mailproof, told};

/// A person at a terminal: reads what stands there, types answers.
struct Person {
    session: PtySession,
    seen: String,
}

impl Person {
    fn start(dir: &Path, args: &[&str]) -> Person {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailproof"));
        command.current_dir(dir).env("TERM", "xterm").env("NO_COLOR", "1").arg("setup").args(args);
        command.env_remove("PDNS_API_KEY").env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", "C.UTF-8");
        let options = Options { timeout_ms: Some(60_000), strip_ansi_escape_codes: true };
        Person { session: spawn_with_options(command, options).unwrap(), seen: String::new() }
    }

    /// Waits for a text.
    #[track_caller]
    fn sees(&mut self, text: &str) {
        // What comes is taken octet by octet.
        let octets: String = text.bytes().map(char::from).collect();
        match self.session.exp_string(&octets) {
            Ok(before) => {
                self.seen.push_str(&read(&before));
                self.seen.push_str(text);
            }
            Err(e) => panic!("waiting for `{text}`: {e}\nbefore it:\n{}", self.seen),
        }
    }

    fn types(&mut self, text: &str) {
        self.session.send(text).unwrap();
        self.session.flush().unwrap();
    }

    /// Waits for a question and answers it: a text and Enter, or Enter alone.
    #[track_caller]
    fn answers(&mut self, question: &str, answer: &str) {
        self.sees(question);
        self.types(&format!("{answer}\r"));
    }

    /// Ends it as a power cut would.
    fn dies(&mut self) {
        let id = self.session.process().child_pid.as_raw().to_string();
        assert!(Command::new("kill").args(["-KILL", &id]).status().unwrap().success());
        let _ = self.session.exp_eof();
    }

    /// Waits for the end; gives the exit status.
    #[track_caller]
    fn ends(&mut self) -> i32 {
        match self.session.exp_eof() {
            Ok(rest) => self.seen.push_str(&read(&rest)),
            Err(e) => panic!("waiting for the end: {e}\nbefore it:\n{}", self.seen),
        }
        match self.session.process_mut().wait().unwrap() {
            rexpect::process::wait::WaitStatus::Exited(_, code) => code,
            other => panic!("{other:?}"),
        }
    }

    /// Every line of a screen fits into 80 columns, but for the table of values that are to be copied whole.
    #[track_caller]
    fn read_comfortably(&self) {
        for line in self.seen.split("  Name  ").next().unwrap().lines() {
            let shown = line.rsplit('\r').find(|part| !part.is_empty()).unwrap_or_default();
            assert!(shown.chars().count() <= 80, "too wide: {shown}\n{}", self.seen);
        }
        assert!(!self.seen.contains("\u{1b}["), "no colours:\n{}", self.seen);
    }
}

/// Octets that came one by one as the text that they are.
fn read(octets: &str) -> String {
    let octets: Vec<u8> = octets.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    String::from_utf8_lossy(&octets).into_owned()
}

/// Nothing half written: neither temporary files nor an unreadable memory.
#[track_caller]
fn nothing_half_written(dir: &Path) {
    for entry in walk(dir) {
        let name = entry.file_name().unwrap().to_string_lossy().to_string();
        assert!(!name.starts_with(".mailproof-") && !name.starts_with(".setup-"), "{entry:?} is left over");
        if name == "setup.json" {
            serde_json::from_slice::<serde_json::Value>(&fs::read(&entry).unwrap()).unwrap();
        }
    }
}

fn walk(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(walk(&path));
        } else {
            out.push(path);
        }
    }
    out
}

/// A zone that has a life already: an SPF record, a site verification, a web server.
const ZONE: &str = "$ORIGIN example.test.
$TTL 60
@ IN SOA ns1 hostmaster 1 7200 900 1209600 60
@ IN NS ns1
@ IN TXT \"v=spf1 ip4:198.51.100.7 ~all\"
@ IN TXT \"site-verification=4711\"
ns1 IN A 127.0.0.1
www IN A 198.51.100.80
";

/// The zone after the wizard: what was there stands, what was asked for is there.
#[track_caller]
fn published(dns: &PowerDns) {
    let texts = dns.dig("example.test", "TXT");
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts.iter().any(|t| t.contains("site-verification=4711")), "{texts:?}");
    assert!(texts.iter().any(|t| t.contains("ip4:198.51.100.7") && t.contains("ip4:127.0.0.10")), "{texts:?}");
    assert_eq!(dns.dig("example.test", "MX"), ["10 mail.example.test."]);
    assert_eq!(dns.dig("mail.example.test", "A"), ["127.0.0.10"]);
    assert!(dns.dig("_dmarc.example.test", "TXT")[0].contains("p=quarantine"));
    assert_eq!(dns.dig("www.example.test", "A"), ["198.51.100.80"]);
}

/// From the first question to a domain that is published and proven, on a real PowerDNS.
#[test]
fn published_and_proven_by_a_person() {
    let Some(dns) = PowerDns::start(&[("example.test", ZONE)]) else { return };
    let dir = tempfile::tempdir().unwrap();
    let server = format!("127.0.0.1:{}", dns.dns_port);
    let mut person = Person::start(dir.path(), &["--nameserver", &server]);
    person.answers("Domain:", "Example.test");
    person.sees("ns1.example.test");
    person.sees("one record, 0 of 10 lookups");
    // It names a sender and no MX: something that only sends. The person knows better.
    person.sees("What is example.test for?");
    person.sees("> sends only");
    person.types("\u{1b}[A\u{1b}[A\u{1b}[A\r");
    person.answers("Your own mail servers [mail.example.test]:", "");
    person.answers("Addresses that mail.example.test sends from:", "127.0.0.10");
    person.answers("Services that send mail", "");
    person.answers("proves nothing", "\u{1b}[B");
    person.answers("Address for daily reports about your mail [dmarc@example.test]:", "");
    person.sees("Who keeps the zone of example.test?");
    choose(&mut person, "PowerDNS");
    person.answers("Address of PowerDNS", &dns.endpoint);
    person.sees("Your answers");
    person.answers("The number of an answer to change", "");
    person.sees("API key of PowerDNS:");
    person.types(&format!("{}\r", dns.api_key));
    person.sees("Publish?");
    assert_eq!(dns.dig("_dmarc.example.test", "TXT"), Vec::<String>::new(), "nothing before consent");
    person.read_comfortably();
    // Stopped at the last question: the next run asks that one again, and the secret, which nobody kept.
    person.session.send_control('c').unwrap();
    assert_eq!(person.ends(), 130, "{}", person.seen);
    nothing_half_written(dir.path());
    assert_eq!(dns.dig("_dmarc.example.test", "TXT"), Vec::<String>::new());
    let keys = walk(&dir.path().join("keys"));
    let mut person = Person::start(dir.path(), &["--nameserver", &server]);
    person.sees("mailproof.yaml has example.test already, from the last run");
    person.sees("API key of PowerDNS:");
    person.types(&format!("{}\r", dns.api_key));
    person.sees("Proof before push: a message from mail.example.test");
    person.sees("Publish?");
    assert_eq!(walk(&dir.path().join("keys")), keys, "no key is made twice");
    person.types("y");
    person.sees("answers the new records");
    person.sees("6 of 6");
    assert_eq!(person.ends(), 0, "{}", person.seen);
    published(&dns);
    person.read_comfortably();
    nothing_half_written(dir.path());
    for file in walk(dir.path()) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains(&dns.api_key), "the API key is in {}", file.display());
    }
    assert!(!person.seen.contains(&dns.api_key), "the API key was shown");
}

/// Goes down a list to the entry that begins with `label` and takes it.
#[track_caller]
fn choose(person: &mut Person, label: &str) {
    for _ in 0..60 {
        person.sees("  > ");
        let line = person.session.read_line().unwrap();
        person.seen.push_str(&format!("{line}\n"));
        if line.starts_with(label) {
            person.types("\r");
            return;
        }
        person.types("\u{1b}[B");
    }
    panic!("there is no `{label}` in the list:\n{}", person.seen);
}

/// The same without a person.
#[test]
fn published_and_proven_by_a_file() {
    let Some(dns) = PowerDns::start(&[("example.test", ZONE)]) else { return };
    let dir = tempfile::tempdir().unwrap();
    let server = format!("127.0.0.1:{}", dns.dns_port);
    let run = |publish: &str, key: &str| {
        let answers = format!(
            "domain: example.test
kind: own
addresses.mail.example.test: [127.0.0.10]
keys: rsa2048+ed25519
dmarc.policy: quarantine
provider: powerdns
provider.endpoint: {}
publish: {publish}
",
            dns.endpoint
        );
        fs::write(dir.path().join("a.yaml"), answers).unwrap();
        let mut command = mailproof();
        command.current_dir(dir.path()).args(["setup", "--answers", "a.yaml", "--nameserver", &server]);
        command.env("PDNS_API_KEY", key).output().unwrap()
    };
    let fresh = || {
        let _ = fs::remove_file(dir.path().join("mailproof.yaml"));
        let _ = fs::remove_dir_all(dir.path().join("keys"));
    };
    let output = run("no", &dns.api_key);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(told(&output).contains("mailproof push"), "{}", told(&output));
    assert_eq!(dns.dig("_dmarc.example.test", "TXT"), Vec::<String>::new(), "nothing without consent");
    fresh();
    let output = run("yes", "");
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("PDNS_API_KEY"), "{}", told(&output));
    fresh();
    let output = run("yes", "wrong");
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert_eq!(dns.dig("_dmarc.example.test", "TXT"), Vec::<String>::new());
    fresh();
    let output = run("yes", &dns.api_key);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(told(&output).contains("6 of 6"), "{}", told(&output));
    published(&dns);
}

/// A name server that answers nothing: the wizard goes on without.
const NO_DNS: [&str; 2] = ["--nameserver", "127.0.0.1:1"];

#[test]
fn interrupted_and_resumed() {
    let dir = tempfile::tempdir().unwrap();
    let mut person = Person::start(dir.path(), &NO_DNS);
    person.answers("Domain:", "exa_mple.com");
    person.sees("`_`");
    person.types("\r");
    person.answers("Domain:", "example.test");
    person.sees("DNS did not answer");
    person.answers("What is example.test for?", "");
    person.sees("Your own mail servers [mail.example.test]");
    person.session.send_control('c').unwrap();
    assert_eq!(person.ends(), 130, "{}", person.seen);
    assert!(person.seen.contains("goes on from here"), "{}", person.seen);
    nothing_half_written(dir.path());
    assert!(!dir.path().join("mailproof.yaml").exists());

    let mut person = Person::start(dir.path(), &NO_DNS);
    person.sees("Going on where the last run stopped");
    person.sees("Domain: example.test  (as before)");
    person.answers("Your own mail servers [mail.example.test]:", "");
    person.answers("Addresses that mail.example.test sends from:", "192.0.2.10 2001:db8::10");
    person.sees("Services that send mail");
    // Interrupted from outside, as by a closed window's shell.
    let id = person.session.process().child_pid.as_raw().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(person.ends(), 130, "{}", person.seen);
    nothing_half_written(dir.path());

    let mut person = Person::start(dir.path(), &NO_DNS);
    person.sees("192.0.2.10, 2001:db8::10  (as before)");
    // Down to Google Workspace, mark it.
    person.sees("Services that send mail");
    person.types("\u{1b}[B\u{1b}[B \r");
    person.answers("proves nothing", "");
    person.answers("Address for daily reports", "");
    person.answers("Who keeps the zone", "");
    person.answers("The number of an answer to change", "");
    assert_eq!(person.ends(), 0, "{}", person.seen);
    person.read_comfortably();
    nothing_half_written(dir.path());
    let profile = fs::read_to_string(dir.path().join("mailproof.yaml")).unwrap();
    for want in ["2001:db8::10", "_spf.google.com", "algorithm: rsa2048", "dmarc@example.test"] {
        assert!(profile.contains(want), "{want}:\n{profile}");
    }
    assert!(!dir.path().join(".mailproof/setup.json").exists(), "a run that is done is forgotten");
    let output = mailproof().current_dir(dir.path()).args(["records", "--format", "json"]).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
}

/// What a person types in plain mode, by what a question says. A list is typed as numbers or ids.
const PLAIN: &[(&str, &str)] = &[
    ("Domain: ", "example.test"),
    ("What is example.test for? [own]: ", ""),
    ("Your own mail servers [mail.example.test]: ", ""),
    ("Addresses that mail.example.test sends from: ", "192.0.2.10"),
    ("Services that send mail for it [none]: ", "google"),
    ("Mail in your name that proves nothing [none]: ", "2"),
    ("Address for daily reports about your mail [dmarc@example.test]: ", ""),
    ("Who keeps the zone of example.test? [none]: ", ""),
    ("The number of an answer to change, or ok [ok]: ", ""),
];

/// The profile without what differs from run to run: selectors, days, keys.
fn lasting(dir: &Path) -> String {
    let text = fs::read_to_string(dir.join("mailproof.yaml")).unwrap();
    text.lines()
        .filter(|l| !["selector:", "key:", "created:"].iter().any(|k| l.contains(k)))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Killed after each answer in turn, and once while everything is made: the next run comes to the same end.
#[test]
fn killed_at_every_step() {
    let args = [&NO_DNS[..], &["--plain"]].concat();
    let whole = tempfile::tempdir().unwrap();
    let mut person = Person::start(whole.path(), &args);
    for (question, answer) in PLAIN {
        person.answers(question, answer);
    }
    assert_eq!(person.ends(), 0, "{}", person.seen);
    let want = lasting(whole.path());
    assert!(want.contains("policy: quarantine") && want.contains("_spf.google.com"), "{want}");
    for step in 1..=PLAIN.len() {
        let dir = tempfile::tempdir().unwrap();
        let mut person = Person::start(dir.path(), &args);
        for (question, answer) in &PLAIN[..step] {
            person.answers(question, answer);
        }
        if let Some((next, _)) = PLAIN.get(step) {
            person.sees(next);
            assert!(!dir.path().join("mailproof.yaml").exists(), "nothing is made before the review");
        }
        person.dies();
        nothing_half_written(dir.path());
        if dir.path().join("mailproof.yaml").exists() {
            let output = mailproof().current_dir(dir.path()).args(["records", "--format", "json"]).output().unwrap();
            assert!(output.status.success(), "step {step}: {}", told(&output));
        }
        let mut person = Person::start(dir.path(), &args);
        // The review is no answer that is kept: it comes again, unless the profile was there already.
        let left =
            if dir.path().join("mailproof.yaml").exists() { &[][..] } else { &PLAIN[step.min(PLAIN.len() - 1)..] };
        for (question, answer) in left {
            person.answers(question, answer);
        }
        assert_eq!(person.ends(), 0, "step {step}: {}", person.seen);
        assert_eq!(lasting(dir.path()), want, "step {step}");
        let keys = walk(&dir.path().join("keys"));
        assert_eq!(keys.len(), walk(&whole.path().join("keys")).len(), "step {step}: {keys:?}");
        assert!(!dir.path().join(".mailproof/setup.json").exists(), "step {step}");
    }
}

/// By keyboard alone on a terminal that can do nothing, in Japanese: help, back, an answer changed on the review page,
/// and on to proven.
#[test]
fn back_and_edit_in_japanese_on_a_dumb_terminal() {
    let Some(dns) = PowerDns::start(&[("example.test", ZONE)]) else { return };
    let dir = tempfile::tempdir().unwrap();
    let server = format!("127.0.0.1:{}", dns.dns_port);
    let mut person = Person::start(dir.path(), &["--plain", "--lang", "ja", "--nameserver", &server]);
    person.answers("ドメイン: ", "?");
    person.sees("Enter だけ");
    person.answers("ドメイン: ", "example.test");
    person.answers(" [sends-only]: ", "own");
    person.answers("自前のメールサーバー [mail.example.test]: ", "mx.example.test");
    person.answers("mx.example.test の送信元アドレス: ", "<");
    person.answers("自前のメールサーバー [mx.example.test]: ", "mail.example.test");
    person.answers("mail.example.test の送信元アドレス: ", "127.0.0.300");
    person.answers("mail.example.test の送信元アドレス: ", "127.0.0.10");
    // Another address is in the published record.
    person.answers("このドメインで送信する外部サービス [other]: ", "none");
    person.answers("認証できない、なりすましの疑いがあるメール [none]: ", "1");
    person.answers("日次レポートの宛先アドレス [dmarc@example.test]: ", "");
    person.answers("どこで管理していますか? [none]: ", "powerdns");
    person.answers("PowerDNS のアドレス", &dns.endpoint);
    person.sees("回答の一覧");
    person.sees("変更する回答の番号、または ok [ok]: ");
    let line = person.seen.lines().rev().find(|l| l.contains("認証できない、なりすまし")).unwrap();
    let number = line.split_whitespace().next().unwrap().to_string();
    person.types(&format!("{number}\r"));
    person.answers("認証できない、なりすましの疑いがあるメール [none]: ", "quarantine");
    person.answers("変更する回答の番号、または ok [ok]: ", "");
    person.sees("PowerDNS の API キー: ");
    person.types(&format!("{}\r", dns.api_key));
    person.answers("公開しますか? [いいえ]: ", "yes");
    person.sees("6 項目中 6 項目を証明済み");
    assert_eq!(person.ends(), 0, "{}", person.seen);
    published(&dns);
    assert!(!person.seen.contains('\u{1b}'), "no cursor moves:\n{}", person.seen);
}

/// The answers in the documentation are answers.
#[test]
fn the_documented_answers() {
    let dir = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/setup.md")).unwrap();
    let answers = text.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    fs::write(dir.path().join("a.yaml"), answers).unwrap();
    let output =
        mailproof().current_dir(dir.path()).args(["setup", "--answers", "a.yaml"]).args(NO_DNS).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let profile = fs::read_to_string(dir.path().join("mailproof.yaml")).unwrap();
    for want in ["_spf.google.com", "a:www1234.sakura.ne.jp", "algorithm: ed25519"] {
        assert!(profile.contains(want), "{want}:\n{profile}");
    }
}

#[test]
fn without_a_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let output = mailproof().current_dir(dir.path()).arg("setup").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("--answers"), "{}", told(&output));
    let output = mailproof().current_dir(dir.path()).args(["setup", "--questions"]).output().unwrap();
    assert!(output.status.success() && told(&output).contains("dmarc.reports"), "{}", told(&output));

    let run = |answers: &str| {
        fs::write(dir.path().join("a.yaml"), answers).unwrap();
        mailproof().current_dir(dir.path()).args(["setup", "--answers", "a.yaml"]).args(NO_DNS).output().unwrap()
    };
    for (answers, want) in [
        ("domain: example.test\n", "a.yaml has no answer for `addresses.mail.example.test`"),
        ("domain: example.test\nhsots: none\n", "a.yaml:2:1: no question has the id `hsots`; did you mean `hosts`?"),
        ("domain: example.test\nhosts: none\nprovider: nobody\n", "`nobody` is not one of"),
        ("", "no mapping"),
    ] {
        let output = run(answers);
        assert!(output.status.code() == Some(2) && told(&output).contains(want), "{want}: {}", told(&output));
        assert_eq!(walk(dir.path()).len(), 1, "only the answers are there");
    }
    let good = "domain: example.test\naddresses.mail.example.test: [192.0.2.10]\n";
    let output = run(good);
    assert!(output.status.success(), "{}", told(&output));
    let before = fs::read(dir.path().join("mailproof.yaml")).unwrap();
    let output = run(good);
    assert!(output.status.code() == Some(2) && told(&output).contains("has example.test already"), "{}", told(&output));
    assert_eq!(fs::read(dir.path().join("mailproof.yaml")).unwrap(), before);
    // A second domain is added to the same profile, which is kept as it was.
    let output = run("domain: second.test\nmail: no\n");
    assert!(output.status.success() && told(&output).contains("mailproof.yaml.1"), "{}", told(&output));
    assert_eq!(fs::read(dir.path().join("mailproof.yaml.1")).unwrap(), before);
    assert!(fs::read_to_string(dir.path().join("mailproof.yaml")).unwrap().contains("parked: true"));
    // Several at once share the answers, and have keys of their own.
    let many = "domain: third.test fourth.test\naddresses.mail.third.test: [192.0.2.10]\n";
    let output = run(many);
    assert!(output.status.success(), "{}", told(&output));
    let profile = fs::read_to_string(dir.path().join("mailproof.yaml")).unwrap();
    for domain in ["third.test", "fourth.test"] {
        assert!(profile.contains(&format!("domain: {domain}")), "{profile}");
        let keys = walk(&dir.path().join("keys"));
        assert!(keys.iter().any(|k| k.file_name().unwrap().to_string_lossy().starts_with(domain)), "{keys:?}");
    }
    fs::write(dir.path().join("list"), "# ours\nfifth.test\n\nsixth.test  # the other\n").unwrap();
    fs::write(dir.path().join("a.yaml"), "mail: no\n").unwrap();
    let mut command = mailproof();
    command.current_dir(dir.path()).args(["setup", "--answers", "a.yaml", "--domains", "list"]).args(NO_DNS);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert!(fs::read_to_string(dir.path().join("mailproof.yaml")).unwrap().contains("domain: sixth.test"));
}
