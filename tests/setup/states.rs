//! Journeys from a state that is not the usual one, and in ways that are not: a zone that is broken, a run that was cut off,
//! by keyboard with second thoughts, without a person, against BIND.

use std::process::Command;

use crate::journey::{Enter, Marks, PUBLISH, Presses, Step, Takes, Types, arrives, goes, keeps};
use crate::kinds::{at, journey, start};
use crate::lab::{lab, zone_text};
use crate::support::bind::Bind;
use crate::support::{mailproof, told};
use crate::terminal::{Pty, Start};

/// Two SPF records that cost twelve lookups together, with dead terms; a slip in DMARC; a revoked key; a CNAME where the mail
/// server's address belongs.
#[test]
fn broken_start() {
    const STEPS: &[Step] = &[
        ("Domain:", Types("broken.test"), ""),
        ("What is broken.test for?", Enter, "an own server receives"),
        ("Addresses that mail.broken.test sends from", Enter, "no reverse name leads back to it"),
        ("Services that send mail", Enter, "what both records name is marked"),
        ("Dead terms of the SPF record", Marks(&["include:gone", "ptr"]), "both go"),
        ("What goes?", Marks(&["include:c.broken.test"]), "still two too many"),
        ("proves nothing", Enter, "a slip is no policy"),
        ("Encryption of mail that comes", Enter, ""),
    ];
    const AGAIN: &[Step] = &[
        ("API key of PowerDNS", Types("{key}"), "nobody kept it"),
        ("Publish?", Presses("y"), "the plan is seen, and its proof"),
    ];
    let Some(dns) = lab(&["broken.test"]) else { return };
    let before = dns.list("broken.test");
    let dir = tempfile::tempdir().unwrap();
    let mut person = start(&dns, dir.path(), &[]);
    goes(&mut person, &dns, STEPS);
    goes(&mut person, &dns, &PUBLISH[..PUBLISH.len() - 1]);
    let seen = arrives(&person, "broken_start_refused", 1, dir.path());
    assert!(seen.contains("mail.broken.test is a CNAME"), "{seen}");
    assert_eq!(dns.list("broken.test"), before, "nothing is written");
    // What the wizard asks for is done where the zone is kept.
    dns.pdnsutil(&["delete-rrset", "broken.test", "mail", "CNAME"]);
    dns.pdnsutil(&["add-record", "broken.test", "mail", "A", "60", "127.0.0.19"]);
    let answers = person.answers;
    let mut person = start(&dns, dir.path(), &[]);
    person.answers = answers;
    goes(&mut person, &dns, AGAIN);
    let seen = arrives(&person, "broken_start", 0, dir.path());
    assert!(seen.contains("6 of 6 proven"), "{seen}");
    let texts = dns.dig("broken.test", "TXT");
    assert!(texts.len() == 1 && !texts[0].contains("gone") && !texts[0].contains("ptr"), "{texts:?}");
    assert!(dns.dig("_dmarc.broken.test", "TXT")[0].contains("p=none; rua=mailto:dmarc@broken.test"));
}

const CUT_OFF: &[Step] = &[
    ("Domain:", Types("resumed.test"), ""),
    ("What is resumed.test for?", Enter, ""),
    ("Your own mail servers", Enter, ""),
    ("Addresses that mail.resumed.test sends from:", Types("127.0.0.20"), ""),
    ("Services that send mail", Enter, ""),
    ("proves nothing", Takes("quarantine"), "the last answer that is kept"),
];

/// Killed as by a power cut, and started again: it goes on from there, and asks nothing twice.
#[test]
fn killed_and_resumed() {
    let Some(dns) = lab(&["resumed.test"]) else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut person = start(&dns, dir.path(), &[]);
    goes(&mut person, &dns, CUT_OFF);
    person.is_asked("Address for daily reports");
    assert!(Command::new("kill").args(["-KILL", &person.terminal.id()]).status().unwrap().success());
    assert_eq!(person.ends(), -9);
    keeps("killed", &person.seen(), dir.path());
    let before = person.answers;
    let mut person = start(&dns, dir.path(), &[]);
    person.answers = before;
    goes(&mut person, &dns, &[("Address for daily reports", Enter, "the question that was open")]);
    goes(&mut person, &dns, PUBLISH);
    let seen = arrives(&person, "killed_and_resumed", 0, dir.path());
    assert!(seen.contains("6 of 6 proven"), "{seen}");
    assert!(person.answers <= 12, "{} answers", person.answers);
}

