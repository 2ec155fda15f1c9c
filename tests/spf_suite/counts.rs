//! What evaluating costs, counted in three ways that must agree: by the evaluator as it goes, by its trace, and by the
//! tree, which evaluates nothing.

use std::net::IpAddr;
use std::path::Path;
use std::time::UNIX_EPOCH;

use mailproof::auth::spf::{Outcome, RecordTrace, SpfEvaluation, SpfRequest, SpfResult, budget, check_host};
use mailproof::dns::table::TableLookup;
use mailproof::model::spf::SpfTree;

use crate::scenario::{name, suite};

/// Addresses that no record lists: every term is gone through.
const NOBODY: [&str; 2] = ["240.0.0.1", "4000::1"];

fn sum(trace: &RecordTrace) -> (u32, u32) {
    trace.terms.iter().fold((0, 0), |(lookups, voids), term| {
        let (more, void) = term.nested.as_deref().map_or((0, 0), sum);
        (lookups + term.lookups + more, voids + term.void_lookups + void)
    })
}

/// Whether every term that may query was evaluated to its end.
fn goes_through(trace: &RecordTrace) -> bool {
    trace.terms.iter().all(|term| {
        let counts = term.text.contains(':') || term.text.contains('=') || term.text.ends_with(['a', 'x', 'r']);
        let stopped = matches!(term.outcome, Outcome::NotReached | Outcome::Error);
        !(counts && stopped) && term.nested.as_deref().is_none_or(goes_through)
    })
}

async fn evaluate(table: &TableLookup, domain: &str, ip: &str) -> SpfEvaluation {
    let ip: IpAddr = ip.parse().unwrap();
    let sender = format!("postmaster@{domain}");
    let request = SpfRequest { ip, domain, sender: &sender, helo: domain, receiver: "unknown", now: UNIX_EPOCH };
    check_host(table, &request).await
}

/// Compares; true where the tree could be held against an evaluation.
async fn compare(table: &TableLookup, domain: &str, why: &str) -> bool {
    let tree: SpfTree = budget(table, domain).await;
    let mut compared = false;
    for (ip, voids) in NOBODY.into_iter().zip([tree.voids_v4(), tree.voids_v6()]) {
        let evaluation = evaluate(table, domain, ip).await;
        assert_eq!(
            sum(&evaluation.trace),
            (evaluation.lookups, evaluation.void_lookups),
            "{why}: the trace\n{evaluation}"
        );
        let result = evaluation.result;
        let whole = !matches!(result, SpfResult::PermError | SpfResult::TempError | SpfResult::None)
            && goes_through(&evaluation.trace)
            && tree.is_complete()
            // What `ptr` finds is up to the client.
            && !tree.terms().any(|t| t.text.contains("ptr"));
        if whole {
            compared = true;
            assert_eq!(
                (tree.lookups(), voids),
                (evaluation.lookups, evaluation.void_lookups),
                "{why} {ip}\n{tree}\n{evaluation}"
            );
        }
        if evaluation.result != SpfResult::TempError && tree.is_complete() && !tree.has_loop() {
            assert!(
                tree.lookups() >= evaluation.lookups.min(10),
                "{why}: the tree is the worst case\n{tree}\n{evaluation}"
            );
        }
    }
    compared
}

#[tokio::test]
async fn suites() {
    let (mut cases, mut compared) = (0, 0);
    for file in ["rfc7208-tests.yml", "rfc4408-tests.yml", "test.yml"] {
        let Some(scenarios) = suite(file) else { return };
        for scenario in &scenarios {
            let table = scenario.table();
            for case in &scenario.cases {
                cases += 1;
                let evaluation = case.run(&table).await;
                let own = (evaluation.lookups, evaluation.void_lookups);
                assert_eq!(sum(&evaluation.trace), own, "{}: the trace\n{evaluation}", case.id);
                let domain = case.mail_from.rsplit('@').next().filter(|d| !d.is_empty()).unwrap_or(&case.helo);
                compared += usize::from(compare(&table, domain, &case.id).await);
            }
        }
    }
    assert_eq!(cases, 203 + 191 + 16);
    assert!(compared > 150, "the tree was held against {compared} evaluations");
}

/// Real records, with whatever they include missing, and then with a record that lets nobody pass.
#[tokio::test]
async fn records_of_libspf2() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/spf-libspf2");
    if !folder.is_dir() {
        eprintln!("SKIPPED: {} is not there", folder.display());
        return;
    }
    let (mut records, mut compared) = (0, 0);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        for line in text.lines() {
            let Some(at) = line.find("v=spf1") else { continue };
            let record = line[at..].trim_end_matches(['"', '\'', ' ']);
            records += 1;
            let mut table = TableLookup::new();
            table.add_text(&name("a.example"), record.as_bytes());
            let bare = compare(&table, "a.example", record).await;
            for term in record.split_ascii_whitespace() {
                let target = term.rsplit_once("include:").or(term.split_once("redirect=")).map(|(_, target)| target);
                if let Some(target) = target.filter(|t| t.contains('.') && !t.contains(['%', '/', ':', '='])) {
                    table.add_text(&name(target), b"v=spf1 a ?all");
                }
            }
            compared += usize::from(bare | compare(&table, "a.example", record).await);
        }
    }
    assert!(records > 100, "{records} records");
    assert!(compared > 50, "the tree was held against {compared} evaluations of {records}");
}
