//! Faults that people reported to other projects, each as a test of what is said of it here.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::SystemTime;

use mailproof::auth::judge::{Envelope, Judgement, judge};
use mailproof::auth::results;
use mailproof::dns::table::TableLookup;
use mailproof::keys::algorithm::Algorithm;
use mailproof::keys::pair::KeyPair;
use mailproof::mail::sign::{Signer, sign};
use mailproof::model::message::Message;
use mailproof::model::name::domain;
use mailproof::prove::outbound::differences;
use mailproof::prove::way::Way;

use super::check::{check, root, text};

const DKIM: (&str, &str) = (
    "etc/opendkim.conf",
    "Mode sv\nSocket local:/run/opendkim/opendkim.sock\nAuthservID mx.example.com\nRemoveARAll yes\nRemoveARFrom mx.example.com\n\
     OversignHeaders From\nNameservers 127.0.0.1\nInternalHosts 127.0.0.1,::1\nDomain example.com\nSelector s1\nKeyFile /etc/keys/s1.private\n",
);

/// The words of a report without its bars and line breaks.
fn flat(octets: &[u8]) -> String {
    text(octets).split_whitespace().filter(|w| *w != "|").collect::<Vec<_>>().join(" ")
}

#[test]
fn the_id_of_the_spf_service_that_opendmarc_does_not_trust_is_named_beside_the_trusted_ones() {
    let dir = root(&[
        ("etc/postfix/main.cf", "myhostname = mx.example.com\n"),
        (
            "etc/opendmarc.conf",
            "AuthservID mx.example.com\nTrustedAuthservIDs mx.example.com,relay.example.com\nRejectFailures true\nRequiredHeaders true\nSPFSelfValidate true\n",
        ),
        (
            "etc/postfix-policyd-spf-python/policyd-spf.conf",
            "HELO_reject = False\nMail_From_reject = False\nHeader_Type = AR\nAuthserv_Id = spf.example.com\n",
        ),
    ]);
    let out = check(dir.path(), &["--root", "."]);
    let said = flat(&out.stdout);
    let want = "policyd-spf writes as spf.example.com; OpenDMARC believes mx.example.com, relay.example.com";
    assert!(said.contains("CONF004") && said.contains(want), "{said}");
    assert!(said.contains("etc/opendmarc.conf:2"), "{said}");
}

