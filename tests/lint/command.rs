//! `mailproof lint` and `explain` as a shell sees them.

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn mailproof(folder: &Path, args: &[&str], input: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailproof"));
    command.current_dir(folder).args(args).env("NO_COLOR", "1").stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command.spawn().unwrap();
    if let Some(text) = input {
        use std::io::Write as _;
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    }
    child.wait_with_output().unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

const GOOD: &str = "$ORIGIN example.com.\n$TTL 3600\n@ SOA ns hostmaster 1 7200 900 1209600 300\n@ NS ns\nns A 192.0.2.53\n\
@ MX 10 mail\nmail A 8.0.2.10\n@ TXT \"v=spf1 mx -all\"\nmail TXT \"v=spf1 a -all\"\n\
_dmarc TXT \"v=DMARC1; p=none; rua=mailto:dmarc@example.com\"\n";

#[test]
fn exits_and_doors() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("example.com.zone"), GOOD).unwrap();
    std::fs::write(dir.path().join("bad.example.net.zone"), "@ 60 TXT \"v=spf1 inlude:x.example -all\"\n").unwrap();
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    let rows: &[(&[&str], Option<&str>, i32, &str, &str)] = &[
        (&["lint", "example.com.zone"], None, 0, "", "advice alone does not fail"),
        (&["lint", "bad.example.net.zone"], None, 1, "SPF007", "an error does"),
        (&["lint", "."], None, 1, "SPF007", "a folder"),
        (&["lint", "*.zone"], None, 1, "SPF007", "a pattern"),
        (&["lint", "-"], Some(GOOD), 0, "", "standard input with its origin"),
        (&["lint", "-", "--origin", "example.org"], Some("@ 60 TXT \"v=spf1 +all\"\n"), 1, "SPF014", "and without"),
        (&["lint", "-"], Some("@ 60 TXT x\n"), 2, "--origin", "nothing says which zone"),
        (&["lint", "none.zone"], None, 2, "cannot be read", "no such file"),
        (&["lint", "none.zone", "bad.example.net.zone"], None, 2, "SPF007", "the rest is linted all the same"),
        (&["lint", "empty"], None, 2, "no zone files", "a folder without any"),
        (&["lint"], None, 2, "PATH", "nothing given"),
        (&["lint", "--record", "v=spf1 inlude:x.example -all"], None, 1, "SPF007", "a record"),
        (&["lint", "--record", "v=spf1 mx -all"], None, 0, "nothing found", "a good record is one line"),
        (&["lint", "--record", "v=spf1 mx ?all"], None, 0, "SPF015", "a warning does not fail"),
        (&["lint", "--record", "v=spf1 mx ?all", "--max-warnings", "0"], None, 1, "SPF015", "unless it is asked to"),
        (&["lint", "--record", "v=spf1 mx ?all", "--ignore", "SPF015"], None, 0, "nothing found", "left out"),
        (&["lint", "--record", "v=spf1 inlude:x ?all", "--select", "neutral-default"], None, 0, "SPF015", "alone"),
        (&["lint", "--record", "x", "--select", "SPF999"], None, 2, "no rule", "no such rule"),
        (&["lint", "--record", "v=DKIM1; p=", "--name", "s1.example.com"], None, 1, "DKIM022", "the name counts"),
        (&["lint", "-", "--fix"], Some(GOOD), 2, "--diff", "standard input cannot be written"),
        (&["explain", "spf007"], None, 0, "unknown-mechanism", "by code"),
        (&["explain", "unknown-mechanism"], None, 0, "SPF007", "by name"),
        (&["explain", "SPF07"], None, 2, "did you mean", "with a guess"),
        (&["explain"], None, 0, "ZONE012", "all of them"),
    ];
    for (args, input, exit, shows, why) in rows {
        let out = mailproof(dir.path(), args, *input);
        let all = text(&out.stdout) + &text(&out.stderr);
        assert_eq!(out.status.code(), Some(*exit), "{why}: {args:?}\n{all}");
        assert!(all.contains(shows), "{why}: {args:?}\n{all}");
    }
}

