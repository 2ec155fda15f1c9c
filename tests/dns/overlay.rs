//! What the overlay server answers, alone and over live DNS, to our resolver and to raw messages.

use std::time::Duration;

use hickory_proto::op::{Edns, Message, OpCode, ResponseCode};
use hickory_proto::rr::{DNSClass, RData, RecordType};

use mailproof::dns::lookup::Lookup;
use mailproof::dns::overlay::{Fault, FaultAt, Overlay, OverlayServer};
use mailproof::dns::resolver::Resolver;
use mailproof::model::snapshot::{Origin, Snapshot};

use crate::support::{ask, edns, key, name, question, raw, zone};

fn txt(server: &Message) -> Vec<String> {
    server.answers.iter().map(|r| r.data.to_string()).collect()
}

const PLANNED: &str = r#"
    example.test TXT "v=spf1 a -all"
    sel._domainkey.example.test TXT "v=DKIM1; p=AAAA"
    alias.example.test CNAME target.example.test.
    target.example.test A 192.0.2.7
    out.example.test CNAME live.example.test.
    loop1.example.test CNAME loop2.example.test.
    loop2.example.test CNAME loop1.example.test.
    to-broken.example.test CNAME broken.example.test.
    *.wild.example.test TXT "wild"
    here.wild.example.test A 192.0.2.9
    deep.below.wild.example.test A 192.0.2.10
    *.alias.wild.example.test CNAME target.example.test.
    Mixed.Example.Test A 192.0.2.11
"#;

