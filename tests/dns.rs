//! The overlay server and the resolver, against each other and in raw messages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

use mailproof::dns::authority::{self, NameServer};
use mailproof::dns::lookup::{Lookup, LookupFailure, Status};
use mailproof::dns::overlay::{Fault, FaultAt, Overlay, OverlayServer};
use mailproof::dns::propagation::{self, State};
use mailproof::dns::resolver::Resolver;
use mailproof::model::name::{self, Name};
use mailproof::model::snapshot::{Key, Origin, RecordSet, Snapshot, parse_value, show_value};

fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).unwrap();
    name.set_fqdn(true);
    name
}

/// A snapshot from lines of owner, type and data, separated by single spaces.
fn zone(apex: &str, lines: &str) -> Snapshot {
    let mut snapshot = Snapshot::new(name(apex));
    for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let mut words = line.splitn(3, ' ');
        let (owner, rtype, data) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let data = parse_value(rtype.parse().unwrap(), data).unwrap();
        snapshot.add(&name(owner), 300, data, Origin::Profile);
    }
    snapshot
}

fn key(text: &str, rtype: RecordType) -> Key {
    Key::new(&name(text), rtype)
}

/// How long to wait for an outcome: short where silence is what is expected, else long enough for a busy machine.
fn patience(want: &str) -> Duration {
    Duration::from_millis(if want == "Timeout" { 300 } else { 3000 })
}

/// What the resolver says, in one line: `status data ... via target ...`.
async fn ask(resolver: &Resolver, owner: &str, rtype: RecordType) -> String {
    match resolver.lookup(&name(owner), rtype).await {
        Ok(answer) => {
            let mut out = match answer.status {
                Status::Found => "found".to_string(),
                Status::NoData => "nodata".to_string(),
                Status::NxDomain => "nxdomain".to_string(),
            };
            answer.records.iter().for_each(|r| out.push_str(&format!(" {}", show_value(r))));
            answer.chain.iter().for_each(|n| out.push_str(&format!(" via {}", name::show(n))));
            out
        }
        Err(failure) => format!("{failure:?}"),
    }
}

/// One raw question over UDP.
async fn raw(server: SocketAddr, message: &Message) -> Message {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(&message.to_vec().unwrap(), server).await.unwrap();
    let mut buffer = vec![0; 65_535];
    let received = tokio::time::timeout(Duration::from_secs(5), socket.recv(&mut buffer)).await;
    let length = received.expect("an answer").unwrap();
    Message::from_vec(&buffer[..length]).unwrap()
}

fn question(owner: &str, rtype: RecordType) -> Message {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name(owner), rtype));
    message
}

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
        upstream: Some(live.addr()),
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
        upstream: Some(live.addr()),
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

fn edns(version: u8, payload: u16) -> Edns {
    let mut edns = Edns::new();
    edns.set_version(version).set_max_payload(payload);
    edns
}

#[tokio::test]
async fn long_answers() {
    let mut snapshot = Snapshot::new(name("long.test"));
    for length in [400, 700, 1500, 60_000] {
        let data = mailproof::model::txt::split("x".repeat(length).as_bytes());
        snapshot.add(&name(&format!("t{length}.long.test")), 60, RData::TXT(data), Origin::Profile);
    }
    let server = OverlayServer::start(Overlay { zones: vec![snapshot.clone()], ..Overlay::default() }).await.unwrap();
    let front = OverlayServer::start(Overlay { upstream: Some(server.addr()), ..Overlay::default() }).await.unwrap();
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

/// A name server made of a function: the number of the question and the question to the datagrams sent back.
async fn scripted(script: impl Fn(usize, &Message) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let addr = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = vec![0; 4096];
        for number in 0.. {
            let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
            for datagram in script(number, &Message::from_vec(&buffer[..length]).unwrap()) {
                socket.send_to(&datagram, client).await.unwrap();
            }
        }
    });
    addr
}

/// A server that truncates over UDP, and over TCP sends back these octets (`None`: keeps the line open, silent).
async fn truncating(over_tcp: Option<fn(&Message) -> Vec<u8>>) -> SocketAddr {
    loop {
        let addr = scripted(|_, q| vec![truncated(q)]).await;
        let Ok(listener) = TcpListener::bind(addr).await else { continue };
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let length = stream.read_u16().await.unwrap();
                    let mut query = vec![0; usize::from(length)];
                    stream.read_exact(&mut query).await.unwrap();
                    match over_tcp {
                        Some(reply) => stream.write_all(&reply(&Message::from_vec(&query).unwrap())).await.unwrap(),
                        None => std::future::pending().await,
                    }
                });
            }
        });
        return addr;
    }
}

