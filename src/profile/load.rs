//! Reading a profile, with line, column and did-you-mean.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_yaml::Value;

use crate::error::{Error, Result};
use crate::model::name;
use crate::profile::cross;
use crate::profile::lint_settings::LintSettings;
use crate::profile::schema::Profile;
use crate::profile::shape::{self, Problem, Shape};
use crate::profile::tree::{self, Position, Step};

/// The name a profile has unless told otherwise.
pub const FILE_NAME: &str = "mailproof.yaml";

/// The largest profile that is read, in octets: over a thousand domains.
const MAX_SIZE: u64 = 1_000_000;

/// The most mistakes that are told at once.
const MAX_TOLD: usize = 20;

/// Reads the profile at `path`. Names in it come out in lower case, in A-labels and without a last dot.
///
/// # Errors
/// A configuration error that names file, line and column of each mistake: not readable, too large, not text, not YAML,
/// or not a profile.
pub fn load(path: &Path) -> Result<Profile> {
    parse(&text(path)?, &path.display().to_string())
}

/// The folder that the paths in the profile at `path` are relative to.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The place of `path`, which the profile at `profile` names.
pub fn beside(profile: &Path, path: &Path) -> PathBuf {
    match folder(profile) {
        here if here == Path::new(".") => path.into(),
        folder => folder.join(path),
    }
}

/// The text of the file at `path`, bounded.
fn text(path: &Path) -> Result<String> {
    let shown = path.display();
    let hint = "`mailproof setup` writes a profile; `--profile FILE` names another one";
    let cannot = |e: std::io::Error| Error::config(format!("the profile {shown} cannot be read")).because(e).hint(hint);
    let mut octets = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(MAX_SIZE + 1).read_to_end(&mut octets).map_err(cannot)?;
    if octets.len() as u64 > MAX_SIZE {
        return Err(Error::config(format!("{shown} is larger than a profile may be ({MAX_SIZE} octets)")));
    }
    String::from_utf8(octets).map_err(|e| {
        let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = good.iter().filter(|b| **b == b'\n').count() + 1;
        Error::config(format!("{shown}:{line}: not UTF-8 text, so no profile")).hint(hint)
    })
}

/// Reads a profile from `text`; `shown` is the file's name in messages.
///
/// # Errors
/// As [`load`], all mistakes of one kind together.
pub fn parse(text: &str, shown: &str) -> Result<Profile> {
    let (value, mut problems) = shaped(text, shown, &shape::PROFILE)?;
    if problems.is_empty() {
        let profile = typed(value, shown)?;
        problems = cross::check(&profile);
        if problems.is_empty() {
            return Ok(profile);
        }
    }
    Err(told(text, shown, &problems))
}

/// Reads the section `lint` of the file at `path`; a file without domains will do. `more` finds what else is wrong.
///
/// # Errors
/// As [`load`].
pub fn lint(path: &Path, more: impl Fn(&Value) -> Vec<Problem>) -> Result<LintSettings> {
    let (text, shown) = (text(path)?, path.display().to_string());
    // A profile is held to all that a profile must be: its mistakes are better told now than when it is pushed.
    let whole = tree::read(&text).is_ok_and(|tree| tree.get("lint").is_none() || tree.get("domains").is_some());
    let (value, mut problems) = shaped(&text, &shown, if whole { &shape::PROFILE } else { &shape::LINT_ALONE })?;
    problems.extend(more(&value));
    if !problems.is_empty() {
        return Err(told(&text, &shown, &problems));
    }
    if whole {
        return Ok(parse(&text, &shown)?.lint.unwrap_or_default());
    }
    let section = value.get("lint").cloned().unwrap_or_default();
    serde_yaml::from_value(section)
        .map_err(|e| Error::config(format!("{shown} does not fit the form of `lint`")).because(e))
}

