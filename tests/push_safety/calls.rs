//! How many requests the usual pushes take, as a page that the run writes.
//!
//! After a change, `UPDATE_DOCS=1 cargo test --test push_safety calls` writes it anew.

use std::path::{Path, PathBuf};

use mailproof::model::name;
use serde_json::Value;

use crate::credentials::{credentials, settings};
use crate::fakes::{self, APEX};
use crate::fakes_more as more;
use crate::journey::{self, Want, opened};
use crate::support::fake::Fake;

/// The provider, what it is written by, its recording, and a stand-in with an empty zone.
fn stand_ins() -> Vec<(&'static str, &'static str, &'static str, Fake)> {
    let zone = || fakes::zone(&[]);
    vec![
        ("azure", "set", "azure", fakes::azure(&zone())),
        ("cloudflare", "record", "cloudflare", fakes::cloudflare(&zone())),
        ("conoha-v3", "record", "conoha", more::conoha_v3(&zone())),
        ("google", "batch of sets", "googleclouddns", more::google(&zone())),
        ("iij-dpf", "set, then applied", "", more::iij_dpf(&zone()).0),
        ("namecheap", "whole zone", "namecheap", more::namecheap(&zone()).0),
        ("netcup", "record", "", more::netcup(&zone())),
        ("ovh", "record, then refreshed", "ovh", more::ovh(&zone()).0),
        ("sakuracloud", "whole zone", "sakuracloud", fakes::sakuracloud(&zone())),
        ("value-domain", "whole zone", "valuedomain", fakes::value_domain(&zone(), 0).0),
    ]
}

/// What dnscontrol's own providers send for the same, counted in their source: five, key, and the functions.
const DNSCONTROL: &[(&str, &str, &str, &str)] = &[
    (
        "azure",
        "8",
        "5",
        "token, `getExistingZones`, `fetchRecordSets`, then `recordCreate` and `recordDelete` for each set",
    ),
    (
        "cloudflare",
        "7",
        "4",
        "`cacheDomainList`, `getRecordsForDomain`, then `createRecDiff2` and `deleteDNSRecord` for each record",
    ),
    ("google", "4", "4", "token, `loadZoneInfo`, `getRecords`, one change in `GetDomainCorrections`"),
    ("namecheap", "2", "2", "`GetZoneRecords`, `generateRecords`"),
    ("netcup", "7", "4", "`login`, `getRecords`, then `createRecord` and `deleteRecord` for each record"),
    (
        "ovh",
        "10 + n",
        "12 + n",
        "`PollTimeshift`, `fetchZones`, `fetchRegistrarNS` (1 and n name servers), `fetchRecords` (1 and each record), \
         then `createRecordFunc` and `deleteRecordFunc` for each record, `refreshZone`",
    ),
];

fn text(value: &str) -> Vec<Want> {
    vec![Want::Text(value.into())]
}

/// Requests of one plan and push, and of the push's writes alone.
async fn count(id: &'static str, fake: &Fake, sets: &[(&str, u32, Vec<Want>)], gone: &[&str]) -> (usize, usize) {
    let apex = name::domain(APEX).unwrap();
    let provider = opened(id, &apex, Some(fake.endpoint()), settings(id), &credentials(), Vec::new());
    fake.seen.lock().unwrap().clear();
    let folder = tempfile::tempdir().unwrap();
    let (plan, _) = journey::plan(provider.as_ref(), &journey::wanted(&apex, sets), gone).await.unwrap();
    assert_eq!(plan.changes.len(), sets.len() + gone.len(), "{id}");
    journey::push(provider.as_ref(), &plan, folder.path()).await.unwrap_or_else(|e| panic!("{id}: {e}"));
    let seen = fake.seen.lock().unwrap();
    let reads = |method: &str, whole: &str| {
        method == "GET" || ["token", "\"login\"", "infoDns", "getHosts"].iter().any(|part| whole.contains(part))
    };
    let writes = seen.iter().filter(|r| !reads(&r.method, &format!("{} {}", r.target, r.body))).count();
    (seen.len(), writes)
}

fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/provider-traffic");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no recorded provider traffic at {}", folder.display());
    None
}

