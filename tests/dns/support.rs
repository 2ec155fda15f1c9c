//! Zones in a few lines, and answers in one.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::RecordType;
use tokio::net::UdpSocket;

use mailproof::dns::lookup::{Lookup, Status};
use mailproof::dns::overlay::{Overlay, OverlayServer};
use mailproof::dns::resolver::Resolver;
use mailproof::model::name::{self, Name};
use mailproof::model::snapshot::{Key, Origin, Snapshot, parse_value, show_value};

pub(crate) fn name(text: &str) -> Name {
    name::shown(text).unwrap()
}

/// A snapshot from lines of owner, type and data, separated by single spaces.
pub(crate) fn zone(apex: &str, lines: &str) -> Snapshot {
    let mut snapshot = Snapshot::new(name(apex));
    for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let mut words = line.splitn(3, ' ');
        let (owner, rtype, data) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let data = parse_value(rtype.parse().unwrap(), data).unwrap();
        snapshot.add(&name(owner), 300, data, Origin::Profile);
    }
    snapshot
}

pub(crate) fn key(text: &str, rtype: RecordType) -> Key {
    Key::new(&name(text), rtype)
}

/// How long to wait for an outcome: short where silence is what is expected, else long enough for a busy machine.
pub(crate) fn patience(want: &str) -> Duration {
    Duration::from_millis(if want == "Timeout" { 300 } else { 3000 })
}

/// What the resolver says, in one line: `status data ... via target ...`.
pub(crate) async fn ask(resolver: &Resolver, owner: &str, rtype: RecordType) -> String {
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
pub(crate) async fn raw(server: SocketAddr, message: &Message) -> Message {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(&message.to_vec().unwrap(), server).await.unwrap();
    let mut buffer = vec![0; 65_535];
    let received = tokio::time::timeout(Duration::from_secs(5), socket.recv(&mut buffer)).await;
    let length = received.expect("an answer").unwrap();
    Message::from_vec(&buffer[..length]).unwrap()
}

pub(crate) fn question(owner: &str, rtype: RecordType) -> Message {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name(owner).into(), rtype));
    message
}

pub(crate) fn edns(version: u8, payload: u16) -> Edns {
    let mut edns = Edns::new();
    edns.set_version(version).set_max_payload(payload);
    edns
}

pub(crate) async fn serving(lines: &str) -> OverlayServer {
    let overlay = Overlay { zones: vec![zone("example.test", lines)], ..Overlay::default() };
    OverlayServer::start(overlay).await.unwrap()
}
