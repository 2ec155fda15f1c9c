//! A journey for each kind of domain, from the first question to the proof.

use std::path::Path;

use tempfile::TempDir;

use crate::journey::{Enter, Marks, PUBLISH, Presses, Step, Takes, Types, arrives, goes};
use crate::lab::lab;
use crate::support::powerdns::PowerDns;
use crate::terminal::{Person, Pty, Start};

/// A journey in our emulator, 80 columns wide.
pub struct Journey {
    pub dns: PowerDns,
    pub dir: TempDir,
    /// The last screen.
    pub seen: String,
    pub answers: usize,
}

/// Goes through `parts` in a new folder beside `zones` and keeps the screen; `None` without PowerDNS.
#[track_caller]
pub fn journey(name: &str, zones: &[&str], args: &[&str], parts: &[&[Step]]) -> Option<Journey> {
    let dns = lab(zones)?;
    let dir = tempfile::tempdir().unwrap();
    let mut person = start(&dns, dir.path(), args);
    parts.iter().for_each(|steps| goes(&mut person, &dns, steps));
    let seen = arrives(&person, name, 0, dir.path());
    Some(Journey { dns, dir, seen, answers: person.answers })
}

/// `mailproof setup` beside the lab.
pub fn start(dns: &PowerDns, folder: &Path, args: &[&str]) -> Person<Pty> {
    let server = at(dns);
    let args = [&["--nameserver", server.as_str(), "--root", "/nowhere"], args].concat();
    Pty::start(&Start::new(folder, &args))
}

/// The address of the lab's name server.
pub fn at(dns: &PowerDns) -> String {
    format!("127.0.0.1:{}", dns.dns_port)
}

/// The usual domain: nothing is published yet, and somebody knows their domain and where the server stands.
#[test]
fn own_mail_server() {
    const STEPS: &[Step] = &[
        ("Domain:", Types("Own.test"), "as people write it"),
        ("What is own.test for?", Enter, "an own server is proposed where nothing is found"),
        ("Your own mail servers [mail.own.test]:", Enter, "the usual name"),
        ("Addresses that mail.own.test sends from:", Types("127.0.0.10"), "only they know"),
        ("Services that send mail", Enter, "none"),
        ("proves nothing", Enter, "watching first"),
        ("Address for daily reports", Enter, "the usual address"),
    ];
    let Some(done) = journey("own_mail_server", &["own.test"], &[], &[STEPS, PUBLISH]) else { return };
    assert!(done.seen.contains("6 of 6 proven"), "{}", done.seen);
    assert!(done.answers <= 12, "{} answers", done.answers);
    assert_eq!(done.dns.dig("own.test", "MX"), ["10 mail.own.test."]);
    let texts = done.dns.dig("own.test", "TXT");
    assert!(texts.len() == 2 && texts.iter().any(|t| t.contains("site-verification=4711")), "{texts:?}");
}

