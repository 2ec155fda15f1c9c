//! Zones, their servers, and waiting for them.

use std::time::Duration;

use hickory_proto::rr::RecordType;

use mailproof::dns::authority::{self, NameServer};
use mailproof::dns::lookup::LookupFailure;
use mailproof::dns::overlay::{Fault, FaultAt, Overlay, OverlayServer};
use mailproof::dns::propagation::{self, State};
use mailproof::dns::resolver::Resolver;
use mailproof::model::name::show;
use mailproof::model::snapshot::{RecordSet, parse_value};

use crate::support::{name, serving, zone};

fn wanted(owner: &str, rtype: RecordType, values: &[&str]) -> RecordSet {
    let values = values.iter().map(|v| parse_value(rtype, v).unwrap()).collect();
    RecordSet { rtype, ..RecordSet::desired(name(owner), 60, values, "") }
}

#[tokio::test]
async fn waiting_for_every_server() {
    let new = "example.test TXT \"v=spf1 \" \"-all\"\nexample.test TXT other";
    let old = "example.test TXT \"v=spf1 ?all\"\ngone.example.test A 192.0.2.1";
    let (quick, slow) = (serving(new).await, serving(old).await);
    let sets = [
        wanted("example.test", RecordType::TXT, &["other", "\"v=spf1 -all\""]),
        wanted("gone.example.test", RecordType::A, &[]),
    ];
    let servers = [NameServer::at(slow.addr()), NameServer::at(quick.addr())];
    let mut seen = Vec::new();
    let reports = propagation::wait(&servers, &sets, Duration::from_secs(30), &mut |progress| {
        seen.push((progress.server.map(|s| s.addr), progress.done, progress.total));
        // The second server gets the zone once the first is done.
        if progress.done == 1 {
            let zones = vec![zone("example.test", new)];
            slow.replace(Overlay { zones, ..Overlay::default() });
        }
    })
    .await;
    assert!(reports.iter().all(|r| r.pending.is_empty()), "{reports:?}");
    assert_eq!(seen, [(None, 0, 2), (Some(quick.addr()), 1, 2), (Some(slow.addr()), 2, 2)]);
    assert_eq!(reports.iter().map(|r| r.server.addr).collect::<Vec<_>>(), [slow.addr(), quick.addr()]);
}

#[tokio::test]
async fn what_servers_answer_instead() {
    let forwarding = {
        let authority = serving("example.test TXT new").await;
        // A server that knows the records only by asking somebody else has no authority.
        let front = Overlay { upstream: Some(authority.addr().into()), ..Overlay::default() };
        (OverlayServer::start(front).await.unwrap(), authority)
    };
    let refusing = Overlay { faults: vec![FaultAt::everywhere(Fault::Refused)], no_tcp: true, ..Overlay::default() };
    let refusing = OverlayServer::start(refusing).await.unwrap();
    let servers = [
        (serving("example.test TXT new").await, None, "the new data"),
        (serving("example.test TXT old").await, Some(State::Stale(vec!["\"old\"".into()])), "old data"),
        (
            serving("example.test TXT new\nexample.test TXT old").await,
            Some(State::Stale(vec!["\"new\"".into(), "\"old\"".into()])),
            "old data beside the new",
        ),
        (serving("www.example.test TXT new").await, Some(State::Stale(vec![])), "nothing"),
        (
            serving("example.test CNAME www.example.test.\nwww.example.test TXT new").await,
            Some(State::Stale(vec![])),
            "a CNAME to the same data",
        ),
        (
            forwarding.0,
            Some(State::Failed(LookupFailure::Other(
                "the server does not answer with authority for example.test".into(),
            ))),
            "no authority",
        ),
        (refusing, Some(State::Failed(LookupFailure::Rcode("REFUSED".into()))), "REFUSED"),
    ];
    let set = wanted("example.test", RecordType::TXT, &["new"]);
    let list: Vec<NameServer> = servers.iter().map(|(s, ..)| NameServer::at(s.addr())).collect();
    let reports = propagation::wait(&list, &[set], Duration::ZERO, &mut |_| {}).await;
    for ((_, want, why), report) in servers.iter().zip(&reports) {
        assert_eq!(report.pending.first().map(|(_, state)| state), want.as_ref(), "{why}");
    }
}

#[tokio::test]
async fn zones_and_their_servers() {
    let server = serving(
        "example.test SOA ns1.example.test. root.example.test. 1 60 60 60 60
         example.test NS ns1.example.test.
         example.test NS ns2.example.test.
         example.test NS missing.example.test.
         ns1.example.test A 127.0.0.1
         ns2.example.test A 127.0.0.2
         ns2.example.test A 127.0.0.3
         a.b.example.test TXT x
         alias.example.test CNAME example.test.",
    )
    .await;
    let resolver = Resolver::at(server.addr());
    for (owner, want, why) in [
        ("example.test", Some("example.test"), "the apex"),
        ("a.b.example.test", Some("example.test"), "a name in it"),
        ("nobody.a.b.example.test", Some("example.test"), "a name that does not exist"),
        ("alias.example.test", Some("example.test"), "an alias of an apex is not one"),
        ("example.net", None, "no zone but the root"),
    ] {
        let found = authority::zone_of(&resolver, &name(owner)).await.unwrap();
        assert_eq!(found.map(|n| show(&n)).as_deref(), want, "{owner}: {why}");
    }
    let servers = authority::name_servers(&resolver, &name("example.test")).await.unwrap();
    let shown: Vec<String> = servers.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["ns1.example.test (127.0.0.1)", "ns2.example.test (127.0.0.2)", "ns2.example.test (127.0.0.3)"]);
    let none = authority::name_servers(&resolver, &name("a.b.example.test")).await.unwrap_err();
    assert_eq!(none.to_string(), "a.b.example.test has no name servers");
}