fn reply_to(query: &Message) -> Message {
    let mut reply = Message::new(query.id, MessageType::Response, OpCode::Query);
    reply.metadata.authoritative = true;
    reply.queries = query.queries.clone();
    reply
}

fn octets(reply: &Message) -> Vec<u8> {
    reply.to_vec().unwrap()
}

fn truncated(query: &Message) -> Vec<u8> {
    let mut reply = reply_to(query);
    reply.metadata.truncation = true;
    octets(&reply)
}

fn rcode(query: &Message, code: ResponseCode) -> Vec<u8> {
    let mut reply = reply_to(query);
    reply.metadata.response_code = code;
    octets(&reply)
}

fn record(owner: &str, rtype: RecordType, data: &str) -> Record {
    Record::from_rdata(name(owner), 60, parse_value(rtype, data).unwrap())
}

/// The TXT record "right" under the name asked for.
fn right(query: &Message) -> Vec<u8> {
    let mut reply = reply_to(query);
    let owner = query.queries[0].name().to_ascii();
    reply.add_answer(record(&owner, RecordType::TXT, "\"right\""));
    octets(&reply)
}

fn with<T>(mut octets: Vec<T>, change: impl Fn(&mut Vec<T>)) -> Vec<T> {
    change(&mut octets);
    octets
}

/// The reply "right" with one more TXT record in front, which has no string at all.
fn empty_string_set(query: &Message) -> Vec<u8> {
    with(right(query), |octets| {
        octets[7] = 2;
        // The good record is a pointer, ten octets of frame and six of data.
        let end_of_question = octets.len() - (2 + 10 + 6);
        let broken = [0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 0];
        octets.splice(end_of_question..end_of_question, broken);
    })
}

#[tokio::test]
async fn what_servers_do_to_a_question() {
    type Script = fn(usize, &Message) -> Vec<Vec<u8>>;
    let scripts: &[(Script, &str, &str)] = &[
        (|_, q| vec![right(q)], "found \"right\"", "a plain answer"),
        (|_, _| vec![], "Timeout", "silence"),
        (|n, q| if n == 0 { vec![] } else { vec![right(q)] }, "found \"right\"", "a lost packet"),
        (|_, q| vec![rcode(q, ResponseCode::ServFail)], "Rcode(\"SERVFAIL\")", "SERVFAIL"),
        (|_, q| vec![rcode(q, ResponseCode::Refused)], "Rcode(\"REFUSED\")", "REFUSED"),
        (|_, q| vec![rcode(q, ResponseCode::NXDomain)], "nxdomain", "NXDOMAIN without an SOA"),
        (|_, q| vec![octets(&reply_to(q))], "nodata", "an empty answer of an authoritative server"),
        (|_, q| vec![truncated(q)], "Truncated", "truncated, and nothing listens on TCP"),
        (|_, q| vec![empty_string_set(q)], "found  \"right\"", "a TXT record without a string beside a good one"),
        (
            |_, q| vec![b"garbage".to_vec(), vec![], vec![0; 3000], right(q)],
            "found \"right\"",
            "datagrams that are no answers come first",
        ),
        (
            |_, q| vec![with(rcode(q, ResponseCode::NXDomain), |o| o[1] ^= 1), right(q)],
            "found \"right\"",
            "a forged answer with another id comes first",
        ),
        (
            |_, q| vec![with(rcode(q, ResponseCode::NXDomain), |o| o[13] ^= 1), right(q)],
            "found \"right\"",
            "a forged answer to another question comes first",
        ),
        (
            |_, q| vec![with(right(q), |o| o.truncate(o.len() - 3))],
            "Other(\"the server's answer cannot be read: it ends inside a record\")",
            "an answer cut off",
        ),
        (
            |_, q| vec![if q.edns.is_some() { rcode(q, ResponseCode::FormErr) } else { right(q) }],
            "found \"right\"",
            "a server from before EDNS",
        ),
        (|_, q| vec![rcode(q, ResponseCode::FormErr)], "Rcode(\"FORMERR\")", "FORMERR whatever is asked"),
        (
            |_, q| {
                let mut reply = reply_to(q);
                reply.metadata.authoritative = false;
                reply.add_authority(record("test", RecordType::NS, "ns.test."));
                vec![octets(&reply)]
            },
            "Other(\"the server only refers to other name servers\")",
            "a referral is no answer",
        ),
        (
            |_, q| {
                let owner = q.queries[0].name().to_ascii();
                if owner != "a.test." {
                    return vec![right(q)];
                }
                let mut reply = reply_to(q);
                reply.add_answer(record(&owner, RecordType::CNAME, "b.test."));
                vec![octets(&reply)]
            },
            "found \"right\" via b.test",
            "a CNAME alone: its target is asked for",
        ),
        (
            |_, q| {
                let mut reply = reply_to(q);
                reply.add_answer(record("b.test", RecordType::TXT, "\"right\""));
                reply.add_answer(record("a.test", RecordType::CNAME, "b.test."));
                reply.add_answer(record("c.test", RecordType::TXT, "\"of somebody else\""));
                vec![octets(&reply)]
            },
            "found \"right\" via b.test",
            "a chain out of order, and a record that nobody asked for",
        ),
        (
            |_, q| {
                let owner = q.queries[0].name().to_ascii();
                let mut reply = reply_to(q);
                let target = if owner == "a.test." { "b.test." } else { "a.test." };
                reply.add_answer(record(&owner, RecordType::CNAME, target));
                vec![octets(&reply)]
            },
            "Other(\"the CNAMEs at a.test go in a circle\")",
            "a circle over two answers",
        ),
        (
            |n, q| {
                let owner = q.queries[0].name().to_ascii();
                let mut reply = reply_to(q);
                reply.add_answer(record(&owner, RecordType::CNAME, &format!("c{n}.test.")));
                vec![octets(&reply)]
            },
            "Other(\"the CNAMEs at a.test go in a circle\")",
            "a chain without end",
        ),
    ];
    for (script, want, why) in scripts {
        let addr = scripted(*script).await;
        let resolver = Resolver::at(addr).with_timeout(patience(want));
        // A bound that only a hang would break.
        let asked = tokio::time::timeout(Duration::from_secs(20), ask(&resolver, "a.test", RecordType::TXT)).await;
        assert_eq!(asked.expect(why), *want, "{why}");
    }
}

