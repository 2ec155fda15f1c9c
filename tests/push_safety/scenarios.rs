//! One list of scenarios, run against everything there is: what is pushed stands there, what is not ours stays, a second
//! plan is empty, and the rollback brings back what was. What a provider cannot store is refused by the plan.

use hickory_proto::rr::RecordType;
use mailproof::error::ErrorKind;
use mailproof::model::name::{self, Name};
use mailproof::model::snapshot::{RecordSet, Snapshot, canonical};
use mailproof::plan::change::Change;

use crate::benches::{self, Bench, IDN};
use crate::credentials::credentials;
use crate::fakes::APEX;
use crate::journey::{self, Want};

/// What is wanted, and why that is hard.
struct Scenario {
    name: &'static str,
    /// Owner, TTL, values.
    sets: Vec<(&'static str, u32, Vec<Want>)>,
    /// TXT sets that are to go.
    gone: &'static [&'static str],
    outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// What is wanted stands there afterwards.
    Written,
    /// It stands there already.
    Nothing,
    /// The plan refuses, whatever the provider; the refusal says this.
    Refused(&'static str),
    /// One SPF record with the old and the new terms.
    Merged,
}

fn text(value: impl Into<String>) -> Vec<Want> {
    vec![Want::Text(value.into())]
}

/// A value of `octets` octets.
fn of(octets: usize) -> String {
    let begin = "v=DKIM1; p=";
    if octets <= begin.len() { "x".repeat(octets) } else { format!("{begin}{}", "A".repeat(octets - begin.len())) }
}

fn scenarios() -> Vec<Scenario> {
    let one = |name, owner, value: String| Scenario {
        name,
        sets: vec![(owner, 300, text(value))],
        gone: &[],
        outcome: Outcome::Written,
    };
    let mut all = vec![
        Scenario {
            name: "a sender joins an SPF record, beside a site verification",
            sets: vec![("@", 300, text("v=spf1 ip4:192.0.2.99 ~all"))],
            gone: &[],
            outcome: Outcome::Merged,
        },
        Scenario {
            name: "the same value in other strings",
            sets: vec![("_spf", 300, text("v=spf1 ip4:192.0.2.25 -all"))],
            gone: &[],
            outcome: Outcome::Nothing,
        },
        Scenario {
            name: "a TTL that few take",
            sets: vec![("ttl", 7, text("short"))],
            gone: &[],
            outcome: Outcome::Written,
        },
        Scenario {
            name: "five sets, one that goes",
            sets: vec![
                ("s1._domainkey", 300, text(of(400))),
                ("s2._domainkey", 300, vec![Want::Cname("s2.dkim.example.net.")]),
                ("_mta-sts", 300, text("v=STSv1; id=20261127")),
                ("_smtp._tls", 300, text("v=TLSRPTv1; rua=mailto:tls@example.test")),
                ("_dmarc", 300, text("v=DMARC1; p=quarantine; rua=mailto:d@example.test")),
            ],
            gone: &["gone"],
            outcome: Outcome::Written,
        },
        Scenario {
            name: "TXT where a CNAME stands",
            sets: vec![("www", 300, text("never"))],
            gone: &[],
            outcome: Outcome::Refused("CNAME"),
        },
        Scenario {
            name: "a CNAME where an address stands",
            sets: vec![("mail", 300, vec![Want::Cname("other.example.net.")])],
            gone: &[],
            outcome: Outcome::Refused("CNAME"),
        },
        Scenario {
            name: "an MX below the zone",
            sets: vec![("sub", 300, vec![Want::Mx(10, "mail.example.test.")])],
            gone: &[],
            outcome: Outcome::Written,
        },
        Scenario { name: "a set that goes", sets: Vec::new(), gone: &["gone"], outcome: Outcome::Written },
        one("a wildcard", "*.w", "v=spf1 -all".into()),
        one("underscores", "_a._b_c", "x".into()),
        one("a deep subdomain", "a.b.c.d.e.f.g.h.i.j", "x".into()),
        one("a name that repeats the zone's", "example.test", "x".into()),
        one("quotes", "t", "say \"v=spf1\" \"\"".into()),
        one("backslashes", "t", "a\\b\\\\c \\034 \\x\\".into()),
        one("semicolons", "t", "v=X; a=b;; c = d ;".into()),
        one("beyond ASCII", "t", "日本語 é \u{1f4ee}".into()),
        one("a leading space", "t", " x".into()),
        one("trailing spaces", "t", "x  ".into()),
        one("what looks like markup", "t", "<a href='x'>&amp;</a> {{zone}} %41 $ORIGIN @ ( )".into()),
    ];
    for (name, octets) in [
        ("1 octet", 1),
        ("255 octets", 255),
        ("256 octets", 256),
        ("510 octets", 510),
        ("511 octets", 511),
        ("1000 octets", 1000),
    ] {
        all.push(one(name, "long._domainkey", of(octets)));
    }
    all
}

/// Whether `zone` has `value` at `owner`.
fn has(zone: &Snapshot, owner: &Name, rtype: RecordType, value: &[u8]) -> bool {
    zone.get(owner, rtype).is_some_and(|set| set.values.iter().any(|v| canonical(v) == value))
}

fn same(one: Option<&RecordSet>, other: Option<&RecordSet>) -> bool {
    match (one, other) {
        (Some(a), Some(b)) => a.same_data(b) && a.ttl == b.ttl && a.values.len() == b.values.len(),
        (None, None) => true,
        _ => false,
    }
}

/// Everything but what `changes` touch and the server's own records is as it was.
fn others_stay(what: &str, before: &Snapshot, after: &Snapshot, changes: &[Change]) {
    let own = |rtype: RecordType| matches!(rtype, RecordType::SOA);
    for set in before.sets().chain(after.sets()).filter(|set| !own(set.rtype)) {
        if changes.iter().all(|change| change.key() != set.key()) {
            let (one, other) = (before.get(&set.name, set.rtype), after.get(&set.name, set.rtype));
            assert!(same(one, other), "{what}: {} {} is not ours: {one:?} -> {other:?}", set.name, set.rtype);
        }
    }
    let odd = |zone: &Snapshot| -> Vec<String> {
        let all = zone.opaque.iter().filter(|set| !set.rtype.contains("SOA"));
        let mut all: Vec<String> = all.map(|set| format!("{} {} {:?}", set.name, set.rtype, set.values)).collect();
        all.sort();
        all
    };
    assert_eq!(odd(before), odd(after), "{what}: what is not understood");
}

async fn carry(bench: &Bench, scenario: &Scenario, apex: &Name) {
    let what = format!("{}, {}", bench.name, scenario.name);
    (bench.afresh)();
    let open = || (bench.open)(apex);
    let folder = tempfile::tempdir().unwrap();
    let wanted = journey::wanted(apex, &scenario.sets);
    let made = journey::plan(open().as_ref(), &wanted, scenario.gone).await;
    let own = bench.refuses.iter().find(|(name, _)| *name == scenario.name).map(|(_, message)| *message);
    let refusal = match scenario.outcome {
        Outcome::Refused(message) => Some(message),
        _ => own,
    };
    if let Some(message) = refusal {
        let error = made.map(|(plan, _)| plan).expect_err(&what);
        assert_eq!(error.kind(), ErrorKind::Refused, "{what}: {error}");
        assert!(error.to_string().contains(message), "{what}: {error}");
        return;
    }
    let (plan, before) = made.unwrap_or_else(|e| panic!("{what}: {e}"));
    let before = before.snapshot;
    if scenario.outcome == Outcome::Nothing {
        assert!(plan.is_empty(), "{what}: {plan:?}");
        return;
    }
    assert_eq!(plan.changes.len(), scenario.sets.len() + scenario.gone.len(), "{what}: {plan:?}");
    let done = journey::push(open().as_ref(), &plan, folder.path()).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
    assert!(done.notes.is_empty(), "{what}: what was planned is what stands there: {:?}", done.notes);
    let after = open().read(&[]).await.unwrap();
    let after =
        if after.partial { journey::plan(open().as_ref(), &wanted, scenario.gone).await.unwrap().1 } else { after };
    let after = after.snapshot;
    others_stay(&what, &before, &after, &plan.changes);
    for (relative, _, values) in &scenario.sets {
        let owner = journey::owner(relative, apex);
        for value in values.iter().map(Want::data) {
            if scenario.outcome == Outcome::Merged {
                continue;
            }
            assert!(
                has(&after, &owner, value.record_type(), &canonical(&value)),
                "{what}: {value} in {:?}",
                after.get(&owner, value.record_type())
            );
            if value.record_type() == RecordType::TXT
                && let Some(served) = bench.served(&owner)
            {
                assert!(served.contains(&canonical(&value)), "{what}: {value} is answered, not {served:?}");
            }
        }
    }
    for relative in scenario.gone {
        assert!(after.get(&journey::owner(relative, apex), RecordType::TXT).is_none(), "{what}: {relative} is gone");
    }
    if scenario.outcome == Outcome::Merged {
        let texts: Vec<String> = after
            .get(apex, RecordType::TXT)
            .unwrap()
            .texts()
            .into_iter()
            .map(|t| String::from_utf8(t).unwrap())
            .collect();
        let spf: Vec<&String> = texts.iter().filter(|t| t.starts_with("v=spf1")).collect();
        assert_eq!(spf.len(), 1, "{what}: never two: {texts:?}");
        assert!(spf[0].contains("include:_spf.example.test") && spf[0].contains("ip4:192.0.2.99"), "{what}: {spf:?}");
        assert!(texts.iter().any(|t| t == "site-verification=abc"), "{what}: {texts:?}");
    }
    let doubled = format!("{0}.{0}.", name::show(apex));
    if scenario.name != "a name that repeats the zone's" {
        assert!(after.sets().all(|set| !set.name.to_string().ends_with(&doubled)), "{what}: a name below itself");
    }
    let again =
        journey::plan(open().as_ref(), &wanted, scenario.gone).await.unwrap_or_else(|e| panic!("{what}: {e}")).0;
    assert!(again.is_empty(), "{what}: the second plan is empty: {again:?}");
    (bench.untouched)();
    journey::take_back(open().as_ref(), apex, folder.path()).await.unwrap_or_else(|e| panic!("{what}, back: {e:?}"));
    let back = open().read(&plan.changes.iter().map(Change::key).collect::<Vec<_>>()).await.unwrap().snapshot;
    others_stay(&format!("{what}, taken back"), &before, &back, &[]);
    (bench.untouched)();
}

fn run(benches: Vec<Bench>) {
    let failures: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = benches
            .into_iter()
            .map(|bench| {
                let name = bench.name;
                let run = scope.spawn(move || {
                    let runtime = journey::runtime();
                    let apex = name::domain(APEX).unwrap();
                    let all = scenarios();
                    for scenario in &all {
                        runtime.block_on(carry(&bench, scenario, &apex));
                    }
                    if bench.idn {
                        let apex = name::domain(IDN).unwrap();
                        let few = ["five sets, one that goes", "a wildcard", "511 octets"];
                        for scenario in all.iter().filter(|s| few.contains(&s.name)) {
                            runtime.block_on(carry(&bench, scenario, &apex));
                        }
                    }
                });
                (name, run)
            })
            .collect();
        running
            .into_iter()
            .filter_map(|(name, run)| {
                let error = run.join().err()?;
                let text = error.downcast_ref::<String>().cloned();
                Some(text.unwrap_or_else(|| format!("{name}: {:?}", error.downcast_ref::<&str>())))
            })
            .collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn at_real_servers() {
    run(benches::real());
}

#[test]
fn at_stand_ins_of_every_model() {
    run(benches::stand_ins());
}

/// What was edited by somebody else and is not applied would be applied along with ours.
#[test]
fn edits_of_others_are_not_put_into_effect() {
    let zone = crate::fakes::lived_in();
    let (fake, staged) = crate::fakes_more::iij_dpf(&zone);
    let apex = name::domain(APEX).unwrap();
    let provider = journey::opened("iij-dpf", &apex, Some(fake.endpoint()), &[], &credentials(), Vec::new());
    let wanted = journey::wanted(&apex, &[("t", 300, text("x"))]);
    let folder = tempfile::tempdir().unwrap();
    journey::runtime().block_on(async {
        let (plan, _) = journey::plan(provider.as_ref(), &wanted, &[]).await.unwrap();
        staged.lock().unwrap()[0].ttl = 17;
        let error = journey::push(provider.as_ref(), &plan, folder.path()).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Refused && error.message().contains("not applied"), "{error:?}");
        assert!(zone.lock().unwrap().iter().all(|r| r.ttl != 17 && r.name != "t"), "nothing took effect");
    });
}

/// A zone that is written as a whole must not be written over what somebody else wrote in between.
#[test]
fn a_zone_that_moved_is_not_overwritten() {
    for bench in benches::stand_ins()
        .into_iter()
        .filter(|b| ["sakuracloud", "value-domain", "namecheap", "azure", "google"].contains(&b.name))
    {
        let apex = name::domain(APEX).unwrap();
        let folder = tempfile::tempdir().unwrap();
        journey::runtime().block_on(async {
            let ours = journey::wanted(&apex, &[("ours", 300, text("x"))]);
            let (plan, _) = journey::plan((bench.open)(&apex).as_ref(), &ours, &[]).await.unwrap();
            let theirs = journey::wanted(&apex, &[("theirs", 300, text("y"))]);
            let (other, _) = journey::plan((bench.open)(&apex).as_ref(), &theirs, &[]).await.unwrap();
            journey::push((bench.open)(&apex).as_ref(), &other, folder.path()).await.unwrap();
            let error = journey::push((bench.open)(&apex).as_ref(), &plan, folder.path()).await.unwrap_err();
            assert!(error.message().contains("has changed since the plan was made"), "{}: {error}", bench.name);
            let zone = (bench.open)(&apex).read(&[]).await.unwrap().snapshot;
            let there = |owner: &str| zone.get(&journey::owner(owner, &apex), RecordType::TXT).map(|s| s.texts());
            assert_eq!(there("theirs"), Some(vec![b"y".to_vec()]), "{}", bench.name);
            assert_eq!(there("ours"), None, "{}", bench.name);
        });
    }
}