#[test]
fn a_private_key_under_a_folder_that_a_group_may_write_to_names_the_folder() {
    for (mode, want) in [
        (
            0o770,
            Some("its group may write to /etc/keys (mode 0770), and so exchange the private key /etc/keys/s1.private"),
        ),
        (0o777, Some("everybody may write to /etc/keys (mode 0777)")),
        (0o750, None),
        // The sticky bit keeps others from exchanging it.
        (0o1777, None),
    ] {
        let dir = root(&[DKIM, ("etc/keys/s1.private", "")]);
        fs::set_permissions(dir.path().join("etc/keys/s1.private"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(dir.path().join("etc/keys"), fs::Permissions::from_mode(mode)).unwrap();
        let out = check(dir.path(), &["--root", "."]);
        let said = flat(&out.stdout);
        match want {
            Some(want) => assert!(said.contains("CONF002") && said.contains(want), "{mode:o}: {said}"),
            None => assert!(!said.contains("CONF002"), "{mode:o}: {said}"),
        }
    }
}

#[test]
fn a_socket_outside_postfixs_chroot_is_not_found_there() {
    // (how Postfix names it, whether its smtpd is in the chroot, whether the daemon at /run/opendkim is found)
    for (named, chroot, found) in [
        ("unix:/run/opendkim/opendkim.sock", "y", false),
        // Not said: no chroot, since Postfix 3.0.
        ("unix:/run/opendkim/opendkim.sock", "-", true),
        ("unix:/run/opendkim/opendkim.sock", "n", true),
    ] {
        let main = format!("myhostname = mx.example.com\nsmtpd_milters = {named}\nnon_smtpd_milters = {named}\n");
        let master = format!("smtp inet n - {chroot} - - smtpd\ncleanup unix n - {chroot} - 0 cleanup\n");
        let dir = root(&[("etc/postfix/main.cf", &main), ("etc/postfix/master.cf", &master), DKIM]);
        let said = flat(&check(dir.path(), &["--root", "."]).stdout);
        assert_eq!(said.contains("CONF001"), !found, "{named} {chroot}: {said}");
        if !found {
            let want = "Postfix looks for OpenDKIM at /var/spool/postfix/run/opendkim/opendkim.sock";
            assert!(said.contains(want) && said.contains("it listens at /run/opendkim/opendkim.sock"), "{said}");
        }
    }
}

/// DNS for example.com, whose one key is `key` at `s1`.
fn table(key: &KeyPair) -> TableLookup {
    let mut table = TableLookup::new();
    for (owner, record) in [
        ("example.com", "v=spf1 ip4:192.0.2.10 -all"),
        ("mail.example.com", "v=spf1 ip4:192.0.2.10 -all"),
        ("attacker.example", "v=spf1 ip4:203.0.113.66 -all"),
        ("_dmarc.example.com", "v=DMARC1; p=reject"),
        ("s1._domainkey.example.com", &key.record()),
    ] {
        table.add_text(&domain(owner).unwrap(), record.as_bytes());
    }
    table
}

async fn judged(table: &TableLookup, ip: &str, helo: &str, mail_from: &str, message: &[u8]) -> Judgement {
    let envelope = Envelope { ip: ip.parse().unwrap(), helo: helo.into(), mail_from: mail_from.into() };
    judge(table, message, Some(&envelope), "mx.example.com", SystemTime::now()).await
}

#[tokio::test]
async fn forged_results_under_our_id_change_no_verdict_and_are_marked_for_removal() {
    let key = KeyPair::generate(Algorithm::Ed25519).unwrap();
    let table = table(&key);
    for forged in [
        "Authentication-Results: mx.example.com; spf=pass; dkim=pass header.d=example.com; dmarc=pass",
        "authentication-results: MX.EXAMPLE.COM; dmarc=pass header.from=example.com",
        "Authentication-Results: mx.example.com 1; spf=pass",
        "Authentication-Results: (hidden) mx.example.com; spf=pass",
        // Not to be read at all: somebody else may read it after all.
        "Authentication-Results: mx.example.com; spf",
    ] {
        let raw = format!("{forged}\r\nReceived-SPF: Pass\r\nFrom: boss@example.com\r\n\r\nhi\r\n");
        let got = judged(&table, "203.0.113.66", "mail.example.com", "boss@example.com", raw.as_bytes()).await;
        assert_eq!(got.dmarc.result.as_str(), "fail", "{forged}");
        assert_eq!(got.spf.unwrap().result.as_str(), "fail", "{forged}");
        let message = Message::read(raw.as_bytes());
        assert!(results::must_go(&message.fields[0], "mx.example.com"), "{forged}");
    }
    // Somebody else's stay: they are not read as ours.
    let raw = b"Authentication-Results: other.example; dmarc=pass\r\nFrom: a@example.com\r\n\r\n";
    let message = Message::read(raw);
    assert!(!results::must_go(&message.fields[0], "mx.example.com"));
    assert!(results::believed(&message, "mx.example.com").is_empty());
}

#[tokio::test]
async fn the_null_sender_is_judged_by_its_helo_name() {
    let key = KeyPair::generate(Algorithm::Ed25519).unwrap();
    let table = table(&key);
    for (ip, helo, author, spf, dmarc, why) in [
        (
            "192.0.2.10",
            "mail.example.com",
            "example.com",
            "pass",
            "pass",
            "the host's own record, aligned below the domain",
        ),
        ("192.0.2.10", "MAIL.Example.com", "example.com", "pass", "pass", "in whatever case"),
        ("203.0.113.66", "mail.example.com", "example.com", "fail", "fail", "a stranger says its name"),
        ("203.0.113.66", "attacker.example", "example.com", "pass", "fail", "his own name passes and is not aligned"),
        ("192.0.2.10", "norecord.example.com", "example.com", "none", "fail", "a HELO name without SPF: bounces fail"),
        (
            "192.0.2.10",
            "[192.0.2.10]",
            "example.com",
            "none",
            "fail",
            "an address literal has no record (RFC 7208 §2.3)",
        ),
        ("192.0.2.10", "localhost", "example.com", "none", "fail", "a single label is no domain"),
    ] {
        let raw = format!("From: MAILER-DAEMON@{author}\r\n\r\n");
        let got = judged(&table, ip, helo, "", raw.as_bytes()).await;
        let found = got.spf.as_ref().unwrap();
        assert_eq!((found.result.as_str(), got.dmarc.result.as_str()), (spf, dmarc), "{helo} from {ip}: {why}");
        assert!(got.authentication_results.contains("smtp.helo=") || spf == "none", "{}", got.authentication_results);
        assert!(!got.authentication_results.contains("smtp.mailfrom="), "{}", got.authentication_results);
    }
}

#[tokio::test]
async fn what_changes_a_message_after_signing_is_told_by_what_it_changed() {
    let key = KeyPair::generate(Algorithm::Rsa2048).unwrap();
    let table = table(&key);
    let plain = "From: Alice <alice@example.com>\r\nTo: bob@there.example\r\nSubject: Lunch\r\nDate: Sat, 1 Jan 2028 00:00:00 +0000\r\n\
                 Message-ID: <1@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
                 Content-Transfer-Encoding: 8bit\r\n\r\nSoup at noon, caf\u{e9}.\r\n";
    let key = Signer { domain: "example.com", selector: "s1", key: &key };
    let signed = String::from_utf8(sign(plain.as_bytes(), &[key], SystemTime::now()).unwrap()).unwrap();
    let received = "Received: from mail.example.com (mail.example.com [192.0.2.10])\r\n\tby mx.there.example; x\r\n";
    let there = |spf: &str, dkim: &str, dmarc: &str| {
        format!(
            "Authentication-Results: mx.there.example; spf={spf} smtp.mailfrom=example.com;\r\n\tdkim={dkim} header.d=example.com header.s=s1;\r\n\tdmarc={dmarc} header.from=example.com\r\n"
        )
    };
    const HEADER: &str = "a signed header field was changed";
    const BODY: &str = "the body was changed after signing";
    let good = there("pass", "pass", "pass");
    for (what, message, wants) in [
        ("straight", format!("Return-Path: <alice@example.com>\r\n{good}{received}{signed}"), &[][..]),
        (
            "a list's prefix",
            format!("{received}{}", signed.replace("Subject: Lunch", "Subject: [list] Lunch")),
            &[HEADER],
        ),
        ("a list's footer", format!("{received}{signed}-- \r\nlist info\r\n"), &[BODY]),
        (
            "8 bits made 7",
            format!(
                "{received}{}",
                signed
                    .replace("Content-Transfer-Encoding: 8bit", "Content-Transfer-Encoding: quoted-printable")
                    .replace("caf\u{e9}", "caf=C3=A9")
            ),
            // Field and body both; the body's hash is looked at first.
            &[BODY],
        ),
        (
            "a list, told as one",
            format!(
                "Return-Path: <l-bounces@lists.example>\r\n{}List-Id: <l.lists.example>\r\n{received}{}",
                there("pass", "fail", "fail"),
                signed.replace("Subject: Lunch", "Subject: [list] Lunch")
            ),
            &[HEADER, "it came through the mailing list <l.lists.example>"],
        ),
        (
            "a forwarder",
            format!(
                "Return-Path: <SRS0=a=b=example.com=alice@fwd.example>\r\n{}Received: from fwd.example (fwd.example [198.51.100.9])\r\n\tby mx.there.example; x\r\n{received}{signed}",
                there("softfail", "pass", "pass")
            ),
            &["it was forwarded: the receiver saw the forwarder's address", "SPF is then the forwarder's"],
        ),
        (
            "a relay",
            format!(
                "{}Received: from relay.example (relay.example [198.51.100.9])\r\n\tby mx.there.example; x\r\n{received}{signed}",
                there("fail", "pass", "pass")
            ),
            &["relay.example [198.51.100.9] handed it over, which is no host of the profile"],
        ),
        (
            "rewritten after it was judged",
            format!("{good}{received}{signed}footer\r\n"),
            &[BODY, "the copy that was read was rewritten after the receiver judged"],
        ),
        ("not signed", format!("{received}{plain}"), &["the server did not sign", "CONF003"]),
        (
            "a selector of before",
            format!("{received}{}", signed.replace("s=s1;", "s=old;")),
            &["wrong selector (CONF010)"],
        ),
    ] {
        let read = Message::read(message.as_bytes());
        let way = Way::read(&read, "example.com", &["192.0.2.10".parse().unwrap()]);
        let got = judged(&table, "192.0.2.10", "mail.example.com", "alice@example.com", message.as_bytes()).await;
        let stated = results::believed(&read, "mx.there.example");
        let said = differences(&read, &way, &got, &stated, "example.com", &["s1"]);
        assert_eq!(said.is_empty(), wants.is_empty(), "{what}: {said:#?}");
        for want in wants {
            assert!(said.iter().any(|s| s.contains(want)), "{what}: {want}: {said:#?}");
        }
    }
}

#[tokio::test]
async fn from_that_is_not_signed_once_more_is_told() {
    let key = KeyPair::generate(Algorithm::Ed25519).unwrap();
    let table = table(&key);
    let plain = b"From: a@example.com\r\nTo: b@there.example\r\nSubject: x\r\n\r\nhi\r\n";
    let signer = Signer { domain: "example.com", selector: "s1", key: &key };
    let signed = String::from_utf8(sign(plain, &[signer], SystemTime::now()).unwrap()).unwrap();
    for (message, told) in [(signed.clone(), false), (signed.replacen(":From:From;", ":From;", 1), true)] {
        let read = Message::read(message.as_bytes());
        let got = judged(&table, "192.0.2.10", "mail.example.com", "a@example.com", message.as_bytes()).await;
        let said = differences(&read, &Way::default(), &got, &[], "example.com", &["s1"]);
        assert_eq!(said.iter().any(|s| s.contains("CONF011")), told, "{said:#?}\n{message}");
    }
}
