//! Mail as old as the zone files that were kept of its time.

use mailproof::model::name::{domain, show};
use mailproof::model::snapshot::{Origin, Snapshot, parse_value};
use mailproof::zone::writer::write;

use crate::forms::{as_json, survey};
use crate::mailbox::{Mailbox, counted};
use crate::support::{mailproof, told};

/// Nobody listens there: whatever is asked stays open.
const NOBODY: &str = "127.0.0.1:1";

#[tokio::test(flavor = "multi_thread")]
async fn zone_files_answer_in_place_of_dns() {
    let mut mailbox = Mailbox::new(2);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    mailbox.maildir(folder.path().join("m").as_path());
    // Senders that publish nothing are in a zone, too.
    let mut top = Snapshot::new(domain("test").unwrap());
    let soa = parse_value(hickory_proto::rr::RecordType::SOA, "ns.test. host.test. 1 2 3 4 5").unwrap();
    top.add(&domain("test").unwrap(), 300, soa, Origin::Profile);
    let mut flags = vec!["--zone-file".to_string(), at("top")];
    std::fs::write(at("top"), format!("$ORIGIN test.\n{}", write(&top))).unwrap();
    for zone in &mailbox.zones {
        let path = at(&format!("{}.zone", show(&zone.apex)));
        std::fs::write(&path, write(zone)).unwrap();
        flags.extend(["--zone-file".to_string(), path]);
    }
    let maildir = at("m");
    let mut args = vec![maildir.as_str(), "--format", "json"];
    args.extend(flags.iter().map(String::as_str));
    let got = as_json(&survey(NOBODY, &args));
    assert_eq!(counted(&got), mailbox.expected(), "as from DNS, and nobody is asked");

    // The key that is gone from DNS is in the file that was kept: the rest comes from DNS.
    let texts = [("@", "v=spf1 -all"), ("_dmarc", "v=DMARC1; p=none"), ("s._domainkey", &mailbox.gone)];
    let records = texts.map(|(owner, text)| format!("{owner} 300 TXT \"{text}\"\n")).concat();
    std::fs::write(at("kept"), format!("$ORIGIN gone.test.\n{records}")).unwrap();
    mailbox.messages.iter_mut().filter(|m| m.2 == "undecided").for_each(|m| m.2 = "dmarc_by_one");
    let server = mailbox.serve(None).await;
    let server = server.addr().to_string();
    let got = as_json(&survey(&server, &[&maildir, "--format", "json", "--zone-file", &at("kept")]));
    assert_eq!(counted(&got), mailbox.expected(), "with the key of then");

    // `verify` reads the same files.
    let number = mailbox.messages.iter().position(|m| m.1 == "gone.test").unwrap();
    std::fs::write(at("one.eml"), &mailbox.messages[number].0).unwrap();
    for (more, code) in [(vec!["--zone-file", "kept"], 0), (vec![], 1)] {
        let mut command = mailproof();
        command.args(["verify", "one.eml", "--nameserver", &server]).args(&more).current_dir(folder.path());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{more:?}: {}", told(&output));
    }

    for (text, args, want) in [
        ("@ TXT \"x\"\n", &["--zone-file", "bad"][..], "bad does not say which zone it is"),
        ("$ORIGIN a.test.\n@ 300 TXT \"x\n", &["--zone-file", "bad"], "bad:2:"),
        ("", &["--zone-file", "nowhere"], "the zone file nowhere cannot be read"),
    ] {
        std::fs::write(at("bad"), text).unwrap();
        let mut command = mailproof();
        let output = command.args(["survey", "m"]).args(args).current_dir(folder.path()).output().unwrap();
        assert!(!output.status.success() && told(&output).contains(want), "{want}: {}", told(&output));
    }
}