/// Explained, gone back, and changed on the page of answers, in lists as in texts.
#[test]
fn back_and_edit() {
    const STEPS: &[Step] = &[
        ("Domain:", Types("?"), "what can be typed?"),
        ("Domain:", Types("back..test"), "a slip"),
        ("Domain:", Types("back.test"), ""),
        ("What is back.test for?", Presses("?"), "what can be pressed?"),
        ("Arrow keys or a first letter move", Takes("sends only"), "wrong, as is seen at once"),
        ("Your own mail servers", Types("<"), "back to the list"),
        ("What is back.test for?", Takes("own mail server"), ""),
        ("Your own mail servers", Types("mx.back.test"), ""),
        ("Addresses that mx.back.test sends from:", Presses("\u{1b}"), "the escape key goes back as well"),
        ("Your own mail servers [mx.back.test]:", Types("mail.back.test"), ""),
        ("Addresses that mail.back.test sends from:", Types("127.0.0.300"), "no address"),
        ("Addresses that mail.back.test sends from:", Types("127.0.0.22"), ""),
        ("Services that send mail", Marks(&["Amazon SES"]), "a slip that is seen on the page of answers"),
        ("proves nothing", Presses("<"), "back to the list of services"),
        ("Services that send mail", Presses(" "), "unmarked"),
        ("[ ] Amazon SES", Enter, ""),
        ("proves nothing", Enter, ""),
        ("Address for daily reports", Enter, ""),
        ("Who keeps the zone", Takes("PowerDNS"), ""),
        ("Address of PowerDNS", Types("{endpoint}"), ""),
        ("The number of an answer to change", Types("99"), "there are not so many"),
        ("The number of an answer to change", Types("11"), "the policy"),
        ("proves nothing", Takes("reject"), ""),
        ("The number of an answer to change", Enter, ""),
        ("API key of PowerDNS", Types("{key}"), ""),
        ("Publish?", Presses("y"), ""),
    ];
    let Some(done) = journey("back_and_edit", &["back.test"], &[], &[STEPS]) else { return };
    assert!(done.seen.contains("6 of 6 proven"), "{}", done.seen);
    assert!(done.dns.dig("_dmarc.back.test", "TXT")[0].contains("p=reject"));
}

/// In Japanese: what stands in columns is aligned, wide characters and all.
#[test]
fn in_japanese() {
    const STEPS: &[Step] = &[
        ("ドメイン:", Types("nihongo.test"), ""),
        ("nihongo.test の用途", Takes("自前のメールサーバー"), ""),
        ("mail.nihongo.test の送信元アドレス", Enter, ""),
        ("このドメインで送信する外部サービス", Enter, ""),
        ("認証できない、なりすましの疑いがあるメール", Enter, ""),
        ("日次レポートの宛先アドレス", Enter, ""),
        ("受信メールの暗号化", Enter, ""),
        ("どこで管理していますか?", Takes("PowerDNS"), ""),
        ("PowerDNS のアドレス", Types("{endpoint}"), ""),
        ("変更する回答の番号、または ok", Enter, ""),
        ("PowerDNS の API キー", Types("{key}"), ""),
        ("公開しますか?", Presses("y"), ""),
    ];
    let Some(done) = journey("in_japanese", &["nihongo.test"], &["--lang", "ja"], &[STEPS]) else { return };
    assert!(done.seen.contains("6 項目中 6 項目を証明済み"), "{}", done.seen);
    for line in done.seen.lines().filter(|line| !line.contains("p=")) {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "too wide: {line}");
    }
}

/// On a terminal of 40 columns.
#[test]
fn at_40_columns() {
    const STEPS: &[Step] = &[
        ("Domain:", Types("narrow.test"), ""),
        ("What is narrow.test for?", Presses("?"), "the keys are explained in lines that fit"),
        ("Arrow keys or a first letter move", Enter, ""),
        ("Your own mail servers", Enter, ""),
        ("Addresses that mail.narrow.test sends from:", Types("127.0.0.23"), ""),
        ("Services that send mail", Enter, ""),
        ("proves nothing", Enter, ""),
        ("Address for daily reports", Enter, ""),
    ];
    let Some(dns) = lab(&["narrow.test"]) else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut person = Pty::start(&Start::new(dir.path(), &["--nameserver", &at(&dns), "--root", "/nowhere"]).wide(40));
    goes(&mut person, &dns, STEPS);
    goes(&mut person, &dns, PUBLISH);
    let seen = arrives(&person, "at_40_columns", 0, dir.path());
    assert!(seen.contains("6 of 6 proven"), "{seen}");
}

