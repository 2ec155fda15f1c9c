//! `config render` as a person runs it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

fn mailproof(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mailproof")).current_dir(dir).args(args).output().unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// A profile with both kinds of key.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (algorithm, selector) in [("rsa2048", "s1"), ("ed25519", "s2")] {
        let args = ["keys", "generate", "--domain", "example.com", "--algorithm", algorithm, "--selector", selector];
        assert!(mailproof(dir.path(), &[&args[..], &["--dir", "keys"]].concat()).status.success());
    }
    let profile = "version: 1
domains:
  - domain: example.com
    hosts: [{name: mx.example.com, addresses: [192.0.2.1], mx: 10}]
    dkim:
      - {selector: s1, algorithm: rsa2048, key: keys/example.com.s1.pem}
      - {selector: s2, algorithm: ed25519, key: keys/example.com.s2.pem}
    server: {networks: [198.51.100.0/24]}
";
    fs::write(dir.path().join("mailproof.yaml"), profile).unwrap();
    dir
}

#[test]
fn files_and_steps() {
    let dir = folder();
    let out = mailproof(dir.path(), &["config", "render", "--system", "ubuntu-24.04"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    insta::assert_snapshot!(text(&out.stdout).replace(&*dir.path().to_string_lossy(), "DIR"));
}

#[test]
fn other_software() {
    let dir = folder();
    for (software, system) in [("exim", "debian-12"), ("rspamd", "ubuntu-22.04")] {
        let out = mailproof(dir.path(), &["config", "render", "--software", software, "--system", system]);
        assert!(out.status.success(), "{}", text(&out.stderr));
        insta::assert_snapshot!(software, text(&out.stdout).replace(&*dir.path().to_string_lossy(), "DIR"));
    }
}

/// Where the releases differ: all else is the same but for the release's name.
#[test]
fn the_same_on_every_release() {
    let dir = folder();
    for software in ["exim", "postfix", "rspamd"] {
        let said = |system: &str, name: &str| {
            // Where Exim judges, the releases differ: see `what_a_release_lacks`.
            let side = if software == "exim" { "sending" } else { "both" };
            let args = ["config", "render", "--software", software, "--system", system, "--side", side];
            let out = mailproof(dir.path(), &args);
            assert!(out.status.success(), "{software} {system}: {}", text(&out.stderr));
            let lines = text(&out.stdout).replace(name, "RELEASE");
            // One service has no order.
            let order = "in this order, so that each finds the ones that it asks; nothing is\n# restarted for you";
            let lines = lines.replace(order, "it: nothing is restarted for you");
            // Said of one release alone.
            lines.split_inclusive("\n\n").filter(|p| !p.contains("Rspamd of RELEASE is 2.7")).collect::<String>()
        };
        let jammy = said("ubuntu-22.04", "Ubuntu 22.04");
        assert_eq!(jammy, said("ubuntu-24.04", "Ubuntu 24.04"), "{software}");
        // Debian has no resolver of its own: one is installed, and asked in the place of systemd-resolved.
        let debian = said("debian-12", "Debian 12");
        assert!(debian.contains(" unbound\n") && debian.contains("systemctl restart unbound\n"), "{software}");
        let same = debian.replace("systemctl restart unbound\n", "").replace(" unbound\n", "\n");
        assert_eq!(
            same.replace("127.0.0.1", "X"),
            jammy.replace("127.0.0.53", "X").replace("127.0.0.1", "X"),
            "{software}"
        );
    }
}

/// What a release's packages lack: no configuration that they cannot load, or a word about it.
#[test]
fn what_a_release_lacks() {
    let dir = folder();
    const NO_SPF: &str = "is built without SPF, so it cannot judge what comes in";
    for (software, system, side, refused, said) in [
        // Ubuntu takes libspf2 out of Debian's Exim: the condition `spf` would keep it from starting.
        ("exim", "ubuntu-22.04", "receiving", true, NO_SPF),
        ("exim", "ubuntu-24.04", "both", true, NO_SPF),
        ("exim", "ubuntu-22.04", "sending", false, "DKIM_DOMAIN"),
        ("exim", "ubuntu-24.04", "sending", false, "DKIM_DOMAIN"),
        ("exim", "debian-12", "both", false, "acl_smtp_dkim"),
        // 2.7 of 2021, where Debian 12 has 3.4 and Ubuntu 24.04 has 3.8.
        ("rspamd", "ubuntu-22.04", "both", false, "the Rspamd of Ubuntu 22.04 is 2.7"),
        // OpenDMARC 1.4.2 and OpenDKIM 2.11 on all three.
        ("postfix", "ubuntu-22.04", "both", false, "SPFSelfValidate"),
        ("postfix", "ubuntu-24.04", "both", false, "SPFSelfValidate"),
    ] {
        let args = ["config", "render", "--software", software, "--system", system, "--side", side];
        let out = mailproof(dir.path(), &args);
        let all = text(&out.stdout) + &text(&out.stderr);
        let flat = all.replace("\n# ", " ");
        assert_eq!(out.status.code(), Some(if refused { 2 } else { 0 }), "{args:?}: {all}");
        assert!(flat.contains(said), "{args:?}: {all}");
        assert!(!refused || all.contains("--side sending"), "no way out is shown: {all}");
    }
}

/// A host of mailboxes: steps for its panel in place of files.
#[test]
fn hosted() {
    let dir = folder();
    let out = mailproof(dir.path(), &["config", "render", "--software", "microsoft"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    insta::assert_snapshot!(text(&out.stdout));
    let out = mailproof(dir.path(), &["config", "render", "--software", "google", "--install", "--yes"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("it is hosted"), "{}", text(&out.stderr));
}

/// Every software, side and release gives files, and JSON says the same as the text.
#[test]
fn everything_renders() {
    let dir = folder();
    let list = mailproof(dir.path(), &["config", "render", "--list"]);
    let list = text(&list.stdout);
    assert!(list.lines().count() >= 1);
    for software in list.lines().filter(|l| !l.contains("hosted")).map(|l| l.split_whitespace().next().unwrap()) {
        for side in ["sending", "receiving", "both"] {
            for system in ["debian-12", "ubuntu-22.04", "ubuntu-24.04"] {
                let args = [
                    "config",
                    "render",
                    "--software",
                    software,
                    "--side",
                    side,
                    "--system",
                    system,
                    "--format",
                    "json",
                ];
                let out = mailproof(dir.path(), &args);
                if software == "exim" && side != "sending" && system != "debian-12" {
                    assert_eq!(out.status.code(), Some(2), "{software} {side} {system}");
                    continue;
                }
                assert!(out.status.success(), "{software} {side}: {}", text(&out.stderr));
                let value: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
                let steps = ["files", "by_hand"].iter().map(|k| value[k].as_array().unwrap().len()).sum::<usize>();
                assert!(steps > 0, "{software} {side}: nothing to do");
                assert!(!text(&out.stdout).contains("PRIVATE KEY"), "{software}: a key is shown");
                assert!(!text(&out.stdout).contains("{{") && !text(&out.stdout).contains("{%"), "{software}");
            }
        }
    }
}

#[test]
fn what_cannot_be_rendered() {
    let dir = folder();
    for (args, want) in [
        (&["--software", "postfx"][..], "did you mean postfix?"),
        (&["--host", "other.example.com"], "these do: mx.example.com"),
        (&["--domain", "example.org"], "the profile has no domain example.org"),
        (&["--root", "/tmp"], "--install"),
    ] {
        let out = mailproof(dir.path(), &[&["config", "render"], args].concat());
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(text(&out.stderr).contains(want), "{args:?}: {}", text(&out.stderr));
    }
}

/// Below a root of its own, whose tables give the owners numbers; run by root alone, since it gives files away.
#[test]
fn installed_twice() {
    if !rustix_is_root() {
        eprintln!("skipped: only root can give files to the milters' users");
        return;
    }
    let dir = folder();
    let root = dir.path().join("root");
    for path in ["etc/postfix", "etc/postfix-policyd-spf-python", "var/spool/postfix"] {
        fs::create_dir_all(root.join(path)).unwrap();
    }
    fs::write(root.join("etc/passwd"), "root:x:0:0::/:/bin/sh\nopendkim:x:4711:4712::/:\nopendmarc:x:4713:4714::/:\n")
        .unwrap();
    fs::write(root.join("etc/group"), "root:x:0:\nopendkim:x:4712:\nopendmarc:x:4714:\npostfix:x:4715:\n").unwrap();
    fs::write(root.join("etc/os-release"), "ID=ubuntu\nVERSION_ID=\"22.04\"\n").unwrap();
    let main_cf = "# mine\nmyhostname = mx.example.com\nmynetworks = 127.0.0.0/8 [2001:db8::]/32\nsmtpd_milters = inet:localhost:8891,\n  unix:clamav/clamav.sock\n";
    fs::write(root.join("etc/postfix/main.cf"), main_cf).unwrap();
    fs::write(root.join("etc/postfix/master.cf"), "smtp inet n - y - - smtpd\n").unwrap();
    fs::write(root.join("etc/opendkim.conf"), "Socket inet:8891@localhost\n").unwrap();
    let install = |more: &[&str]| {
        let args = ["config", "render", "--install", "--root", root.to_str().unwrap()];
        mailproof(dir.path(), &[&args[..], more].concat())
    };
    let out = install(&[]);
    assert_eq!(out.status.code(), Some(2), "nobody is there to ask");
    assert!(text(&out.stdout).contains("-Socket inet:8891@localhost"), "the difference comes first");
    assert!(!root.join("etc/opendmarc.conf").exists(), "nothing is written before consent");

    let out = install(&["--yes"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let shown = text(&out.stdout);
    assert!(!shown.contains("PRIVATE KEY") && shown.contains("(a private key, not shown)"), "{shown}");
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let main_cf = read("etc/postfix/main.cf");
    // The person's comment and virus scanner stay; OpenDKIM's former socket goes.
    assert!(main_cf.starts_with("# mine\nmyhostname = mx.example.com\n"), "{main_cf}");
    assert!(
        main_cf.contains("smtpd_milters = unix:opendkim/opendkim.sock, unix:opendkim/opendkim-ed25519.sock, unix:opendmarc/opendmarc.sock, unix:clamav/clamav.sock\n"),
        "{main_cf}"
    );
    assert!(
        read("etc/opendkim/trusted.hosts").contains("\n198.51.100.0/24\n2001:db8::/32\n"),
        "profile and mynetworks"
    );
    assert!(read("etc/opendkim.conf").contains("Ubuntu 22.04"));
    let key = fs::metadata(root.join("etc/dkimkeys/example.com.s1.private")).unwrap();
    use std::os::unix::fs::MetadataExt as _;
    assert_eq!((key.uid(), key.gid(), key.mode() & 0o7777), (4711, 4712, 0o600));
    let socket = fs::metadata(root.join("var/spool/postfix/opendmarc")).unwrap();
    assert_eq!((socket.uid(), socket.gid(), socket.mode() & 0o7777), (4713, 4715, 0o2750));
    let backups: Vec<_> =
        fs::read_dir(root.join("var/backups/mailproof")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(fs::read_to_string(backups[0].join("etc/opendkim.conf")).unwrap(), "Socket inet:8891@localhost\n");
    assert_eq!(fs::metadata(root.join("var/backups/mailproof")).unwrap().permissions().mode() & 0o777, 0o700);

    let out = install(&["--yes"]);
    assert_eq!(text(&out.stdout), "Everything is in place: nothing to write.\n");
}

fn rustix_is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n")
}