#[tokio::test]
async fn an_overlay_alone() {
    let overlay = Overlay {
        zones: vec![zone("example.test", PLANNED)],
        removed: vec![key("gone.example.test", RecordType::TXT)],
        ..Overlay::default()
    };
    let server = OverlayServer::start(overlay).await.unwrap();
    let resolver = Resolver::at(server.addr());
    use RecordType::{A, AAAA, CNAME, MX, TXT};
    for (owner, rtype, want, why) in [
        ("example.test", TXT, r#"found "v=spf1 a -all""#, "a set of the overlay"),
        ("EXAMPLE.test", TXT, r#"found "v=spf1 a -all""#, "case does not matter in the question"),
        ("mixed.example.test", A, "found 192.0.2.11", "nor in the overlay"),
        ("example.test", MX, "nodata", "the name has other types"),
        ("_domainkey.example.test", TXT, "nodata", "an empty non-terminal"),
        ("test", TXT, "nodata", "the parent of a zone exists"),
        ("nobody.example.test", A, "nxdomain", "no such name"),
        ("elsewhere.example.net", A, "nxdomain", "no upstream"),
        ("localhost", A, "nxdomain", "no name is special"),
        ("1.0.0.127.in-addr.arpa", RecordType::PTR, "nxdomain", "nor is a reverse zone"),
        ("gone.example.test", TXT, "nodata", "a planned removal"),
        ("alias.example.test", A, "found 192.0.2.7 via target.example.test", "a CNAME is followed"),
        ("alias.example.test", TXT, "nodata via target.example.test", "to a name without that type"),
        ("alias.example.test", CNAME, "found target.example.test.", "the alias itself"),
        ("out.example.test", A, "nxdomain via live.example.test", "to a name that does not exist"),
        ("loop1.example.test", A, r#"Rcode("SERVFAIL")"#, "a circle"),
        ("x.wild.example.test", TXT, r#"found "wild""#, "a wildcard"),
        ("x.y.wild.example.test", TXT, r#"found "wild""#, "over several labels"),
        ("x.wild.example.test", AAAA, "nodata", "a wildcard without that type"),
        ("here.wild.example.test", TXT, "nodata", "blocked by a name"),
        ("below.wild.example.test", TXT, "nodata", "blocked by an empty non-terminal"),
        ("x.here.wild.example.test", TXT, "nxdomain", "the closest encloser has no wildcard"),
        ("x.below.wild.example.test", TXT, "nxdomain", "nor has an empty non-terminal"),
        ("*.wild.example.test", TXT, r#"found "wild""#, "the wildcard itself"),
        ("x.alias.wild.example.test", A, "found 192.0.2.7 via target.example.test", "a wildcard CNAME"),
    ] {
        assert_eq!(ask(&resolver, owner, rtype).await, want, "{owner} {rtype}: {why}");
    }
}

const LIVE: &str = r#"
    example.test SOA ns.example.test. root.example.test. 7 60 60 60 60
    example.test TXT "v=spf1 -all"
    example.test MX 10 mail.example.test.
    mail.example.test A 192.0.2.1
    live.example.test A 192.0.2.2
    gone.example.test TXT "still here"
    gone.example.test A 192.0.2.3
    was.example.test CNAME live.example.test.
    to-planned.example.test CNAME sel._domainkey.example.test.
    to-gone.example.test CNAME gone.example.test.
    to-was.example.test CNAME was.example.test.
    to-wild.example.test CNAME x.wild.example.test.
    twice.example.test CNAME once.example.test.
    once.example.test CNAME live.example.test.
    exists.wild.example.test A 192.0.2.4
    a.between.wild.example.test A 192.0.2.5
    *.everything.example.test A 192.0.2.6
    own.park.everything.example.test A 192.0.2.8
    broken.example.test TXT "never seen"
    *.taken.example.test TXT "to be removed"
    self.taken.example.test A 192.0.2.12
    chain1.example.test CNAME chain2.example.test.
    chain2.example.test CNAME chain1.example.test.
"#;

#[tokio::test]
async fn an_overlay_over_live_dns() {
    let live = OverlayServer::start(Overlay {
        zones: vec![zone("example.test", LIVE)],
        faults: vec![
            FaultAt::name(name("broken.example.test"), Fault::ServFail),
            FaultAt::name(name("refused.example.test"), Fault::Refused),
            FaultAt::name(name("silent.example.test"), Fault::Silent),
        ],
        ..Overlay::default()
    })
    .await
    .unwrap();
    let planned = PLANNED.to_string() + r#"*.park.everything.example.test TXT "v=DKIM1; p=""#;
    let overlay = Overlay {
        zones: vec![zone("example.test", &planned)],
        removed: vec![
            key("gone.example.test", RecordType::TXT),
            key("was.example.test", RecordType::CNAME),
            key("*.taken.example.test", RecordType::TXT),
        ],
        upstream: Some(live.addr().into()),
        timeout: Some(Duration::from_secs(1)),
        ..Overlay::default()
    };
    let server = OverlayServer::start(overlay).await.unwrap();
    let resolver = Resolver::at(server.addr());
    use RecordType::{A, MX, TXT};
    for (owner, rtype, want, why) in [
        ("example.test", TXT, r#"found "v=spf1 a -all""#, "the overlay's set hides the live one"),
        ("example.test", MX, "found 10 mail.example.test.", "another type at the name is live"),
        ("live.example.test", A, "found 192.0.2.2", "another name is live"),
        ("live.example.test", TXT, "nodata", "live NODATA"),
        ("nobody.example.test", A, "nxdomain", "live NXDOMAIN"),
        ("sel._domainkey.example.test", A, "nodata", "live NXDOMAIN where the overlay has another type"),
        ("_domainkey.example.test", TXT, "nodata", "live NXDOMAIN at an empty non-terminal of the overlay"),
        ("gone.example.test", TXT, "nodata", "a removal hides the live set"),
        ("gone.example.test", A, "found 192.0.2.3", "but not the other types"),
        ("was.example.test", A, "nodata", "a removed CNAME is not followed"),
        ("to-was.example.test", A, "nodata via was.example.test", "nor at the end of a live chain"),
        ("to-gone.example.test", TXT, "nodata via gone.example.test", "a live CNAME to a removed set"),
        ("to-gone.example.test", A, "found 192.0.2.3 via gone.example.test", "and to what stays there"),
        (
            "to-planned.example.test",
            TXT,
            r#"found "v=DKIM1; p=AAAA" via sel._domainkey.example.test"#,
            "a live CNAME into the overlay",
        ),
        ("to-wild.example.test", TXT, r#"found "wild" via x.wild.example.test"#, "a live CNAME to a planned wildcard"),
        ("out.example.test", A, "found 192.0.2.2 via live.example.test", "a planned CNAME to a live name"),
        (
            "twice.example.test",
            A,
            "found 192.0.2.2 via once.example.test via live.example.test",
            "a live chain stays whole",
        ),
        ("x.wild.example.test", TXT, r#"found "wild""#, "a planned wildcard"),
        ("exists.wild.example.test", TXT, "nodata", "is blocked by a live name"),
        ("between.wild.example.test", TXT, "nodata", "and by a live empty non-terminal"),
        ("x.between.wild.example.test", TXT, "nxdomain", "which is the closest encloser of names below it"),
        (
            "x.park.everything.example.test",
            TXT,
            r#"found "v=DKIM1; p=""#,
            "a planned wildcard below a live one of another type",
        ),
        ("own.park.everything.example.test", TXT, "nodata", "but for a name that stands there live"),
        ("x.taken.example.test", TXT, "nodata", "a removed wildcard answers no more"),
        ("self.taken.example.test", A, "found 192.0.2.12", "a name beside it still does"),
        ("broken.example.test", TXT, r#"Rcode("SERVFAIL")"#, "live SERVFAIL"),
        ("to-broken.example.test", TXT, r#"Rcode("SERVFAIL")"#, "live SERVFAIL behind a planned CNAME"),
        ("refused.example.test", TXT, r#"Rcode("REFUSED")"#, "live REFUSED is passed on"),
        ("silent.example.test", TXT, r#"Rcode("SERVFAIL")"#, "live silence"),
        ("chain1.example.test", A, r#"Rcode("SERVFAIL")"#, "a live circle"),
    ] {
        assert_eq!(ask(&resolver, owner, rtype).await, want, "{owner} {rtype}: {why}");
    }
}

#[tokio::test]
async fn answers_as_raw_messages() {
    let live =
        OverlayServer::start(Overlay { zones: vec![zone("example.test", LIVE)], ..Overlay::default() }).await.unwrap();
    let server = OverlayServer::start(Overlay {
        zones: vec![zone("planned.test", "planned.test TXT \"x\"\na.planned.test A 192.0.2.1")],
        upstream: Some(live.addr().into()),
        ..Overlay::default()
    })
    .await
    .unwrap();

    let reply = raw(server.addr(), &question("planned.test", RecordType::TXT)).await;
    assert!(reply.metadata.authoritative && reply.metadata.recursion_available && reply.metadata.recursion_desired);
    assert!(reply.edns.is_none(), "no OPT record where none was sent");
    assert_eq!(txt(&reply), ["x"]);

    let reply = raw(server.addr(), &question("planned.test", RecordType::MX)).await;
    assert!(matches!(&reply.authorities[..], [r] if r.record_type() == RecordType::SOA), "NODATA comes with an SOA");

    let reply = raw(server.addr(), &question("nobody.example.test", RecordType::TXT)).await;
    assert_eq!(reply.metadata.response_code, ResponseCode::NXDomain);
    let serials: Vec<u32> = reply
        .authorities
        .iter()
        .filter_map(|r| if let RData::SOA(soa) = &r.data { Some(soa.serial) } else { None })
        .collect();
    assert_eq!(serials, [7], "the live SOA is passed on");
    assert!(!reply.metadata.authoritative, "what was forwarded is not ours");

    let reply = raw(server.addr(), &question("planned.test", RecordType::ANY)).await;
    assert_eq!(reply.answers.len(), 1, "ANY is answered with one set");

    for (change, want, why) in [
        ((|m: &mut Message| m.metadata.op_code = OpCode::Notify) as fn(&mut Message), ResponseCode::NotImp, "NOTIFY"),
        (|m| m.metadata.op_code = OpCode::Update, ResponseCode::NotImp, "UPDATE"),
        (|m| m.queries[0].query_class = DNSClass::CH, ResponseCode::Refused, "class CH"),
        (|m| m.queries[0].query_type = RecordType::AXFR, ResponseCode::Refused, "a zone transfer"),
        (|m| m.queries.push(m.queries[0].clone()), ResponseCode::FormErr, "two questions"),
        (|m| m.queries.clear(), ResponseCode::FormErr, "no question"),
        (|m| m.edns = Some(edns(1, 1232)), ResponseCode::BADVERS, "EDNS version 1"),
    ] {
        let mut message = question("planned.test", RecordType::TXT);
        change(&mut message);
        let reply = raw(server.addr(), &message).await;
        assert_eq!(u16::from(reply.metadata.response_code), u16::from(want), "{why}");
        assert_eq!((reply.id, reply.answers.len()), (4711, 0), "{why}");
        assert_eq!(reply.edns.as_ref().map(Edns::version), message.edns.map(|_| 0), "{why}");
    }
}

#[tokio::test]
async fn long_answers() {
    let mut snapshot = Snapshot::new(name("long.test"));
    for length in [400, 700, 1500, 60_000] {
        let data = mailproof::model::txt::split("x".repeat(length).as_bytes());
        snapshot.add(&name(&format!("t{length}.long.test")), 60, RData::TXT(data), Origin::Profile);
    }
    let server = OverlayServer::start(Overlay { zones: vec![snapshot.clone()], ..Overlay::default() }).await.unwrap();
    let front =
        OverlayServer::start(Overlay { upstream: Some(server.addr().into()), ..Overlay::default() }).await.unwrap();
    for (length, payload, truncated, why) in [
        (400, None, false, "fits without EDNS"),
        (700, None, true, "512 octets are the limit without EDNS (RFC 1035 §4.2.1)"),
        (700, Some(1232), false, "fits with EDNS"),
        (700, Some(600), true, "the client's limit counts"),
        (400, Some(100), false, "a limit under 512 means 512 (RFC 6891 §6.2.3)"),
        (1500, Some(4096), true, "ours counts too"),
        (60_000, Some(65_535), true, "as long as it gets"),
    ] {
        for (addr, door) in [(server.addr(), "overlay"), (front.addr(), "forwarded")] {
            let mut message = question(&format!("t{length}.long.test"), RecordType::TXT);
            message.edns = payload.map(|p| edns(0, p));
            let reply = raw(addr, &message).await;
            assert_eq!(reply.metadata.truncation, truncated, "{door}: {why}");
            assert_eq!(reply.answers.len(), usize::from(!truncated), "{door}: {why}");
            assert_eq!(reply.edns.is_some(), payload.is_some(), "{door}: {why}");
        }
    }
    for addr in [server.addr(), front.addr()] {
        let resolver = Resolver::at(addr);
        for length in [400, 700, 1500, 60_000] {
            let answer = resolver.lookup(&name(&format!("t{length}.long.test")), RecordType::TXT).await.unwrap();
            assert_eq!(answer.texts().concat().len(), length);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_independent_client_agrees() {
    let records = r#"
        example.test TXT "v=spf1 -all"
        *.wild.example.test TXT "wild"
        alias.example.test CNAME x.wild.example.test.
    "#;
    let mut snapshot = zone("example.test", records);
    let long = mailproof::model::txt::split(&[b'x'; 3000]);
    snapshot.add(&name("long.example.test"), 60, RData::TXT(long), Origin::Profile);
    let server = OverlayServer::start(Overlay { zones: vec![snapshot], ..Overlay::default() }).await.unwrap();
    let port = server.addr().port().to_string();
    for (question, want, why) in [
        ("example.test TXT", "\"v=spf1 -all\"", "a record"),
        ("alias.example.test TXT", "x.wild.example.test.\n\"wild\"", "a CNAME to a wildcard"),
        ("nobody.example.test TXT", "", "no such name"),
    ] {
        let args = format!("@127.0.0.1 -p {port} +short +tries=1 {question}");
        let Some(output) = dig(&args).await else { return };
        assert_eq!(output.trim(), want, "{why}");
    }
    let args = format!("@127.0.0.1 -p {port} +tries=1 long.example.test TXT");
    let Some(output) = dig(&args).await else { return };
    assert!(output.contains("retrying in TCP mode") && output.matches('x').count() > 3000, "{output}");
    let args = format!("@127.0.0.1 -p {port} +tries=1 +edns=1 +noednsneg example.test TXT");
    let Some(output) = dig(&args).await else { return };
    assert!(output.contains("status: BADVERS"), "{output}");
}

/// What `dig` prints; nothing, said aloud, where it is not installed.
async fn dig(args: &str) -> Option<String> {
    let mut command = std::process::Command::new("dig");
    command.args(args.split(' '));
    match tokio::task::spawn_blocking(move || command.output()).await.unwrap() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(e) => {
            eprintln!("skipped: dig cannot be run ({e})");
            None
        }
    }
}