/// The tree of a text in canonical form, and what in it does not fit `shape`.
fn shaped(text: &str, shown: &str, shape: &Shape) -> Result<(Value, Vec<Problem>)> {
    if let Some(line) = text.lines().position(|l| l.chars().any(|c| c == '\0')) {
        return Err(Error::config(format!("{shown}:{}: binary data, so no profile", line + 1)));
    }
    let tree = tree::read(text).map_err(|broken| {
        let at = broken.position.map(|p| format!("{}:{}: ", p.line, p.column)).unwrap_or_else(|| " ".into());
        Error::config(format!("{shown}:{at}{}", broken.message))
    })?;
    if tree.is_null() {
        return Err(Error::config(format!("{shown} is empty")).hint("`mailproof setup` writes a profile"));
    }
    let (value, mut problems) = shape::check(&tree, shape);
    // A file of another version has other keys: to complain of those would mislead.
    let at_version = |p: &Problem| p.path == [Step::Key("version".into())] && tree.get("version").is_some();
    if problems.iter().any(at_version) {
        problems.retain(at_version);
    }
    Ok((value, problems))
}

fn typed(value: Value, shown: &str) -> Result<Profile> {
    let mut profile: Profile = serde_yaml::from_value(value)
        .map_err(|e| Error::config(format!("{shown} does not fit the form of a profile")).because(e))?;
    for domain in &mut profile.domains {
        let hosts = domain.hosts.iter_mut().flat_map(|h| [Some(&mut h.name), h.helo.as_mut()]);
        let senders = domain.senders.iter_mut().flat_map(|s| {
            let targets = s.dkim_cnames.iter_mut().map(|c| &mut c.target);
            targets.chain(s.mx.iter_mut().map(|m| &mut m.host)).chain(s.include.as_mut()).map(Some)
        });
        let zone = domain.provider.as_mut().and_then(|p| p.zone.as_mut());
        for text in hosts.chain(senders).chain([Some(&mut domain.domain), zone]).flatten() {
            *text = name::show(&name::domain(text)?);
        }
    }
    Ok(profile)
}

