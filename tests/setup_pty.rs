//! The wizard in a real pseudo-terminal, and through an answers file.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use rexpect::session::{Options, PtySession, spawn_with_options};
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
        command.env_remove("PDNS_API_KEY");
        let options = Options { timeout_ms: Some(60_000), strip_ansi_escape_codes: true };
        Person { session: spawn_with_options(command, options).unwrap(), seen: String::new() }
    }

    /// Waits for a text.
    #[track_caller]
    fn sees(&mut self, text: &str) {
        match self.session.exp_string(text) {
            Ok(before) => {
                self.seen.push_str(&before);
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

    /// Waits for the end; gives the exit status.
    #[track_caller]
    fn ends(&mut self) -> i32 {
        match self.session.exp_eof() {
            Ok(rest) => self.seen.push_str(&rest),
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

/// A name server that answers nothing: the wizard goes on without.
const NO_DNS: [&str; 2] = ["--nameserver", "127.0.0.1:1"];

#[test]
fn interrupted_and_resumed() {
    let dir = tempfile::tempdir().unwrap();
    let mut person = Person::start(dir.path(), &NO_DNS);
    person.answers("Domain:", "exa mple.com");
    person.sees("cannot stand in it");
    person.types("\r");
    person.answers("Domain:", "example.test");
    person.sees("DNS did not answer");
    person.sees("send or receive mail?");
    person.types("y");
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
    person.sees("gives in EHLO");
    // Interrupted from outside, as by a closed window's shell.
    let id = person.session.process().child_pid.as_raw().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(person.ends(), 130, "{}", person.seen);
    nothing_half_written(dir.path());

    let mut person = Person::start(dir.path(), &NO_DNS);
    person.sees("192.0.2.10, 2001:db8::10  (as before)");
    person.answers("gives in EHLO [mail.example.test]:", "");
    person.sees("receive mail for the domain?");
    person.types("y");
    person.sees("Publish the addresses");
    person.types("y");
    // Down to Amazon SES, mark it.
    person.sees("Services that send mail");
    person.types("\u{1b}[B\u{1b}[B \r");
    person.answers("Mail from anywhere else is", "");
    person.answers("Keys that sign your mail", "\u{1b}[B");
    person.answers("proves nothing", "");
    person.answers("Address for daily reports", "");
    person.answers("Who keeps the zone", "");
    assert_eq!(person.ends(), 0, "{}", person.seen);
    person.read_comfortably();
    nothing_half_written(dir.path());
    let profile = fs::read_to_string(dir.path().join("mailproof.yaml")).unwrap();
    for want in ["2001:db8::10", "amazonses.com", "algorithm: ed25519", "dmarc@example.test"] {
        assert!(profile.contains(want), "{want}:\n{profile}");
    }
    assert!(!dir.path().join(".mailproof/setup.json").exists(), "a run that is done is forgotten");
    let output = mailproof().current_dir(dir.path()).args(["records", "--format", "json"]).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
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
}
