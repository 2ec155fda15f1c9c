//! MTA-STS policies at a real HTTPS server.

use crate::check::{check, codes, zone};
use crate::support::authority::Authority;
use crate::support::bind::Bind;
use crate::support::loopback::{address, can_serve};
use crate::support::nginx::{Nginx, Site};

const GOOD: &str = "version: STSv1\\nmode: enforce\\nmx: mx.test\\nmax_age: 604800\\n";

/// How a policy is served, and what must come of it: the domain, its server's configuration, what fails, the codes,
/// why.
const ROWS: &[(&str, &str, &str, &[&str], &str)] = &[
    ("good", "default_type text/plain; return 200 '{GOOD}';", "", &[], "a policy as it should be"),
    ("charset", "default_type 'text/plain; charset=utf-8'; return 200 '{GOOD}';", "", &[], "a parameter of the type"),
    ("redirect", "return 301 https://good.test/policy.txt;", "redirect", &["STS002"], "senders follow no redirect"),
    (
        "temporary",
        "return 307 https://mta-sts.good.test/.well-known/mta-sts.txt;",
        "redirect",
        &["STS002"],
        "not even a short one",
    ),
    (
        "expired",
        "default_type text/plain; return 200 '{GOOD}';",
        "certificate",
        &["STS002"],
        "the certificate is of yesterday",
    ),
    (
        "othername",
        "default_type text/plain; return 200 '{GOOD}';",
        "certificate",
        &["STS002"],
        "the certificate is for another host",
    ),
    (
        "stranger",
        "default_type text/plain; return 200 '{GOOD}';",
        "certificate",
        &["STS002"],
        "nobody trusts the authority",
    ),
    ("wildcard", "default_type text/plain; return 200 '{GOOD}';", "", &[], "a wildcard certificate covers one label"),
    ("absent", "return 404;", "status", &["STS002"], "no such file"),
    ("html", "default_type text/html; return 200 '<html>welcome</html>';", "", &["STS002"], "a page for everything"),
    ("htmltype", "default_type text/html; return 200 '{GOOD}';", "", &["STS002"], "the wrong type alone"),
    (
        "typo",
        "default_type text/plain; return 200 'version: STSv1\\nmode: enforce\\nnmx: mx.test\\nmax_age: 604800\\n';",
        "",
        &["STS003", "STS003"],
        "no mx, and a field that is a slip of it",
    ),
    (
        "uncovered",
        "default_type text/plain; return 200 'version: STSv1\\nmode: enforce\\nmx: other.test\\nmax_age: 604800\\n';",
        "",
        &["STS004", "STS004"],
        "the exchanger is not covered, and the pattern covers none",
    ),
    (
        "testing",
        "default_type text/plain; return 200 'version: STSv1\\nmode: testing\\nmx: mx.test\\nmax_age: 3600\\n';",
        "",
        &["STS005", "STS006"],
        "not enforced, soon forgotten",
    ),
    ("large", "default_type text/plain; alias {BIG};", "too_large", &["STS002"], "more than 64 kB"),
    ("refused", "", "refused", &["STS002"], "nobody listens there"),
    ("nohost", "", "no_address", &["STS002"], "the record is there, the host is not"),
    ("none", "", "", &[], "no record, so nothing is fetched"),
];

#[test]
fn policies_as_senders_fetch_them() {
    if !can_serve() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (authority, stranger) = (Authority::new(), Authority::new());
    let big = dir.path().join("big");
    std::fs::write(&big, GOOD.replace("\\n", "\n") + &"x: y\n".repeat(14_000)).unwrap();
    let host = |name: &str| format!("mta-sts.{name}.test");
    let good = authority.issue(dir.path(), &["*.test"], 2060);
    let credentials: Vec<_> = ROWS
        .iter()
        .map(|(name, ..)| match *name {
            "expired" => authority.issue(dir.path(), &[&host(name)], 2025),
            "othername" => authority.issue(dir.path(), &["www.othername.test"], 2060),
            "stranger" => stranger.issue(dir.path(), &[&host(name)], 2060),
            "wildcard" => authority.issue(dir.path(), &["*.wildcard.test"], 2060),
            _ => authority.issue(dir.path(), &[&host(name)], 2060),
        })
        .collect();
    drop(good);
    let names: Vec<String> = ROWS.iter().map(|(name, ..)| host(name)).collect();
    let sites: Vec<Site<'_>> = ROWS
        .iter()
        .zip(&credentials)
        .zip(&names)
        .filter(|((row, _), _)| !row.1.is_empty())
        .map(|((row, credentials), name)| {
            let body = row.1.replace("{GOOD}", GOOD).replace("{BIG}", &big.display().to_string());
            Site { name, credentials, body: format!("location = /.well-known/mta-sts.txt {{ {body} }}") }
        })
        .collect();
    let Some(_nginx) = Nginx::start(address(1), &sites) else { return };
    let mut records = "mx A 127.0.0.1\n".to_string();
    for (name, ..) in ROWS {
        records.push_str(&format!("{name} MX 10 mx\n{name} TXT \"v=spf1 -all\"\n"));
        if *name != "none" {
            records.push_str(&format!("_mta-sts.{name} TXT \"v=STSv1; id=20260101;\"\n"));
        }
        match *name {
            "nohost" => {}
            "refused" => records.push_str(&format!("mta-sts.{name} A {}\n", address(2))),
            _ => records.push_str(&format!("mta-sts.{name} A {}\n", address(1))),
        }
    }
    let Some(bind) = Bind::start(&[("test", &zone("test", &records))]) else { return };
    let trusted = authority.file(dir.path());
    for (name, _, fault, want, why) in ROWS {
        let value = check(bind.port, &trusted, &format!("{name}.test"), &["--no-smtp"]);
        assert_eq!(codes(&value, &["STS"]), *want, "{name}: {why}: {value:#}");
        let seen = value.pointer("/services/policy/fault/kind").and_then(serde_json::Value::as_str);
        assert_eq!(seen.unwrap_or_default(), *fault, "{name}: {why}: {value:#}");
        assert_eq!(value["services"]["policy"].is_object(), *name != "none", "{name}");
    }
    let value = check(bind.port, &trusted, "expired.test", &["--no-smtp"]);
    let seen = &value["services"]["policy"];
    assert_eq!(seen["fault"]["fault"], "expired", "{seen:#}");
    assert_eq!(seen["tls"]["certificate"]["not_after"], "2025-12-31T00:00:00Z", "{seen:#}");
    let value = check(bind.port, &trusted, "good.test", &["--no-smtp"]);
    let seen = &value["services"]["policy"];
    assert!(seen["text"].as_str().unwrap().starts_with("version: STSv1"), "{seen:#}");
    let empty = dir.path().join("big");
    let output = crate::support::mailproof().args(["check", "good.test", "--ca-file"]).arg(&empty).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "a file without certificates: {}", crate::support::told(&output));
    let value = check(bind.port, &trusted, "expired.test", &["--no-smtp", "--no-https"]);
    assert!(value["services"].is_null() && codes(&value, &["STS"]).is_empty(), "left out: {value:#}");
}