#[tokio::test]
async fn truncated_answers_and_what_tcp_does() {
    fn framed(message: Vec<u8>) -> Vec<u8> {
        with(message, |m| drop(m.splice(..0, u16::try_from(m.len()).unwrap().to_be_bytes())))
    }
    let cases: &[(Option<fn(&Message) -> Vec<u8>>, &str, &str)] = &[
        (Some(|q| framed(right(q))), "found \"right\"", "TCP answers"),
        (None, "Truncated", "TCP is silent"),
        (Some(|_| Vec::new()), "Truncated", "TCP hangs up"),
        (Some(|q| framed(right(q))[..9].to_vec()), "Truncated", "TCP hangs up in the middle"),
        (Some(|q| framed(truncated(q))), "Truncated", "truncated over TCP too"),
        (Some(|q| framed(with(right(q), |o| o[0] ^= 1))), "Truncated", "an answer to something else"),
        (Some(|q| framed(rcode(q, ResponseCode::ServFail))), "Rcode(\"SERVFAIL\")", "SERVFAIL over TCP"),
    ];
    for (over_tcp, want, why) in cases {
        let resolver = Resolver::at(truncating(*over_tcp).await).with_timeout(Duration::from_secs(1));
        assert_eq!(ask(&resolver, "a.test", RecordType::TXT).await, *want, "{why}");
    }
}

#[tokio::test]
async fn several_servers() {
    let good = scripted(|_, q| vec![right(q)]).await;
    let silent = scripted(|_, _| vec![]).await;
    let failing = scripted(|_, q| vec![rcode(q, ResponseCode::ServFail)]).await;
    let short = scripted(|_, q| vec![truncated(q)]).await;
    let closed = {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.local_addr().unwrap()
    };
    let refusal = format!("Other(\"nothing answers at {closed}\")");
    for (servers, want, why) in [
        (vec![silent, good], "found \"right\"", "the first is silent"),
        (vec![failing, good], "found \"right\"", "the first fails"),
        (vec![closed, good], "found \"right\"", "the first is not there"),
        (vec![short, good], "found \"right\"", "the first has no TCP"),
        (vec![closed], refusal.as_str(), "nobody there"),
        (vec![closed, silent, failing], "Rcode(\"SERVFAIL\")", "the failure that says most is told"),
        (vec![failing, short], "Truncated", "and truncation says more"),
        (vec![silent, silent], "Timeout", "all are silent"),
        (vec![], "Timeout", "no server at all"),
    ] {
        let resolver = Resolver::among(&servers).with_timeout(patience(want));
        assert_eq!(ask(&resolver, "a.test", RecordType::TXT).await, want, "{why}");
    }
}