/// Answers from a file, and nobody there.
#[test]
fn answers_alone() {
    let Some(dns) = lab(&["file.test"]) else { return };
    let dir = tempfile::tempdir().unwrap();
    let run = |publish: &str, key: &str| {
        let answers = format!(
            "domain: file.test\nkind: own\naddresses.mail.file.test: [127.0.0.24]\nkeys: rsa2048+ed25519\n\
             dmarc.policy: quarantine\nprovider: powerdns\nprovider.endpoint: {}\npublish: {publish}\n",
            dns.endpoint
        );
        std::fs::write(dir.path().join("a.yaml"), answers).unwrap();
        let mut command = mailproof();
        command.current_dir(dir.path()).args([
            "setup",
            "--answers",
            "a.yaml",
            "--nameserver",
            &at(&dns),
            "--root",
            "/no",
        ]);
        command.env("PDNS_API_KEY", key).output().unwrap()
    };
    let fresh = || {
        let _ = std::fs::remove_file(dir.path().join("mailproof.yaml"));
        let _ = std::fs::remove_dir_all(dir.path().join("keys"));
    };
    for (publish, key, status, says, why) in [
        ("no", dns.api_key.as_str(), 0, "mailproof push", "nothing without consent"),
        ("yes", "", 2, "PDNS_API_KEY", "no secret, and nobody to ask"),
        ("yes", "wrong", 2, "401", "a wrong one"),
    ] {
        let output = run(publish, key);
        assert!(output.status.code() == Some(status) && told(&output).contains(says), "{why}: {}", told(&output));
        assert_eq!(dns.dig("_dmarc.file.test", "TXT"), Vec::<String>::new(), "{why}");
        fresh();
    }
    let output = run("yes", &dns.api_key);
    keeps("answers_alone", &format!("{}\n\n[0 answers]", told(&output)), dir.path());
    assert!(output.status.success() && told(&output).contains("6 of 6 proven"), "{}", told(&output));
    let texts = dns.dig("file.test", "TXT");
    assert_eq!(texts, ["\"v=spf1 ip4:198.51.100.7 ip4:127.0.0.24 ~all\""], "what was there stands");
}

/// BIND, by dynamic updates.
#[test]
fn bind_by_updates() {
    let Some(bind) = Bind::start(&[("bind.test", &zone_text("bind.test", "")), ("test", &zone_text("test", ""))])
    else {
        return;
    };
    let Some(dns) = lab(&[]) else { return };
    let dir = tempfile::tempdir().unwrap();
    let server = format!("127.0.0.1:{}", bind.port);
    let mut person = Pty::start(&Start::new(dir.path(), &["--nameserver", &server, "--root", "/nowhere"]));
    goes(
        &mut person,
        &dns,
        &[
            ("Domain:", Types("bind.test"), ""),
            ("What is bind.test for?", Enter, ""),
            ("Your own mail servers", Enter, ""),
            ("Addresses that mail.bind.test sends from:", Types("127.0.0.25"), ""),
            ("Services that send mail", Enter, ""),
            ("proves nothing", Enter, ""),
            ("Address for daily reports", Enter, ""),
            ("Who keeps the zone", Takes("a name server that takes updates"), ""),
        ],
    );
    person.answers("Address of a name server", &server);
    goes(&mut person, &dns, &[("The number of an answer to change", Enter, "")]);
    person.answers("TSIG key", &format!("hmac-sha256:{}:{}", bind.key_name, bind.secret));
    goes(&mut person, &dns, &[("Publish?", Presses("y"), "")]);
    let seen = arrives(&person, "bind_by_updates", 0, dir.path());
    assert!(seen.contains("6 of 6 proven"), "{seen}");
    assert!(person.answers <= 12, "{} answers", person.answers);
    assert_eq!(bind.dig("bind.test", "MX"), ["10 mail.bind.test."]);
}
