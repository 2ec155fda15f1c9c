//! Exim's judgement of DMARC, which is an ACL of ours: policies of every kind, each answer beside that of `verify`.

use std::fmt::Write as _;
use std::path::Path;
use std::time::SystemTime;

use mailproof::keys::algorithm::Algorithm;
use mailproof::keys::pair::KeyPair;
use mailproof::mail::sign::{Signer, sign};

use super::ANSWERS;
use crate::EXIM;
use crate::lab::Lab;

/// The policies, each the end of its walk (`psd=n`) so that none is under another's.
const POLICIES: &[(&str, &str)] = &[
    ("relaxed", "v=DMARC1; p=reject; psd=n"),
    ("own.relaxed", "v=DMARC1; p=reject; psd=n"),
    ("strict", "v=DMARC1; p=reject; adkim=s; aspf=s; psd=n"),
    ("sp", "v=DMARC1; p=none; sp=reject; psd=n"),
    ("np", "v=DMARC1; p=reject; sp=none; np=reject; psd=n"),
    ("suffix", "v=DMARC1; p=reject; psd=y"),
    ("trial", "v=DMARC1; p=reject; t=y; psd=n"),
    // Two strings of one record; two records.
    ("strings", "v=DMARC1; p=rej\" \"ect; psd=n"),
    ("several.relaxed", "v=DMARC1; p=none"),
    ("several.relaxed", "v=DMARC1; p=quarantine"),
    // Words of a policy that are none of its tags.
    ("words", "v=DMARC1; p=none; rua=mailto:p=reject@example.org; xsp=reject; psd=n"),
];

/// Names that exist: the attacker's host may send for them.
const SENDERS: &[&str] = &[
    "relaxed",
    "bounce.relaxed",
    "own.relaxed",
    "strict",
    "bounce.strict",
    "sp",
    "x.sp",
    "x.np",
    "a.suffix",
    "b.suffix",
    "x.a.suffix",
    "trial",
    "elsewhere",
];

/// What signs: a name in DNS, and in the signature's `d=`.
const SIGNERS: &[&str] =
    &["relaxed", "mail.relaxed", "own.relaxed", "strict", "mail.strict", "a.suffix", "relaxed.example.org:elsewhere"];

/// What the messages come to.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Comes {
    /// Delivered, with this result.
    In(&'static str),
    /// Refused.
    Refused,
    /// Put off.
    Later,
}
use Comes::{In, Later, Refused};

/// The envelope's domain, for which SPF passes; the author's; the signer; what it comes to; why.
const MESSAGES: &[(&str, &str, &str, Comes, &str)] = &[
    ("elsewhere", "relaxed", "", Refused, "the envelope is another organisation's"),
    ("bounce.relaxed", "relaxed", "", In("pass"), "relaxed SPF: the same organisation"),
    ("relaxed", "x.relaxed", "", In("pass"), "relaxed SPF: the organisation for a name below it"),
    ("elsewhere", "relaxed", "mail.relaxed", In("pass"), "relaxed DKIM"),
    ("bounce.strict", "strict", "", Refused, "strict SPF: not the name itself"),
    ("strict", "strict", "", In("pass"), "strict SPF: the name itself"),
    ("elsewhere", "strict", "mail.strict", Refused, "strict DKIM: not the name itself"),
    ("elsewhere", "strict", "strict", In("pass"), "strict DKIM: the name itself"),
    ("elsewhere", "x.strict", "strict", Refused, "strict holds for names below, too"),
    ("elsewhere", "sp", "", In("fail"), "p is for the name itself"),
    ("elsewhere", "x.sp", "", Refused, "sp is for names below"),
    ("elsewhere", "deep.x.sp", "", Refused, "however far below"),
    ("elsewhere", "x.np", "", In("fail"), "sp is for names that exist"),
    ("elsewhere", "nothing.np", "", Refused, "np is for names that do not"),
    ("a.suffix", "x.a.suffix", "", In("pass"), "one label below a public suffix is the organisation"),
    ("a.suffix", "b.suffix", "", Refused, "two names below a public suffix are strangers"),
    ("elsewhere", "x.a.suffix", "a.suffix", In("pass"), "the same by DKIM"),
    ("elsewhere", "own.relaxed", "relaxed", Refused, "psd=n: an organisation of its own"),
    ("elsewhere", "relaxed", "own.relaxed", Refused, "which does not answer for the one above"),
    ("elsewhere", "trial", "", In("fail"), "t=y: one step weaker"),
    ("elsewhere", "strings", "", Refused, "a record in two strings"),
    ("elsewhere", "several.relaxed", "", Refused, "two records are none: the one above counts"),
    ("elsewhere", "words", "", In("fail"), "p=reject inside another tag is no policy"),
    ("elsewhere", "1.2.3.4.5.6.7.8.relaxed", "", Refused, "eight labels and more"),
    ("elsewhere", "RELAXED", "", Refused, "capitals"),
    ("elsewhere", "relaxed", "relaxed.example.org:elsewhere", Refused, "a colon in d= does not make two signers"),
    ("elsewhere", "closed", "", Later, "DNS does not answer: nobody knows, so nobody lets it in"),
];

