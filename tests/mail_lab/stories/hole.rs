//! The hole in the common recipe: a forger who writes `pass` himself is believed, under p=reject, until the rendered
//! configuration takes its place.

use super::{ANSWERS, IMAP, found, publish_probe, receiving};
use crate::lab::Lab;

/// As most guides have it: policyd-spf writes Authentication-Results, OpenDMARC reads them.
const RECIPE: &str = "
cat >/etc/opendkim.conf <<X
Syslog yes
UserID opendkim
UMask 007
PidFile /run/opendkim/opendkim.pid
Socket inet:8892@127.0.0.1
Mode v
AuthservID mx.example.com
AlwaysAddARHeader yes
Nameservers 203.0.113.54
X
cat >/etc/opendmarc.conf <<X
Syslog true
UserID opendmarc
PidFile /run/opendmarc/opendmarc.pid
Socket inet:8893@127.0.0.1
AuthservID mx.example.com
TrustedAuthservIDs mx.example.com
RejectFailures true
PublicSuffixList /usr/share/publicsuffix/public_suffix_list.dat
X
cat >/etc/postfix-policyd-spf-python/policyd-spf.conf <<X
debugLevel = 1
TestOnly = 1
HELO_reject = False
Mail_From_reject = False
skip_addresses = 127.0.0.0/8
Header_Type = AR
Authserv_Id = mx.example.com
X
postconf -e 'smtpd_milters = inet:127.0.0.1:8892, inet:127.0.0.1:8893' 'milter_default_action = tempfail' \\
  'smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, check_policy_service unix:private/policyd-spf'
printf 'policyd-spf unix - n n - 0 spawn\\n  user=policyd-spf argv=/usr/bin/policyd-spf\\n' >>/etc/postfix/master.cf
";

/// What the attacker writes into his message.
const FORGED: &[(&str, &str)] = &[
    ("results", "Authentication-Results: mx.example.com; spf=pass smtp.mailfrom=example.com"),
    ("spf", "Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.10; envelope-from=alice@example.com"),
];

fn forge(lab: &Lab, name: &str, field: &str) -> String {
    lab.spoof(&[field, &format!("X-Mark: forged-{name}")])
}

#[test]
#[ignore = "runs inside the lab"]
fn story() {
    let mut lab = Lab::start();
    lab.setup(ANSWERS);
    lab.sh("receiver", RECIPE);
    lab.restart_milters("receiver");
    lab.start_postfix(&["receiver"]);
    lab.start_dovecot();
    publish_probe(&lab);

    // Plainly forged mail is refused: everything seems to be in order.
    let plain = forge(&lab, "plain", "X-Nothing: here");
    assert!(plain.contains("550 5.7.1 rejected by DMARC"), "{plain}");
    // With a `pass` of its own it is delivered under p=reject.
    let mut through = 0;
    for (name, field) in FORGED {
        let sent = forge(&lab, name, field);
        println!(
            "common recipe, {name}: {}",
            sent.lines().filter(|l| l.starts_with("<** ") || l.contains("queued as")).collect::<String>()
        );
        through += usize::from(sent.contains("250 2.0.0 Ok: queued"));
    }
    assert_eq!(through, 2, "the recipe is no longer open: both forms were delivered when this was written");
    lab.wait("receiver", "grep -rq 'X-Mark: forged-results' /var/vmail/inbox/new");
    assert!(lab.delivered("X-Mark: forged-results").unwrap().contains("dmarc=pass"));

    // Both tell of it, with the same name.
    let said = lab.mailproof("sender", &receiving(IMAP, &[]));
    println!("{}{}", said.out, said.err);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.out.contains("CONF005") && said.out.contains("believes what the sender wrote"), "{}", said.out);
    let codes = found(&lab, "receiver");
    assert!(codes.iter().filter(|c| *c == "CONF005").count() == 2, "{codes:?}");
    let said = lab.mailproof("receiver", &["config", "check"]);
    // The lines are wrapped, behind a bar.
    let words: Vec<&str> = said.out.split_whitespace().filter(|w| *w != "|").collect();
    assert!(words.join(" ").contains("even under p=reject"), "{}", said.out);

    // The rendered configuration in its place: the same messages are refused.
    lab.stop_milters("receiver");
    lab.install("receiver", "receiving", "mx.example.com", &[]);
    lab.restart_milters("receiver");
    lab.reload_postfix("receiver");
    assert_eq!(found(&lab, "receiver"), [""; 0]);
    for (name, field) in FORGED {
        let sent = forge(&lab, &format!("again-{name}"), field);
        println!("rendered, {name}: {}", sent.lines().filter(|l| l.starts_with("<** ")).collect::<String>());
        assert!(sent.contains("550 5.7.1 rejected by DMARC policy for example.com"), "{name}: {sent}");
    }
    let said = lab.mailproof("sender", &receiving(IMAP, &[]));
    assert!(!said.out.contains("CONF"), "{}{}", said.out, said.err);
}
