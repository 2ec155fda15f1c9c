//! Independent programs agree with ours: OpenSSL on keys, dkimpy and OpenDKIM on signatures.
//! What is not installed is skipped, and said to be.
#![allow(clippy::print_stderr, clippy::unwrap_used, clippy::panic, clippy::expect_used)]

mod clients;
mod corpus;
mod dkimpy;
mod opendkim;

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use mailproof::auth::dkim::{self, DkimOutcome};
use mailproof::dns::table::TableLookup;
use mailproof::keys::algorithm::Algorithm;
use mailproof::keys::pair::KeyPair;
use mailproof::model::message::Message;
use mailproof::model::name::domain;
use secrecy::ExposeSecret;

/// Runs a program; `None`, said aloud, where it is not installed.
fn output(program: &str, args: &[&str], folder: &Path) -> Option<(bool, String)> {
    match Command::new(program).args(args).current_dir(folder).output() {
        Ok(out) => Some((
            out.status.success(),
            format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)),
        )),
        Err(e) => {
            eprintln!("SKIPPED: {program} cannot be run here ({e})");
            None
        }
    }
}

/// Our own verifier, with key records at hand: name and text.
fn verify(raw: &[u8], records: &[(String, String)], now: SystemTime) -> Vec<DkimOutcome> {
    let mut table = TableLookup::new();
    for (owner, text) in records {
        // Signers can write names that cannot be; nothing is published there.
        let Ok(owner) = domain(owner) else { continue };
        table.add_text(&owner, text.as_bytes());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(dkim::verify(&table, &Message::read(raw), now))
}

/// Messages whose form gives canonicalization something to do. Each ends in CR LF.
fn awkward_messages() -> Vec<(&'static str, Vec<u8>)> {
    let head = "From: Anna <a@mp.example>\r\nTo: b@example.net\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\n";
    let rows = [
        ("plain", "Subject: s\r\n\r\nhello\r\n"),
        ("folded and spaced", "Subject:  a\r\n\t b  c \r\n\r\n  two  spaces\t\r\n"),
        ("empty body", "Subject: s\r\n\r\n"),
        ("empty lines at the end", "Subject: s\r\n\r\nhello\r\n\r\n\r\n\r\n"),
        ("only empty lines", "Subject: s\r\n\r\n\r\n\r\n"),
        ("dots", "Subject: s\r\n\r\n.\r\n..\r\n.a\r\n"),
        ("eight bits", "Subject: s\r\nContent-Transfer-Encoding: 8bit\r\n\r\ngr\u{fc}\u{df}e \u{65e5}\u{672c}\r\n"),
        ("two of a field", "Subject: s\r\nReply-To: c@mp.example\r\nReply-To: d@mp.example\r\n\r\nhello\r\n"),
        ("no value", "Subject:\r\nReferences:\r\n\r\nhello\r\n"),
        ("long line", "Subject: s\r\n\r\nLONG\r\n"),
    ];
    let long = "x".repeat(5000);
    rows.iter().map(|(name, rest)| (*name, format!("{head}{}", rest.replace("LONG", &long)).into_bytes())).collect()
}

#[test]
fn openssl_reads_our_keys_and_we_read_its() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    for algorithm in Algorithm::ALL {
        let pair = KeyPair::generate(algorithm).unwrap();
        std::fs::write(dir.join("key.pem"), pair.to_pem().expose_secret()).unwrap();
        let Some((ok, text)) =
            output("openssl", &["pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "p"], dir)
        else {
            return;
        };
        assert!(ok, "{algorithm}: {text}");
        let spki = std::fs::read(dir.join("p")).unwrap();
        let ours = pair.public().tag_octets();
        let want = if algorithm.is_rsa() { ours } else { spki[..12].iter().copied().chain(ours).collect() };
        assert_eq!(spki, want, "{algorithm}");
    }
    // (how OpenSSL makes it, what we call it)
    let cases: &[(&[&str], Algorithm, usize)] = &[
        (&["genrsa", "-out", "x", "2048"], Algorithm::Rsa2048, 2048),
        (&["genrsa", "-traditional", "-out", "x", "2048"], Algorithm::Rsa2048, 2048),
        (&["genrsa", "-traditional", "-out", "x", "1024"], Algorithm::Rsa2048, 1024),
        (&["genpkey", "-algorithm", "ed25519", "-out", "x"], Algorithm::Ed25519, 256),
    ];
    for (args, algorithm, bits) in cases {
        let Some((true, _)) = output("openssl", args, dir) else { continue };
        let pair = KeyPair::from_pem(&std::fs::read_to_string(dir.join("x")).unwrap()).unwrap();
        assert_eq!((pair.algorithm(), pair.bits()), (*algorithm, *bits), "{args:?}");
    }
    if let Some((true, _)) = output("openssl", &["genrsa", "-aes128", "-passout", "pass:x", "-out", "x", "2048"], dir) {
        let error = KeyPair::from_pem(&std::fs::read_to_string(dir.join("x")).unwrap()).unwrap_err();
        assert!(error.to_string().contains("passphrase"), "{error}");
    }
}
