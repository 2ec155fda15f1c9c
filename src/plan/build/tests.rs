use super::*;
use crate::model::snapshot::{OpaqueSet, Origin, parse_value};

/// A zone of `owner TTL TYPE data` lines, owners relative to example.com.
fn zone(lines: &[&str]) -> Snapshot {
    let apex = name::domain("example.com").unwrap();
    let mut snapshot = Snapshot::new(apex.clone());
    for line in lines {
        let [owner, ttl, rtype, data] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let owner = if owner == "@" { apex.clone() } else { name::below(owner, &apex).unwrap() };
        let value = parse_value(rtype.parse().unwrap(), data).unwrap();
        snapshot.add(&owner, ttl.parse().unwrap(), value, Origin::Provider("test".into()));
    }
    snapshot
}

const SOA: &str = "@ 3600 SOA ns1.example.com. h.example.com. 1 1 1 1 1";
const NS: &str = "@ 3600 NS ns1.example.com.";

fn plan_with(observed: &Snapshot, desired: &Snapshot, normalise: &Normalise<'_>) -> Result<Plan> {
    build(&Inputs { observed, partial: false, desired, remove: &[], spf: SpfMode::Merge, provider: "test", normalise })
}

fn plan(observed: &[&str], desired: &[&str]) -> Result<Plan> {
    let mut all = vec![SOA, NS];
    all.extend(observed);
    plan_with(&zone(&all), &zone(desired), &|_| Ok(Vec::new()))
}

/// `sign owner ttl type value | value`, one a change.
fn told(plan: &Plan) -> Vec<String> {
    let apex = plan.apex().unwrap();
    plan.changes
        .iter()
        .map(|change| {
            let set = change.set().unwrap();
            let sign = match change.action() {
                Action::Add => '+',
                Action::Change => '~',
                Action::Remove => '-',
            };
            let values: Vec<String> = set.values.iter().map(show_value).collect();
            format!("{sign} {} {} {} {}", name::relative(&set.name, &apex), set.ttl, set.rtype, values.join(" | "))
        })
        .collect()
}

#[test]
fn plans() {
    let cases: &[(&str, &[&str], &[&str], &[&str])] = &[
        (
            "new sets with the profile's TTL, the policy last",
            &[],
            &[
                "_dmarc 3600 TXT \"v=DMARC1; p=none\"",
                "mp._domainkey 3600 TXT \"v=DKIM1; p=AAAA\"",
                "@ 3600 TXT \"v=spf1 mx -all\"",
            ],
            &[
                "+ mp._domainkey 3600 TXT \"v=DKIM1; p=AAAA\"",
                "+ @ 3600 TXT \"v=spf1 mx -all\"",
                "+ _dmarc 3600 TXT \"v=DMARC1; p=none\"",
            ],
        ),
        (
            "the same but for TTL and order",
            &["@ 60 MX 20 b.example.com.", "@ 60 MX 10 A.example.com."],
            &["@ 3600 MX 10 a.example.com.", "@ 3600 MX 20 b.example.com."],
            &[],
        ),
        ("split otherwise", &["@ 60 TXT \"v=spf1 \" \"-all\""], &["@ 60 TXT \"v=spf1 -all\""], &[]),
        (
            "SPF merged, site verification untouched, TTL kept",
            &["@ 60 TXT \"site=1\"", "@ 60 TXT \"v=spf1 include:a.example ~all\"", "@ 60 TXT \"two\" \"strings\""],
            &["@ 3600 TXT \"v=spf1 ip4:192.0.2.1 ~all\""],
            &["~ @ 60 TXT \"site=1\" | \"v=spf1 include:a.example ip4:192.0.2.1 ~all\" | \"two\" \"strings\""],
        ),
        (
            "SPF beside others",
            &["@ 60 TXT \"site=1\""],
            &["@ 3600 TXT \"v=spf1 -all\""],
            &["~ @ 60 TXT \"site=1\" | \"v=spf1 -all\""],
        ),
        (
            "two DMARC records become the one, the rest stays",
            &["_dmarc 60 TXT \"v=DMARC1; p=none\"", "_dmarc 60 TXT \"x\"", "_dmarc 60 TXT \"v=DMARC1; p=reject\""],
            &["_dmarc 3600 TXT \"v=DMARC1; p=quarantine\""],
            &["~ _dmarc 60 TXT \"v=DMARC1; p=quarantine\" | \"x\""],
        ),
        (
            "DMARC spaced otherwise",
            &["_dmarc 60 TXT \"v=DMARC1;p=none;\""],
            &["_dmarc 60 TXT \"v=DMARC1; p=none\""],
            &[],
        ),
        (
            "two of the same, one is wanted",
            &["_dmarc 60 TXT \"v=DMARC1; p=none\"", "_dmarc 60 TXT \"v=DMARC1; p=none\""],
            &["_dmarc 60 TXT \"v=DMARC1; p=none\""],
            &["~ _dmarc 60 TXT \"v=DMARC1; p=none\""],
        ),
        (
            "another key at the selector",
            &["a._domainkey 60 TXT \"v=DKIM1; p=AAAA\""],
            &["a._domainkey 60 TXT \"v=DKIM1; p=BBBB\""],
            &["~ a._domainkey 60 TXT \"v=DKIM1; p=BBBB\""],
        ),
        ("MX replaced", &["@ 60 MX 10 old.example.com."], &["@ 3600 MX 0 ."], &["~ @ 60 MX 0 ."]),
        (
            "a CNAME gets another target",
            &["s._domainkey 60 CNAME a.example."],
            &["s._domainkey 60 CNAME b.example."],
            &["~ s._domainkey 60 CNAME b.example."],
        ),
        (
            "a name of another kind exists through a wildcard",
            &["* 60 A 192.0.2.1"],
            &["_dmarc 60 TXT \"v=DMARC1; p=none\""],
            &["+ _dmarc 60 TXT \"v=DMARC1; p=none\""],
        ),
    ];
    for (why, observed, desired, changes) in cases {
        let plan = plan(observed, desired).unwrap_or_else(|e| panic!("{why}: {e}"));
        assert_eq!(told(&plan), *changes, "{why}");
        let lines: Vec<&str> = [SOA, NS].iter().chain(*observed).copied().collect();
        let after = plan.outcome(&zone(&lines));
        let again = plan_with(&after, &zone(desired), &|_| Ok(Vec::new())).unwrap();
        assert_eq!(told(&again), [] as [&str; 0], "{why}: the second plan is empty");
    }
}

