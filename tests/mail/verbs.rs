//! The verbs, as a script calls them.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use hickory_proto::rr::RData;
use mailproof::dns::overlay::{Fault, FaultAt, Overlay, OverlayServer};
use mailproof::keys::algorithm::Algorithm;
use mailproof::keys::pair::KeyPair;
use mailproof::model::name::domain;
use mailproof::model::snapshot::{Origin, Snapshot};
use mailproof::model::txt;
use secrecy::ExposeSecret;
use serde_json::Value;

const MAILPROOF: &str = env!("CARGO_BIN_EXE_mailproof");

fn run(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(MAILPROOF);
    command.args(args).current_dir(dir).env_remove("MAILPROOF_SMTP_PASSWORD").stdin(Stdio::null());
    command.output().unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

/// `mailproof receive` on a port of the system's choice, killed when dropped.
struct Receiver {
    child: Child,
    addr: String,
}

impl Receiver {
    fn start(dir: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(MAILPROOF);
        command.args(["receive", "--listen", "127.0.0.1:0", "--wait", "60"]).args(args).current_dir(dir);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        let addr = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).to_string();
        Receiver { child, addr }
    }

    fn finish(mut self) -> (i32, String) {
        let mut out = String::new();
        self.child.stdout.as_mut().unwrap().read_to_string(&mut out).unwrap();
        (self.child.wait().unwrap().code().unwrap(), out)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A domain with its DNS and key, and a folder.
struct World {
    dir: tempfile::TempDir,
    dns: OverlayServer,
    _runtime: tokio::runtime::Runtime,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = KeyPair::generate(Algorithm::Ed25519).unwrap();
        let path = dir.path().join("key.pem");
        std::fs::write(&path, key.to_pem().expose_secret()).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let mut zone = Snapshot::new(domain("example.test").unwrap());
        for (owner, value) in [
            ("example.test", "v=spf1 ip4:127.0.0.10 -all"),
            ("s1._domainkey.example.test", &key.record()),
            ("_dmarc.example.test", "v=DMARC1; p=reject"),
        ] {
            zone.add(&domain(owner).unwrap(), 60, RData::TXT(txt::split(value.as_bytes())), Origin::Profile);
        }
        let faults =
            ["broken.test", "_dmarc.broken.test"].map(|n| FaultAt::name(domain(n).unwrap(), Fault::ServFail)).to_vec();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let overlay = Overlay { zones: vec![zone], faults, ..Overlay::default() };
        let dns = runtime.block_on(OverlayServer::start(overlay)).unwrap();
        World { dir, dns, _runtime: runtime }
    }

    fn nameserver(&self) -> String {
        self.dns.addr().to_string()
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

#[test]
fn sent_received_kept_and_verified() {
    let world = World::new();
    let dns = world.nameserver();
    let receiver = Receiver::start(
        world.path(),
        &["--count", "2", "--out", "in", "--nameserver", &dns, "--hostname", "mx.example.net", "--format", "json"],
    );
    let common = ["send", "--server", &receiver.addr, "--to", "b@example.net", "--from", "a@example.test"];
    let more = |extra: &[&'static str]| [&common[..], extra].concat();
    let sent = run(
        world.path(),
        &more(&["--key", "key.pem", "--selector", "s1", "--bind", "127.0.0.10", "--insecure", "--format", "json"]),
    );
    assert!(sent.status.success(), "{}", text(&sent.stderr));
    let sent: Value = serde_json::from_slice(&sent.stdout).unwrap();
    assert_eq!(sent["signed_by"][0], "s1._domainkey.example.test");
    assert_eq!(sent["tls"], "TLS 1.3");
    let spoofed = run(world.path(), &more(&["--no-sign", "--bind", "127.0.0.99", "--tls", "none"]));
    assert!(text(&spoofed.stdout).contains("dmarc=fail"), "{}", text(&spoofed.stdout));

    let (code, out) = receiver.finish();
    assert_eq!(code, 1, "one of two failed");
    let verdicts: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(verdicts.len(), 2);
    let results = |v: &Value| {
        let word = |v: &Value| v.as_str().unwrap_or("-").to_string();
        [word(&v["spf"]["result"]), word(&v["dkim"][0]["result"]), word(&v["dmarc"]["result"])]
    };
    assert_eq!(results(&verdicts[0]), ["pass", "pass", "pass"]);
    assert_eq!(results(&verdicts[1]), ["fail", "-", "fail"]);
    assert_eq!(verdicts[0]["envelope"]["ip"], "127.0.0.10");
    assert_eq!(verdicts[0]["id"], sent["queue_id"]);

    // The kept message is judged again from what it says of itself.
    let kept = format!("in/{}.eml", verdicts[0]["id"].as_str().unwrap());
    let again = run(
        world.path(),
        &[
            "verify",
            &kept,
            "--ip",
            "127.0.0.10",
            "--nameserver",
            &dns,
            "--authserv-id",
            "mx.example.net",
            "--format",
            "json",
        ],
    );
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(results(&again), ["pass", "pass", "pass"]);
    assert_eq!(again["envelope"]["mail_from"], "a@example.test");
    assert_eq!((&again["dkim"][0]["domain"], &again["dkim"][0]["selector"]), (&"example.test".into(), &"s1".into()));
    assert_eq!((&again["dmarc"]["domain"], &again["dmarc"]["policy"]), (&"example.test".into(), &"reject".into()));
    assert_eq!(again["stated"][0]["believed"], true);
    for result in again["stated"][0]["results"].as_array().unwrap() {
        assert_eq!(result["ours"], result["stated"]["result"]);
    }
}

#[test]
fn verify_for_people() {
    let world = World::new();
    let message = "Authentication-Results: mx.example; spf=pass smtp.mailfrom=a@example.test; dmarc=pass header.from=example.test;\n\
        \tarc=none\nAuthentication-Results: mx.example; (\nReturn-Path: <a@example.test>\nFrom: \"\u{1b}[31m\" <a@example.test>\n\nhello\n";
    std::fs::write(world.path().join("m"), message).unwrap();
    let out = run(world.path(), &["verify", "m", "--ip", "127.0.0.99", "--nameserver", &world.nameserver()]);
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(text(&out.stderr), "note: lines end in LF alone; judged with CR LF, as messages travel\n");
    insta::assert_snapshot!(text(&out.stdout));
}

#[test]
fn what_scripts_get_wrong() {
    let world = World::new();
    let dns = world.nameserver();
    std::fs::write(world.path().join("empty"), "").unwrap();
    std::fs::write(world.path().join("nothing"), "just text\nno message\n").unwrap();
    std::fs::write(world.path().join("m"), "From: a@example.test\r\n\r\n").unwrap();
    std::fs::write(world.path().join("broken"), "From: a@broken.test\r\n\r\n").unwrap();
    std::fs::write(world.path().join("pub.pem"), "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
        .unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(world.path().join("pub.pem"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    let send = ["send", "--server", "127.0.0.1:1", "--to", "b@example.net"];
    let with = |extra: &[&'static str]| [&send[..], extra].concat();
    let from = ["--from", "a@example.test"];
    let rows: Vec<(Vec<&str>, i32, &str)> = vec![
        (vec!["verify", "absent"], 2, "cannot be read"),
        (vec!["verify", "empty"], 2, "holds no message"),
        (vec!["verify", "nothing"], 2, "holds no message"),
        (vec!["verify", "m", "--helo", "x"], 2, "--ip"),
        (vec!["verify", "m", "--ip", "127.0.0.1"], 2, "has no Return-Path"),
        (vec!["verify", "m", "--ip", "127.0.0.1", "--mail-from", ""], 2, "give it with --helo"),
        (vec!["verify", "broken", "--nameserver", &dns], 3, "DNS did not answer"),
        (with(&[]), 2, "nobody to send from"),
        (with(&from), 2, "nothing to sign with"),
        (with(&[&from[..], &["--no-sign"]].concat()), 3, "no connection to 127.0.0.1:1"),
        (with(&["--from", "a b@example.test", "--no-sign"]), 2, "is not a mail address"),
        (with(&[&from[..], &["--key", "key.pem"]].concat()), 2, "--selector"),
        (with(&[&from[..], &["--key", "pub.pem", "--selector", "s"]].concat()), 2, "this is a public key"),
        (with(&[&from[..], &["--key", "absent.pem", "--selector", "s"]].concat()), 2, "absent.pem cannot be read"),
        (with(&[&from[..], &["--no-sign", "--user", "u"]].concat()), 2, "no password, and no terminal"),
        (with(&[&from[..], &["--no-sign", "--helo", "a b"]].concat()), 2, "cannot be said in EHLO"),
        (vec!["receive", "--listen", "192.0.2.1:25", "--nameserver", &dns], 3, "cannot listen on 192.0.2.1:25"),
        (vec!["receive", "--hostname", "a b", "--nameserver", &dns], 2, "single words"),
        (vec!["receive", "--listen", "127.0.0.1:0", "--wait", "0", "--nameserver", &dns], 3, "no message came"),
    ];
    for (args, code, want) in rows {
        let out = run(world.path(), &args);
        let shown = text(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{args:?}: {shown}");
        assert!(shown.contains(want), "{args:?}: {shown}\nlacks {want}");
    }
}
