//! The reports of parsedmarc's and OpenDMARC's own tests, counted beside parsedmarc.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::lines;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus");

/// (end of the file's name, what we read, what parsedmarc reads, why they differ)
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[
    (
        "bad.com!example.com!1337140800!1337227200.xml",
        "aggregate|AOL|example.com_1337227200|3|284|0",
        "! ParserError",
        "its elements have a namespace prefix, <ns1:feedback>, which is the same element; parsedmarc wants none",
    ),
    (
        "protection.outlook.com!example.com!1711756800!1711843200.xml",
        "aggregate|Outlook.com|cfeafefe4129445e8c81018bd9177197|1|1|0",
        "aggregate|outlook.com|cfeafefe4129445e8c81018bd9177197|1|1|0",
        "the reporter's name stays as it stands; parsedmarc writes what looks like a domain in lower case",
    ),
    ("empty.xml", "! it is empty", "! ParserError", "both refuse it"),
];

fn files() -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut folders =
        vec![Path::new(CORPUS).join("reports-parsedmarc"), Path::new(CORPUS).join("dmarc-opendmarc-reports")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().contains("LICENSE") {
                out.push(path);
            }
        }
    }
    out.sort();
    if out.is_empty() {
        eprintln!("SKIPPED: the corpus of reports is not here");
    }
    out
}

/// What parsedmarc reads of each file; nothing, said aloud, where it is not installed.
fn parsedmarc(files: &[PathBuf]) -> Option<BTreeMap<PathBuf, String>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/feedback/beside_parsedmarc.py");
    let mut child = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let names: String = files.iter().map(|f| format!("{}\n", f.display())).collect();
    let _ = child.stdin.take().unwrap().write_all(names.as_bytes());
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(3) {
        eprintln!("SKIPPED: parsedmarc is not installed; tests/run.sh installs it");
        return None;
    }
    assert!(output.status.success(), "beside_parsedmarc.py: {}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().filter_map(|l| l.split_once('\t')).map(|(p, t)| (p.into(), t.to_string())).collect())
}

#[test]
fn counts_are_parsedmarcs() {
    let files = files();
    let Some(theirs) = (!files.is_empty()).then(|| parsedmarc(&files)).flatten() else { return };
    let mut wrong = Vec::new();
    let mut same = 0;
    let mut used = vec![false; DIFFERENCES.len()];
    for file in &files {
        let ours = lines(file).join(" + ");
        let theirs = theirs.get(file).cloned().unwrap_or_default();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let known = DIFFERENCES.iter().position(|(n, o, t, _)| name == *n && ours.starts_with(o) && theirs == *t);
        match known {
            Some(known) => used[known] = true,
            None if ours == theirs => same += 1,
            None => wrong.push(format!("{name}\n  ours   {ours}\n  theirs {theirs}")),
        }
    }
    assert!(wrong.is_empty(), "differences without a reason:\n{}", wrong.join("\n"));
    let stale: Vec<_> = DIFFERENCES.iter().zip(&used).filter(|(_, used)| !**used).map(|(d, _)| d.0).collect();
    assert!(stale.is_empty(), "no longer different: {stale:?}");
    assert!(same >= 28, "only {same} files are read alike");
}
