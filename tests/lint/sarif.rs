//! SARIF by its schema, by a validator of others.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use mailproof::lint::explain::explain;
use mailproof::lint::facts::Facts;
use mailproof::lint::gather;
use mailproof::lint::outcome::Outcome;
use mailproof::lint::registry::RULES;
use mailproof::lint::run::run;
use mailproof::lint::sorted::Sorted;
use mailproof::lint::zone_index::{Coverage, ZoneIndex};
use mailproof::model::name;
use mailproof::report::sarif;
use mailproof::zone::load::load;
use mailproof::zone::walk::{Limits, NoIncludes};
use serde_json::Value;

fn log(zones: Vec<ZoneIndex>) -> Value {
    let facts = Facts::new(zones);
    let found = run(&facts, &Sorted::new(RULES), 1);
    serde_json::from_str(&sarif::outcome(&Outcome::new(facts, found.findings, &found.unseen, RULES))).unwrap()
}

/// Every example of every rule through every door, and a zone with names that a URI cannot have.
fn logs() -> Vec<Value> {
    let apex = name::domain("example.com").unwrap();
    let mut out = vec![log(Vec::new())];
    for example in RULES.iter().flat_map(|r| explain(r).bad).filter(|e| e.form.starts_with("zone")) {
        let text = format!("$ORIGIN example.com.\n$TTL 3600\n{}", example.text);
        let file =
            |path: &str| gather::master_file(path, text.clone(), &apex, Limits::default(), &mut NoIncludes).unwrap();
        out.push(log(vec![file("zones/a b\u{e9}%.zone"), file("/abs/x.zone")]));
        let loaded = load("z", text.clone(), &apex, Limits::default(), &mut NoIncludes).unwrap();
        out.push(log(vec![gather::listing(&loaded.snapshot, "provider", Coverage::Part).unwrap()]));
    }
    let yaml = "'': {type: TXT, value: v=spf1 inlude:x.example -all}\n";
    out.push(log(vec![gather::octodns("example.com.yaml", yaml, &apex).unwrap()]));
    out.push(log(vec![gather::record("v=spf1 ip4:8.8.4.4~all", None).unwrap()]));
    out.push(log(vec![gather::policy("mta-sts.txt", "version: STSv1\nnmx: a.example\n", None).unwrap()]));
    out.push(log(vec![gather::indicator("logo.svg", "<svg/>").unwrap()]));
    out
}

#[test]
fn every_log_is_valid() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/npm/package/lib/schemas/sarif-2.1.0-rtm.5.json");
    if !schema.is_file() {
        eprintln!("SKIPPED: the schema of SARIF 2.1.0 is not here (tests/run.sh fetches it with npm)");
        return;
    }
    let mut logs = logs();
    let fixes = logs.iter().flat_map(|l| l["runs"][0]["results"].as_array().unwrap()).filter(|r| !r["fixes"].is_null());
    assert!(fixes.count() > 50, "the fixes are among them");
    // The validator must see what is wrong, or it proves nothing.
    let good = logs.len();
    let mut broken = logs[1].clone();
    broken["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0.into();
    logs.push(broken);
    let mut broken = logs[1].clone();
    broken["runs"][0]["results"][0]["level"] = "bad".into();
    logs.push(broken);
    let child = Command::new("python3")
        .args(["-c", include_str!("sarif.py")])
        .arg(&schema)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: python3 is not installed");
        return;
    };
    let mut input = child.stdin.take().unwrap();
    // A script that ends early is no reader.
    let _ = input.write_all(serde_json::to_string(&logs).unwrap().as_bytes());
    drop(input);
    let out = child.wait_with_output().unwrap();
    if out.status.code() == Some(77) {
        eprintln!("SKIPPED: python3 has no jsonschema (pip install jsonschema)");
        return;
    }
    assert!(out.status.success(), "the script broke");
    let complaints: Vec<Vec<String>> = serde_json::from_slice(&out.stdout).unwrap();
    let told: Vec<_> = complaints[..good].iter().flatten().collect();
    assert!(told.is_empty(), "{told:#?}");
    assert!(complaints[good..].iter().all(|c| !c.is_empty()), "what is wrong is seen");
}