#[test]
fn a_clean_run_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let clean =
        GOOD.replace("p=none", "p=reject").replace("_dmarc", "s1._domainkey TXT \"v=DKIM1; k=rsa; p=\"\n_dmarc");
    std::fs::write(dir.path().join("example.com.zone"), clean).unwrap();
    let out = mailproof(dir.path(), &["lint", "example.com.zone", "--ignore", "DKIM005"], None);
    let shown = text(&out.stdout);
    assert_eq!((out.status.code(), shown.lines().count()), (Some(0), 1), "{shown}");
}

#[test]
fn a_finding_as_people_see_it() {
    let dir = tempfile::tempdir().unwrap();
    let zone = "$TTL 3600\n@  IN TXT  \"v=spf1 mx inlude:_spf.google.com ~all\"\n";
    std::fs::write(dir.path().join("example.com.zone"), zone).unwrap();
    let out = mailproof(dir.path(), &["lint", "example.com.zone"], None);
    insta::assert_snapshot!(text(&out.stdout));
}

#[test]
fn json_has_its_shape() {
    let dir = tempfile::tempdir().unwrap();
    let zone = "$TTL 3600\n@ TXT \"v=spf1 mx inlude:_spf.example.net ~all\"\n";
    std::fs::write(dir.path().join("z"), zone).unwrap();
    let out = mailproof(dir.path(), &["lint", "z", "--origin", "example.com", "--format", "json"], None);
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let finding = &json["findings"][0];
    for (key, want) in [
        ("code", "SPF007"),
        ("slug", "unknown-mechanism"),
        ("severity", "error"),
        ("name", "example.com"),
        ("type", "TXT"),
        ("rfc", "RFC 7208 §4.6.1"),
    ] {
        assert_eq!(finding[key], want, "{key}");
    }
    let at = &finding["location"];
    assert_eq!((&at["path"], &at["line"], &at["column"]), (&"z".into(), &2.into(), &18.into()));
    assert_eq!((&at["end_line"], &at["end_column"]), (&2.into(), &24.into()));
    assert_eq!(finding["fix"]["edits"][0]["text"], "include");
    assert!(["message", "receiver_sees", "help"].iter().all(|k| finding[k].as_str().is_some_and(|t| !t.is_empty())));
    assert_eq!(json["summary"]["errors"], 1);
    assert!(json["skipped"].as_array().unwrap().iter().any(|s| s["code"] == "HOST001" && s["reason"] != ""));
}

