//! Independent programs agree with ours: OpenSSL on keys, dkimpy and OpenDKIM on signatures.
//! What is not installed is skipped, and said to be.
#![allow(clippy::print_stderr, clippy::unwrap_used, clippy::panic, clippy::expect_used)]

use std::path::Path;
use std::process::Command;

use mailproof::keys::algorithm::Algorithm;
use mailproof::keys::pair::KeyPair;
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
