//! Profiles: what is written reads back; files that are none; the verbs that read one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;

use mailproof::keys::algorithm::Algorithm;
use mailproof::profile::schema::*;
use mailproof::profile::{load, write};
use proptest::prelude::*;
use support::{mailproof, told};

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?\\.(example|xn--wgv71a119e\\.jp)".prop_map(String::from)
}

/// Anything a person may type into a free text, syntax of YAML above all.
fn free() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}[!-~]",
        Just("yes".into()),
        Just("~".into()),
        Just("1e3".into()),
        Just("0x10".into()),
        Just("- a: b # c".into()),
        Just("'\"\\".into()),
        Just("日本語 サーバー".into()),
        Just("\u{2028}x".into()),
    ]
}

fn policies() -> impl Strategy<Value = DmarcPolicy> {
    prop_oneof![Just(DmarcPolicy::None), Just(DmarcPolicy::Quarantine), Just(DmarcPolicy::Reject)]
}

fn hosts(domain: String) -> impl Strategy<Value = Vec<Host>> {
    let one = (
        prop::collection::vec(any::<std::net::IpAddr>(), 0..3),
        prop::option::of(name()),
        any::<bool>(),
        prop::option::of(any::<u16>()),
        any::<bool>(),
    );
    prop::collection::vec(one, 0..3).prop_map(move |all| {
        all.into_iter()
            .enumerate()
            .map(|(i, (mut addresses, helo, sends, mx, publish))| {
                addresses.retain(|ip| !ip.is_unspecified() && !ip.is_multicast());
                let publish_addresses = publish && !addresses.is_empty();
                Host { name: format!("h{i}.{domain}"), addresses, helo, sends, mx, publish_addresses }
            })
            .collect()
    })
}

fn senders() -> impl Strategy<Value = Vec<Sender>> {
    let one = (free(), prop::option::of(name()), prop::option::of(name()), prop::option::of((any::<u16>(), name())));
    prop::collection::vec(one, 0..3).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(i, (name, include, cname, mx))| Sender {
                name,
                include,
                dkim_cnames: cname.into_iter().map(|t| DkimCname { selector: format!("c{i}"), target: t }).collect(),
                mx: mx.into_iter().map(|(preference, host)| MxHost { preference, host }).collect(),
            })
            .collect()
    })
}

fn keys() -> impl Strategy<Value = Vec<DkimKey>> {
    let state = prop_oneof![Just(KeyState::Active), Just(KeyState::Next), Just(KeyState::Revoked)];
    let one = (0..4usize, free(), any::<bool>(), state, any::<bool>());
    prop::collection::vec(one, 0..3).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(i, (kind, path, dated, state, digits))| DkimKey {
                selector: if digits { format!("2026{i}") } else { format!("mp2026{i}") },
                algorithm: Algorithm::ALL[kind],
                key: path.into(),
                created: dated.then(|| "2026-11-25".into()),
                state,
            })
            .collect()
    })
}

fn dmarcs() -> impl Strategy<Value = Dmarc> {
    let address = || name().prop_map(|n| format!("d,m@{n}"));
    (
        policies(),
        prop::option::of(policies()),
        prop::option::of(policies()),
        any::<[bool; 3]>(),
        prop::option::of(prop_oneof![Just(PsdFlag::Yes), Just(PsdFlag::No)]),
        prop::collection::vec(address(), 0..3),
        prop::collection::vec(address().prop_map(|a| format!("mailto:{}", a.replace(',', "%2C"))), 0..2),
    )
        .prop_map(|(policy, subdomains, nonexistent, flags, psd, reports, failure_reports)| Dmarc {
            inherited: false,
            since: flags[0].then(|| "2026-11-28".to_string()),
            policy,
            subdomains,
            nonexistent,
            testing: flags[0],
            psd,
            strict_dkim: flags[1],
            strict_spf: flags[2],
            reports,
            failure_reports,
        })
}

fn domains(n: usize) -> impl Strategy<Value = Domain> {
    let apex = format!("d{n}.example");
    let alls = prop_oneof![Just(SpfAll::Fail), Just(SpfAll::SoftFail), Just(SpfAll::Neutral)];
    let terms = prop::collection::vec("ip4:192\\.0\\.2\\.[1-9]", 0..2);
    let provider = ("[a-z]{1,8}", prop::option::of(free()), prop::collection::btree_map(free(), free(), 0..3));
    (
        hosts(apex.clone()),
        senders(),
        keys(),
        dmarcs(),
        (alls, terms),
        prop::option::of(provider),
        prop::option::of((prop::option::of(free()), prop::option::of(free()))),
        (1..0x7fff_ffffu32, any::<[bool; 3]>()),
    )
        .prop_map(move |(hosts, senders, dkim, dmarc, (all, terms), provider, server, (ttl, flags))| {
            let receives = hosts.iter().any(|h| h.mx.is_some());
            let parked = flags[0] && flags[1];
            let full = Domain {
                domain: apex.clone(),
                parked: false,
                hosts,
                senders,
                spf: Spf { all, drop: terms.iter().map(|t| format!("?{t}")).collect(), terms },
                dkim,
                dmarc,
                mta_sts: (receives && flags[1]).then(|| MtaSts {
                    mode: StsMode::Testing,
                    max_age: 86400,
                    id: "1".into(),
                }),
                tls_rpt: flags[2].then(|| TlsRpt { reports: vec!["t@a.example".into()] }),
                ttl,
                provider: provider.map(|(id, endpoint, settings)| ProviderConfig {
                    id,
                    zone: flags[0].then(|| "example".into()),
                    endpoint,
                    settings,
                }),
                server: server.map(|(sending, receiving)| Server { sending, receiving, ..Server::default() }),
            };
            if !parked {
                return full;
            }
            Domain {
                parked: true,
                hosts: vec![],
                senders: vec![],
                spf: Spf::default(),
                dkim: vec![],
                mta_sts: None,
                tls_rpt: None,
                ..full
            }
        })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(one in domains(1), two in domains(2)) {
        let profile = Profile { version: 1, lint: None, domains: vec![one, two] };
        let text = write::text(&profile);
        let back = load::parse(&text, "p").map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        prop_assert_eq!(back, profile, "{}", text);
    }
}

