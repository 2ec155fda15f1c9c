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
mail: true
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
