//! `records --format octodns | dnscontrol | terraform`, each read by a program that is not ours.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;

use std::path::Path;
use std::process::Command;

use hickory_proto::rr::RData;
use mailproof::model::name;
use mailproof::model::snapshot::{RecordSet, Snapshot, parse_value};
use mailproof::model::txt;
use mailproof::report::record_list::{self, ZoneRecords};
use mailproof::report::{dnscontrol, octodns, terraform};
use serde_json::Value;
use support::{mailproof, told};

/// Records of every type that mail needs, and TXT values that are hard to write.
fn records() -> ZoneRecords {
    let apex = name::domain("example.com").unwrap();
    let mut snapshot = Snapshot::new(apex.clone());
    let long = format!("v=DKIM1; k=rsa; p={}", "A1b2/+==".repeat(123));
    let texts: &[(&str, &[&str])] = &[
        ("", &["v=spf1 mx include:_spf.example.net ~all", "site-verification=abc"]),
        ("_dmarc", &["v=DMARC1; p=reject; rua=mailto:d@example.com!10m"]),
        ("mp2026._domainkey", &[&long]),
        ("quotes", &["say \"hello\"; then go", "\"begins and ends\"", "'single'"]),
        ("backslashes", &["a\\b \\ c\\\\d", "ends in one\\"]),
        ("semicolons", &[";a;;b ; c;"]),
        ("templates", &["${a} $${b} %{c} $d {e} {{f}} #g // h /* i */"]),
        ("spaces", &[" before and after ", "two  in the middle"]),
        ("yaml", &["yes", "- a: b", "123", "null", "# no comment", "&a *b !c"]),
        ("*", &["a wildcard"]),
    ];
    let owner = |relative: &str| if relative.is_empty() { apex.clone() } else { name::below(relative, &apex).unwrap() };
    for (relative, values) in texts {
        let values = values.iter().map(|value| RData::TXT(txt::split(value.as_bytes()))).collect();
        snapshot.put(RecordSet::desired(owner(relative), 3600, values, "for \"reasons\": */ ${x}"));
    }
    let others: &[(&str, &str, &[&str])] = &[
        ("", "MX", &["10 mail.example.com.", "20 backup.example.net."]),
        ("mail", "A", &["192.0.2.10", "192.0.2.11"]),
        ("mail", "AAAA", &["2001:db8::10"]),
        ("nomail", "MX", &["0 ."]),
        ("shop._domainkey", "CNAME", &["k.shop.example."]),
    ];
    for (relative, rtype, values) in others {
        let rtype = rtype.parse().unwrap();
        let values = values.iter().map(|value| parse_value(rtype, value).unwrap()).collect();
        snapshot.put(RecordSet::desired(owner(relative), 300, values, ""));
    }
    let theirs = RecordSet::desired(
        name::domain("example.com._report._dmarc.example.net").unwrap(),
        3600,
        vec![RData::TXT(txt::split(b"v=DMARC1"))],
        "reports",
    );
    ZoneRecords { snapshot, elsewhere: vec![theirs] }
}

/// Name, type, TTL and values of every set, sorted; names without the last dot.
fn want(records: &ZoneRecords) -> Vec<Value> {
    let all = record_list::json(std::slice::from_ref(records));
    let own = all.as_array().unwrap().iter().filter(|set| !set["zone"].is_null());
    sorted(own.map(|set| serde_json::json!([set["name"], set["type"], set["ttl"], set["values"]])).collect())
}

fn sorted(mut sets: Vec<Value>) -> Vec<Value> {
    for set in &mut sets {
        set[3].as_array_mut().unwrap().sort_by_key(Value::to_string);
    }
    sets.sort_by_key(Value::to_string);
    sets
}

/// Runs a script of `program` and reads what it prints as JSON; `None` where `probe` says that it cannot.
fn peer(program: &str, flag: &str, probe: &str, script: &str, arguments: &[&Path]) -> Option<Vec<Value>> {
    if !Command::new(program).args([flag, probe]).output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: {program} {flag} `{probe}` does not work; tests/run.sh installs it");
        return None;
    }
    let output = Command::new(program).args([flag, script]).args(arguments).arg("example.com").output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let sets: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    Some(sorted(sets))
}

fn compare(read: &[Value], wanted: &[Value], text: &str) {
    for (ours, theirs) in wanted.iter().zip(read) {
        assert_eq!(ours, theirs, "{text}");
    }
    assert_eq!(read.len(), wanted.len(), "{text}");
}

const OCTODNS: &str = "
import json, sys
from octodns.provider.yaml import YamlProvider
from octodns.zone import Zone
folder, zone = sys.argv[1:3]
read = Zone(zone + '.', [])
YamlProvider('config', folder, enforce_order=False).populate(read)
def shown(record):
    values = record.values if hasattr(record, 'values') else [record.value]
    if record._type == 'TXT':
        return [v.to_raw_text() for v in values]
    if record._type == 'MX':
        return ['%d %s' % (v.preference, v.exchange if v.exchange == '.' else v.exchange.rstrip('.')) for v in values]
    return [str(v).rstrip('.') for v in values]