/// The mistakes as one error, in the order of the file.
fn told(text: &str, shown: &str, problems: &[Problem]) -> Error {
    let mut lines: Vec<(Position, &str)> = problems
        .iter()
        .take(MAX_TOLD)
        .map(|p| {
            // Every path was walked once, so it is found; the start of the file is a place in any case.
            let at = tree::locate(text, &p.path, p.at_key).unwrap_or(Position { line: 1, column: 1 });
            (at, p.message.as_str())
        })
        .collect();
    lines.sort_by_key(|(at, _)| (at.line, at.column));
    let mut lines: Vec<String> =
        lines.into_iter().map(|(at, message)| format!("{shown}:{}:{}: {message}", at.line, at.column)).collect();
    if problems.len() > MAX_TOLD {
        lines.push(format!("and {} more", problems.len() - MAX_TOLD));
    }
    let message = match lines.as_slice() {
        [one] => one.clone(),
        many => format!("{} mistakes in the profile\n  {}", problems.len(), many.join("\n  ")),
    };
    Error::config(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"
version: 1
domains:
  - domain: Example.COM.
    hosts:
      - name: mail.example.com
        addresses: [192.0.2.10, "2001:db8::10"]
        helo: out.example.com
        mx: 10
        publish_addresses: true
    senders:
      - name: Google Workspace
        include: _spf.google.com
        dkim_cnames: [{selector: s1, target: s1.dkim.example.net}]
        mx: [{preference: 20, host: mx.example.net}]
    spf: {all: fail, terms: ["ip4:198.51.100.0/24"]}
    dkim:
      - selector: 2024
        algorithm: rsa2048
        key: keys/example.com.2024.pem
        created: 2026-11-25
        state: next
    dmarc:
      policy: reject
      subdomains: quarantine
      nonexistent: reject
      testing: true
      psd: n
      strict_dkim: true
      strict_spf: true
      reports: [dmarc@example.com]
      failure_reports: [mailto:ruf@example.net]
    mta_sts: {mode: testing, id: 20261125T1}
    tls_rpt: {reports: ["https://example.net/tls"]}
    ttl: 300
    provider: {id: powerdns, zone: example.com, endpoint: "http://127.0.0.1:8081", settings: {server: localhost}}
    server: {sending: postfix, receiving: postfix, system: debian-12, authserv_id: mx.example.com, resolvers: [192.0.2.53], networks: [10.0.0.0/8], reject: false}
  - domain: parked.example
    parked: true
    senders:
lint:
  select: [SPF, DKIM]
  ignore: [SPF006]
  severity: {SPF013: error}
  baseline: old.json
  max_warnings: 0
  paths:
    - {path: "old/**", origin: example.net, select: [SPF], ignore: [SPF007], severity: {SPF: advice}}
"#;

    #[test]
    fn every_key() {
        let profile = parse(FULL, "p").unwrap();
        let first = &profile.domains[0];
        assert_eq!(first.domain, "example.com", "names are made canonical");
        assert_eq!(first.dkim[0].selector, "2024", "a selector of digits needs no quotes");
        assert_eq!(first.hosts[0].mx, Some(10));
        assert!(profile.domains[1].senders.is_empty(), "a key without a value says nothing");
    }

    /// Each row replaces a text of the full profile by another and names what must be said, and where.
    #[test]
    fn one_mistake() {
        for (old, new, want) in [
            ("version: 1\n", "", "2:1: `version` is missing"),
            ("version: 1", "version: 2", "2:10: 2 is not known to this program, only 1 is"),
            ("version: 1", "version: '1'", "2:10: `version` must be the number 1, not the text `1`"),
            ("version: 1", "versoin: 1", "2:1: unknown key `versoin`; did you mean `version`?"),
            ("hosts:", "host:", "5:5: unknown key `host`; did you mean `hosts`?"),
            ("mx: 10", "mx: 10\n        mx: 20", "10:9: `mx` is given twice"),
            ("mx: 10", "mx: ten", "9:13: `mx` must be a whole number, not the text `ten`"),
            ("mx: 10", "mx: -1", "9:13: -1 is not a whole number between 0 and 65535"),
            ("mx: 10", "mx: 1.5", "9:13: 1.5 is not a whole number"),
            ("ttl: 300", "ttl: 300s", "`ttl` must be a whole number, not the text `300s`"),
            ("192.0.2.10", "192.0.2.300", "7:21: `192.0.2.300` is no IP address"),
            ("Example.COM.", "exa mple.com", "4:13: `exa mple.com` is not a domain name: ` ` cannot stand in it"),
            ("Example.COM.", "ex_ample.com", "4:13: `ex_ample.com` is no mail domain"),
            ("selector: 2024", "selector: a_b", "`a_b` is no selector"),
            ("algorithm: rsa2048", "algorithm: rsa1024", "`rsa1024` is not one of rsa2048, rsa3072"),
            ("policy: reject", "policy: rejct", "did you mean `reject`?"),
            ("policy: reject", "policy: ~", ""),
            ("testing: true", "testing: yes", "`testing` must be true or false, not the text `yes`"),
            ("psd: n", "psd: n\n      inherited: true", "has no policy and no reports of its own"),
            ("psd: n", "psd: no", "`no` is not one of y, n"),
            ("reports: [dmarc@example.com]", "reports: dmarc@example.com", "`reports` must be a list"),
            ("dmarc@example.com", "http://example.com", "is a http: URI"),
            ("created: 2026-11-25", "created: 2026-13-25", "is no day"),
            ("key: keys/example.com.2024.pem", "key: ''", "is empty"),
            ("key: keys/example.com.2024.pem", "key:", "`key` has no value"),
            ("zone: example.com", "zone: example.net", "the zone `example.net` does not hold `example.com`"),
            ("parked.example", "EXAMPLE.com", "`example.com` is already the first entry"),
            ("parked: true", "parked: true\n    dkim: []", ""),
            ("selector: s1", "selector: '2024'", "the selector `2024` is taken by the first entry of `dkim`"),
            ("addresses: [192.0.2.10, \"2001:db8::10\"]", "addresses: []", "has no `addresses` to publish"),
            ("name: mail.example.com", "name: mail.example.net", "is not in the zone `example.com`"),
            ("parked: true", "mta_sts: {mode: enforce, id: x1}", "give one of them an `mx`"),
            ("id: 20261125T1", "id: a-b", "is no policy id"),
            ("dkim:\n", "dkim: &a\n", ""),
            ("max_warnings: 0", "max_warning: 0", "unknown key `max_warning`; did you mean `max_warnings`?"),
            ("SPF013: error", "SPF013: eror", "`eror` is not one of error, warning, advice; did you mean `error`?"),
            ("path: \"old/**\", ", "", "`path` is missing"),
            (
                "  - domain: parked.example\n    parked: true\n    senders:\n",
                "  - x\n",
                "an entry of `domains` must be a mapping",
            ),
        ] {
            assert!(FULL.contains(old), "{old}");
            let text = FULL.replacen(old, new, 1);
            match parse(&text, "p.yaml") {
                Ok(_) => assert_eq!(want, "", "{new} was accepted"),
                Err(e) => assert!(!want.is_empty() && e.message().contains(want), "{new}: {}", e.message()),
            }
        }
    }

    #[test]
    fn several_mistakes_in_the_order_of_the_file() {
        let text =
            "version: 1\ndomains:\n  - domain: localhost_\n    hots: []\n    ttl: 0\n    dkim:\n    - selector: -a\n";
        let error = parse(text, "p").unwrap_err();
        let lines: Vec<&str> = error.message().lines().map(str::trim).collect();
        assert_eq!(
            lines,
            [
                "6 mistakes in the profile",
                "p:3:13: `localhost_` is no mail domain or host: `_` cannot stand in one",
                "p:4:5: unknown key `hots`; did you mean `hosts`?",
                "p:5:10: 0 is not a whole number between 1 and 2147483647",
                "p:7:7: `algorithm` is missing",
                "p:7:7: `key` is missing",
                "p:7:17: `-a` is no selector: a label begins or ends with a hyphen",
            ]
        );
    }

    #[test]
    fn texts_that_are_no_profile() {
        let many = format!("version: 1\ndomains: [{}]", "{}, ".repeat(500));
        for (text, want) in [
            ("", "is empty"),
            ("# only a comment\n", "is empty"),
            ("hello", "a profile must be a mapping"),
            ("version: 1\ndomains: []\n", "at least one domain"),
            ("version: 1\ndomains:\n  - domain: example.com\n    hosts: [", "not valid YAML"),
            ("version: 1\0", "binary data"),
            (&many, "and 480 more"),
        ] {
            let error = parse(text, "p").unwrap_err();
            assert!(error.message().contains(want), "{text}: {}", error.message());
        }
    }

    #[test]
    fn the_table_and_the_types_have_the_same_keys() {
        // The types name their keys when they meet one they do not know.
        let keys_of = |text: &str| {
            let error = serde_yaml::from_str::<Profile>(text).unwrap_err().to_string();
            let list = error.split("expected one of").nth(1).or(error.split("expected").nth(1)).unwrap().to_string();
            let mut keys: Vec<String> = list.split('`').skip(1).step_by(2).map(str::to_string).collect();
            keys.sort();
            keys
        };
        let told_of = |text: &str| {
            let error = parse(text, "p").unwrap_err();
            let list = error.message().split("here stand ").nth(1).unwrap().lines().next().unwrap().to_string();
            let mut keys: Vec<String> = list.split(", ").map(str::to_string).collect();
            keys.sort();
            keys
        };
        let domain = "version: 1\ndomains:\n  - domain: example.com\n    ";
        for part in [
            "zzzzzzzzzz: 1",
            "hosts: [{zzzzzzzzzz: 1}]",
            "senders: [{zzzzzzzzzz: 1}]",
            "senders: [{name: x, dkim_cnames: [{zzzzzzzzzz: 1}]}]",
            "senders: [{name: x, mx: [{zzzzzzzzzz: 1}]}]",
            "spf: {zzzzzzzzzz: 1}",
            "dkim: [{zzzzzzzzzz: 1}]",
            "dmarc: {zzzzzzzzzz: 1}",
            "mta_sts: {zzzzzzzzzz: 1}",
            "provider: {zzzzzzzzzz: 1}",
            "server: {zzzzzzzzzz: 1}",
        ] {
            let text = format!("{domain}{part}\n");
            assert_eq!(told_of(&text), keys_of(&text), "{part}");
        }
        for part in ["lint: {zzzzzzzzzz: 1}", "lint: {paths: [{zzzzzzzzzz: 1}]}"] {
            let text = format!("version: 1\n{part}\ndomains: []\n");
            assert_eq!(told_of(&text), keys_of(&text), "{part}");
        }
    }
}