#[test]
fn every_format_is_well_formed() {
    let dir = tempfile::tempdir().unwrap();
    // Text that would break out of each of the formats, were it not escaped.
    let zone = "$TTL 3600\n@ TXT \"v=spf1 <b>&\\\"|::error%0A\\010 -all\"\n@ TXT \"v=spf1 mx +all\"\nx A 1\n";
    std::fs::write(dir.path().join("a b.zone"), zone).unwrap();
    let run = |format: &str| {
        let args = ["lint", "a b.zone", "--origin", "example.com", "--format", format];
        let out = mailproof(dir.path(), &args, None);
        assert_eq!(out.status.code(), Some(1), "{format}: {}", text(&out.stderr));
        text(&out.stdout)
    };
    let sarif: serde_json::Value = serde_json::from_str(&run("sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() >= 4, "{results:#?}");
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b.zone");
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
    }
    assert!(
        results
            .iter()
            .any(|r| r["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"] == "~all")
    );
    let junit = run("junit");
    let opened = junit.matches("<testcase").count();
    assert_eq!(opened, junit.matches("</testcase>").count() + junit.matches("classname=\"mailproof\"/>").count());
    assert!(!junit.contains("<b>"));
    let github = run("github");
    assert!(github.lines().all(|l| l.starts_with("::") || l.contains(" errors, ")), "{github}");
    let markdown = run("markdown");
    assert!(markdown.contains("| error | SPF014 permits-everyone |") && !markdown.contains("<b>"), "{markdown}");
}

#[test]
fn fixes_are_written_once_and_for_all() {
    let dir = tempfile::tempdir().unwrap();
    let before = "\
$ORIGIN example.com.
$TTL 3600
; a comment that stays
@   IN  TXT \"v=spf1 mx inlude:_spf.example.net ip4:203.0.113.7~all\"   ; and this one
s1._domainkey TXT v=DKIM1; k=rsa; p=
_dmarc TXT ( \"v=DMARC1; rua=reports@example.com;\" ; in two parts
             \" p=reject\" )
mail.example.com A 192.0.2.10
other TXT \"v=spf1 -all\"
";
    let after = "\
$ORIGIN example.com.
$TTL 3600
; a comment that stays
@   IN  TXT \"v=spf1 mx include:_spf.example.net ip4:203.0.113.7 ~all\"   ; and this one
s1._domainkey TXT \"v=DKIM1; k=rsa; p=\"
_dmarc TXT ( \"v=DMARC1; p=reject; rua=mailto:reports@example.com\" )
mail.example.com. A 192.0.2.10
other TXT \"v=spf1 -all\"
";
    let path = dir.path().join("example.com.zone");
    std::fs::write(&path, before).unwrap();
    let shown = mailproof(dir.path(), &["lint", "example.com.zone", "--fix", "--diff"], None);
    assert!(text(&shown.stdout).contains("+@   IN  TXT \"v=spf1 mx include:"), "{}", text(&shown.stdout));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before, "--diff writes nothing");
    let out = mailproof(dir.path(), &["lint", "example.com.zone", "--fix"], None);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), after, "{}", text(&out.stdout));
    let again = mailproof(dir.path(), &["lint", "example.com.zone", "--fix", "--diff"], None);
    assert_eq!(text(&again.stdout), "", "a second run has nothing to fix");
}

#[test]
fn comments_and_baselines_allow() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("example.com.zone");
    let zone = "\
$TTL 3600
@ TXT \"v=spf1 mx ?all\" ; mailproof: allow SPF015 neutral on purpose
; mailproof: allow SPF014, SPF025 an old record
old TXT ( \"v=spf1 ptr \"
          \"+all\" )
new TXT \"v=spf1 mx -all\" ; mailproof: allow SPF014 nothing is wrong here
txt TXT \"; mailproof: allow SPF007\"
";
    std::fs::write(&path, zone).unwrap();
    let out = mailproof(dir.path(), &["lint", "example.com.zone", "--format", "json"], None);
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let told: Vec<(&str, u64)> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["code"].as_str().unwrap(), f["location"]["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("ZONE012", 6)], "only the comment that allowed nothing");
    assert_eq!(json["summary"]["allowed"], 3);

    std::fs::write(&path, "$TTL 3600\n@ TXT \"v=spf1 mx +all\"\n").unwrap();
    let file = ["lint", "example.com.zone"];
    assert_eq!(mailproof(dir.path(), &file, None).status.code(), Some(1));
    let write = [&file[..], &["--write-baseline", "old.json"]].concat();
    assert_eq!(mailproof(dir.path(), &write, None).status.code(), Some(0));
    std::fs::write(&path, "$TTL 3600\n\n\n@ TXT \"v=spf1 mx +all\"\nnew TXT \"v=spf1 +all\"\n").unwrap();
    let out = mailproof(dir.path(), &[&file[..], &["--baseline", "old.json", "--format", "json"]].concat(), None);
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(json["summary"]["errors"], 1, "the old one moved and is still known, the new one counts");
    assert_eq!(json["findings"][0]["name"], "new.example.com");
}

#[test]
fn includes_stay_where_they_may() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("zones")).unwrap();
    std::fs::write(dir.path().join("secret"), "x TXT \"v=spf1 +all\"\n").unwrap();
    std::fs::write(dir.path().join("zones/part"), "p TXT \"v=spf1 +all\"\n").unwrap();
    let zone = "$TTL 60\n$INCLUDE part\n$INCLUDE ../secret\n";
    std::fs::write(dir.path().join("zones/example.com.zone"), zone).unwrap();
    let codes = |args: &[&str]| -> Vec<(String, String)> {
        let out =
            mailproof(dir.path(), &[&["lint", "zones/example.com.zone", "--format", "json"], args].concat(), None);
        let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        let of = |f: &serde_json::Value| {
            (f["code"].as_str().unwrap().to_string(), f["location"]["path"].as_str().unwrap().to_string())
        };
        json["findings"].as_array().unwrap().iter().map(of).collect()
    };
    let zone = "zones/example.com.zone".to_string();
    assert_eq!(codes(&[]), [("ZONE002".into(), zone.clone()), ("SPF014".into(), "zones/part".into())]);
    assert_eq!(codes(&["--no-include"]), [("ZONE002".into(), zone.clone()), ("ZONE002".into(), zone)]);
}

