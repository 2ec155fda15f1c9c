//! From an answers file to a proven table.

use super::{IMAP, configured, found, publish_probe, receiving};

#[test]
#[ignore = "runs inside the lab"]
fn story() {
    let lab = configured();
    lab.start_dovecot();
    // Nothing is found fault with in what was rendered.
    assert_eq!(found(&lab, "sender"), [""; 0]);
    assert_eq!(found(&lab, "receiver"), [""; 0]);

    // A message of a person, by the local submission: delivered, and both signatures proven at the receiver.
    let sent = lab.swaks(
        "sender",
        &[
            "--server",
            "127.0.0.1",
            "--from",
            "alice@example.com",
            "--to",
            "bob@example.com",
            "--header",
            "X-Mark: first",
        ],
    );
    assert!(sent.contains("250 2.0.0 Ok: queued"), "{sent}");
    lab.wait("receiver", "grep -rq 'X-Mark: first' /var/vmail/inbox/new");
    let letter = lab.delivered("X-Mark: first").unwrap();
    let flat = letter.split_whitespace().collect::<Vec<_>>().join(" ");
    for want in ["header.a=rsa-sha256", "header.a=ed25519-sha256", "dmarc=pass (p=reject dis=none)", "spf=pass"] {
        assert!(flat.contains(want), "{want}:\n{letter}");
    }
    assert_eq!(flat.matches("dkim=pass").count(), 2, "{letter}");

    // Mail of the sendmail command is signed too.
    lab.sh("sender", "printf 'From: cron@example.com\\nTo: bob@example.com\\nX-Mark: cron\\n\\nhi\\n' | sendmail -f cron@example.com bob@example.com");
    lab.wait("receiver", "grep -rq 'X-Mark: cron' /var/vmail/inbox/new");
    assert_eq!(lab.delivered("X-Mark: cron").unwrap().matches("dkim=pass").count(), 2);

    // Forged: refused while the session lasts.
    let spoofed = lab.spoof(&["X-Mark: spoof"]);
    assert!(spoofed.contains("550 5.7.1 rejected by DMARC policy for example.com"), "{spoofed}");

    // The whole table, both sides in one run.
    publish_probe(&lab);
    let both = receiving(
        IMAP,
        &["--sending", "--via", "127.0.0.1:25", "--submission-tls", "none", "--authserv-id", "mx.example.com"],
    );
    let said = lab.mailproof("sender", &[&both[..], &["--html", "cells.html"]].concat());
    println!("{}{}", said.out, said.err);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("6 of 6 proven"), "{}", said.out);
    let json = lab.mailproof("sender", &[&both[..], &["--format", "json"]].concat());
    let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let rows = value["receiving"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 11);
    assert!(rows.iter().all(|r| r["met"] == true), "{}", json.out);
    assert!(value["table"]["cells"].as_array().unwrap().iter().all(|c| c["standing"] == "proven"));
    let page = std::fs::read_to_string(lab.home().join("cells.html")).unwrap();
    assert!(page.contains("6 of 6 proven") && page.contains("forged-results"), "{page}");

    // A message saved elsewhere, judged beside what the receiver wrote into it.
    std::fs::write(lab.home().join("saved.eml"), &letter).unwrap();
    let saved = ["test", "--sending", "--to", "bob@example.com", "--authserv-id", "mx.example.com", "--read"];
    let said = lab.mailproof("sender", &[&saved[..], &["eml:saved.eml"]].concat());
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("we say the same") && said.out.contains("mx.example.com says:"), "{}", said.out);
    // Changed on the way, as lists and old relays do: what was changed is told.
    for (what, changed, want) in [
        ("a list's prefix", letter.replace("\nSubject: ", "\nSubject: [list] "), "a signed header field was changed"),
        ("a list's footer", format!("{letter}-- \nlist info\n"), "the body was changed after signing"),
        (
            "made 7-bit",
            letter
                .replace("\nTo: ", "\nContent-Transfer-Encoding: quoted-printable\nTo: ")
                .replace("a test", "a=20test"),
            "the body was changed after signing",
        ),
    ] {
        assert_ne!(changed, letter, "{what}");
        std::fs::write(lab.home().join("changed.eml"), changed).unwrap();
        let said = lab.mailproof("sender", &[&saved[..], &["eml:changed.eml"]].concat());
        let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.code == Some(1) && flat.contains(want), "{what}: {}{}", said.out, said.err);
    }
    // Rewritten after signing: told as that.
    std::fs::write(lab.home().join("saved.eml"), format!("{letter}-- \nfooter\n")).unwrap();
    let said = lab.mailproof("sender", &[&saved[..], &["eml:saved.eml"]].concat());
    assert_eq!(said.code, Some(1));
    let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("the copy that was read was rewritten after the receiver judged"), "{}", said.out);
}
