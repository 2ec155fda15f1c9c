//! OpenDKIM's own tools: `opendkim-testmsg` verifies what we sign, `opendkim-testkey` finds our keys in DNS.
//!
//! Its library asks the server of `/etc/resolv.conf` at port 53: the tools run in a network and mount namespace of their
//! own, where that is BIND with our zone. That takes root; elsewhere the test is skipped, and says so.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use hickory_proto::rr::rdata::TXT;
use mailproof::auth::dkim::DkimResult;
use mailproof::keys::algorithm::Algorithm;
use mailproof::keys::pair::KeyPair;
use mailproof::mail::sign::{Signer, sign};
use mailproof::model::txt;
use secrecy::ExposeSecret;

use crate::{awkward_messages, verify};

/// Prints a line of name and exit status for each check.
const SCRIPT: &str = r#"
ip link set lo up && echo 'nameserver 127.0.0.1' > resolv && mount --bind resolv /etc/resolv.conf || exit 77
named -g -c named.conf > named.log 2>&1 & named=$!
for _ in $(seq 200); do
    dig @127.0.0.1 +short +time=1 +tries=1 ns.mp.example A 2>/dev/null | grep -qx 127.0.0.1 && break
    sleep 0.05
done
for message in *.msg; do
    opendkim-testmsg < "$message" > "$message.out" 2>&1
    echo "$message $?"
done
for selector in r2 r4 wrong; do
    opendkim-testkey -x testkey.conf -d mp.example -s $selector -k $selector.pem > $selector.out 2>&1
    echo "testkey-$selector $?"
done
kill $named
"#;

const NAMED: &str = r#"
options { directory "."; listen-on port 53 { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; pid-file none;
    session-keyfile none; dnssec-validation no; };
controls {};
zone "mp.example" { type primary; file "zone"; };
"#;

fn write(dir: &Path, name: &str, octets: impl AsRef<[u8]>) {
    std::fs::write(dir.join(name), octets).unwrap();
}

#[test]
fn opendkim_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let keys: Vec<(&str, KeyPair)> =
        [("r2", Algorithm::Rsa2048), ("r4", Algorithm::Rsa4096), ("ed", Algorithm::Ed25519)]
            .map(|(selector, algorithm)| (selector, KeyPair::generate(algorithm).unwrap()))
            .into();
    let mut zone = "$TTL 60\n@ SOA ns root 1 60 60 60 60\n@ NS ns\nns A 127.0.0.1\n".to_string();
    for (selector, key) in &keys {
        let text: TXT = txt::split(key.record().as_bytes());
        zone.push_str(&format!("{selector}._domainkey TXT {}\n", txt::quoted(&text)));
        write(dir, &format!("{selector}.pem"), key.to_pem().expose_secret());
    }
    // A key that is published under another name than it is tested under.
    zone.push_str(&format!("wrong._domainkey TXT {}\n", txt::quoted(&txt::split(keys[0].1.record().as_bytes()))));
    write(dir, "wrong.pem", KeyPair::generate(Algorithm::Rsa2048).unwrap().to_pem().expose_secret());
    write(dir, "zone", &zone);
    write(dir, "named.conf", NAMED);
    write(dir, "testkey.conf", "Nameservers 127.0.0.1\n");

    let mut want = Vec::new();
    // OpenDKIM takes no message with two Reply-To fields (RFC 5322 §3.6 allows one).
    let messages = awkward_messages().into_iter().filter(|(name, _)| *name != "two of a field");
    for (i, (_, message)) in messages.enumerate() {
        for (selector, key) in &keys {
            let signer = Signer { domain: "mp.example", selector, key };
            let signed = String::from_utf8(sign(&message, &[signer], SystemTime::now()).unwrap()).unwrap();
            let tampered = signed.replace("To: b@", "To: c@");
            for (name, text, ok) in [("good", &signed, true), ("tampered", &tampered, false)] {
                let file = format!("{selector}-{i}-{name}.msg");
                // The tool makes CR LF of LF.
                write(dir, &file, text.replace("\r\n", "\n"));
                want.push((file, ok));
            }
        }
    }
    want.extend([("testkey-r2".into(), true), ("testkey-r4".into(), true), ("testkey-wrong".into(), false)]);

    let installed =
        |program: &str| Path::new("/usr/sbin").join(program).is_file() || Path::new("/usr/bin").join(program).is_file();
    if let Some(missing) =
        ["opendkim-testmsg", "opendkim-testkey", "named", "dig", "unshare"].iter().find(|p| !installed(p))
    {
        eprintln!("SKIPPED: {missing} is not installed; tests/run.sh installs it");
        return;
    }
    let out =
        Command::new("unshare").args(["--net", "--mount", "bash", "-c", SCRIPT]).current_dir(dir).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    if !out.status.success() && text.is_empty() {
        eprintln!("SKIPPED: no namespaces here ({})", String::from_utf8_lossy(&out.stderr).trim());
        return;
    }
    for (name, ok) in &want {
        let line = text.lines().find_map(|l| l.strip_prefix(name.as_str())?.strip_prefix(' '));
        let said = std::fs::read_to_string(dir.join(format!("{}.out", name.trim_start_matches("testkey-"))))
            .unwrap_or_default();
        assert_eq!(line.map(|code| code == "0"), Some(*ok), "{name}: exit {line:?}, {said}");
    }
    assert_eq!(text.lines().count(), want.len());
}

#[test]
fn what_opendkim_testmsg_signs() {
    // Version 2.11's tool knows only rsa-sha1, which nobody may accept any more (RFC 8301 §3.1): that is what we say.
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate(Algorithm::Rsa2048).unwrap();
    write(folder.path(), "key.pem", key.to_pem().expose_secret());
    write(folder.path(), "m", "From: a@mp.example\nDate: Fri, 15 Jan 2027 08:00:00 +0000\n\nhello\n");
    let out = Command::new("sh")
        .args(["-c", "opendkim-testmsg -C -d mp.example -s r -k key.pem < m"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let signed = mailproof::model::message::with_crlf(&out.stdout).into_owned();
    let outcomes = verify(&signed, &[("r._domainkey.mp.example".into(), key.record())], SystemTime::now());
    let [outcome] = &outcomes[..] else {
        eprintln!("SKIPPED: opendkim-testmsg cannot be run here");
        return;
    };
    assert_eq!(outcome.result, DkimResult::PermError, "{}", outcome.reason);
    assert!(outcome.reason.contains("rsa-sha1"));
}
