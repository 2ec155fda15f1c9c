//! What happens in the lab.

pub mod exim;
pub mod exim_dmarc;
pub mod faults;
pub mod hole;
pub mod proven;
pub mod rspamd;

use crate::lab::Lab;

/// The single input: what a person answers the wizard.
pub const ANSWERS: &str = "domain: example.com
hosts: [mail.example.com, mx.example.com]
addresses.mail.example.com: [192.0.2.10]
receives.mail.example.com: false
addresses.mx.example.com: [198.51.100.20]
receives.mx.example.com: true
publish_addresses.mail.example.com: true
publish_addresses.mx.example.com: true
senders: []
spf.all: fail
keys: rsa2048+ed25519
dmarc.policy: reject
dmarc.reports: [dmarc@example.com]
provider: powerdns
provider.endpoint: http://203.0.113.53:8081/api/v1
publish: true
";

/// The lab with both sides configured by `config render` and everything started.
pub fn configured() -> Lab {
    let mut lab = Lab::start();
    lab.setup(ANSWERS);
    lab.install("sender", "sending", "mail.example.com", &[]);
    lab.install("receiver", "receiving", "mx.example.com", &[]);
    lab.restart_milters("sender");
    lab.restart_milters("receiver");
    lab.start_postfix(&["sender", "receiver"]);
    lab
}

/// The flags of a set of messages from the sender to the receiver, read by Maildir or IMAP.
pub fn receiving<'a>(read: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let args = [
        "test",
        "--receiving",
        "mx.example.com",
        "--to",
        "bob@example.com",
        "--ca",
        "mx.crt",
        "--yes",
        "--delivery-wait",
        "10",
        "--read",
        read,
    ];
    [&args[..], more].concat()
}

/// Publishes the records of the probe domain.
pub fn publish_probe(lab: &Lab) {
    let records = lab.mailproof_ok("sender", &receiving(IMAP, &["--probe-records"])).out;
    lab.publish("example.com", &records);
}

/// The mailbox by IMAP.
pub const IMAP: &str = "imaps://bob@mx.example.com";

/// The codes of `config check` on a machine.
pub fn found(lab: &Lab, machine: &str) -> Vec<String> {
    let said = lab.mailproof(machine, &["config", "check", "--format", "json"]);
    let value: serde_json::Value =
        serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err));
    value["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap().to_string()).collect()
}

/// Mail from the null sender, not signed: SPF goes by the HELO name, and DMARC by both.
pub fn bounces_are_judged_by_helo(lab: &Lab) {
    for (machine, helo, author, taken, why) in [
        ("sender", "mail.example.com", "example.com", true, "the host's own name"),
        ("attacker", "mail.example.com", "example.com", false, "a stranger who says the host's name"),
        ("attacker", "mail.example.org", "example.com", false, "a stranger under his own name"),
        ("attacker", "mail.example.org", "example.org", true, "a domain without a policy"),
    ] {
        let from = format!("From: Mail Delivery <MAILER-DAEMON@{author}>");
        let args = ["--server", "198.51.100.20", "--from", "<>", "--to", "bob@example.com", "--helo", helo];
        let said = lab.swaks(machine, &[&args[..], &["--header", &from]].concat());
        assert!(said.contains("MAIL FROM:<>"), "{said}");
        assert_eq!(!said.contains("<** "), taken, "{why}: {said}");
        assert!(taken || said.contains("rejected by DMARC policy"), "{why}: {said}");
    }
}

/// Mail to bob that the machine's own server sends: by SMTP, and by the sendmail command. Both are marked and arrive.
pub fn sent_both_ways(lab: &Lab) {
    let letter = ["--server", "127.0.0.1", "--from", "alice@example.com", "--to", "bob@example.com"];
    let sent = lab.swaks("sender", &[&letter[..], &["--header", "X-Mark: first"]].concat());
    assert!(sent.contains("250 2.0.0 Ok: queued") || sent.contains("250 OK id="), "{sent}");
    lab.sh("sender", "printf 'From: cron@example.com\\nTo: bob@example.com\\nX-Mark: cron\\n\\nhi\\n' | sendmail -f cron@example.com bob@example.com");
}

/// The letter with `mark` when it has arrived, its white space made one space.
pub fn arrived(lab: &Lab, mark: &str) -> String {
    lab.wait("receiver", &format!("grep -rq 'X-Mark: {mark}' /var/vmail/inbox/new"));
    let letter = lab.delivered(&format!("X-Mark: {mark}")).unwrap();
    letter.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The flags that prove both sides in one run.
pub const BOTH: &[&str] =
    &["--sending", "--via", "127.0.0.1:25", "--submission-tls", "none", "--authserv-id", "mx.example.com"];

/// Both sides in one run: all six cells are proven.
pub fn all_six_are_proven(lab: &Lab, more: &[&str]) {
    let said = lab.mailproof("sender", &receiving(IMAP, &[BOTH, more].concat()));
    println!("{}{}", said.out, said.err);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("6 of 6 proven"), "{}", said.out);
}