#[tokio::test]
async fn faults_on_purpose() {
    let records = zone("example.test", "a.example.test TXT \"right\"\na.example.test A 192.0.2.1");
    for (fault, no_tcp, want) in [
        (Fault::ServFail, false, "Rcode(\"SERVFAIL\")"),
        (Fault::Refused, false, "Rcode(\"REFUSED\")"),
        (Fault::Silent, false, "Timeout"),
        (Fault::Truncated, false, "found \"right\""),
        (Fault::Truncated, true, "Truncated"),
        (Fault::Slow(Duration::from_millis(10)), false, "found \"right\""),
        (Fault::Slow(Duration::from_secs(3600)), false, "Timeout"),
    ] {
        let at = FaultAt { name: name("a.example.test"), rtype: Some(RecordType::TXT), fault };
        for faults in [vec![at], vec![FaultAt::everywhere(fault)]] {
            let only_txt = faults[0].rtype.is_some();
            let overlay = Overlay { zones: vec![records.clone()], faults, no_tcp, ..Overlay::default() };
            let server = OverlayServer::start(overlay).await.unwrap();
            let resolver = Resolver::at(server.addr()).with_timeout(patience(want));
            assert_eq!(ask(&resolver, "a.example.test", RecordType::TXT).await, want, "{fault:?} {no_tcp}");
            if only_txt {
                let other = ask(&resolver, "a.example.test", RecordType::A).await;
                assert_eq!(other, "found 192.0.2.1", "{fault:?} strikes one type");
            }
        }
    }
}

#[tokio::test]
async fn a_change_is_seen_by_a_fresh_resolver_and_a_dropped_server_is_gone() {
    let overlay = |text: &str| Overlay {
        zones: vec![zone("example.test", &format!("example.test TXT {text}"))],
        ..Overlay::default()
    };
    let server = OverlayServer::start(overlay("one")).await.unwrap();
    let resolver = Resolver::at(server.addr());
    assert_eq!(ask(&resolver, "example.test", RecordType::TXT).await, "found \"one\"");
    server.replace(overlay("two"));
    assert_eq!(ask(&resolver, "example.test", RecordType::TXT).await, "found \"one\"", "from the cache");
    assert_eq!(ask(&resolver.fresh(), "example.test", RecordType::TXT).await, "found \"two\"");
    let addr = server.addr();
    drop(server);
    // The port is free again once the runtime has dropped the server's tasks.
    let freed = async {
        while UdpSocket::bind(addr).await.is_err() || TcpListener::bind(addr).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), freed).await.expect("the port is free again");
}

#[tokio::test]
async fn many_questions_at_once() {
    let lines: String = (0..500).map(|i| format!("h{i}.example.test TXT v{i}\n")).collect();
    let overlay = Overlay { zones: vec![zone("example.test", &lines)], ..Overlay::default() };
    let server = OverlayServer::start(overlay).await.unwrap();
    let resolver = Arc::new(Resolver::at(server.addr()));
    let tasks: Vec<_> = (0..500)
        .map(|i| {
            let resolver = resolver.clone();
            tokio::spawn(async move { ask(&resolver, &format!("h{i}.example.test"), RecordType::TXT).await })
        })
        .collect();
    for (i, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), format!("found \"v{i}\""));
    }
}

async fn serving(lines: &str) -> OverlayServer {
    let overlay = Overlay { zones: vec![zone("example.test", lines)], ..Overlay::default() };
    OverlayServer::start(overlay).await.unwrap()
}

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
        let front = Overlay { upstream: Some(authority.addr()), ..Overlay::default() };
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
        assert_eq!(found.map(|n| name::show(&n)).as_deref(), want, "{owner}: {why}");
    }
    let servers = authority::name_servers(&resolver, &name("example.test")).await.unwrap();
    let shown: Vec<String> = servers.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["ns1.example.test (127.0.0.1)", "ns2.example.test (127.0.0.2)", "ns2.example.test (127.0.0.3)"]);
    let none = authority::name_servers(&resolver, &name("a.b.example.test")).await.unwrap_err();
    assert_eq!(none.to_string(), "a.b.example.test has no name servers");
}