#[test]
fn refusals() {
    let cases: &[(&str, &[&str], &[&str], &str)] = &[
        (
            "CNAME where TXT should go",
            &["mp._domainkey 60 CNAME x.example."],
            &["mp._domainkey 60 TXT \"v=DKIM1; p=AA\""],
            "mp._domainkey.example.com is a CNAME to x.example.",
        ),
        (
            "TXT where CNAME should go",
            &["s._domainkey 60 TXT \"v=DKIM1; p=AA\""],
            &["s._domainkey 60 CNAME x.example."],
            "s._domainkey.example.com has a TXT record",
        ),
        (
            "below a delegation",
            &["sub 60 NS ns.other.example."],
            &["_dmarc.sub 60 TXT \"v=DMARC1; p=none\""],
            "sub.example.com, which is delegated",
        ),
        ("at a delegation", &["sub 60 NS ns.other.example."], &["sub 60 TXT \"v=spf1 -all\""], "delegated"),
        ("the zone's own", &[], &["@ 60 NS ns2.example.com."], "holds the zone together"),
        (
            "a wildcard would end",
            &["* 60 A 192.0.2.1", "* 60 MX 10 m.example.com."],
            &["mail 60 TXT \"v=spf1 a -all\""],
            "A and MX record from the wildcard *.example.com",
        ),
        ("two SPF at once", &[], &["@ 60 TXT \"v=spf1 -all\"", "@ 60 TXT \"v=spf1 mx -all\""], "two values"),
        (
            "too much at once",
            &[
                "@ 60 MX 1 a.example.",
                "@ 60 MX 2 a.example.",
                "@ 60 MX 3 a.example.",
                "@ 60 MX 4 a.example.",
                "@ 60 MX 5 a.example.",
                "@ 60 MX 6 a.example.",
                "@ 60 MX 7 a.example.",
                "@ 60 MX 8 a.example.",
                "@ 60 MX 9 a.example.",
                "@ 60 MX 10 a.example.",
                "@ 60 MX 11 a.example.",
                "@ 60 MX 12 a.example.",
            ],
            &["@ 60 MX 1 a.example."],
            "takes away 11 records",
        ),
    ];
    for (why, observed, desired, message) in cases {
        let error = plan(observed, desired).err().unwrap_or_else(|| panic!("{why}: planned"));
        assert_eq!(error.kind(), crate::error::ErrorKind::Refused, "{why}");
        assert!(error.message().contains(message), "{why}: {error}");
    }
    let mut observed = zone(&[SOA, NS]);
    observed.opaque.push(OpaqueSet { name: "s.example.com".into(), rtype: "ALIAS".into(), values: vec!["x".into()] });
    let error = plan_with(&observed, &zone(&["s 60 CNAME x.example."]), &|_| Ok(Vec::new())).unwrap_err();
    assert!(error.message().contains("ALIAS"), "{error}");
    for rtype in ["RRSIG", "NSEC"] {
        observed.opaque[0].rtype = rtype.into();
        let made = plan_with(&observed, &zone(&["s 60 CNAME x.example."]), &|_| Ok(Vec::new()));
        assert!(made.is_ok(), "what signs a CNAME may stand beside it: {made:?}");
    }
}

