//! Every receiving and sending part switched off or misconfigured in turn: the messages and `config check` both name it.

use super::{IMAP, configured, found, publish_probe, receiving};
use crate::lab::Lab;

/// One fault.
struct Fault {
    /// The rule that `config check` names, and the messages too.
    code: &'static str,
    /// How it is made, on the machine that it is of.
    change: &'static str,
}

const RECEIVING: &[Fault] = &[
    Fault {
        code: "CONF001",
        change: "sed -i 's#^Socket .*#Socket local:/run/opendmarc/opendmarc.sock#' /etc/opendmarc.conf",
    },
    Fault {
        code: "CONF004",
        change: "sed -i 's/^AuthservID .*/AuthservID other.example.com/; s/^RemoveARFrom.*/RemoveARFrom mx.example.com,other.example.com/' /etc/opendkim.conf",
    },
    Fault {
        code: "CONF005",
        change: "sed -i 's/^SPFIgnoreResults.*/SPFIgnoreResults false/' /etc/opendmarc.conf; sed -i '/^RemoveAR/d' /etc/opendkim.conf; \
                 sed -i 's/^Header_Type.*/Header_Type = AR\\nAuthserv_Id = mx.example.com/' /etc/postfix-policyd-spf-python/policyd-spf.conf",
    },
    Fault {
        code: "CONF006",
        change: "postconf -e 'smtpd_milters = unix:opendmarc/opendmarc.sock, unix:opendkim/opendkim.sock'",
    },
    Fault { code: "CONF006", change: "postconf -e 'smtpd_milters = unix:opendkim/opendkim.sock'" },
    Fault { code: "CONF008", change: "postconf -e 'milter_default_action = accept'; touch /run/without-opendmarc" },
    Fault { code: "CONF009", change: "sed -i 's/^SPFSelfValidate.*/SPFSelfValidate false/' /etc/opendmarc.conf" },
    Fault { code: "CONF012", change: "sed -i 's/^Nameservers.*/DNSTimeout 1/' /etc/opendkim.conf" },
    Fault {
        code: "CONF013",
        change: "sed -i 's/^Mail_From_reject.*/Mail_From_reject = Fail/' /etc/postfix-policyd-spf-python/policyd-spf.conf",
    },
    Fault { code: "CONF016", change: "sed -i 's/^RejectFailures.*/RejectFailures false/' /etc/opendmarc.conf" },
    Fault { code: "CONF017", change: "sed -i 's/^RequiredHeaders.*/RequiredHeaders false/' /etc/opendmarc.conf" },
];

const SENDING: &[Fault] = &[
    Fault { code: "CONF002", change: "chmod 777 /etc/dkimkeys" },
    Fault { code: "CONF003", change: "sed -i 's/example.com /example.org /' /etc/opendkim/signing*.table" },
    Fault { code: "CONF010", change: "sed -i 's/:mp[0-9]*:/:nowhere:/' /etc/opendkim/key.table" },
    Fault { code: "CONF011", change: "sed -i '/^OversignHeaders/d' /etc/opendkim.conf" },
    Fault { code: "CONF014", change: "echo 192.0.2.99 >/etc/opendkim/trusted.hosts" },
    Fault {
        code: "CONF015",
        change: "cat /etc/opendkim/key-ed25519.table >>/etc/opendkim/key.table; sed -i 's/^\\*@example.com mp[0-9]*\\._/*@example.com '$(cut -d. -f1 /etc/opendkim/key-ed25519.table | tail -1)'._/' /etc/opendkim/signing.table",
    },
];

/// Seen by one's own people who log in from elsewhere.
const LOGGED_IN: &[Fault] = &[Fault {
    code: "CONF007",
    change: "sed -i 's/^IgnoreAuthenticatedClients.*/IgnoreAuthenticatedClients false/' /etc/opendmarc.conf",
}];

/// A copy of the configuration, and back.
const SAVE: &str = "rm -rf /run/saved; mkdir /run/saved; cp -a /etc/opendkim* /etc/opendmarc* /etc/dkimkeys /etc/postfix /etc/postfix-policyd-spf-python /run/saved/ 2>/dev/null || true";
const RESTORE: &str = "cp -a /run/saved/. /etc/; chmod 700 /etc/dkimkeys; rm -f /run/without-opendmarc";

fn restart(lab: &Lab, machine: &str) {
    lab.restart_milters(machine);
    lab.sh(machine, "[ -e /run/without-opendmarc ] && kill -9 $(cat /run/opendmarc/opendmarc.pid); true");
    lab.reload_postfix(machine);
}

#[test]
#[ignore = "runs inside the lab"]
fn story() {
    let lab = configured();
    lab.start_dovecot();
    lab.start_submission();
    publish_probe(&lab);
    for machine in ["sender", "receiver"] {
        lab.sh(machine, SAVE);
    }
    let set = receiving(IMAP, &[]);
    let one = ["test", "--sending", "--via", "127.0.0.1:25", "--submission-tls", "none", "--to", "bob@example.com"];
    let one = [&one[..], &["--read", IMAP, "--ca", "mx.crt", "--yes", "--delivery-wait", "10"]].concat();
    let mut wrong = Vec::new();
    let far =
        ["test", "--sending", "--via", "198.51.100.20:587", "--user", "bob", "--insecure", "--to", "bob@example.com"];
    let far = [&far[..], &["--read", IMAP, "--ca", "mx.crt", "--yes", "--delivery-wait", "10"]].concat();
    for (machine, faults, from, probe) in [
        ("receiver", RECEIVING, "sender", &set),
        ("receiver", LOGGED_IN, "attacker", &far),
        ("sender", SENDING, "sender", &one),
    ] {
        for fault in faults {
            lab.sh(machine, fault.change);
            restart(&lab, machine);
            let checked = found(&lab, machine);
            let said = lab.mailproof(from, probe);
            let shown = format!("{}{}", said.out, said.err);
            let named = shown.contains(fault.code);
            println!("{} on the {machine}: config check says {checked:?}; the messages name it: {named}", fault.code);
            if !checked.iter().any(|c| c == fault.code) {
                wrong.push(format!("{}: config check says {checked:?}", fault.code));
            }
            if !named || said.code == Some(0) {
                wrong.push(format!("{}: {:?} {shown}", fault.code, said.code));
            }
            lab.sh(machine, RESTORE);
        }
        restart(&lab, machine);
    }
    // All as it was: nothing is said any more.
    assert_eq!(found(&lab, "receiver"), [""; 0]);
    let said = lab.mailproof("attacker", &far);
    assert!(said.out.contains("the server did not sign") && !said.out.contains("CONF007"), "{}{}", said.out, said.err);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