/// Requests that the recorded client took for one new TXT record: to begin with, and for each record.
fn recorded(folder: &Path, recording: &str) -> Option<(usize, usize)> {
    let text = std::fs::read_to_string(folder.join(format!("{recording}.json"))).ok()?;
    let file: Value = serde_json::from_str(&text).unwrap();
    let span = |step: &Value| {
        let at = |i: usize| usize::try_from(step["exchanges"][i].as_u64().unwrap()).unwrap();
        at(1) - at(0)
    };
    file["scenarios"].as_array().unwrap().iter().find_map(|scenario| {
        let steps = scenario["steps"].as_array().unwrap();
        let made = steps.iter().find(|s| s["op"] == "create" && s["writes"] == 1 && s["type"] == "TXT")?;
        let begun = steps.iter().find(|s| s["op"] == "authenticate")?;
        Some((span(begun), span(made)))
    })
}

#[test]
fn calls_page_is_what_the_run_counts() {
    let Some(folder) = corpus() else { return };
    let mut page = String::from(
        "# Requests\n\nHow many requests the usual pushes take: the plan, the push and its reading back, logins and waits among them.\n\
         The test run counts them and writes this page: `UPDATE_DOCS=1 cargo test --test push_safety calls`.\n\n\
         - **five**: five new record sets in an empty zone; **key**: one DKIM key that comes and one that goes. In brackets:\n  \
         those that write.\n\
         - mailproof reads the zone three times in all: for the plan, again before it writes (a plan is for the zone that it\n  \
         was made of), and after it has written. A client that trusts its first listing and reads nothing back takes two\n  \
         listings less.\n\
         - **another client**: what a client that reads nothing back was recorded to take for five records, one after the\n  \
         other.\n\
         - **dnscontrol**: the same two changes by its own provider, counted in its source (below), for an account and a\n  \
         zone of one page each. It lists once, and reads nothing back.\n\n\
         | provider | written by | five | key | another client, five | dnscontrol, five | dnscontrol, key |\n\
         |---|---|--:|--:|--:|--:|--:|\n",
    );
    let runtime = journey::runtime();
    for (id, by, recording, fake) in stand_ins() {
        let five = [
            ("@", 300, text("v=spf1 mx -all")),
            ("_dmarc", 300, text("v=DMARC1; p=none")),
            ("k1._domainkey", 300, text("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")),
            ("_mta-sts", 300, text("v=STSv1; id=1")),
            ("_smtp._tls", 300, text("v=TLSRPTv1; rua=mailto:t@example.test")),
        ];
        let (all, writes) = runtime.block_on(count(id, &fake, &five, &[]));
        let key = [("k2._domainkey", 300, text("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="))];
        let (key_all, key_writes) = runtime.block_on(count(id, &fake, &key, &["k1._domainkey"]));
        let other = recorded(&folder, recording);
        let shown = other.map_or("not recorded".to_string(), |(begin, each)| (begin + 5 * each).to_string());
        let known = DNSCONTROL.iter().find(|(known, ..)| *known == id);
        let (their_five, their_key) = known.map_or(("not counted", "not counted"), |(_, five, key, _)| (*five, *key));
        page.push_str(&format!(
            "| {id} | {by} | {all} ({writes}) | {key_all} ({key_writes}) | {shown} | {their_five} | {their_key} |\n"
        ));
        // All that is more than there are the two listings more, logins and waits for jobs among them.
        if let Some(theirs) = their_five.split(' ').next().and_then(|n| n.parse::<usize>().ok()) {
            let listing = if id == "ovh" { 2 + 5 } else { 2 };
            assert!(all <= theirs + listing + 2, "{id}: {all} requests, dnscontrol takes {their_five}");
        }
        // No write more than one a record set, and what is put into effect.
        assert!(writes <= 6 && key_writes <= 3, "{id}: {writes} {key_writes}");
        if let Some((begin, each)) = other {
            assert!(
                all <= (begin + 5 * each).max(14),
                "{id}: {all} requests, another client takes {}",
                begin + 5 * each
            );
        }
    }
    page.push_str(
        "\nWhat mailproof takes more is there for safety, and stays: the reading right before the first write, so that nothing\n\
         is written to a zone that somebody changed while a person looked at the plan, and the one after the last, which\n\
         shows that all of it is there. Both are one listing of the zone for all of a push, however many records it writes.\n\
         The zone is looked up once, and a login is used as long as it holds.\n\n\
         dnscontrol's count is that of these functions in `providers/` of its public repository, read in November 2026:\n\n",
    );
    for (id, _, _, source) in DNSCONTROL {
        page.push_str(&format!("- {id}: {source}\n"));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/provider-calls.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/provider-calls.md is not what the run counts: UPDATE_DOCS=1 cargo test --test push_safety calls\n{page}"
    );
}
