//! Rspamd as Postfix's milter on both sides, with nothing but what was rendered.

use super::{
    ANSWERS, IMAP, all_six_are_proven, arrived, bounces_are_judged_by_helo, found, publish_probe, receiving,
    sent_both_ways,
};
use crate::lab::Lab;

#[test]
#[ignore = "runs inside the lab"]
fn story() {
    let mut lab = Lab::start();
    lab.setup(ANSWERS);
    lab.install("sender", "sending", "mail.example.com", &["--software", "rspamd"]);
    lab.install("receiver", "receiving", "mx.example.com", &["--software", "rspamd"]);
    lab.start_rspamd("sender");
    lab.start_rspamd("receiver");
    lab.start_postfix(&["sender", "receiver"]);
    lab.start_dovecot();
    // Nothing is found fault with in what was rendered.
    assert_eq!(found(&lab, "sender"), [""; 0]);
    assert_eq!(found(&lab, "receiver"), [""; 0]);

    // Mail by SMTP and by the sendmail command leaves with both signatures, and both are proven at the receiver.
    sent_both_ways(&lab);
    for mark in ["first", "cron"] {
        let letter = arrived(&lab, mark);
        assert_eq!(letter.matches("dkim=pass header.d=example.com").count(), 2, "{letter}");
        for want in ["a=rsa-sha256", "a=ed25519-sha256", "spf=pass", "dmarc=pass (policy=reject)"] {
            assert!(letter.contains(want), "{mark}: {want}:\n{letter}");
        }
    }

    // Forged under p=reject: refused while the session lasts, also with results of its own.
    let forged = "Authentication-Results: mx.example.com; spf=pass smtp.mailfrom=example.com; dmarc=pass";
    for field in ["X-Nothing: here", forged, "Received-SPF: Pass"] {
        let spoofed = lab.spoof(&[field]);
        assert!(spoofed.contains("554 5.7.1 rejected by DMARC policy"), "{field}: {spoofed}");
    }
    // From a domain without a policy it is delivered, and what it says of itself in our name is gone.
    let stranger = ["--server", "198.51.100.20", "--from", "eve@example.org", "--to", "bob@example.com"];
    lab.swaks("attacker", &[&stranger[..], &["--add-header", forged, "--header", "X-Mark: eve"]].concat());
    lab.wait("receiver", "grep -rq 'X-Mark: eve' /var/vmail/inbox/new");
    let letter = lab.delivered("X-Mark: eve").unwrap();
    assert_eq!(letter.matches("Authentication-Results:").count(), 1, "{letter}");
    assert!(letter.contains("Authentication-Results: mx.example.com;") && !letter.contains("dmarc=pass"), "{letter}");

    // The whole table, both sides in one run.
    publish_probe(&lab);
    all_six_are_proven(&lab, &["--software", "rspamd"]);
    bounces_are_judged_by_helo(&lab);

    // Without the rendered actions forged mail comes in: the refusal was theirs, and the messages show it.
    lab.sh(
        "receiver",
        "rm /etc/rspamd/local.d/dmarc.conf /etc/rspamd/local.d/force_actions.conf
         kill $(cat /run/rspamd/rspamd.pid)
         while ss -Hltn | grep -q '127.0.0.1:11332 '; do sleep 0.05; done",
    );
    lab.start_rspamd("receiver");
    let said = lab.mailproof("sender", &receiving(IMAP, &["--software", "rspamd"]));
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.out.contains("a forged message fails DMARC and is delivered all the same"), "{}", said.out);
    assert!(said.out.contains("CONF016") && said.out.contains("CONF017"), "{}", said.out);
    let mut codes = found(&lab, "receiver");
    codes.sort();
    assert_eq!(codes, ["CONF016", "CONF017"]);

    // Without its name Rspamd's `none` of a signature with a revoked key counts as what it is elsewhere: wrong.
    let said = lab.mailproof("sender", &receiving(IMAP, &[]));
    assert!(said.out.lines().any(|l| l.starts_with("!! revoked-key")), "{}", said.out);

    // The keys in a file that is included: found there by Rspamd and by `config check`.
    lab.sh(
        "sender",
        "cd /etc/rspamd; sed -n '/^domain {/,$p' local.d/dkim_signing.conf >own-keys.conf
         sed -i '/^domain {/,$d' local.d/dkim_signing.conf; echo '.include \"$LOCAL_CONFDIR/own-keys.conf\"' >>local.d/dkim_signing.conf
         rspamadm configtest 2>&1 | grep -q '^syntax OK'; rspamadm configdump dkim_signing 2>&1 | grep -q '^ *path = \"/etc/dkimkeys/'",
    );
    assert_eq!(found(&lab, "sender"), [""; 0]);

    // A key that is not the published one, and one that is not there.
    lab.sh("sender", "cd /etc/dkimkeys; cp $(ls *-ed.private | head -1) $(ls *.private | grep -v -e -ed | head -1)");
    let said = lab.mailproof("sender", &["config", "check", "--format", "json"]);
    assert!(said.out.contains("/etc/rspamd/own-keys.conf"), "{}", said.out);
    assert_eq!(found(&lab, "sender"), ["CONF010"]);
    lab.sh("sender", "rm /etc/dkimkeys/*-ed.private");
    let mut codes = found(&lab, "sender");
    codes.sort();
    assert_eq!(codes, ["CONF002", "CONF010"]);
}
