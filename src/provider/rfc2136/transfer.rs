//! The whole zone by transfer (AXFR, RFC 5936).

use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::RecordType;
use tokio::time::timeout;

use crate::dns::random_id::random_id;
use crate::dns::wire::mnemonic;
use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::Snapshot;
use crate::provider::rfc2136::collect::Collection;
use crate::provider::rfc2136::session::Peer;

/// How long a transfer may take.
const WHOLE: Duration = Duration::from_secs(300);
/// Records and octets of one zone at most: a server without end must not fill the memory.
const MAX_RECORDS: usize = 2_000_000;
const MAX_OCTETS: usize = 256 << 20;

/// The zone at `apex`; none when the server does not give it out.
///
/// # Errors
/// Unreachable when the transfer breaks off or cannot be believed; a configuration error when the key is refused.
pub async fn transfer(peer: &Peer, apex: &Name) -> Result<Option<Snapshot>> {
    match timeout(WHOLE, receive(peer, apex)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(odd(peer, apex, &format!("did not end within {} s", WHOLE.as_secs()))),
    }
}

async fn receive(peer: &Peer, apex: &Name) -> Result<Option<Snapshot>> {
    let mut session = peer.connect().await?;
    let mut question = Message::new(random_id(), MessageType::Query, OpCode::Query);
    question.add_query(Query::query(apex.into(), RecordType::AXFR));
    session.send(&question).await?;
    let (mut collected, mut records, mut octets) = (Collection::default(), 0, 0);
    loop {
        let reply = session.receive().await?;
        match reply.code() {
            ResponseCode::NoError => {}
            // Whether the zone is not there or only not given out, the next question tells.
            ResponseCode::Refused | ResponseCode::NotAuth | ResponseCode::NotImp | ResponseCode::FormErr
                if records == 0 =>
            {
                return Ok(None);
            }
            other => return Err(odd(peer, apex, &format!("was broken off ({})", mnemonic(other)))),
        }
        if reply.message.answers.is_empty() {
            return Err(odd(peer, apex, "has a message without a record"));
        }
        octets += reply.octets;
        if records > MAX_RECORDS || octets > MAX_OCTETS {
            return Err(odd(peer, apex, &format!("has more than {MAX_RECORDS} records or 256 MiB")));
        }
        let mut answers = reply.message.answers.into_iter().peekable();
        while let Some(record) = answers.next() {
            let soa = record.record_type() == RecordType::SOA && Name::from(&record.name) == *apex;
            match (records, soa) {
                (0, false) => return Err(odd(peer, apex, "does not begin with the zone's SOA")),
                // The SOA stands first and last (RFC 5936 §2.2).
                (1.., true) if answers.peek().is_none() => {
                    session.finish()?;
                    return Ok(Some(collected.into_snapshot(apex)));
                }
                (1.., true) => return Err(odd(peer, apex, "goes on after its end")),
                _ => collected.add(apex, record),
            }
            records += 1;
        }
    }
}

