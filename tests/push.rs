//! Pushes against the sandbox: what a fault at any moment leaves behind, and the way back from it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::time::Duration;

use mailproof::dns::resolver::Resolver;
use mailproof::error::{Error, ErrorKind, Result};
use mailproof::model::name;
use mailproof::model::snapshot::{Origin, RecordSet, Snapshot, parse_value};
use mailproof::plan::build::{Inputs, build};
use mailproof::plan::merge::SpfMode;
use mailproof::plan::{Plan, saved};
use mailproof::provider::Provider;
use mailproof::provider::sandbox::{Sandbox, SandboxFault};
use mailproof::push::executor::{Done, Order, execute};
use mailproof::push::journal::{self, Kind, UnitState};
use mailproof::push::{resume, rollback, wait};

const NOW: &str = "2026-11-25T00:00:00Z";
const BEFORE: &[&str] = &[
    "@ 3600 SOA ns1.example.com. h.example.com. 1 1 1 1 1",
    "@ 3600 NS ns1.example.com.",
    "@ 300 TXT \"site=1\"",
    "@ 300 TXT \"v=spf1 \" \"mx ~all\"",
    "_dmarc 120 TXT \"v=DMARC1; p=none\"",
];
const WANTED: &[&str] = &[
    "mp._domainkey 3600 TXT \"v=DKIM1; p=AAAA\"",
    "@ 3600 TXT \"v=spf1 ip4:192.0.2.1 ~all\"",
    "_dmarc 3600 TXT \"v=DMARC1; p=reject\"",
];

fn zone(lines: &[&str]) -> Snapshot {
    let apex = name::domain("example.com").unwrap();
    let mut snapshot = Snapshot::new(apex.clone());
    for line in lines {
        let [owner, ttl, rtype, data] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let owner = if owner == "@" { apex.clone() } else { name::below(owner, &apex).unwrap() };
        let value = parse_value(rtype.parse().unwrap(), data).unwrap();
        snapshot.add(&owner, ttl.parse().unwrap(), value, Origin::Provider("sandbox".into()));
    }
    snapshot
}

/// Every record of a zone with its TTL, strings as they are split.
fn lines(zone: &Snapshot) -> Vec<String> {
    zone.sets().map(RecordSet::to_string).collect()
}

async fn plan(sandbox: &Sandbox, wanted: &[&str]) -> Plan {
    let reading = sandbox.read(&[]).await.unwrap();
    build(&Inputs {
        observed: &reading.snapshot,
        partial: false,
        desired: &zone(wanted),
        remove: &[],
        spf: SpfMode::Merge,
        provider: "sandbox",
        normalise: &|set| sandbox.normalise(set),
    })
    .unwrap()
}

async fn carry_out(sandbox: &Sandbox, plan: &Plan, kind: Kind, folder: &Path) -> Result<Done> {
    execute(&Order { provider: sandbox, plan, kind, folder, now: NOW }, &mut |_| {}).await
}

async fn push(sandbox: &Sandbox, plan: &Plan, folder: &Path) -> Result<Done> {
    carry_out(sandbox, plan, Kind::Push, folder).await
}

async fn roll_back(sandbox: &Sandbox, folder: &Path, force: bool) -> Result<()> {
    let past = rollback::last(folder, "example.com")?;
    let plan = past.plan(&sandbox.read(&past.keys()).await?, force)?;
    if !plan.is_empty() {
        carry_out(sandbox, &plan, Kind::Rollback, folder).await?;
    }
    past.taken_back()
}

