//! A plan under which mail would fail is shown and not published.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::Path;

use support::{mailproof, told};

/// The term in front of ours cannot be evaluated: receivers answer permerror before they reach the server's address.
const ZONE: &str = "$ORIGIN example.test.\n$TTL 300\n@ IN SOA ns1 hostmaster 7 3600 600 86400 300\n@ IN NS ns1\n\
                    ns1 IN A 127.0.0.1\nmail IN A 127.0.0.10\n@ IN TXT \"v=spf1 include:nospf.example.test ~all\"\n\
                    nospf IN TXT \"no SPF here\"\n";

fn profile(folder: &Path) {
    let key = mailproof()
        .args(["keys", "generate", "--domain", "example.test", "--algorithm", "ed25519", "--selector", "s1", "--dir"])
        .arg(folder.join("keys"))
        .output()
        .unwrap();
    assert!(key.status.success(), "{}", told(&key));
    let text = "version: 1\ndomains:\n  - domain: example.test\n    hosts:\n      - {name: mail.example.test, addresses: \
                [127.0.0.10], mx: 10}\n    dkim:\n      - {selector: s1, algorithm: ed25519, key: \
                keys/example.test.s1.pem}\n    dmarc: {policy: reject}\n    provider: {id: zone-file, settings: {path: \
                example.test.zone}}\n";
    std::fs::write(folder.join("mailproof.yaml"), text).unwrap();
    std::fs::write(folder.join("example.test.zone"), ZONE).unwrap();
}

#[test]
fn a_plan_under_which_mail_fails_is_not_published() {
    let dir = tempfile::tempdir().unwrap();
    profile(dir.path());
    let zone = || std::fs::read_to_string(dir.path().join("example.test.zone")).unwrap();
    // Nothing listens there: what lies outside the zone cannot be asked, and is not needed.
    let run = |verb: &str, more: &[&str]| {
        let arguments = ["--nameserver", "127.0.0.1:1", "--profile", "mailproof.yaml"];
        mailproof().current_dir(dir.path()).arg(verb).args(arguments).args(more).output().unwrap()
    };
    let shown = run("plan", &[]);
    assert_eq!(shown.status.code(), Some(1), "{}", told(&shown));
    assert!(String::from_utf8_lossy(&shown.stdout).contains("would fail: SPF permerror"), "{}", told(&shown));

    let refused = run("push", &["--yes"]);
    assert_eq!(refused.status.code(), Some(1), "{}", told(&refused));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--unproven"), "{}", told(&refused));
    assert_eq!(zone(), ZONE, "nothing was written");

    let insisted = run("push", &["--yes", "--unproven", "--no-wait"]);
    assert_eq!(insisted.status.code(), Some(0), "{}", told(&insisted));
    assert!(zone().contains("_domainkey"), "{}", zone());

    // Once the dead term is gone, the same profile is proven and needs no insisting.
    std::fs::write(dir.path().join("example.test.zone"), ZONE.replace("include:nospf.example.test ", "")).unwrap();
    let proven = run("push", &["--yes", "--no-wait"]);
    assert_eq!(proven.status.code(), Some(0), "{}", told(&proven));
    assert!(String::from_utf8_lossy(&proven.stdout).contains("would pass SPF, DKIM and DMARC"), "{}", told(&proven));
}
