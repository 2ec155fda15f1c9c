//! Edits and written zones, judged by `named-checkzone`.

use std::path::{Path, PathBuf};
use std::process::Command;

use hickory_proto::rr::{RData, RecordType};
use mailproof::model::snapshot::{Origin, RecordSet, Snapshot, parse_value};
use mailproof::model::{name, txt};
use mailproof::plan::change::Change;
use mailproof::provider::Provider;
use mailproof::provider::zone_file::ZoneFile;
use mailproof::zone::writer;

fn named_checkzone() -> Option<PathBuf> {
    let places = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin"];
    let found = places.iter().map(|dir| Path::new(dir).join("named-checkzone")).find(|p| p.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: named-checkzone is not installed; tests/run.sh installs it");
    }
    found
}

/// The zone as BIND reads it, record by record; panics with BIND's words if it does not.
fn as_bind_reads(program: &Path, zone: &str, path: &Path) -> Vec<String> {
    let output = Command::new(program)
        .current_dir(path.parent().unwrap())
        .args(["-i", "local", "-D", "-s", "full", "-o", "-", zone])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}\n{}\n{text}", String::from_utf8_lossy(&output.stderr), path.display());
    let records = text.lines().filter(|l| !l.starts_with("zone ") && !l.starts_with("OK") && !l.contains("\tSOA\t"));
    records.map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|l| !l.contains(" SOA ")).collect()
}

/// By hand, with every oddity.
const ODD: &str = "\
; zone of example.com\t\u{2014} kept by hand since 1997
$ORIGIN com.
$TTL\t1d\t; a day
example\t\tIN\tSOA\tns1.example hostmaster.example (
\t\t\t2026112405\t; serial (YYYYMMDDnn)
\t\t\t3h\t\t; refresh
\t\t\t1h 4w\t\t; retry, expire
\t\t\t300 )\t\t; minimum
\t\t\tNS\tns1.example
\t\t\tNS\tns2.example.net.

$ORIGIN example.com.
; ---- mail ----
@\t\t\tMX\t10 mail
\t\t300\tTXT\t\"v=spf1 mx -all\"\t; was ~all until 2019
\t\t300\tTXT\t( \"two \"   ; strings
\t\t\t\t\"of one\" )
ns1\t\tIN 3600\tA\t192.0.2.1
mail\t3600\tIN\tA\t192.0.2.2 ; the old box
\t\t\tAAAA\t2001:db8::2
old._domainkey\tTXT\tv=DKIM1\\;\\032k=rsa\\;\\032p=AAAA
*.wild\tTXT\t\"not ours\"
odd\\.name\tTYPE65280\t\\# 4 0a000001
$INCLUDE hosts.inc hosts.example.com. ; the hosts
$GENERATE 1-3 dhcp-$ A 192.0.2.10${0}
www\t\tCNAME\t@
; ---- the end, without a line end";

fn change(before: Option<&RecordSet>, owner: &str, ttl: u32, rtype: RecordType, values: &[&str]) -> Change {
    let owner = name::domain(owner).unwrap();
    let values = values.iter().map(|v| parse_value(rtype, v).unwrap()).collect();
    let after = RecordSet { name: owner, rtype, ttl, values, origin: Origin::Profile, reason: None };
    Change::between(before.cloned(), (!after.values.is_empty()).then_some(after)).unwrap()
}

#[tokio::test]
async fn a_hand_written_zone_keeps_its_layout() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("example.com.zone");
    std::fs::write(&path, ODD).unwrap();
    std::fs::write(dir.path().join("hosts.inc"), "printer A 192.0.2.77\nscanner A 192.0.2.78\n").unwrap();
    let apex = name::domain("example.com").unwrap();
    let file = ZoneFile::new(path.clone(), apex.clone(), None, None).unwrap();
    let before = file.read(&[]).await.unwrap().snapshot;
    let at = |owner: &str, rtype| before.get(&name::domain(owner).unwrap(), rtype);
    let key = format!("\"v=DKIM1; k=rsa; p={}\" \"{}\"", "A".repeat(200), "B".repeat(100));
    let changes = [
        change(
            at("example.com", RecordType::TXT),
            "example.com",
            300,
            RecordType::TXT,
            &["\"v=spf1 mx ip4:192.0.2.9 -all\"", "\"two of one\""],
        ),
        change(None, "new._domainkey.example.com", 3600, RecordType::TXT, &[&key]),
        change(None, "_dmarc.example.com", 86400, RecordType::TXT, &["\"v=DMARC1; p=none\""]),
        change(at("mail.example.com", RecordType::A), "mail.example.com", 3600, RecordType::A, &[]),
        change(
            at("old._domainkey.example.com", RecordType::TXT),
            "old._domainkey.example.com",
            86400,
            RecordType::TXT,
            &["\"v=DKIM1; p=\""],
        ),
    ];
    file.apply(&changes).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let diff = similar::TextDiff::from_lines(ODD, &text);
    let lines: Vec<String> = diff
        .iter_all_changes()
        .filter(|c| c.tag() != similar::ChangeTag::Equal)
        .map(|c| format!("{}{}", c.tag(), c.value().trim_end_matches('\n')))
        .collect();
    let serial = text.lines().find(|l| l.contains("; serial")).unwrap();
    let next: u32 = serial.trim().split('\t').next().unwrap().parse().unwrap();
    assert!(next > 2_026_112_405, "{serial}");
    let want = [
        "-\t\t\t2026112405\t; serial (YYYYMMDDnn)".to_string(),
        format!("+\t\t\t{next}\t; serial (YYYYMMDDnn)"),
        "-\t\t300\tTXT\t\"v=spf1 mx -all\"\t; was ~all until 2019".into(),
        "+\t\t300\tTXT\t\"v=spf1 mx ip4:192.0.2.9 -all\"\t; was ~all until 2019".into(),
        "-mail\t3600\tIN\tA\t192.0.2.2 ; the old box".into(),
        "-\t\t\tAAAA\t2001:db8::2".into(),
        "-old._domainkey\tTXT\tv=DKIM1\\;\\032k=rsa\\;\\032p=AAAA".into(),
        "+mail\t\t\tAAAA\t2001:db8::2".into(),
        "+old._domainkey\tTXT\t\"v=DKIM1; p=\"".into(),
        "-; ---- the end, without a line end".into(),
        "+; ---- the end, without a line end".into(),
        "+new._domainkey\t3600\tTXT\t(".into(),
        format!("+\t\"v=DKIM1; k=rsa; p={}\"", "A".repeat(200)),
        format!("+\t\"{}\" )", "B".repeat(100)),
        "+_dmarc\t\tTXT\t\"v=DMARC1; p=none\"".into(),
    ];
    assert_eq!(lines, want, "\n{}", lines.join("\n"));
    let Some(program) = named_checkzone() else { return };
    let records = as_bind_reads(&program, "example.com", &path);
    for want in [
        "example.com. 300 IN TXT \"v=spf1 mx ip4:192.0.2.9 -all\"",
        "_dmarc.example.com. 86400 IN TXT \"v=DMARC1; p=none\"",
        "old._domainkey.example.com. 86400 IN TXT \"v=DKIM1; p=\"",
        "mail.example.com. 86400 IN AAAA 2001:db8::2",
        "printer.hosts.example.com. 86400 IN A 192.0.2.77",
        "dhcp-3.example.com. 86400 IN A 192.0.2.103",
        "odd\\.name.example.com. 86400 IN TYPE65280 \\# 4 0A000001",
    ] {
        assert!(records.iter().any(|r| r == want), "{want} is not in\n{}", records.join("\n"));
    }
    assert_eq!(records.iter().filter(|r| r.starts_with("mail.example.com. ")).count(), 1);
}

