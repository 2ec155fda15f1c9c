//! Debian's Exim on both sides, with nothing but what was rendered: first against the rendered Postfix, then against Exim.

use std::path::Path;

use super::{ANSWERS, all_six_are_proven, arrived, bounces_are_judged_by_helo, found, publish_probe, sent_both_ways};
use crate::EXIM;
use crate::lab::Lab;

#[test]
#[ignore = "runs inside the lab"]
fn story() {
    let mut lab = Lab::start();
    lab.setup(ANSWERS);
    lab.unpack_exim("sender", Path::new(EXIM), "mail.example.com");
    lab.install("sender", "sending", "mail.example.com", &["--software", "exim"]);
    lab.start_exim("sender");
    lab.install("receiver", "receiving", "mx.example.com", &[]);
    lab.restart_milters("receiver");
    lab.start_postfix(&["receiver"]);

    // Mail by SMTP and by the sendmail command carries both signatures; OpenDKIM proves both.
    sent_both_ways(&lab);
    let proven = |mark: &str| {
        let letter = arrived(&lab, mark);
        for want in ["header.a=rsa-sha256", "header.a=ed25519-sha256", "spf=pass", "dmarc=pass (p=reject"] {
            assert!(letter.contains(want), "{mark}: {want}:\n{letter}");
        }
        assert_eq!(letter.matches("dkim=pass").count(), 2, "{letter}");
    };
    proven("first");
    proven("cron");

    // Exim in Postfix's place.
    lab.stop_milters("receiver");
    lab.sh("receiver", "postfix stop >/dev/null 2>&1; while ss -Hltn | grep -q ':25 '; do sleep 0.05; done");
    lab.unpack_exim("receiver", Path::new(EXIM), "mx.example.com:example.com");
    lab.install("receiver", "receiving", "mx.example.com", &["--software", "exim"]);
    lab.start_exim("receiver");
    lab.start_dovecot();
    lab.sh("receiver", "rm /var/vmail/inbox/new/*");
    sent_both_ways(&lab);
    proven("first");
    proven("cron");

    // Forged under p=reject: refused while the session lasts, also with results of its own, also below the domain.
    let forged = "Authentication-Results: mx.example.com; spf=pass smtp.mailfrom=example.com; dmarc=pass";
    for field in ["X-Nothing: here", forged, "Received-SPF: Pass"] {
        let spoofed = lab.spoof(&[field]);
        assert!(spoofed.contains("550 rejected by DMARC policy for example.com"), "{field}: {spoofed}");
    }
    // The attacker's own envelope, for which SPF passes, does not answer for the author.
    let to_bob = ["--server", "198.51.100.20", "--from", "eve@example.org", "--to", "bob@example.com"];
    for (author, refused) in [
        ("alice@example.com", true),
        ("alice@deep.news.example.com", true),
        // Ends like the domain and is another.
        ("alice@notexample.com", false),
        ("alice@example.com, eve@example.org", true),
        ("eve@mail.example.org", false),
    ] {
        let said = lab.swaks("attacker", &[&to_bob[..], &["--header", &format!("From: {author}")]].concat());
        assert_eq!(said.contains("<** 550"), refused, "{author}: {said}");
    }
    // Delivered, what it says of itself in our name is gone.
    lab.swaks("attacker", &[&to_bob[..], &["--add-header", forged, "--header", "X-Mark: eve"]].concat());
    lab.wait("receiver", "grep -rq 'X-Mark: eve' /var/vmail/inbox/new");
    let letter = lab.delivered("X-Mark: eve").unwrap();
    assert!(
        !letter.contains("dmarc=pass") && letter.contains("dmarc=none (p=none) header.from=example.org"),
        "{letter}"
    );

    // The whole table, both sides in one run.
    publish_probe(&lab);
    all_six_are_proven(&lab, &[]);
    bounces_are_judged_by_helo(&lab);

    // `config check` knows the keys that the macros name.
    assert_eq!(found(&lab, "sender"), [""; 0]);
    // Of the judging side it claims nothing.
    assert_eq!(found(&lab, "receiver"), [""; 0]);
    let said = lab.mailproof_ok("receiver", &["config", "check"]);
    assert!(said.err.contains("of Exim the keys alone are looked at"), "{}", said.err);
    lab.sh("sender", "rm /etc/dkimkeys/*-ed.private");
    assert_eq!(found(&lab, "sender"), ["CONF002"]);
}
