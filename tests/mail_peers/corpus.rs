//! Messages and keys that other projects test with, where their corpus is at hand: every message with every key, judged by
//! us and by dkimpy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mailproof::auth::dkim::DkimResult;
use mailproof::auth::judge::judge;
use mailproof::auth::results;
use mailproof::dns::table::TableLookup;
use mailproof::keys::pair::KeyPair;
use mailproof::model::message::{Message, with_crlf};
use mailproof::model::name::domain;
use serde_json::{Value, json};

use crate::dkimpy::ask;
use crate::verify;

/// A folder of the corpus, or `None`, said aloud.
fn folder(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(name);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: the corpus {name} is not here");
    None
}

fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let mut out: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| wanted(&path.file_name().unwrap().to_string_lossy()))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    out.sort();
    out
}

/// The names of the keys that the signatures of `message` want.
fn key_names(message: &[u8]) -> Vec<String> {
    let outcomes = verify(message, &[], SystemTime::UNIX_EPOCH);
    outcomes.iter().map(|o| format!("{}._domainkey.{}", o.selector, o.domain)).collect()
}

#[test]
fn every_message_with_every_key() {
    let (Some(dkimpy), Some(mimekit), Some(authheaders)) =
        (folder("dkim-dkimpy"), folder("dkim-mimekit"), folder("dmarc-authheaders"))
    else {
        return;
    };
    let is_message = |n: &str| n.ends_with(".msg") || n.contains("message");
    let mut messages: Vec<(String, Vec<u8>)> = Vec::new();
    for (place, path) in [("dkimpy", &dkimpy), ("mimekit", &mimekit), ("authheaders", &authheaders)] {
        messages.extend(
            files(path, is_message).into_iter().map(|(n, m)| (format!("{place}/{n}"), with_crlf(&m).into_owned())),
        );
    }
    let mut records: Vec<(String, String)> = Vec::new();
    for (name, text) in files(&dkimpy, |n| n.ends_with(".txt") || n.ends_with(".dns")) {
        let mut text = String::from_utf8(text).unwrap().trim().to_string();
        if !text.contains("p=") {
            text = format!("v=DKIM1; k=rsa; p={}", text.split_whitespace().collect::<String>());
        }
        records.push((name, text));
    }
    // RFC 8463 §A.2: the keys of its example, which three of the projects use.
    records
        .push(("rfc8463-ed25519".into(), "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".into()));
    records.push((
        "rfc8463-rsa".into(),
        "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB".into(),
    ));

    // What is not signed, dkimpy signs, with each of its keys.
    let keys: Vec<_> = files(&dkimpy, |n| n.ends_with(".key") || n.ends_with(".private"))
        .into_iter()
        .map(|(name, text)| (name, String::from_utf8(text).unwrap()))
        .filter(|(name, _)| !name.contains("PKCS8")) // dkimpy reads PKCS#1 alone
        .collect();
    let mut jobs = Vec::new();
    let mut named = Vec::new();
    for (name, message) in messages.iter().filter(|(_, m)| key_names(m).is_empty()) {
        if Message::read(message).named("From").next().is_none() {
            continue; // nobody signs that
        }
        for (key_name, key) in &keys {
            let algorithm = if key.contains("BEGIN") { "rsa-sha256" } else { "ed25519-sha256" };
            named.push(format!("{name} signed with {key_name}"));
            jobs.push(json!({
                "do": "sign", "message": STANDARD.encode(message), "selector": "test", "domain": "example.com",
                "algorithm": algorithm, "key": key.trim(), "form": "relaxed/simple", "length": false,
            }));
        }
    }
    let Some(signed) = ask(&json!(jobs)) else { return };
    messages.retain(|(_, m)| !key_names(m).is_empty());
    messages.extend(named.into_iter().zip(signed.iter().map(|s| STANDARD.decode(s.as_str().unwrap()).unwrap())));

    let mut jobs = Vec::new();
    let mut pairs = Vec::new();
    for (name, message) in &messages {
        for (record_name, text) in &records {
            let at: Vec<String> = key_names(message);
            let published: BTreeMap<String, &String> = at.iter().map(|n| (format!("{n}."), text)).collect();
            jobs.push(json!({ "do": "verify", "message": STANDARD.encode(message), "records": published }));
            let ours: Vec<(String, String)> = at.into_iter().map(|n| (n, text.clone())).collect();
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
            pairs.push((format!("{name} / {record_name}"), verify(message, &ours, now)));
        }
    }
    let Some(answers) = ask(&json!(jobs)) else { return };
    let (mut both_pass, mut neither, mut wrong) = (0, 0, Vec::new());
    for ((pair, outcomes), answer) in pairs.iter().zip(&answers) {
        let theirs = answer.as_array().unwrap();
        assert_eq!(theirs.len(), outcomes.len(), "{pair}");
        for (ours, theirs) in outcomes.iter().zip(theirs) {
            match (ours.result == DkimResult::Pass, *theirs == Value::Bool(true)) {
                (true, true) => both_pass += 1,
                (false, false) => neither += 1,
                _ => wrong.push(format!("{pair}: we say {:?}, {}; dkimpy says {theirs}", ours.result, ours.reason)),
            }
        }
    }
    eprintln!(
        "{} messages, {} keys: both pass {both_pass} times, neither {neither} times",
        messages.len(),
        records.len()
    );
    assert!(both_pass > 20 && neither > 100, "{both_pass} {neither}");
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn the_messages_of_authheaders() {
    let Some(authheaders) = folder("dmarc-authheaders") else { return };
    let key = std::fs::read_to_string(authheaders.join("test.txt")).unwrap();
    let mut table = TableLookup::new();
    for (owner, text) in [
        ("test._domainkey.example.com", key.trim()),
        ("test._domainkey.example.biz", key.trim()),
        ("_dmarc.example.com", "v=DMARC1; p=reject"),
        ("_dmarc.example.biz", "v=DMARC1; p=reject; sp=quarantine; np=none"),
        ("_dmarc.example.net", "v=DMARC1; p=reject"),
        ("_dmarc.nop.example.org", "v=DMARC1; rua=mailto:dmarc@example.org"),
        ("_dmarc.gov", "v=DMARC1; p=reject; psd=y"),
    ] {
        table.add_text(&domain(owner).unwrap(), text.as_bytes());
    }
    table.exists(&domain("sub.example.biz").unwrap());
    // (file, DKIM, DMARC and its policy, why)
    let rows = [
        ("test.message", "", "fail reject", "not signed"),
        ("test.message_signed", "pass", "pass reject", "signed by the author's domain"),
        ("testcomma.message", "pass", "pass reject", "a comma in the author's name"),
        ("test.bad.message", "", "fail reject", "no record of its own: the organisational domain's"),
        (
            "test.message_np1",
            "fail",
            "fail quarantine",
            "sp: the subdomain exists; the signature was made for other fields",
        ),
        ("test.message_np2", "fail", "fail none", "np: it does not exist; the same signature"),
        ("test.message_sub", "fail", "fail reject", "a subdomain without record of its own"),
        ("test_nop.message", "", "fail none", "no p, but a report address"),
        ("test.gov.message", "", "fail reject", "the public suffix domain's policy"),
        ("test.message_multi", "fail", "permerror -", "authors of two domains; authheaders judges the worse"),
        ("test.message_multi2", "fail", "permerror -", "in the other order"),
        ("test.nofrom.message", "", "none -", "a From field without address"),
    ];
    for (file, dkim, dmarc, why) in rows {
        let raw = std::fs::read(authheaders.join(file)).unwrap();
        let got = judge(&table, &with_crlf(&raw), None, "mx.example", SystemTime::now()).await;
        let signatures: Vec<&str> = got.dkim.iter().map(|d| d.result.as_str()).collect();
        let policy = got.dmarc.policy.map_or("-", |p| p.as_str());
        assert_eq!(
            (signatures.join(" ").as_str(), format!("{} {policy}", got.dmarc.result.as_str()).as_str()),
            (dkim, dmarc),
            "{file}, {why}: {}",
            got.dmarc.reason
        );
    }
}

#[test]
fn private_keys_of_dkimpy_and_mimekit() {
    let (Some(dkimpy), Some(mimekit)) = (folder("dkim-dkimpy"), folder("dkim-mimekit")) else { return };
    for (path, bits) in [
        (dkimpy.join("1024_testkey.key"), 1024),
        (dkimpy.join("2048_testkey.key"), 2048),
        (dkimpy.join("2048_testkey_PKCS8.key"), 2048),
        (dkimpy.join("test.private"), 1024),
        (mimekit.join("example.pem"), 1024),
    ] {
        let pair = KeyPair::from_pem(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(pair.bits(), bits, "{}", path.display());
    }
    let bare = std::fs::read_to_string(dkimpy.join("ed25519test.key")).unwrap();
    assert!(KeyPair::from_pem(&bare).unwrap_err().to_string().contains("32 bare octets"));
    let public = std::fs::read_to_string(mimekit.join("gmail.pub")).unwrap();
    assert!(KeyPair::from_pem(&public).unwrap_err().to_string().contains("public key"));
}

#[test]
fn the_results_of_authres() {
    let Some(authres) = folder("ar-authres") else { return };
    let text = std::fs::read_to_string(authres.join("tests.doctest.txt")).unwrap();
    let name = "authentication-results: ";
    let mut fields = Vec::new();
    for line in text.lines() {
        // Inside a Python string, in one kind of quotes or the other.
        let Some(at) = line.to_ascii_lowercase().find(name).filter(|at| *at > 0) else { continue };
        let rest = &line[at + name.len()..];
        let end = rest.rfind(char::from(line.as_bytes()[at - 1])).unwrap_or(rest.len());
        fields.push(&rest[..end]);
    }
    let mut read = 0;
    for field in &fields {
        match results::read(field.as_bytes()) {
            Ok(stated) => {
                assert!(!stated.authserv_id.is_empty(), "{field}");
                // Every method that stands there is found, each with its result.
                let parts = field.split(';').skip(1).filter(|p| p.trim() != "none" && !p.trim().starts_with("none ("));
                assert_eq!(stated.results.len(), parts.count(), "{field}");
                read += 1;
            }
            // An id in the middle; authres does not read it either.
            Err(why) => assert!(field.contains("thehesiod.com; dkim=none"), "{field}: {why}"),
        }
    }
    assert_eq!(read + 1, fields.len());
    assert!(read > 30, "{read}");
}
