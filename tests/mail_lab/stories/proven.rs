//! From an answers file to a proven table.

use super::{
    BOTH, IMAP, all_six_are_proven, arrived, bounces_are_judged_by_helo, configured, found, publish_probe, receiving,
    sent_both_ways,
};

#[test]
#[ignore = "runs inside the lab"]
fn story() {
    let lab = configured();
    lab.start_dovecot();
    // Nothing is found fault with in what was rendered.
    assert_eq!(found(&lab, "sender"), [""; 0]);
    assert_eq!(found(&lab, "receiver"), [""; 0]);

    // A message of a person, by the local submission: delivered, and both signatures proven at the receiver.
    // Mail of the sendmail command is signed too.
    sent_both_ways(&lab);
    for mark in ["first", "cron"] {
        let letter = arrived(&lab, mark);
        for want in ["header.a=rsa-sha256", "header.a=ed25519-sha256", "dmarc=pass (p=reject dis=none)", "spf=pass"] {
            assert!(letter.contains(want), "{mark}: {want}:\n{letter}");
        }
        assert_eq!(letter.matches("dkim=pass").count(), 2, "{letter}");
    }
    let letter = lab.delivered("X-Mark: first").unwrap();

    // Forged: refused while the session lasts.
    let spoofed = lab.spoof(&["X-Mark: spoof"]);
    assert!(spoofed.contains("550 5.7.1 rejected by DMARC policy for example.com"), "{spoofed}");

    // The whole table, both sides in one run.
    publish_probe(&lab);
    all_six_are_proven(&lab, &["--html", "cells.html"]);
    bounces_are_judged_by_helo(&lab);
    let both = receiving(IMAP, BOTH);
    let json = lab.mailproof("sender", &[&both[..], &["--format", "json"]].concat());
    let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let rows = value["receiving"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 11);
    assert!(rows.iter().all(|r| r["met"] == true), "{}", json.out);
    assert!(value["table"]["cells"].as_array().unwrap().iter().all(|c| c["standing"] == "proven"));
    let page = std::fs::read_to_string(lab.home().join("cells.html")).unwrap();
    let printed = lab.mailproof("sender", &[&both[..], &["--format", "html"]].concat()).out;
    for page in [page, printed] {
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"), "{page}");
        for want in ["6 of 6 proven", "forged-results", "spf=pass dkim=pass dmarc=pass", "mx.example.com"] {
            assert!(page.contains(want), "{want}: {page}");
        }
    }

    // A message saved elsewhere, judged beside what the receiver wrote into it.
    std::fs::write(lab.home().join("saved.eml"), &letter).unwrap();
    let saved = ["test", "--sending", "--to", "bob@example.com", "--authserv-id", "mx.example.com", "--read"];
    let said = lab.mailproof("sender", &[&saved[..], &["eml:saved.eml"]].concat());
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("we say the same") && said.out.contains("mx.example.com says:"), "{}", said.out);
    let mut from_stdin = lab.on("sender");
    from_stdin.arg(env!("CARGO_BIN_EXE_mailproof")).args(saved).arg("stdin");
    from_stdin.stdin(std::fs::File::open(lab.home().join("saved.eml")).unwrap());
    let from_stdin = from_stdin.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&from_stdin.stdout), said.out);
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