#[test]
fn a_wildcard_covers_only_what_does_not_exist() {
    let fine: &[(&str, &[&str], &str)] = &[
        ("the name exists", &["* 60 A 192.0.2.1", "mail 60 A 192.0.2.2"], "mail 60 TXT \"v=spf1 a -all\""),
        ("a name below it exists", &["* 60 A 192.0.2.1", "x.mail 60 A 192.0.2.2"], "mail 60 TXT \"v=spf1 a -all\""),
        ("the wildcard is of another level", &["*.other 60 A 192.0.2.1"], "mail 60 TXT \"v=spf1 a -all\""),
        ("the encloser is nearer", &["* 60 A 192.0.2.1", "b 60 A 192.0.2.2"], "a.b 60 TXT \"v=spf1 a -all\""),
    ];
    for (why, observed, desired) in fine {
        assert!(plan(observed, &[desired]).is_ok(), "{why}");
    }
}

#[test]
fn limits_come_before_the_difference() {
    let clamp = |set: &mut RecordSet| {
        if set.ttl < 300 {
            set.ttl = 300;
            return Ok(vec!["TTL 300, the least there is".to_string()]);
        }
        Ok(Vec::new())
    };
    let desired = zone(&["@ 60 TXT \"v=spf1 -all\""]);
    let observed = zone(&[SOA, NS]);
    let first = plan_with(&observed, &desired, &clamp).unwrap();
    assert_eq!(told(&first), ["+ @ 300 TXT \"v=spf1 -all\""]);
    assert_eq!(first.changes[0].notes, ["TTL 300, the least there is"]);
    assert!(plan_with(&first.outcome(&observed), &desired, &clamp).unwrap().is_empty());
    let refuse = |_: &mut RecordSet| Err(Error::refused("too long"));
    let error = plan_with(&observed, &desired, &refuse).unwrap_err();
    assert_eq!(error.context(), ["planning example.com TXT at test"]);
}

#[test]
fn notes_say_what_happens() {
    let cases: &[(&[&str], &str, &[&str])] = &[
        (
            &["@ 60 TXT \"a\"", "@ 60 TXT \"b\"", "@ 60 TXT \"v=spf1 mx ~all\""],
            "@ 60 TXT \"v=spf1 a ~all\"",
            &["kept: every address that passed still passes", "other TXT at this name (2) untouched"],
        ),
        (&["@ 60 MX 10 old.example."], "@ 60 MX 10 new.example.", &["takes the place of 10 old.example."]),
        (
            &["_dmarc 60 TXT \"v=DMARC1; p=none; rua=mailto:r@v.example\""],
            "_dmarc 60 TXT \"v=DMARC1; p=reject\"",
            &["aggregate reports no longer go to mailto:r@v.example"],
        ),
        (
            &["a._domainkey 60 TXT \"v=DKIM1; p=AAAA\""],
            "a._domainkey 60 TXT \"v=DKIM1; p=BBBB\"",
            &["the key published here is replaced: mail signed with it no longer verifies"],
        ),
    ];
    for (observed, desired, notes) in cases {
        assert_eq!(plan(observed, &[desired]).unwrap().changes[0].notes, *notes, "{desired}");
    }
}

#[test]
fn removals_are_named_and_come_last() {
    let observed = zone(&[SOA, NS, "old._domainkey 60 TXT \"v=DKIM1; p=AA\""]);
    let owner = name::domain("old._domainkey.example.com").unwrap();
    let remove = [Key::new(&owner, RecordType::TXT), Key::new(&owner, RecordType::CNAME)];
    let desired = zone(&["zz 60 TXT \"x\""]);
    let inputs = Inputs {
        observed: &observed,
        partial: false,
        desired: &desired,
        remove: &remove,
        spf: SpfMode::Merge,
        provider: "test",
        normalise: &|_| Ok(Vec::new()),
    };
    let plan = build(&inputs).unwrap();
    assert_eq!(told(&plan), ["+ zz 60 TXT \"x\"", "- old._domainkey 60 TXT \"v=DKIM1; p=AA\""]);
    assert_eq!(plan.removed(), [Key::new(&owner, RecordType::TXT)]);
    assert_eq!(plan.untouched, 2);
    assert!(plan.outcome(&observed).get(&owner, RecordType::TXT).is_none());
}