#[test]
fn zones_held_against_a_profile() {
    let dir = tempfile::tempdir().unwrap();
    let profile = "\
version: 1
domains:
  - domain: example.com
    hosts:
      - name: mail.example.com
        addresses: [8.0.2.10, 8.0.2.11]
        mx: 10
    senders:
      - name: Newsletter
        include: _spf.example.net
    dkim:
      - selector: mp202001
        algorithm: rsa2048
        key: mp202001.pem
        created: 2020-01-05
  - domain: parked.example
    parked: true
";
    std::fs::write(dir.path().join("mailproof.yaml"), profile).unwrap();
    std::fs::write(dir.path().join("example.com.zone"), GOOD.replace("mail TXT", "old TXT")).unwrap();
    let parked = "$TTL 60\n@ SOA ns host 1 2 3 4 5\n@ TXT \"v=spf1 ~all\"\n_dmarc TXT \"v=DMARC1; p=none\"\n";
    std::fs::write(dir.path().join("parked.example.zone"), parked).unwrap();
    let args = ["lint", "example.com.zone", "parked.example.zone", "--profile", "mailproof.yaml", "--format", "json"];
    let out = mailproof(dir.path(), &args, None);
    let json: serde_json::Value =
        serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&out.stderr)));
    let told: Vec<(&str, &str)> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["code"].as_str().unwrap(), f["message"].as_str().unwrap()))
        .collect();
    for (code, says) in [
        ("SPF033", "8.0.2.11"),
        ("SPF033", "Newsletter"),
        ("SPF034", "mail.example.com"),
        ("SPF036", "parked.example"),
        ("DKIM001", "mp202001._domainkey.example.com"),
        ("DKIM026", "mp202001"),
        ("DMARC025", "parked.example"),
    ] {
        assert!(told.iter().any(|(c, m)| *c == code && m.contains(says)), "{code} {says} in {told:#?}");
    }
    assert!(!told.iter().any(|(_, m)| m.contains("8.0.2.10")), "the host that passes is not told: {told:#?}");
    assert!(!json["skipped"].as_array().unwrap().iter().any(|s| s["code"] == "DKIM018"));
}

/// What a run tells as `path code severity`, and how it ended.
fn told(dir: &std::path::Path, args: &[&str]) -> (Vec<String>, Option<i32>) {
    let out = mailproof(dir, &[&["lint", "--format", "json"], args].concat(), None);
    let json: serde_json::Value =
        serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&out.stderr)));
    let of = |f: &serde_json::Value| {
        let word = |v: &serde_json::Value| v.as_str().unwrap().to_string();
        format!("{} {} {}", word(&f["location"]["path"]), word(&f["code"]), word(&f["severity"]))
    };
    (json["findings"].as_array().unwrap().iter().map(of).collect(), out.status.code())
}

#[test]
fn settings_by_path() {
    let dir = tempfile::tempdir().unwrap();
    let zone = "$TTL 60\n@ TXT \"v=spf1 ptr ?all\"\n";
    for path in ["zones/example.com.zone", "zones/old/deep/example.net.zone", "zones/internal"] {
        std::fs::create_dir_all(dir.path().join(path).parent().unwrap()).unwrap();
        std::fs::write(dir.path().join(path), zone).unwrap();
    }
    let settings = "\
version: 1
lint:
  select: [SPF]
  severity: {SPF025: error}
  max_warnings: 2
  paths:
    - {path: zones/old, ignore: [SPF015], severity: {SPF: advice}}
    - {path: 'zones/inter*', origin: corp.example.com, select: [neutral-default]}
";
    std::fs::write(dir.path().join("mailproof.yaml"), settings).unwrap();
    let all = ["zones/**/*.zone", "zones/internal"];
    let want = [
        "zones/example.com.zone SPF025 error",
        "zones/example.com.zone SPF015 warning",
        "zones/old/deep/example.net.zone SPF025 advice",
        "zones/internal SPF015 warning",
    ];
    assert_eq!(told(dir.path(), &all), (want.map(str::to_string).to_vec(), Some(1)), "an error");
    // The same from another folder: patterns are relative to the file.
    let (there, _) = told(&dir.path().join("zones/old"), &["--config", "../../mailproof.yaml", "."]);
    assert_eq!(there, ["./deep/example.net.zone SPF025 advice"]);
    let (asked, exit) = told(dir.path(), &[&all[..1], &["--select", "SPF015"]].concat());
    assert_eq!((asked.len(), exit), (1, Some(0)), "what the command line selects replaces, what a path ignores stays");
    let (_, exit) = told(dir.path(), &[&all[..], &["--ignore", "SPF025", "--max-warnings", "1"]].concat());
    assert_eq!(exit, Some(1), "two warnings and a bound of one");
    let (_, exit) = told(dir.path(), &[&all[..], &["--ignore", "SPF025"]].concat());
    assert_eq!(exit, Some(0), "and a bound of two");
}

