//! The openspf.org test suites for RFC 7208 and RFC 4408 through `check_host()`.
//!
//! The suites are read from `../shared/corpus/spf-openspf-suite`; without that folder the tests say so and pass.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod counts;
mod field_cases;
mod mail_auth;
mod pyspf;
mod scenario;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use mailproof::dns::overlay::OverlayServer;
use mailproof::dns::resolver::Resolver;

use crate::scenario::{Scenario, nested, suite};

/// Runs `scenarios` on tables; `exceptions` are cases that must be wrong, each with its reason.
async fn run_on_tables(scenarios: &[Scenario], exceptions: &BTreeMap<&str, &str>) -> usize {
    let mut complaints = Vec::new();
    let mut count = 0;
    for scenario in scenarios {
        let table = scenario.table();
        for case in &scenario.cases {
            count += 1;
            match (case.complaint(&case.run(&table).await), exceptions.get(case.id.as_str())) {
                (Some(complaint), None) => complaints.push(format!("[{}] {complaint}", scenario.description)),
                (None, Some(why)) => complaints.push(format!("{}: passes, but should not: {why}", case.id)),
                _ => {}
            }
        }
    }
    assert!(complaints.is_empty(), "{} of {count} wrong:\n{}", complaints.len(), complaints.join("\n\n"));
    count
}

#[tokio::test]
async fn rfc_7208() {
    let Some(scenarios) = suite("rfc7208-tests.yml") else { return };
    assert_eq!(run_on_tables(&scenarios, &BTreeMap::new()).await, 203);
}

/// What an inner record says must not end the outer evaluation, nor lose its qualifiers (RFC 7208 §5.2).
#[tokio::test]
async fn nested_includes() {
    for (policies, want, why) in [
        (["-include:b.example +all", "include:c.example", "+all"], "fail", "the outer qualifier is that of the result"),
        (["include:b.example -all", "?include:c.example ~all", "+all"], "fail", "an included neutral is no match"),
        (["include:b.example include:c.example -all", "-include:c.example -all", "+all"], "pass", "a fail is no match"),
        (["include:b.example -all", "redirect=c.example", "ip4:192.0.2.1"], "pass", "redirect inside include"),
        (["include:b.example -all", "redirect=c.example", ""], "permerror", "redirect into nothing"),
        (["redirect=b.example", "include:c.example ~all", "-all"], "softfail", "include inside redirect"),
        (["include:b.example +all", "include:a.example", ""], "permerror", "a loop ends at the limit"),
        (["~include:b.example -all", "?all", ""], "fail", "an included ?all does not match"),
        (["~include:b.example -all", "ip4:192.0.2.0/24 -all", ""], "softfail", "a match counts as the outer says"),
    ] {
        let (scenario, case) = nested(policies);
        let evaluation = case.run(&scenario.table()).await;
        assert_eq!(evaluation.result.as_str(), want, "{why}: {policies:?}\n{evaluation}");
    }
}

/// RFC 7208 obsoletes RFC 4408. Where the suites differ, the older one accepts what the newer one wants beside what it
/// had, as the SPF record type.
#[tokio::test]
async fn rfc_4408() {
    let Some(scenarios) = suite("rfc4408-tests.yml") else { return };
    assert_eq!(run_on_tables(&scenarios, &BTreeMap::new()).await, 191);
}

/// The tests that pyspf was developed with.
#[tokio::test]
async fn pyspf_own() {
    let Some(scenarios) = suite("test.yml") else { return };
    let exceptions = BTreeMap::from([
        ("default-modifier", "`default=` was pyspf's own: RFC 7208 §6 ignores unknown modifiers"),
        ("default-modifier-harsh", "`ambiguous` is a result of pyspf's, not of RFC 7208 §2.6"),
    ]);
    assert_eq!(run_on_tables(&scenarios, &exceptions).await, 16);
}

/// The same over real sockets: an overlay server on loopback, asked over UDP and TCP.
#[tokio::test]
async fn rfc_7208_over_sockets() {
    let Some(scenarios) = suite("rfc7208-tests.yml") else { return };
    let runs = scenarios.iter().map(|scenario| async move {
        let server = OverlayServer::start(scenario.overlay()).await.unwrap();
        let resolver = Resolver::at(server.addr()).with_timeout(Duration::from_secs(2));
        let resolver = &resolver;
        join_all(scenario.cases.iter().map(|case| async move { case.complaint(&case.run(resolver).await) })).await
    });
    let complaints: Vec<Option<String>> = join_all(runs).await.concat();
    assert_eq!(complaints.len(), 203);
    let complaints: Vec<String> = complaints.into_iter().flatten().collect();
    assert!(complaints.is_empty(), "{} wrong:\n{}", complaints.len(), complaints.join("\n\n"));
}