#[test]
fn written_zones_load() {
    let Some(program) = named_checkzone() else { return };
    let apex = name::domain("example.com").unwrap();
    let mut zone = Snapshot::new(apex.clone());
    for (owner, rtype, text) in [
        ("example.com", RecordType::SOA, "ns1.example.com. hostmaster.example.com. 1 7200 900 1209600 300"),
        ("example.com", RecordType::NS, "ns1.example.com."),
        ("ns1.example.com", RecordType::A, "192.0.2.1"),
        ("example.com", RecordType::MX, "10 ns1.example.com."),
        ("example.com", RecordType::TXT, "\"v=spf1 mx -all\""),
        ("example.com", RecordType::CAA, "0 issue \"ca.example; validationmethods=dns-01\""),
        (
            "_25._tcp.ns1.example.com",
            RecordType::TLSA,
            "3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        ),
        ("*.parked.example.com", RecordType::TXT, "\"v=spf1 -all\""),
    ] {
        zone.add(&name::domain(owner).unwrap(), 3600, parse_value(rtype, text).unwrap(), Origin::Profile);
    }
    let key = name::below("mp202611._domainkey", &apex).unwrap();
    let value = format!("v=DKIM1; k=rsa; p={}", "A".repeat(716));
    let values = vec![RData::TXT(txt::split(value.as_bytes())), RData::TXT(txt::split(b"a \"quoted\" \\ value; \xff"))];
    zone.put(RecordSet::desired(key, 300, values, "a reason\nof two lines; with a semicolon"));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("zone");
    std::fs::write(&path, writer::write(&zone)).unwrap();
    let records = as_bind_reads(&program, "example.com", &path);
    assert_eq!(records.len(), 9, "{}", records.join("\n"));
    let joined = records.iter().find(|r| r.contains("v=DKIM1")).unwrap().replace("\" \"", "");
    assert!(joined.contains(&value), "{joined}");
    assert!(records.iter().any(|r| r.ends_with(r#""a \"quoted\" \\ value; \255""#)), "{}", records.join("\n"));
}
