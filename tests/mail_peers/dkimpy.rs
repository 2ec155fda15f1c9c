//! dkimpy verifies what we sign, and we verify what dkimpy signs.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hickory_proto::rr::RData;
use mailproof::auth::dkim::DkimResult;
use mailproof::dns::overlay::{Overlay, OverlayServer};
use mailproof::keys::algorithm::Algorithm;
use mailproof::keys::pair::KeyPair;
use mailproof::mail::sign::{Signer, sign};
use mailproof::model::name::{below, domain};
use mailproof::model::snapshot::{Origin, Snapshot};
use mailproof::model::txt;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{awkward_messages, verify};

const SCRIPT: &str = include_str!("dkimpy.py");

/// Asks dkimpy about many things at once; `None`, said aloud, where it is not installed.
pub(crate) fn ask(jobs: &Value) -> Option<Vec<Value>> {
    let child = Command::new("python3").args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: python3 is not installed");
        return None;
    };
    // Without dkimpy the script has ended before it reads anything: its status says why.
    let given = child.stdin.take().unwrap().write_all(jobs.to_string().as_bytes());
    let out = child.wait_with_output().unwrap();
    if out.status.code() == Some(77) {
        eprintln!("SKIPPED: python3 has no dkimpy with pynacl (pip install dkimpy pynacl)");
        return None;
    }
    assert!(out.status.success() && given.is_ok(), "dkimpy's script broke");
    Some(serde_json::from_slice(&out.stdout).unwrap())
}

#[test]
fn dkimpy_verifies_what_we_sign() {
    let keys: Vec<(&str, KeyPair)> =
        [("r2", Algorithm::Rsa2048), ("r4", Algorithm::Rsa4096), ("ed", Algorithm::Ed25519)]
            .map(|(selector, algorithm)| (selector, KeyPair::generate(algorithm).unwrap()))
            .into();
    let signers: Vec<_> = keys.iter().map(|(selector, key)| Signer { domain: "mp.example", selector, key }).collect();
    let records: serde_json::Map<String, Value> =
        keys.iter().map(|(s, k)| (format!("{s}._domainkey.mp.example."), k.record().into())).collect();
    let mut jobs = Vec::new();
    let messages = awkward_messages();
    for (_, message) in &messages {
        let signed = sign(message, &signers, SystemTime::now()).unwrap();
        jobs.push(json!({ "do": "verify", "message": STANDARD.encode(&signed), "records": records }));
        // And it sees a change where there is one.
        let changed = signed.iter().rev().position(|b| *b == b'a').map(|i| signed.len() - 1 - i).unwrap();
        let mut tampered = signed.clone();
        tampered[changed] = b'b';
        jobs.push(json!({ "do": "verify", "message": STANDARD.encode(&tampered), "records": records }));
    }
    let Some(answers) = ask(&json!(jobs)) else { return };
    for ((name, _), answer) in messages.iter().zip(answers.chunks(2)) {
        assert_eq!(answer[0], json!([true, true, true]), "{name}");
        assert_ne!(answer[1], json!([true, true, true]), "{name}, changed");
    }
}

#[test]
fn we_verify_what_dkimpy_signs() {
    let rsa = KeyPair::generate(Algorithm::Rsa2048).unwrap();
    let ed = KeyPair::generate(Algorithm::Ed25519).unwrap();
    // dkimpy wants the bare seed: the last 32 octets of PKCS#8 version 1.
    let der = ed.pkcs8_der();
    let seed = STANDARD.encode(&der[der.len() - 32..]);
    let rsa_pem = rsa.to_pem();
    let records =
        [("r._domainkey.mp.example".to_string(), rsa.record()), ("e._domainkey.mp.example".to_string(), ed.record())];
    let mut jobs = Vec::new();
    let mut names = Vec::new();
    for (name, message) in awkward_messages() {
        for (selector, algorithm, key) in [("r", "rsa-sha256", rsa_pem.expose_secret()), ("e", "ed25519-sha256", &seed)]
        {
            for form in ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"] {
                for length in [false, true] {
                    names.push(format!("{name}, {algorithm}, {form}, l={length}"));
                    jobs.push(json!({
                        "do": "sign", "message": STANDARD.encode(&message), "selector": selector,
                        "algorithm": algorithm, "key": key, "form": form, "length": length,
                    }));
                }
            }
        }
    }
    let Some(answers) = ask(&json!(jobs)) else { return };
    assert_eq!(answers.len(), names.len());
    for (name, answer) in names.iter().zip(answers) {
        let signed = STANDARD.decode(answer.as_str().unwrap()).unwrap();
        let outcomes = verify(&signed, &records, SystemTime::now());
        assert_eq!(outcomes.len(), 1, "{name}");
        assert_eq!(outcomes[0].result, DkimResult::Pass, "{name}: {}", outcomes[0].reason);
    }
}

#[test]
fn the_verb_passes_what_dkimpy_signs() {
    let key = KeyPair::generate(Algorithm::Rsa2048).unwrap();
    let message = &awkward_messages()[1].1;
    let pem = key.to_pem();
    let job = json!({
        "do": "sign", "message": STANDARD.encode(message), "selector": "r", "algorithm": "rsa-sha256",
        "key": pem.expose_secret(), "form": "relaxed/relaxed", "length": false,
    });
    let Some(answers) = ask(&json!([job])) else { return };
    let signed = STANDARD.decode(answers[0].as_str().unwrap()).unwrap();
    let apex = domain("mp.example").unwrap();
    let mut zone = Snapshot::new(apex.clone());
    for (label, text) in [("r._domainkey", key.record()), ("_dmarc", "v=DMARC1; p=reject".into())] {
        zone.add(&below(label, &apex).unwrap(), 60, RData::TXT(txt::split(text.as_bytes())), Origin::Profile);
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let overlay = Overlay { zones: vec![zone], ..Overlay::default() };
    let dns = runtime.block_on(OverlayServer::start(overlay)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mailproof"))
        .args(["verify", "-", "--format", "json", "--nameserver", &dns.addr().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&signed).unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0));
    let verdict: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&verdict["dkim"][0]["result"], &verdict["dmarc"]["result"]), (&"pass".into(), &"pass".into()));
    assert_eq!(verdict["spf"], Value::Null);
}