fn odd(peer: &Peer, apex: &Name, what: &str) -> Error {
    Error::unreachable(format!("the transfer of the zone {} from {} {what}", name::show(apex), peer.server))
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::Record;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::error::ErrorKind;
    use crate::model::snapshot::parse_value;
    use crate::provider::rfc2136::key::TsigKey;
    use crate::provider::rfc2136::server::Server;
    use crate::provider::rfc2136::tsig;

    const NOW: u64 = 1_700_000_000;

    /// One message of a server: its records (`owner TYPE data`), its RCODE, and whether it is signed.
    type Script<'a> = &'a [(&'a [&'a str], ResponseCode, bool)];

    fn message(records: &[&str], code: ResponseCode) -> Vec<u8> {
        let mut message = Message::response(0, OpCode::Query);
        message.metadata.authoritative = true;
        message.metadata.response_code = code;
        for line in records {
            let [owner, rtype, data] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let value = parse_value(rtype.parse().unwrap(), data).unwrap();
            message.add_answer(Record::from_rdata(name::domain(owner).unwrap().into(), 60, value));
        }
        message.to_vec().unwrap()
    }

    /// What a transfer from a server comes to that sends this and closes the connection.
    async fn run(script: Script<'_>) -> Result<Option<Snapshot>> {
        let key = TsigKey::from_line("k:c2VjcmV0").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server { host: "127.0.0.1".into(), port: listener.local_addr().unwrap().port() };
        let peer = Peer { server, key: key.clone(), clock: || NOW };
        let messages: Vec<(Vec<u8>, bool)> =
            script.iter().map(|(r, code, signs)| (message(r, *code), *signs)).collect();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; usize::from(stream.read_u16().await.unwrap())];
            stream.read_exact(&mut request).await.unwrap();
            for message in tsig::answer(&key, &request, &messages, NOW) {
                let _ = stream.write_u16(message.len().try_into().unwrap()).await;
                let _ = stream.write_all(&message).await;
            }
        });
        let outcome = transfer(&peer, &name::domain("example.test").unwrap()).await;
        serving.await.unwrap();
        outcome
    }

    const SOA: &str = "example.test SOA ns.example.test. h.example.test. 1 1 1 1 1";

    #[tokio::test]
    async fn whole_transfers() {
        let ok = ResponseCode::NoError;
        let cases: &[(&str, Script<'_>, usize)] = &[
            ("in one message", &[(&[SOA, "a.example.test A 192.0.2.1", SOA], ok, true)], 2),
            (
                "a record a message",
                &[(&[SOA], ok, true), (&["a.example.test A 192.0.2.1"], ok, true), (&[SOA], ok, true)],
                2,
            ),
            (
                "signed first and last",
                &[(&[SOA], ok, true), (&["a.example.test A 192.0.2.1"], ok, false), (&[SOA], ok, true)],
                2,
            ),
            ("nothing but the SOA", &[(&[SOA, SOA], ok, true)], 1),
            ("records of another zone", &[(&[SOA, "example.com A 192.0.2.1", SOA], ok, true)], 1),
            ("the SOA of a zone below", &[(&[SOA, "a.example.test SOA n.test. h.test. 1 1 1 1 1", SOA], ok, true)], 2),
            (
                "a record twice",
                &[(&[SOA, "a.example.test A 192.0.2.1", "A.example.test A 192.0.2.1", SOA], ok, true)],
                2,
            ),
        ];
        for (why, script, sets) in cases {
            let zone = run(script).await.unwrap_or_else(|e| panic!("{why}: {e}")).unwrap();
            assert_eq!(zone.len(), *sets, "{why}");
            assert!(zone.sets().all(|set| set.values.len() == 1), "{why}");
        }
    }

    #[tokio::test]
    async fn broken_transfers() {
        let (ok, gone) = (ResponseCode::NoError, ResponseCode::ServFail);
        let a = "a.example.test A 192.0.2.1";
        let cases: &[(&str, Script<'_>, &str)] = &[
            ("nothing at all", &[], "closed the connection"),
            ("it ends early", &[(&[SOA, a], ok, true)], "closed the connection"),
            ("not from the start", &[(&[a, SOA], ok, true)], "does not begin with the zone's SOA"),
            ("more after the end", &[(&[SOA, SOA, a], ok, true)], "goes on after its end"),
            ("an empty message", &[(&[SOA], ok, true), (&[], ok, true)], "without a record"),
            ("broken off", &[(&[SOA, a], ok, true), (&[], gone, true)], "broken off (SERVFAIL)"),
            ("not loaded", &[(&[], gone, true)], "broken off (SERVFAIL)"),
            ("refused half-way", &[(&[SOA, a], ok, true), (&[], ResponseCode::Refused, true)], "broken off (REFUSED)"),
            ("never signed", &[(&[SOA, a, SOA], ok, false)], "not signed with the key k"),
            ("the end not signed", &[(&[SOA, a], ok, true), (&[SOA], ok, false)], "not signed with the key k"),
        ];
        for (why, script, message) in cases {
            let error = run(script).await.err().unwrap_or_else(|| panic!("{why}: read"));
            assert_eq!(error.kind(), ErrorKind::Unreachable, "{why}");
            assert!(error.message().contains(message), "{why}: {error}");
        }
        for code in [ResponseCode::Refused, ResponseCode::NotAuth, ResponseCode::NotImp, ResponseCode::FormErr] {
            for signed in [true, false] {
                assert!(
                    run(&[(&[], code, signed)]).await.unwrap().is_none(),
                    "{code}: the names are asked for instead"
                );
            }
        }
    }
}