print(json.dumps([[r.fqdn.rstrip('.'), r._type, r.ttl, sorted(shown(r))] for r in read.records]))
";

/// octoDNS itself reads the same records from its file.
#[test]
fn octodns_reads_the_same_records() {
    let records = records();
    let text = octodns::render(&records).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("example.com.yaml"), &text).unwrap();
    let Some(sets) = peer("python3", "-c", "import octodns", OCTODNS, &[folder.path()]) else { return };
    compare(&sets, &want(&records), &text);
}

#[test]
fn what_octodns_cannot_hold_is_refused() {
    for (value, why) in
        [("a\\;b", "reads as something else"), ("a\" \"b", "reads as something else"), ("\u{e4}", "ASCII")]
    {
        let mut records = records();
        let value = vec![RData::TXT(txt::split(value.as_bytes()))];
        records.snapshot.put(RecordSet::desired(name::domain("odd.example.com").unwrap(), 60, value, ""));
        let error = octodns::render(&records).unwrap_err();
        assert!(error.message().contains(why) && error.message().contains("odd.example.com"), "{error}");
    }
}

const DNSCONTROL: &str = "
const zone = process.argv[2], sets = new Map();
const TTL = ttl => ({ttl});
const full = name => name === '@' ? zone : name + '.' + zone;
const put = type => (name, ...rest) => {
  const ttl = rest.pop().ttl;
  const key = JSON.stringify([full(name), type, ttl]);
  const bare = rest.map(part => String(part) === '.' || type === 'TXT' ? String(part) : String(part).replace(/\\.$/, ''));
  sets.set(key, (sets.get(key) || []).concat(bare.join(' ')));
};
const [A, AAAA, MX, CNAME, TXT] = ['A', 'AAAA', 'MX', 'CNAME', 'TXT'].map(put);
const D_EXTEND = name => { if (name !== zone) throw new Error(name); };
eval(require('fs').readFileSync(process.argv[1], 'utf8'));
console.log(JSON.stringify([...sets].map(([key, values]) => [...JSON.parse(key), values.sort()])));
";

/// Node evaluates what is for dnsconfig.js, with functions in the place of dnscontrol's own.
#[test]
fn node_evaluates_the_dnscontrol_text() {
    let records = records();
    let text = dnscontrol::render(&records);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dnsconfig.js");
    std::fs::write(&path, &text).unwrap();
    let Some(sets) = peer("node", "-e", "0", DNSCONTROL, &[&path]) else { return };
    compare(&sets, &want(&records), &text);
}

const TERRAFORM: &str = r#"
import json, re, sys
import hcl2
with open(sys.argv[1]) as file:
    read = hcl2.load(file)
def text(value):
    # Some versions of the parser keep a text as it is written.
    if not (len(value) > 1 and value[0] == value[-1] == '"'):
        raise SystemExit('not as written: ' + value)
    bare = re.sub(r'\\(u[0-9a-fA-F]{4}|.)', lambda m: json.loads('"\\' + m[1] + '"'), value[1:-1])
    return bare.replace('$${', '${').replace('%%{', '%{')
def strings(value):
    out, at = '', 0
    for part in re.findall(r'"((?:[^"\\]|\\.)*)"', value):
        assert len(part) <= 255, part
        out += re.sub(r'\\(.)', r'\1', part)
    return out
sets = []
for block in read['locals']:
    for name, records in block.items():
        # The parser keeps comments, and tells of them here too.
        if not name.startswith('mail_records_'):
            continue
        for r in (r for r in records if 'values' in r):
            values = [text(v) for v in r['values']]
            quoted = [text(v) for v in r['quoted']]
            kind = text(r['type'])
            if kind == 'TXT':
                assert [strings(v) for v in quoted] == values, quoted
            sets.append([text(r['fqdn']), kind, r['ttl'], sorted(values)])
print(json.dumps(sets))
"#;

/// An independent parser of HCL reads the same records from the Terraform text.
#[test]
fn hcl_parses_the_terraform_text() {
    let records = records();
    let text = terraform::render(&records);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.tf");
    std::fs::write(&path, &text).unwrap();
    let Some(sets) = peer("python3", "-c", "import hcl2", TERRAFORM, &[&path]) else { return };
    compare(&sets, &want(&records), &text);
}

#[test]
fn the_program_prints_each() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("mailproof.yaml"),
        "version: 1\ndomains:\n  - {domain: parked.example, parked: true}\n",
    )
    .unwrap();
    for (format, begins, holds) in [
        ("octodns", "---\n", "\"_dmarc\": {\"type\":\"TXT\""),
        ("dnscontrol", "// ", "D_EXTEND(\"parked.example\","),
        ("terraform", "# ", "mail_records_parked_example = ["),
    ] {
        let output = mailproof().current_dir(dir.path()).args(["records", "--format", format]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.starts_with(begins) && text.contains(holds), "{}", told(&output));
        insta::assert_snapshot!(format!("parked_{format}"), text);
    }
}