/// Hands over the messages of a list octet by octet; prints the last reply of each.
const HAND_OVER: &str = "
import smtplib
for line in open('list'):
    file, sender = line.split()
    with smtplib.SMTP('198.51.100.20', local_hostname='mail.example.org', timeout=20) as smtp:
        try:
            smtp.sendmail(sender, ['bob@example.com'], open(file, 'rb').read())
            print('250')
        except smtplib.SMTPDataError as e:
            print(e.smtp_code, e.smtp_error.decode())
";

fn full(name: &str) -> String {
    format!("{name}.example.org")
}

#[test]
#[ignore = "runs inside the lab"]
fn story() {
    let lab = Lab::start();
    lab.setup(ANSWERS);
    lab.unpack_exim("receiver", Path::new(EXIM), "mx.example.com:example.com");
    lab.install("receiver", "receiving", "mx.example.com", &["--software", "exim"]);
    lab.start_exim("receiver");

    let key = KeyPair::generate(Algorithm::Ed25519).unwrap();
    let mut zone = String::new();
    for (name, record) in POLICIES {
        writeln!(zone, "_dmarc.{}. 60 IN TXT \"{record}\"", full(name)).unwrap();
    }
    for name in SENDERS {
        writeln!(zone, "{n}. 60 IN A 192.0.2.66\n{n}. 60 IN TXT \"v=spf1 ip4:192.0.2.66 -all\"", n = full(name))
            .unwrap();
    }
    for name in SIGNERS {
        writeln!(zone, "s._domainkey.{}. 60 IN TXT \"{}\"", full(name), key.record()).unwrap();
    }
    lab.publish("example.org", &zone);

    let mut list = String::new();
    for (number, (envelope, author, signer, ..)) in MESSAGES.iter().enumerate() {
        let text = format!(
            "From: a@{}\r\nTo: bob@example.com\r\nSubject: {number}\r\nDate: Sat, 1 Jan 2028 00:00:00 +0000\r\n\
             Message-ID: <{number}@example.org>\r\n\r\nhi\r\n",
            full(author)
        );
        let signers = [Signer { domain: &full(signer), selector: "s", key: &key }];
        let signers = if signer.is_empty() { &[][..] } else { &signers[..] };
        let octets = if signers.is_empty() {
            text.into_bytes()
        } else {
            sign(text.as_bytes(), signers, SystemTime::now()).unwrap()
        };
        std::fs::write(lab.home().join(format!("{number}.eml")), octets).unwrap();
        writeln!(list, "{number}.eml a@{}", full(envelope)).unwrap();
    }
    std::fs::write(lab.home().join("list"), list).unwrap();
    std::fs::write(lab.home().join("hand-over.py"), HAND_OVER).unwrap();
    let replies = lab.sh("attacker", "python3 hand-over.py");
    let mut wrong = Vec::new();
    for (number, ((envelope, author, signer, comes, why), reply)) in MESSAGES.iter().zip(replies.lines()).enumerate() {
        let row = format!("{envelope}, {author}, {signer}: {why}");
        let ours = lab.mailproof(
            "receiver",
            &[
                "verify",
                &format!("{number}.eml"),
                "--ip",
                "192.0.2.66",
                "--helo",
                "mail.example.org",
                "--mail-from",
                &format!("a@{}", full(envelope)),
                "--format",
                "json",
            ],
        );
        let ours: serde_json::Value = serde_json::from_str(&ours.out).unwrap_or_default();
        let ours = ours["dmarc"]["result"].as_str().unwrap_or("no result").to_string();
        let (as_we_say, as_replied) = match comes {
            In(result) => (ours == *result, reply == "250"),
            Refused => (ours == "fail", reply.starts_with("550 rejected by DMARC policy for ")),
            Later => (ours == "temperror", reply.starts_with("451 ")),
        };
        println!("{} {row}: {reply}; we say {ours}", if as_we_say && as_replied { "ok" } else { "!!" });
        if !(as_we_say && as_replied) {
            wrong.push(format!("{row}: {reply}; we say {ours}"));
        }
        if let In(result) = comes {
            let mark = format!("Subject: {number}$");
            lab.wait("receiver", &format!("grep -rq '{mark}' /var/vmail/inbox/new"));
            let letter = lab.delivered(&mark).unwrap();
            if !letter.contains(&format!("; dmarc={result} (p=")) {
                wrong.push(format!("{row}: {letter}"));
            }
        }
    }
    assert_eq!(replies.lines().count(), MESSAGES.len(), "{replies}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