#[tokio::test]
async fn there_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::served(zone(BEFORE)).await.unwrap();
    let first = plan(&sandbox, WANTED).await;
    assert_eq!(first.changes.len(), 3);
    push(&sandbox, &first, folder.path()).await.unwrap();
    assert!(lines(&sandbox.zone()).iter().any(|l| l.contains("v=spf1 mx ip4:192.0.2.1 ~all")));
    assert!(plan(&sandbox, WANTED).await.is_empty(), "the second plan is empty");

    let resolver = Resolver::at(sandbox.server().unwrap());
    let servers = wait::servers(&sandbox.nameservers(), &resolver, &first).await.unwrap();
    wait::until_answered(&servers, &first, Duration::from_secs(20), &mut |_| {}).await.unwrap();

    roll_back(&sandbox, folder.path(), false).await.unwrap();
    assert_eq!(lines(&sandbox.zone()), lines(&zone(BEFORE)), "the same sets, TTLs and strings");
    let again = roll_back(&sandbox, folder.path(), false).await.unwrap_err();
    assert!(again.message().contains("no push of example.com"), "{again}");

    let late = wait::until_answered(&servers, &first, Duration::from_millis(50), &mut |_| {}).await.unwrap_err();
    assert!(late.kind() == ErrorKind::Unreachable && late.message().contains("not every name server"), "{late}");
}

/// A fault after so many units, and what then stands.
#[tokio::test]
async fn half_a_push_is_finished_or_taken_back() {
    for written in 1..3 {
        for fault in [SandboxFault::GoneAfter(written), SandboxFault::RefuseAfter(written)] {
            let folder = tempfile::tempdir().unwrap();
            let sandbox = Sandbox::new(zone(BEFORE));
            sandbox.fault(Some(fault));
            let error = push(&sandbox, &plan(&sandbox, WANTED).await, folder.path()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Partial, "{fault:?}: {error}");
            assert!(error.message().starts_with(&format!("{written} of 3 record sets")), "{fault:?}: {error}");
            let kept = journal::of_zone(folder.path(), "example.com").unwrap();
            let done = kept[0].journal.units.iter().filter(|u| u.state == UnitState::Done).count();
            assert_eq!(done, written, "{fault:?}: the journal says what stands");

            sandbox.fault(None);
            let rest = plan(&sandbox, WANTED).await;
            assert_eq!(rest.changes.len(), 3 - written, "{fault:?}: the second run writes what is missing");
            push(&sandbox, &rest, folder.path()).await.unwrap();
            assert!(plan(&sandbox, WANTED).await.is_empty());
            roll_back(&sandbox, folder.path(), false).await.unwrap();
            assert_eq!(lines(&sandbox.zone()), lines(&zone(BEFORE)), "{fault:?}: both halves are taken back");

            sandbox.fault(Some(fault));
            let sandbox = Sandbox::new(zone(BEFORE));
            let folder = tempfile::tempdir().unwrap();
            sandbox.fault(Some(fault));
            push(&sandbox, &plan(&sandbox, WANTED).await, folder.path()).await.unwrap_err();
            sandbox.fault(None);
            roll_back(&sandbox, folder.path(), false).await.unwrap();
            assert_eq!(lines(&sandbox.zone()), lines(&zone(BEFORE)), "{fault:?}: one half is taken back");
        }
    }
}

/// What a push did not finish and is there all the same: the next run has nothing to write, and closes the journal.
#[tokio::test]
async fn half_a_push_that_is_whole_by_now_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(zone(BEFORE));
    let first = plan(&sandbox, WANTED).await;
    sandbox.fault(Some(SandboxFault::GoneAfter(1)));
    push(&sandbox, &first, folder.path()).await.unwrap_err();
    sandbox.fault(None);
    let close = async || resume::close(&sandbox, folder.path(), "example.com", &sandbox.zone()).await.unwrap();
    let finished = || journal::of_zone(folder.path(), "example.com").unwrap().pop().unwrap().journal.finished;
    assert!(!close().await && !finished(), "a part is missing still");
    sandbox.edit(|z| first.changes.iter().for_each(|change| z.put(change.after.clone().unwrap())));
    assert!(plan(&sandbox, WANTED).await.is_empty());
    assert!(close().await && finished());
    assert!(!close().await, "once is enough");
    // What somebody else wrote is not taken back with what this program did.
    roll_back(&sandbox, folder.path(), false).await.unwrap();
    let left = lines(&sandbox.zone());
    assert!(
        !left.iter().any(|l| l.contains("mp._domainkey")) && left.iter().any(|l| l.contains("p=reject")),
        "{left:?}"
    );
}

