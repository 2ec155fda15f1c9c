//! Runs that are stopped, killed after each answer, or have nobody to answer: nothing is half written, and the next one comes
//! to the same end.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{mailproof, told};
use crate::terminal::{Person, Pty, Start};

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

fn begin(dir: &Path, args: &[&str]) -> Person<Pty> {
    Pty::start(&Start::new(dir, args))
}

/// Ends it as a power cut would.
fn kill(person: &Person<Pty>, signal: &str) {
    assert!(Command::new("kill").args([signal, &person.terminal.id()]).status().unwrap().success());
}

#[test]
fn interrupted_and_resumed() {
    let dir = tempfile::tempdir().unwrap();
    let mut person = begin(dir.path(), &NO_DNS);
    person.answers("Domain:", "exa_mple.com");
    person.sees("`_`");
    person.types("\r");
    person.answers("Domain:", "example.test");
    person.sees("DNS did not answer");
    person.answers("What is example.test for?", "");
    person.sees("Your own mail servers [mail.example.test]");
    person.types("\u{3}");
    assert_eq!(person.ends(), 130, "{}", person.seen());
    assert!(person.seen().contains("goes on from here"), "{}", person.seen());
    nothing_half_written(dir.path());
    assert!(!dir.path().join("mailproof.yaml").exists());

    let mut person = begin(dir.path(), &NO_DNS);
    person.sees("Going on where the last run stopped");
    person.sees("Domain: example.test  (as before)");
    person.answers("Your own mail servers [mail.example.test]:", "");
    person.answers("Addresses that mail.example.test sends from:", "192.0.2.10 2001:db8::10");
    person.is_asked("Services that send mail");
    // Interrupted from outside, as by a closed window's shell.
    kill(&person, "-INT");
    assert_eq!(person.ends(), 130, "{}", person.seen());
    nothing_half_written(dir.path());

    let mut person = begin(dir.path(), &NO_DNS);
    person.sees("192.0.2.10, 2001:db8::10  (as before)");
    person.marks("Services that send mail", &["Google Workspace"]);
    person.answers("proves nothing", "");
    person.answers("Address for daily reports", "");
    person.answers("Who keeps the zone", "");
    person.answers("The number of an answer to change", "");
    assert_eq!(person.ends(), 0, "{}", person.seen());
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
    let mut person = begin(whole.path(), &args);
    for (question, answer) in PLAIN {
        person.answers(question, answer);
    }
    assert_eq!(person.ends(), 0, "{}", person.seen());
    let want = lasting(whole.path());
    assert!(want.contains("policy: quarantine") && want.contains("_spf.google.com"), "{want}");
    for step in 1..=PLAIN.len() {
        let dir = tempfile::tempdir().unwrap();
        let mut person = begin(dir.path(), &args);
        for (question, answer) in &PLAIN[..step] {
            person.answers(question, answer);
        }
        if let Some((next, _)) = PLAIN.get(step) {
            person.is_asked(next);
            assert!(!dir.path().join("mailproof.yaml").exists(), "nothing is made before the review");
        }
        kill(&person, "-KILL");
        assert!(person.ends() <= 0, "step {step}");
        nothing_half_written(dir.path());
        if dir.path().join("mailproof.yaml").exists() {
            let output = mailproof().current_dir(dir.path()).args(["records", "--format", "json"]).output().unwrap();
            assert!(output.status.success(), "step {step}: {}", told(&output));
        }
        let mut person = begin(dir.path(), &args);
        // The review is no answer that is kept: it comes again, unless the profile was there already.
        let left =
            if dir.path().join("mailproof.yaml").exists() { &[][..] } else { &PLAIN[step.min(PLAIN.len() - 1)..] };
        for (question, answer) in left {
            person.answers(question, answer);
        }
        assert_eq!(person.ends(), 0, "step {step}: {}", person.seen());
        assert_eq!(lasting(dir.path()), want, "step {step}");
        let keys = walk(&dir.path().join("keys"));
        assert_eq!(keys.len(), walk(&whole.path().join("keys")).len(), "step {step}: {keys:?}");
        assert!(!dir.path().join(".mailproof/setup.json").exists(), "step {step}");
    }
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
    let output = run("domain: second.test\nkind: parked\n");
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
    fs::write(dir.path().join("a.yaml"), "kind: parked\n").unwrap();
    let mut command = mailproof();
    command.current_dir(dir.path()).args(["setup", "--answers", "a.yaml", "--domains", "list"]).args(NO_DNS);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert!(fs::read_to_string(dir.path().join("mailproof.yaml")).unwrap().contains("domain: sixth.test"));
}