#[test]
fn settings_that_are_wrong_are_told_with_their_place() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("example.com.zone"), GOOD).unwrap();
    for (section, want) in [
        ("lint: {selekt: [SPF]}", "mailproof.yaml:2:8: unknown key `selekt`; did you mean `select`?"),
        ("lint: {select: [SPF, DKM001]}", "mailproof.yaml:2:22: `DKM001` is no rule; did you mean DKIM001?"),
        ("lint: {severity: {SPF013: fatal}}", "mailproof.yaml:2:27: `fatal` is not one of error, warning, advice"),
        (
            "lint: {severity: {unkown-mechanism: error}}",
            "2:19: `unkown-mechanism` is no rule; did you mean unknown-mech",
        ),
        ("lint: {paths: [{path: x, ignore: [NO]}]}", "mailproof.yaml:2:35: `NO` is no rule"),
        ("lint: {paths: [{ignore: [SPF]}]}", "mailproof.yaml:2:16: `path` is missing"),
        ("lint: {max_warnings: -1}", "mailproof.yaml:2:22: -1 is not a whole number"),
        ("lint: {paths: [{path: x, origin: 'a b'}]}", "`a b` is not a domain name"),
        ("lint: {}\ndomains: [{domain: example.com, hots: []}]", "3:33: unknown key `hots`; did you mean `hosts`?"),
        ("lnt: {}", "`domains` is missing"),
    ] {
        std::fs::write(dir.path().join("mailproof.yaml"), format!("version: 1\n{section}\n")).unwrap();
        let out = mailproof(dir.path(), &["lint", "example.com.zone"], None);
        assert_eq!(out.status.code(), Some(2), "{section}");
        assert!(text(&out.stderr).contains(want), "{section}: {}", text(&out.stderr));
    }
    // A profile without the section, and one with it, say nothing against a run.
    for section in ["domains: [{domain: example.com}]", "lint:\ndomains: [{domain: example.com}]", "lint:\n  select:"] {
        std::fs::write(dir.path().join("mailproof.yaml"), format!("version: 1\n{section}\n")).unwrap();
        let out = mailproof(dir.path(), &["lint", "example.com.zone"], None);
        assert_eq!(out.status.code(), Some(0), "{section}: {}", text(&out.stderr));
    }
}

#[test]
fn a_baseline_of_the_settings() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("ci")).unwrap();
    std::fs::write(dir.path().join("example.com.zone"), "$TTL 60\n@ TXT \"v=spf1 +all\"\n").unwrap();
    std::fs::write(dir.path().join("ci/lint.yaml"), "version: 1\nlint: {baseline: old.json}\n").unwrap();
    let run = |more: &[&str]| {
        let out =
            mailproof(dir.path(), &[&["lint", "example.com.zone", "--config", "ci/lint.yaml"], more].concat(), None);
        (out.status.code(), text(&out.stderr))
    };
    let (exit, said) = run(&[]);
    assert!(exit == Some(2) && said.contains("ci/old.json cannot be read"), "{said}");
    assert_eq!(run(&["--write-baseline", "ci/old.json"]).0, Some(0));
    assert_eq!(run(&[]).0, Some(0), "what is known does not count");
}

