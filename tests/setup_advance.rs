//! `mailproof setup --advance` from the reports to the changed profile, as a person and a nightly job run it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const PROFILE: &str = "version: 1
# Mine: do not touch.
domains:
  - domain: example.com
    hosts:
      - name: mail.example.com
        addresses: [192.0.2.10]
        mx: 10
    dmarc:
      # Watching since May.
      policy: none
      reports: [dmarc@example.com]
";

fn mailproof(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mailproof")).current_dir(dir).args(args).env("NO_COLOR", "1").output().unwrap()
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A report a day; what the server at `source` sent passes or does not.
fn reports(dir: &Path, days: u64, policy: &str, source: &str, pass: bool) {
    let folder = dir.join("reports");
    fs::create_dir_all(&folder).unwrap();
    let word = if pass { "pass" } else { "fail" };
    // 1 October 2025.
    let first = 1_759_276_800 + if pass { 0 } else { 86_400 * 100 };
    for day in 0..days {
        let begin = first + day * 86_400;
        let xml = format!(
            "<feedback><report_metadata><org_name>receiver.example</org_name><email>a@receiver.example</email>\
             <report_id>{source}-{policy}-{day}</report_id><date_range><begin>{begin}</begin><end>{}</end></date_range>\
             </report_metadata><policy_published><domain>example.com</domain><p>{policy}</p></policy_published>\
             <record><row><source_ip>{source}</source_ip><count>50</count><policy_evaluated><disposition>none\
             </disposition><dkim>{word}</dkim><spf>{word}</spf></policy_evaluated></row><identifiers><header_from>\
             example.com</header_from></identifiers><auth_results><spf><domain>example.com</domain><result>{word}\
             </result></spf></auth_results></record></feedback>",
            begin + 86_399
        );
        fs::write(folder.join(format!("{source}-{policy}-{day}.xml")), xml).unwrap();
    }
    let output = mailproof(dir, &["reports", "--store", "reports.sqlite", "reports"]);
    assert!(dir.join("reports.sqlite").exists(), "{}", told(&output));
}

#[test]
fn from_reports_to_the_next_stage() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let path = dir.join("mailproof.yaml");
    fs::write(&path, PROFILE).unwrap();
    let advance = || mailproof(dir, &["setup", "--advance", "--yes"]);

    let output = advance();
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains("no reports at this stage"), "{}", told(&output));
    assert_eq!(fs::read_to_string(&path).unwrap(), PROFILE, "nothing is changed");

    reports(dir, 13, "none", "192.0.2.10", true);
    let output = advance();
    assert!(output.status.code() == Some(1) && told(&output).contains("cover 13 days"), "{}", told(&output));

    reports(dir, 14, "none", "192.0.2.10", true);
    let output = advance();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    for line in told(&output).lines() {
        assert!(line.chars().count() <= 80, "too wide: {line}");
    }
    let changed = fs::read_to_string(&path).unwrap();
    for want in
        ["# Mine: do not touch.", "# Watching since May.", "policy: quarantine", "testing: true", "nonexistent: reject"]
    {
        assert!(changed.contains(want), "{want}:\n{changed}");
    }
    assert_eq!(fs::read_to_string(dir.join("mailproof.yaml.1")).unwrap(), PROFILE, "kept as it was");
    let output = mailproof(dir, &["records", "--format", "zone"]);
    assert!(told(&output).contains("p=quarantine; np=reject; t=y"), "{}", told(&output));

    // The reports so far were about the stage before.
    let output = advance();
    assert!(output.status.code() == Some(1) && told(&output).contains("no reports at this stage"), "{}", told(&output));
    assert_eq!(fs::read_to_string(&path).unwrap(), changed);

    // Whoever insists says so by name.
    fs::write(dir.join("a.yaml"), "advance.example.com: yes\n").unwrap();
    let output = mailproof(dir, &["setup", "--advance", "--answers", "a.yaml"]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("policy: quarantine") && !text.contains("testing"), "{text}");
}

#[test]
fn what_stands_against_it() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("mailproof.yaml"), PROFILE).unwrap();
    reports(dir, 20, "none", "192.0.2.10", false);
    let output = mailproof(dir, &["setup", "--advance", "--yes"]);
    assert!(told(&output).contains("192.0.2.10 is yours, and none of its 1000 messages passes"), "{}", told(&output));
    assert_eq!(output.status.code(), Some(1));
    let output = mailproof(dir, &["setup", "--advance", "--yes", "--reports", "none.sqlite"]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(!dir.join("none.sqlite").exists());
    let done = PROFILE.replace("policy: none", "policy: reject");
    fs::write(dir.join("mailproof.yaml"), done).unwrap();
    let output = mailproof(dir, &["setup", "--advance", "--yes"]);
    assert!(output.status.success() && told(&output).contains("the last stage is reached"), "{}", told(&output));
}
