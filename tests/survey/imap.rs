//! A real Dovecot, with TLS of a certificate authority of our own.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::forms::as_json;
use crate::mailbox::{Mailbox, counted};
use crate::support::daemon::{Daemon, free_port};
use crate::support::{find, mailproof, told};

fn openssl(folder: &Path, args: &[&str]) {
    let output = Command::new("openssl").args(args).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {args:?}: {}", told(&output));
}

/// A server with the account `reader` and the password `secret-word`, over a Maildir.
struct Dovecot {
    _daemon: Daemon,
    implicit: u16,
    starttls: u16,
}

impl Dovecot {
    fn start(folder: &Path) -> Option<Dovecot> {
        let program = find("dovecot")?;
        if !rustix::process::geteuid().is_root() {
            eprintln!("SKIPPED: Dovecot's login processes run as a user of their own, which only root can give them");
            return None;
        }
        find("openssl")?;
        openssl(
            folder,
            &[
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-keyout",
                "ca.key",
                "-out",
                "ca.pem",
                "-days",
                "2",
                "-subj",
                "/CN=Test CA",
            ],
        );
        openssl(
            folder,
            &[
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-keyout",
                "server.key",
                "-out",
                "server.csr",
                "-subj",
                "/CN=localhost",
            ],
        );
        std::fs::write(folder.join("ext"), "subjectAltName=DNS:localhost\n").unwrap();
        openssl(
            folder,
            &[
                "x509",
                "-req",
                "-in",
                "server.csr",
                "-CA",
                "ca.pem",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-out",
                "server.pem",
                "-days",
                "2",
                "-extfile",
                "ext",
            ],
        );
        let (implicit, starttls) = (free_port(), free_port());
        let at = folder.display();
        let config = format!(
            "base_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/log\nprotocols = imap\nlisten = 127.0.0.1\n\
             ssl = required\nssl_cert = <{at}/server.pem\nssl_key = <{at}/server.key\ndisable_plaintext_auth = yes\n\
             first_valid_uid = 1\nfirst_valid_gid = 1\n\
             mail_location = maildir:{at}/mail\nmail_uid = nobody\nmail_gid = nogroup\n\
             passdb {{\n  driver = static\n  args = password=secret-word\n}}\n\
             userdb {{\n  driver = static\n  args = uid=nobody gid=nogroup home={at}\n}}\n\
             service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {starttls}\n  }}\n  inet_listener imaps {{\n    port = {implicit}\n    ssl = yes\n  }}\n}}\n\
             service anvil {{\n  chroot =\n}}\nservice stats {{\n  chroot =\n}}\n"
        );
        std::fs::write(folder.join("dovecot.conf"), config).unwrap();
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new(program);
        command.arg("-F").arg("-c").arg(folder.join("dovecot.conf"));
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut daemon = Daemon::start(&mut command);
        daemon.wait_until("dovecot", || std::net::TcpStream::connect(("127.0.0.1", implicit)).is_ok());
        Some(Dovecot { _daemon: daemon, implicit, starttls })
    }
}

fn run(folder: &Path, verb: &[&str], password: &str, ca: bool) -> Output {
    let mut command = mailproof();
    command.args(verb).env("MAILPROOF_IMAP_PASSWORD", password);
    if ca {
        command.arg("--tls-ca").arg(folder.join("ca.pem"));
    }
    command.output().unwrap()
}

/// Names and flags of all messages: what a reader that marks messages would change.
fn files(folder: &Path) -> Vec<String> {
    let mut out: Vec<String> = ["cur", "new"]
        .iter()
        .flat_map(|sub| std::fs::read_dir(folder.join(sub)).unwrap())
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    out.sort();
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_over_imap() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mailbox = Mailbox::new(4);
    let mail = folder.join("mail");
    mailbox.maildir(&mail);
    let Some(dovecot) = Dovecot::start(folder) else { return };
    // Dovecot writes its index beside the messages, as the user that the mail belongs to.
    let given = Command::new("chown").args(["-R", "nobody:nogroup"]).arg(&mail).status().unwrap();
    assert!(given.success());
    let server = mailbox.serve(None).await;
    let server = server.addr().to_string();
    let state = folder.join("survey.json");
    let implicit = format!("imaps://reader@localhost:{}/INBOX", dovecot.implicit);
    let starttls = format!("imap://reader@localhost:{}", dovecot.starttls);
    let verb = |url: &str| {
        [
            "survey",
            "--nameserver",
            &server,
            "--border",
            "mx.home.test",
            "--authserv-id",
            "mx.home.test",
            "--format",
            "json",
            "--imap",
            url,
        ]
        .map(str::to_string)
        .to_vec()
    };
    let run_survey = |url: &str, more: &[&str]| {
        let verb = verb(url);
        let args: Vec<&str> = verb.iter().map(String::as_str).chain(more.iter().copied()).collect();
        run(folder, &args, "secret-word", true)
    };
    let before = files(&mail);
    for url in [&implicit, &starttls] {
        let output = run_survey(url, &[]);
        assert_eq!(
            counted(&as_json(&output)),
            mailbox.expected(),
            "{url}\n{}",
            std::fs::read_to_string(folder.join("log")).unwrap_or_default()
        );
    }
    // Dovecot itself moves what it has seen from `new` to `cur`; no message is marked as read by us.
    let seen = |names: &[String]| names.iter().filter(|n| n.contains(":2,") && n.ends_with('S')).count();
    assert_eq!(seen(&files(&mail)), seen(&before));

    // With a state only what is new is fetched.
    let state = state.to_str().unwrap();
    let first = run_survey(&implicit, &["--state", state]);
    assert!(told(&first).contains("64 messages in "), "{}", told(&first));
    std::fs::write(mail.join("new/later.host"), &mailbox.messages[0].0).unwrap();
    let later = run_survey(&implicit, &["--state", state]);
    assert!(
        told(&later).contains("1 message in ") && told(&later).contains("64 were counted before"),
        "{}",
        told(&later)
    );
    assert_eq!(as_json(&later)["messages"], 65);

    // Reports are read so, too: here is none.
    let reports = run(folder, &["reports", "--imap", &implicit], "secret-word", true);
    assert!(told(&reports).contains("65 messages without a report"), "{}", told(&reports));

    // What cannot work says why.
    let wrong_name = implicit.replace("localhost", "127.0.0.1");
    let no_folder = implicit.replace("INBOX", "Nowhere");
    for (url, password, ca, why) in [
        (&implicit, "wrong", true, "logging in as reader"),
        (&implicit, "", true, "there is no password for IMAP"),
        (&implicit, "secret-word", false, "certificate is refused"),
        (&wrong_name, "secret-word", true, "it is for another name"),
        (&no_folder, "secret-word", true, "the server refuses"),
    ] {
        let verb = verb(url);
        let args: Vec<&str> = verb.iter().map(String::as_str).collect();
        let output = run(folder, &args, password, ca);
        let text = told(&output);
        assert!(matches!(output.status.code(), Some(2 | 3)) && text.contains(why), "{url} {password}: {text}");
        assert!(!text.contains("secret-word"), "{text}");
    }
}