/// Damage of every kind to a profile with all of YAML's syntax in it: an error or a profile, never a panic, and the
/// error is short and has a place.
fn damaged() -> impl Strategy<Value = String> {
    let pieces = [
        "{", "}", "[", "]", "- ", ": ", "\n", "  ", "\t", "\"", "'", "|", ">", "&a ", "*a", "!!x ", "? ", "#", "---\n",
        "...\n", "%YAML\n", "<<: ", "~", "\u{feff}", "\u{85}", "é", "\0",
    ];
    let edits =
        prop::collection::vec((any::<prop::sample::Index>(), 0..12usize, prop::sample::select(pieces.to_vec())), 1..6);
    edits.prop_map(|edits| {
        let mut text: Vec<char> = SYNTAX.chars().collect();
        for (at, cut, piece) in edits {
            let at = at.index(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

const SYNTAX: &str = "version: 1
domains:
  - &first
    domain: example.com
    hosts: [{name: mail.example.com, addresses: [192.0.2.1], mx: 10}]
    senders:
      - name: 'a ''b'' c'
        include: \"x.example\"
    spf: {all: fail, terms: [\"ip4:192.0.2.0/24\"]}
    dmarc:
      policy: none # a comment
      reports:
        - d@example.com
    provider:
      id: powerdns
      settings:
        text: |
          one
        ? folded
        : >
          two
  - domain: parked.example
    parked: true
";

proptest! {
    #[test]
    fn damage_is_told(text in damaged()) {
        if let Err(error) = load::parse(&text, "p.yaml") {
            let message = error.message();
            prop_assert!(message.contains("p.yaml") && message.len() < 6000, "{}", message);
        }
    }
}

/// Files that are no profile, each told clearly by a verb that reads one, and none of them touched.
#[test]
fn files_that_are_no_profile() {
    let dir = tempfile::tempdir().unwrap();
    let good = "version: 1\ndomains:\n  - domain: example.com\n";
    let path = dir.path().join("p.yaml");
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "is empty"),
        (good.as_bytes()[..30].to_vec(), "p.yaml:3:"),
        (b"\x7fELF\x00\x01\xff\xfe".to_vec(), "not UTF-8 text"),
        (b"version: 1\n\x00\x00".to_vec(), "binary data"),
        (format!("{good}    domain: example.net\n").into_bytes(), "p.yaml:4:5: `domain` is given twice"),
        ([good.as_bytes(), &vec![b'#'; 10_000_000]].concat(), "larger than a profile may be"),
        ([good.as_bytes(), &b"{[".repeat(400_000)].concat(), "brackets"),
        (format!("{good}---\n{good}").into_bytes(), "more than one YAML document"),
        (format!("{good}    hots: []\n    tll: 300\n").into_bytes(), "2 mistakes"),
    ];
    for (content, want) in cases {
        fs::write(&path, &content).unwrap();
        let output = mailproof().arg("records").arg("--profile").arg(&path).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && error.contains(want), "{want}: {}", told(&output));
        assert!(error.lines().count() < 30 && error.len() < 4000, "{want}: short");
        assert_eq!(fs::read(&path).unwrap(), content, "{want}: untouched");
    }
    for (path, want) in [(dir.path().join("none.yaml"), "cannot be read"), (dir.path().to_path_buf(), "cannot be read")]
    {
        let output = mailproof().arg("records").arg("--profile").arg(&path).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && error.contains(want), "{}", told(&output));
        assert!(error.contains("hint: "), "{}", told(&output));
    }
}

/// Domains as people type them.
#[test]
fn odd_domains() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.yaml");
    let long = format!("{}.example.com", "a".repeat(64));
    let deep = format!("{}example.com", "abcdefghij.".repeat(23));
    for (domain, want) in [
        ("Example.COM.", Ok("$ORIGIN example.com.")),
        ("日本語.jp", Ok("$ORIGIN xn--wgv71a119e.jp.")),
        ("ex_ample.com", Err("`_` cannot stand in one")),
        (long.as_str(), Err("at most 63")),
        (deep.as_str(), Err("at most 253")),
        ("http://example.com", Err("URL")),
    ] {
        fs::write(&path, format!("version: 1\ndomains:\n  - domain: '{domain}'\n")).unwrap();
        let output = mailproof().arg("records").arg("--profile").arg(&path).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        match want {
            Ok(words) => assert!(output.status.success() && out.contains(words), "{domain}: {}", told(&output)),
            Err(words) => {
                assert!(output.status.code() == Some(2) && err.contains(words), "{domain}: {}", told(&output));
                assert!(err.contains("p.yaml:3:13: "), "{domain}: {}", told(&output));
            }
        }
    }
}

/// The example of the reference loads, and every key is in its tables.
#[test]
fn the_reference_is_true() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/profile.md")).unwrap();
    let example = text.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let profile = load::parse(example, "docs/profile.md").unwrap();
    assert_eq!(profile.domains.len(), 2);
    let error = load::parse("version: 1\ndomains: [{domain: example.com, zzzzzzzz: 1}]", "p").unwrap_err();
    let keys = error.message().split("here stand ").nth(1).unwrap();
    for key in keys.split(", ") {
        assert!(text.contains(&format!("`{key}`")), "docs/profile.md does not tell of `{key}`");
    }
}