#[tokio::test]
async fn a_refusal_at_once_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(zone(BEFORE));
    sandbox.fault(Some(SandboxFault::RefuseAfter(0)));
    let error = push(&sandbox, &plan(&sandbox, WANTED).await, folder.path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert_eq!(lines(&sandbox.zone()), lines(&zone(BEFORE)));
    let error = roll_back(&sandbox, folder.path(), false).await.unwrap_err();
    assert!(error.message().contains("no push"), "nothing was written, so there is nothing to take back: {error}");
}

#[tokio::test]
async fn a_zone_that_moved_is_left_alone() {
    type Edit = fn(&mut Snapshot);
    let cases: &[(&str, Edit, &str)] = &[
        (
            "at a name of the plan",
            |z| z.put(zone(&["_dmarc 120 TXT \"v=DMARC1; p=quarantine\""]).sets().next().unwrap().clone()),
            "_dmarc.example.com TXT",
        ),
        ("elsewhere", |z| z.put(zone(&["www 120 A 192.0.2.7"]).sets().next().unwrap().clone()), "elsewhere"),
        (
            "a TTL",
            |z| z.put(zone(&["_dmarc 60 TXT \"v=DMARC1; p=none\""]).sets().next().unwrap().clone()),
            "_dmarc.example.com TXT",
        ),
    ];
    for (why, edit, message) in cases {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::new(zone(BEFORE));
        // By way of a file, as a plan that is looked at today and carried out tomorrow.
        let plan = saved::read(&saved::write(&[plan(&sandbox, WANTED).await]).unwrap()).unwrap().remove(0);
        sandbox.edit(edit);
        let moved = lines(&sandbox.zone());
        let error = push(&sandbox, &plan, folder.path()).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Refused && error.message().contains(message), "{why}: {error}");
        assert_eq!(lines(&sandbox.zone()), moved, "{why}");
    }
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(zone(BEFORE));
    let plan = saved::read(&saved::write(&[plan(&sandbox, WANTED).await]).unwrap()).unwrap().remove(0);
    sandbox.edit(|z| {
        z.put(zone(&["@ 3600 SOA ns1.example.com. h.example.com. 99 1 1 1 1"]).sets().next().unwrap().clone())
    });
    push(&sandbox, &plan, folder.path()).await.expect("a serial is no change");
}

#[tokio::test]
async fn a_rollback_spares_what_others_did_since() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(zone(BEFORE));
    push(&sandbox, &plan(&sandbox, WANTED).await, folder.path()).await.unwrap();
    let theirs = zone(&["_dmarc 60 TXT \"v=DMARC1; p=quarantine\""]);
    sandbox.edit(|z| {
        z.put(theirs.sets().next().unwrap().clone());
        z.put(zone(&["www 60 A 192.0.2.7"]).sets().next().unwrap().clone());
    });
    let error = roll_back(&sandbox, folder.path(), false).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Refused && error.message().contains("_dmarc.example.com TXT"), "{error}");
    roll_back(&sandbox, folder.path(), true).await.unwrap();
    let mut want = lines(&zone(BEFORE));
    want.push("www.example.com. 60 IN A 192.0.2.7".into());
    assert_eq!(lines(&sandbox.zone()), want, "what the push did not touch stays even when forced");
}

#[tokio::test]
async fn a_set_that_is_accepted_and_not_stored_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut observed = zone(BEFORE);
    let sandbox = Sandbox::new(observed.clone());
    let plan = plan(&sandbox, WANTED).await;
    // A CNAME that comes between the last look and the write.
    let alias = zone(&["mp._domainkey 60 CNAME x.example."]);
    observed.put(alias.sets().next().unwrap().clone());
    sandbox.fault(Some(SandboxFault::IgnoreBesideCname));
    let late = LateCname { sandbox: sandbox.clone(), alias };
    let order = Order { provider: &late, plan: &plan, kind: Kind::Push, folder: folder.path(), now: NOW };
    let error = execute(&order, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Partial, "{error}");
    assert!(error.message().contains("a CNAME stands at that name"), "{error}");
}