#[test]
fn octodns_zones_are_fixed_where_they_are_wrong_and_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    let before = "\
---
# the apex
'':
  - type: MX
    value: {preference: 10, exchange: .} # no mail
  - ttl: 300
    type: TXT
    values:
      - google-site-verification=x
      - v=spf1 mx inlude:_spf.example.net ip4:8.8.4.0/24~all # ours
_dmarc: {type: TXT, value: 'v=DMARC1\\; p=quarentine\\; rua=a@example.com'}
_smtp._tls:
  type: TXT
  value: \"v=TLSRPTv1\\\\; rua=mailto:a@example.com\"
s1._domainkey:
  type: TXT
  value: |-
    v=DKIM1\\; h=rsa-sha256\\; p=
";
    let after = before
        .replace("inlude", "include")
        .replace("0/24~all", "0/24 ~all")
        .replace("preference: 10, ", "preference: 0, ")
        .replace("quarentine\\; rua=", "quarantine\\; rua=mailto:");
    let path = dir.path().join("example.com.yaml");
    std::fs::write(&path, before).unwrap();
    let shown = mailproof(dir.path(), &["lint", "example.com.yaml", "--fix", "--diff"], None);
    let shown = text(&shown.stdout);
    assert!(shown.contains("+      - v=spf1 mx include:_spf.example.net"), "{shown}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before, "--diff writes nothing");
    let sarif = mailproof(dir.path(), &["lint", "example.com.yaml", "--format", "sarif"], None);
    assert!(text(&sarif.stdout).contains("insertedContent"), "the fixes are for the file that is there");
    mailproof(dir.path(), &["lint", "example.com.yaml", "--fix"], None);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), after);
    let again = mailproof(dir.path(), &["lint", "example.com.yaml", "--fix", "--diff"], None);
    assert_eq!(text(&again.stdout), "", "a second run has nothing to fix");
}

#[test]
fn logos_and_changed_policies() {
    let dir = tempfile::tempdir().unwrap();
    let logo = "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.2\" baseProfile=\"tiny-ps\" viewBox=\"0 0 9 9\">\n\
                <title>Example</title><circle r=\"3\"/>\n</svg>\n";
    std::fs::write(dir.path().join("logo.svg"), logo).unwrap();
    std::fs::write(dir.path().join("bad.svg"), logo.replace("<circle", "<script/><circle")).unwrap();
    assert_eq!(told(dir.path(), &["logo.svg"]), (Vec::new(), Some(0)));
    assert_eq!(told(dir.path(), &["bad.svg"]), (vec!["bad.svg BIMI003 error".into()], Some(1)));
    let out = mailproof(dir.path(), &["lint", "bad.svg"], None);
    assert!(text(&out.stdout).contains("bad.svg:2:23"), "{}", text(&out.stdout));

    let profile = "version: 1\ndomains:\n  - domain: example.com\n    hosts: [{name: mail.example.com, mx: 10}]\n    \
                   mta_sts: {mode: enforce, id: one}\n";
    let zone = format!("{GOOD}_mta-sts TXT \"v=STSv1; id=one\"\n");
    let same = "version: STSv1\r\nmode: enforce\r\nmx: Mail.example.com\r\nmax_age: 604800\r\n";
    std::fs::write(dir.path().join("example.com.zone"), zone).unwrap();
    let run = |policy: &str, id: &str| {
        std::fs::write(dir.path().join("mta-sts.txt"), policy).unwrap();
        std::fs::write(dir.path().join("p.yaml"), profile.replace("id: one", &format!("id: {id}"))).unwrap();
        let args = ["example.com.zone", "mta-sts.txt", "--profile", "p.yaml", "--select", "STS007"];
        told(dir.path(), &args).0
    };
    assert!(run(same, "one").is_empty(), "the same policy in other words");
    assert_eq!(run(&same.replace("enforce", "testing"), "one"), ["mta-sts.txt STS007 warning"]);
    assert_eq!(run(&same.replace("604800", "86400"), "one"), ["mta-sts.txt STS007 warning"]);
    assert!(run(&same.replace("enforce", "testing"), "two").is_empty(), "a new id is on its way");
}
