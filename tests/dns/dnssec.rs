//! What is said of DNSSEC, by what resolvers of every kind answer.

use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{NULL, SOA, TXT};
use hickory_proto::rr::{RData, Record, RecordType};
use tokio::net::UdpSocket;

use mailproof::dns::dnssec::Proof;
use mailproof::dns::lookup::Lookup;
use mailproof::dns::resolver::Resolver;
use mailproof::model::name::{Name, RecordName};

use crate::support::name;

/// A resolver.
#[derive(Clone, Copy, Debug)]
struct Kind {
    /// It validates (AD).
    validates: bool,
    /// It asks others (RA); else it has authority for the zone (AA).
    recursive: bool,
    /// It passes signatures on.
    passes_signatures: bool,
    /// The zone is signed.
    signed: bool,
    /// The zone above says so.
    ds: bool,
}

/// An RRSIG record over `rtype` by the key of `signer`: nobody here looks at the signature.
fn signature(owner: &RecordName, rtype: RecordType, signer: &Name) -> Record {
    let mut data = u16::from(rtype).to_be_bytes().to_vec();
    data.extend([13, 2, 0, 0, 0x0e, 0x10, 0x7f, 0, 0, 0, 0x60, 0, 0, 0, 0x30, 0x39]);
    data.extend(signer.octets());
    data.extend([0; 64]);
    Record::from_rdata(owner.clone(), 60, RData::Unknown { code: RecordType::RRSIG, rdata: NULL::with(data) })
}

fn answer(kind: Kind, query: &Message) -> Message {
    let question = query.queries[0].clone();
    let (owner, zone) = (question.name().clone(), name("lab.test"));
    let is_root = owner.is_root();
    let mut out = Message::new(query.metadata.id, MessageType::Response, OpCode::Query);
    out.metadata.recursion_available = kind.recursive;
    out.metadata.authoritative = !kind.recursive;
    out.metadata.authentic_data = kind.validates && (is_root || (kind.signed && kind.ds));
    out.metadata.response_code = ResponseCode::NoError;
    out.edns = Some(Edns::new());
    let soa = || RData::SOA(SOA::new(name("ns.test").into(), name("root.test").into(), 1, 2, 3, 4, 60));
    match question.query_type() {
        RecordType::TXT => {
            out.answers.push(Record::from_rdata(owner.clone(), 60, RData::TXT(TXT::new(vec!["v=spf1 -all".into()]))));
        }
        RecordType::SOA => out.answers.push(Record::from_rdata(owner.clone(), 60, soa())),
        RecordType::DS if kind.ds => {
            let data = NULL::with(vec![0x30, 0x39, 13, 2, 0, 0]);
            out.answers.push(Record::from_rdata(
                owner.clone(),
                60,
                RData::Unknown { code: RecordType::DS, rdata: data },
            ));
        }
        _ => out.authorities.push(Record::from_rdata(name("test").into(), 60, soa())),
    }
    if kind.passes_signatures && (is_root || kind.signed) && !out.answers.is_empty() {
        let signer = if is_root { Name::root() } else { zone };
        out.answers.push(signature(&owner, question.query_type(), &signer));
    }
    out.queries.push(question);
    out
}

#[tokio::test]
async fn what_each_kind_of_resolver_lets_one_say() {
    let plain = Kind { validates: false, recursive: true, passes_signatures: true, signed: true, ds: true };
    let validating = Kind { validates: true, ..plain };
    for (kind, status, says, why) in [
        (validating, Proof::Secure, "AD", "it has looked at the signatures"),
        (Kind { ds: false, ..validating }, Proof::Insecure, "nothing above says so", "it validates, and found no DS"),
        (Kind { signed: false, ..validating }, Proof::Insecure, "no signatures", "a zone that is not signed"),
        (plain, Proof::Unknown, "has a DS record of lab.test", "signed and announced: what it is worth is not known"),
        (Kind { ds: false, ..plain }, Proof::Insecure, "no DS record of lab.test", "signatures that lead nowhere"),
        (Kind { signed: false, ..plain }, Proof::Insecure, "no signatures", "not signed, whoever says so"),
        (
            Kind { recursive: false, ds: false, ..plain },
            Proof::Unknown,
            "does not validate",
            "the zone's own server does not know what stands above",
        ),
        (
            Kind { passes_signatures: false, ..plain },
            Proof::Unknown,
            "passes no signatures on",
            "the root is signed, and here it is not",
        ),
    ] {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let server = socket.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let mut buffer = [0; 512];
            loop {
                let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
                let reply = answer(kind, &Message::from_vec(&buffer[..length]).unwrap());
                socket.send_to(&reply.to_vec().unwrap(), client).await.unwrap();
            }
        });
        let proof = Resolver::at(server).proof(&name("lab.test"), RecordType::TXT).await.unwrap();
        assert_eq!(proof.status, status, "{why}: {}", proof.why);
        assert!(proof.why.contains(says), "{why}: {}", proof.why);
        serving.abort();
    }
}