/// Everything is seen: nothing is asked that DNS and this machine say.
#[test]
fn own_mail_server_detected() {
    const STEPS: &[Step] = &[
        ("Domain:", Types("known.test"), "the one thing that nobody can guess"),
        ("Services that send mail", Enter, "none but the own server"),
        ("Encryption of mail that comes", Enter, "one thing after the other"),
        ("The number of an answer to change", Enter, "all is right"),
        ("API key of PowerDNS", Types("{key}"), "a secret is asked for, wherever it stands"),
        ("Publish?", Presses("y"), "the plan is seen, and its proof"),
    ];
    let Some(dns) = lab(&["known.test"]) else { return };
    let root = tempfile::tempdir().unwrap();
    let settings = root.path().join("etc/powerdns");
    std::fs::create_dir_all(&settings).unwrap();
    std::fs::write(settings.join("pdns.conf"), dns.settings()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let args = ["--nameserver", &at(&dns), "--root", root.path().to_str().unwrap()];
    let mut person = Pty::start(&Start::new(dir.path(), &args));
    goes(&mut person, &dns, STEPS);
    let seen = arrives(&person, "own_mail_server_detected", 0, dir.path());
    assert!(seen.contains("6 of 6 proven"), "{seen}");
    assert!(person.answers <= 6, "{} answers", person.answers);
}

/// A service has the mailboxes and sends: what can be proven here is that forgeries are refused and that the service's key
/// is there; the rest is proven with a message that the service sent.
#[test]
fn hosted_mail() {
    const STEPS: &[Step] = &[
        ("Domain:", Types("hosted.test"), "its MX is Google's"),
        ("What is hosted.test for?", Enter, "hosted mail is proposed"),
        ("Services that send mail", Enter, "Google is marked"),
        ("proves nothing", Enter, "watching first"),
        ("Address for daily reports", Enter, "the usual address"),
        ("Encryption of mail that comes", Enter, "one thing after the other"),
    ];
    let Some(done) = journey("hosted_mail", &["hosted.test"], &[], &[STEPS, PUBLISH]) else { return };
    assert!(done.seen.contains("3 of 6 proven, 3 published"), "{}", done.seen);
    // What the wizard says to do next: the service's message, from the service's address, with the service's key.
    let message = crate::lab::sent_by_google("hosted.test");
    std::fs::write(done.dir.path().join("message.eml"), message).unwrap();
    let mut verify = crate::support::mailproof();
    verify.current_dir(done.dir.path()).args([
        "verify",
        "message.eml",
        "--ip",
        "127.0.1.1",
        "--nameserver",
        &at(&done.dns),
    ]);
    let output = verify.args(["--mail-from", "postmaster@hosted.test"]).output().unwrap();
    let told = crate::support::told(&output);
    assert!(output.status.success() && told.contains("DMARC  pass"), "{told}");
}

/// A service has the mailboxes, and a server of one's own sends, too.
#[test]
fn hosted_mail_and_own_server() {
    const STEPS: &[Step] = &[
        ("Domain:", Types("mixed.test"), "Google's MX and SPF"),
        ("What is mixed.test for?", Takes("hosted mail and own server"), "the server is not in DNS yet"),
        ("Your own mail servers [mail.mixed.test]:", Types("shop.mixed.test"), "the shop sends"),
        ("Addresses that shop.mixed.test sends from:", Types("127.0.0.12"), "only they know"),
        ("Services that send mail", Enter, "Google is marked"),
        ("proves nothing", Enter, "watching first"),
        ("Address for daily reports", Enter, "the usual address"),
        ("Encryption of mail that comes", Takes("testing"), "a policy that senders only report about"),
    ];
    let Some(done) = journey("hosted_mail_and_own_server", &["mixed.test"], &[], &[STEPS, PUBLISH]) else { return };
    assert!(done.seen.contains("6 of 6 proven"), "{}", done.seen);
    assert_eq!(done.dns.dig("mixed.test", "TXT"), ["\"v=spf1 include:_spf.google.com ip4:127.0.0.12 ~all\""]);
    assert_eq!(done.dns.dig("mixed.test", "MX"), ["1 smtp.google.com."], "mail still comes to the service");
}

/// Nobody writes to it: a shop's notices.
#[test]
fn sends_only() {
    const STEPS: &[Step] = &[
        ("Domain:", Types("shop.test"), "a web server is all there is"),
        ("What is shop.test for?", Takes("sends only"), "nobody can see that"),
        ("Your own mail servers", Types("out.shop.test"), "the shop's own"),
        ("Addresses that out.shop.test sends from:", Types("127.0.0.13"), "only they know"),
        ("Services that send mail", Enter, "none"),
        ("proves nothing", Takes("reject"), "nothing else sends: no need to watch"),
        ("Address for daily reports", Types("dmarc@own.test"), "it takes no mail itself"),
    ];
    let Some(done) = journey("sends_only", &["shop.test"], &[], &[STEPS, PUBLISH]) else { return };
    assert!(done.seen.contains("6 of 6 proven"), "{}", done.seen);
    assert_eq!(done.dns.dig("shop.test", "MX"), Vec::<String>::new());
}

/// It receives and never sends: whatever claims to come from it is refused.
#[test]
fn receives_only() {
    const STEPS: &[Step] = &[
        ("Domain:", Types("inbox.test"), "an MX, and SPF that says nobody"),
        ("What is inbox.test for?", Enter, "receiving only is proposed"),
        ("Address for daily reports", Enter, "the usual address"),
        ("Encryption of mail that comes", Enter, "one thing after the other"),
    ];
    let Some(done) = journey("receives_only", &["inbox.test"], &[], &[STEPS, PUBLISH]) else { return };
    assert!(done.seen.contains("3 of 3 proven"), "{}", done.seen);
    assert_eq!(done.dns.dig("inbox.test", "MX"), ["10 mail.inbox.test."]);
}

/// Neither sends nor receives: mail from it is refused by everyone.
#[test]
fn parked() {
    const STEPS: &[Step] = &[
        ("Domain:", Types("parked.test"), "a web server is all there is"),
        ("What is parked.test for?", Takes("parked"), "nobody can see that"),
        ("Address for daily reports", Enter, "nobody reads any"),
    ];
    let Some(done) = journey("parked", &["parked.test"], &[], &[STEPS, PUBLISH]) else { return };
    assert!(done.seen.contains("3 of 3 proven"), "{}", done.seen);
    assert_eq!(done.dns.dig("parked.test", "MX"), ["0 ."]);
    assert_eq!(done.dns.dig("parked.test", "TXT"), ["\"v=spf1 -all\""]);
}

/// Newsletters from a subdomain of a domain that is set up: its DMARC record is that of the domain above it.
#[test]
fn subdomain_for_bulk_mail() {
    const STEPS: &[Step] = &[
        ("Domain:", Types("news.brand.test"), "below a domain with a policy"),
        ("What is news.brand.test for?", Enter, "bulk mail is proposed below another domain"),
        ("Your own mail servers", Types("out.news.brand.test"), "a server that sends newsletters"),
        ("Addresses that out.news.brand.test sends from:", Types("127.0.0.18"), "only they know"),
        ("Services that send mail", Marks(&["SendGrid"]), "half of it goes through a service"),
    ];
    let Some(done) = journey("subdomain_for_bulk_mail", &["brand.test"], &[], &[STEPS, PUBLISH]) else { return };
    assert!(done.seen.contains("6 of 6 proven"), "{}", done.seen);
    assert_eq!(done.dns.dig("_dmarc.news.brand.test", "TXT"), Vec::<String>::new(), "that of brand.test holds");
}

/// Three domains, one interview, keys of their own, and what their records said stays.
#[test]
fn many_domains_at_once() {
    const STEPS: &[Step] = &[
        ("Domain:", Types("one.test two.test three.test"), "with spaces between"),
        ("What is one.test for?", Enter, "the first is asked about"),
        ("Your own mail servers [mail.one.test]:", Enter, "it serves all three"),
        ("Addresses that mail.one.test sends from:", Types("127.0.0.14"), "only they know"),
        ("Services that send mail", Enter, "none"),
        ("proves nothing", Takes("quarantine"), "three.test says reject already, and keeps it"),
        ("Address for daily reports", Enter, "the usual address"),
        ("Who keeps the zone", Takes("PowerDNS"), "of all three"),
        ("Address of PowerDNS", Types("{endpoint}"), "its API listens where the test says"),
        ("The number of an answer to change", Enter, "all is right"),
        ("API key of PowerDNS", Types("{key}"), "asked for once"),
        ("Publish all of it?", Presses("y"), "three plans are seen"),
    ];
    let Some(done) = journey("many_domains_at_once", &["one.test", "two.test", "three.test"], &[], &[STEPS]) else {
        return;
    };
    assert_eq!(done.seen.matches("6 of 6 proven").count(), 3, "{}", done.seen);
    assert!(done.dns.dig("two.test", "TXT")[0].contains("ip4:198.51.100.7"), "what was there stays");
    assert!(done.dns.dig("_dmarc.three.test", "TXT")[0].contains("p=reject"), "the stricter policy stays");
}
