//! Questions written, and whether a reply answers them, octet by octet.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{DNSClass, RecordType};

use crate::model::name::Name;

/// The UDP payload size that this program announces: what passes every common path unfragmented (RFC 9715 §3).
pub const UDP_PAYLOAD: u16 = 1232;

/// Octets of a header, and of an OPT record without options.
const HEADER: usize = 12;
const OPT: usize = 11;

/// One question and the flags that go with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The name asked for.
    pub name: Name,
    /// The type asked for.
    pub rtype: RecordType,
    /// Whether the server may ask others (RD).
    pub recursion: bool,
    /// Whether DNSSEC records are wanted (DO, RFC 3225).
    pub dnssec: bool,
    /// Whether unvalidated data is welcome (CD, RFC 4035 §3.2.2).
    pub unchecked: bool,
}

impl Question {
    /// A plain recursive question.
    pub fn new(name: &Name, rtype: RecordType) -> Self {
        Question { name: name.clone(), rtype, recursion: true, dnssec: false, unchecked: false }
    }

    /// The query message; `None` when the name cannot be written. Octet by octet, because a long run asks millions.
    pub(super) fn encode(&self, id: u16, edns: bool) -> Option<Vec<u8>> {
        let name = self.name.octets();
        let mut out = Vec::with_capacity(HEADER + name.len() + 4 + OPT);
        out.extend(id.to_be_bytes());
        out.extend([u8::from(self.recursion), u8::from(self.unchecked) << 4]);
        // One question, and OPT among the additional records.
        out.extend([0, 1, 0, 0, 0, 0, 0, u8::from(edns)]);
        out.extend_from_slice(name);
        out.extend(u16::from(self.rtype).to_be_bytes());
        out.extend(u16::from(DNSClass::IN).to_be_bytes());
        if edns {
            // RFC 6891 §6.1.2: the root, type, payload size, extended RCODE and version, DO, no options.
            out.push(0);
            out.extend(u16::from(RecordType::OPT).to_be_bytes());
            out.extend(UDP_PAYLOAD.to_be_bytes());
            out.extend([0, 0, u8::from(self.dnssec) << 7, 0, 0, 0]);
        }
        Some(out)
    }
}

/// Whether `reply` answers `query`: same id, and the same question, whatever its case.
///
/// A server that could not read the question may leave it out (RFC 1035 §4.1.1, FORMERR).
pub(crate) fn answers(reply: &[u8], query: &[u8]) -> bool {
    let (Some(header), Some(id)) = (reply.get(..12), query.get(..2)) else { return false };
    if &header[..2] != id || header[2] & 0x80 == 0 {
        return false;
    }
    if header[4..6] == [0, 0] {
        return header[3] & 0x0f != 0;
    }
    let Some(question) = question_of(query) else { return false };
    reply.get(12..12 + question.len()).is_some_and(|echo| echo.eq_ignore_ascii_case(question))
}

/// The question section of a query: an uncompressed name, type and class.
fn question_of(query: &[u8]) -> Option<&[u8]> {
    let mut end = 12;
    loop {
        match *query.get(end)? {
            0 => break,
            label => end += 1 + usize::from(label),
        }
    }
    query.get(12..end + 5)
}

/// An RCODE as name servers and their manuals write it.
pub(crate) fn mnemonic(code: ResponseCode) -> String {
    match code {
        ResponseCode::NoError => "NOERROR".into(),
        ResponseCode::FormErr => "FORMERR".into(),
        ResponseCode::ServFail => "SERVFAIL".into(),
        ResponseCode::NXDomain => "NXDOMAIN".into(),
        ResponseCode::NotImp => "NOTIMP".into(),
        ResponseCode::Refused => "REFUSED".into(),
        ResponseCode::YXDomain => "YXDOMAIN".into(),
        ResponseCode::NotAuth => "NOTAUTH".into(),
        ResponseCode::NotZone => "NOTZONE".into(),
        // 16 outside TSIG (RFC 6891 §9).
        ResponseCode::BADVERS | ResponseCode::BADSIG => "BADVERS".into(),
        other => format!("RCODE {}", u16::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::{Message, Query};

    use super::*;
    use crate::model::name;

    fn query() -> Vec<u8> {
        Question::new(&name::domain("Example.test").unwrap(), RecordType::TXT).encode(0x1234, true).unwrap()
    }

    /// A response to [`query`] without records.
    fn response() -> Vec<u8> {
        let mut out = vec![0x12, 0x34, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        out.extend_from_slice(question_of(&query()).unwrap());
        out
    }

    #[test]
    fn questions_as_another_reader_sees_them() {
        for (owner, rtype, recursion, dnssec, unchecked, edns) in [
            ("Example.test", RecordType::TXT, true, false, false, true),
            ("a.b.example.test", RecordType::AAAA, false, true, false, true),
            ("example.test", RecordType::from(99), true, true, true, true),
            ("example.test", RecordType::MX, true, false, false, false),
        ] {
            let name = name::domain(owner).unwrap();
            let question = Question { name: name.clone(), rtype, recursion, dnssec, unchecked };
            let message = Message::from_vec(&question.encode(0x1234, edns).unwrap()).unwrap();
            let meta = &message.metadata;
            assert_eq!((meta.id, meta.recursion_desired, meta.checking_disabled), (0x1234, recursion, unchecked));
            assert_eq!(message.queries, [Query::query(name.into(), rtype)]);
            let opt = message.edns.map(|e| (e.max_payload(), e.flags().dnssec_ok));
            assert_eq!(opt, edns.then_some((UDP_PAYLOAD, dnssec)), "{owner}");
        }
    }

    #[test]
    fn only_the_answer_to_the_question_counts() {
        let good = response();
        assert!(answers(&good, &query()));
        let changed = |at: usize, octet: u8| {
            let mut copy = good.clone();
            copy[at] = octet;
            copy
        };
        for (reply, why) in [
            (changed(0, 0x13), "another id"),
            (changed(2, 0x04), "a query, not a response"),
            (changed(13, b'f'), "another name"),
            (changed(good.len() - 3, 1), "another type"),
            (good[..20].to_vec(), "cut"),
            (Vec::new(), "empty"),
            (vec![0x12, 0x34, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0], "no question and no error"),
        ] {
            assert!(!answers(&reply, &query()), "{why}");
        }
        assert!(answers(&changed(13, b'E'), &query()), "case does not matter");
        assert!(answers(&[0x12, 0x34, 0x84, 1, 0, 0, 0, 0, 0, 0, 0, 0], &query()), "FORMERR without a question");
    }

    proptest::proptest! {
        #[test]
        fn no_octets_make_it_panic(noise in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = answers(&noise, &query());
        }
    }
}
