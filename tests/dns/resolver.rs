//! The resolver against servers that misbehave.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::{Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

use mailproof::dns::lookup::Lookup;
use mailproof::dns::overlay::{Fault, FaultAt, Overlay, OverlayServer};
use mailproof::dns::resolver::Resolver;
use mailproof::model::snapshot::parse_value;

use crate::support::{ask, name, patience, zone};

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
    Record::from_rdata(name(owner).into(), 60, parse_value(rtype, data).unwrap())
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
            |_, q| {
                let forged = |n: u16| with(rcode(q, ResponseCode::NXDomain), |o| o[1] ^= (n % 255 + 1) as u8);
                (0..200).map(forged).chain([right(q)]).collect()
            },
            "found \"right\"",
            "a hail of forged answers comes first",
        ),
        (
            |_, q| {
                let at = octets(&reply_to(q)).len();
                vec![with(right(q), |o| o[at..at + 2].copy_from_slice(&[0xc0, u8::try_from(at).unwrap()]))]
            },
            "Other(\"the server's answer cannot be read: it ends inside a record\")",
            "a name that points to itself",
        ),
        (
            |_, q| vec![with(right(q), |o| o[6..8].copy_from_slice(&[0xff, 0xff]))],
            "Other(\"the server's answer cannot be read: it ends inside a record\")",
            "65,535 records announced, one sent",
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

/// A TXT record set in a message of exactly 65,535 octets, behind its length.
fn largest(query: &Message) -> Vec<u8> {
    let mut out = octets(&reply_to(query));
    out[7] = 1;
    let mut left = 65_535 - out.len() - 12;
    out.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
    out.extend(u16::try_from(left).unwrap().to_be_bytes());
    while left > 0 {
        let length = (left - 1).min(255);
        out.push(u8::try_from(length).unwrap());
        out.extend(std::iter::repeat_n(b'x', length));
        left -= length + 1;
    }
    with(out, |m| drop(m.splice(..0, 65_535u16.to_be_bytes())))
}

#[tokio::test]
async fn the_largest_message_there_is() {
    let resolver = Resolver::at(truncating(Some(largest)).await).with_timeout(Duration::from_secs(5));
    let answer = resolver.lookup(&name("a.test"), RecordType::TXT).await.unwrap();
    let texts = answer.texts();
    // What the header, the question and the record's frame leave, less one octet of length for each string.
    let data: usize = 65_535 - 12 - 12 - 12;
    assert_eq!((texts.len(), texts[0].len()), (1, data - data.div_ceil(256)));
}

/// Truncates over UDP; over TCP sends an octet of a good answer each second.
async fn dripping() -> SocketAddr {
    loop {
        let addr = scripted(|_, q| vec![truncated(q)]).await;
        let Ok(listener) = TcpListener::bind(addr).await else { continue };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let length = stream.read_u16().await.unwrap();
                    let mut query = vec![0; usize::from(length)];
                    stream.read_exact(&mut query).await.unwrap();
                    let message = right(&Message::from_vec(&query).unwrap());
                    let framed = [&u16::try_from(message.len()).unwrap().to_be_bytes()[..], &message].concat();
                    for octet in framed {
                        if stream.write_all(&[octet]).await.is_err() {
                            return;
                        }
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                });
            }
        });
        return addr;
    }
}

#[tokio::test]
async fn an_answer_that_drips_is_given_up_in_time() {
    let resolver = Resolver::at(dripping().await).with_timeout(Duration::from_millis(2500));
    let asked = tokio::time::timeout(Duration::from_secs(20), ask(&resolver, "a.test", RecordType::TXT)).await;
    assert_eq!(asked.expect("not the sixty octets' sixty seconds"), "Truncated");
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
        let resolver = Resolver::among(servers).with_timeout(patience(want));
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
    assert_eq!(ask(&Resolver::at(server.addr()), "example.test", RecordType::TXT).await, "found \"two\"");
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