/// A provider whose zone gets a CNAME right before the first write.
struct LateCname {
    sandbox: Sandbox,
    alias: Snapshot,
}

#[async_trait::async_trait]
impl Provider for LateCname {
    fn id(&self) -> &str {
        "sandbox"
    }

    fn title(&self) -> String {
        self.sandbox.title()
    }

    async fn read(&self, wanted: &[mailproof::model::snapshot::Key]) -> Result<mailproof::provider::Reading> {
        self.sandbox.read(wanted).await
    }

    fn normalise(&self, set: &mut RecordSet) -> Result<Vec<String>> {
        self.sandbox.normalise(set)
    }

    async fn apply(&self, unit: &[mailproof::plan::change::Change]) -> Result<()> {
        self.sandbox.edit(|z| self.alias.sets().for_each(|set| z.put(set.clone())));
        self.sandbox.apply(unit).await
    }
}

/// A provider that loses the answer to its first write, before or after carrying it out.
struct LostAnswer {
    sandbox: Sandbox,
    carried_out: bool,
    lost: std::sync::atomic::AtomicBool,
}

#[async_trait::async_trait]
impl Provider for LostAnswer {
    fn id(&self) -> &str {
        "sandbox"
    }

    fn title(&self) -> String {
        self.sandbox.title()
    }

    async fn read(&self, wanted: &[mailproof::model::snapshot::Key]) -> Result<mailproof::provider::Reading> {
        self.sandbox.read(wanted).await
    }

    fn normalise(&self, set: &mut RecordSet) -> Result<Vec<String>> {
        self.sandbox.normalise(set)
    }

    async fn apply(&self, unit: &[mailproof::plan::change::Change]) -> Result<()> {
        if self.lost.swap(true, std::sync::atomic::Ordering::Relaxed) {
            return self.sandbox.apply(unit).await;
        }
        if self.carried_out {
            self.sandbox.apply(unit).await?;
        }
        Err(Error::unreachable("the connection broke"))
    }
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_in_the_zone() {
    for carried_out in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::new(zone(BEFORE));
        let plan = plan(&sandbox, WANTED).await;
        let provider = LostAnswer { sandbox: sandbox.clone(), carried_out, lost: false.into() };
        let order = Order { provider: &provider, plan: &plan, kind: Kind::Push, folder: folder.path(), now: NOW };
        let result = execute(&order, &mut |_| {}).await;
        match (carried_out, result) {
            (true, Ok(_)) => {
                assert_ne!(lines(&sandbox.zone()), lines(&zone(BEFORE)), "it arrived, and the rest followed")
            }
            (false, Err(error)) => {
                assert_eq!(error.kind(), ErrorKind::Unreachable, "nothing arrived: {error}");
                assert_eq!(lines(&sandbox.zone()), lines(&zone(BEFORE)));
            }
            (_, result) => panic!("carried out {carried_out}: {:?}", result.map(|_| ()).map_err(|e| e.to_string())),
        }
    }
}

#[tokio::test]
async fn a_plan_that_was_tampered_with_is_refused() {
    type Tamper = fn(&mut Plan);
    let swap: Tamper = |p| p.changes[0].after.as_mut().unwrap().rtype = "NS".parse().unwrap();
    let cases: &[(&str, Tamper, &str)] = &[
        (
            "a name server",
            |p| p.changes[0].after = zone(&["@ 60 NS ns.evil.example."]).sets().next().cloned(),
            "holds the zone together",
        ),
        ("another type", swap, "holds the zone together"),
        (
            "another zone",
            |p| p.changes[0].after.as_mut().unwrap().name = name::domain("other.example").unwrap(),
            "not in the zone",
        ),
        ("twice", |p| p.changes.push(p.changes[0].clone()), "twice"),
    ];
    for (why, tamper, message) in cases {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::new(zone(BEFORE));
        let mut plan = plan(&sandbox, WANTED).await;
        tamper(&mut plan);
        let error = push(&sandbox, &plan, folder.path()).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Refused && error.message().contains(message), "{why}: {error}");
        assert_eq!(lines(&sandbox.zone()), lines(&zone(BEFORE)), "{why}");
    }
}
