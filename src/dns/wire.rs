//! Questions written and answers read, octet by octet.
//!
//! hickory's own reader gives up on a whole message when one record's data is malformed, such as a TXT record
//! without any string. A stranger's broken record must not hide the good ones beside it, so the frame is read here
//! and only the data of each record by hickory.

use hickory_proto::op::{Edns, Header, Message, Query, ResponseCode};
use hickory_proto::rr::rdata::{NULL, TXT};
use hickory_proto::rr::{DNSClass, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder, Restrict};

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
        let mut name = name.clone();
        name.set_fqdn(true);
        Question { name, rtype, recursion: true, dnssec: false, unchecked: false }
    }

    /// The query message; `None` when the name cannot be written. Octet by octet, because a long run asks millions.
    pub(super) fn encode(&self, id: u16, edns: bool) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(HEADER + self.name.len() + 1 + 4 + OPT);
        out.extend(id.to_be_bytes());
        out.extend([u8::from(self.recursion), u8::from(self.unchecked) << 4]);
        // One question, and OPT among the additional records.
        out.extend([0, 1, 0, 0, 0, 0, 0, u8::from(edns)]);
        for label in self.name.iter() {
            out.push(u8::try_from(label.len()).ok().filter(|length| *length < 64)?);
            out.extend_from_slice(label);
        }
        out.push(0);
        if out.len() - HEADER > 255 {
            return None;
        }
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

/// Reads a response. Data that is not what its type says becomes [`RData::Unknown`]; the record stays.
///
/// # Errors
/// A phrase that says where the frame itself is broken.
pub(crate) fn decode(octets: &[u8]) -> Result<Message, String> {
    let mut decoder = BinDecoder::new(octets);
    let bad = |what: &str| format!("the server's answer cannot be read: {what}");
    let header = Header::read(&mut decoder).map_err(|_| bad("no header"))?;
    let mut message = Message::new(header.id, header.message_type, header.op_code);
    message.metadata = header.metadata;
    for _ in 0..header.counts.queries {
        message.queries.push(Query::read(&mut decoder).map_err(|_| bad("its question is malformed"))?);
    }
    // A truncated answer is asked for again over TCP; what is left of it is not looked at.
    if message.metadata.truncation {
        return Ok(message);
    }
    let counts = header.counts;
    for (section, count) in [counts.answers, counts.authorities, counts.additionals].into_iter().enumerate() {
        for _ in 0..count {
            let record = match read_record(&mut decoder, octets) {
                Some(record) => record,
                None => return Err(bad("it ends inside a record")),
            };
            match (record.record_type(), section) {
                (RecordType::OPT, _) => {
                    let high = (record.ttl >> 24) as u8;
                    message.metadata.response_code = ResponseCode::from(high, message.metadata.response_code.low());
                    message.edns = Some(Edns::new());
                }
                (_, 0) => message.answers.push(record),
                (_, 1) => message.authorities.push(record),
                _ => message.additionals.push(record),
            }
        }
    }
    Ok(message)
}

fn read_record(decoder: &mut BinDecoder<'_>, octets: &[u8]) -> Option<Record> {
    let name = Name::read(decoder).ok()?;
    let rtype = RecordType::read(decoder).ok()?;
    let class = decoder.read_u16().ok()?.unverified();
    let ttl = decoder.read_u32().ok()?.unverified();
    let length = decoder.read_u16().ok()?.unverified();
    let start = decoder.index();
    let raw = octets.get(start..start + usize::from(length))?;
    // Names in the data may point back into the message, so hickory reads from the whole of it.
    let data = match (rtype, raw.is_empty()) {
        (RecordType::OPT, _) => RData::Unknown { code: rtype, rdata: NULL::new() },
        (RecordType::TXT, true) => RData::TXT(TXT::from_bytes(Vec::new())),
        (_, true) => RData::Unknown { code: rtype, rdata: NULL::new() },
        _ => RData::read(&mut decoder.clone(u16::try_from(start).ok()?), rtype, Restrict::new(length))
            .unwrap_or_else(|_| RData::Unknown { code: rtype, rdata: NULL::with(raw.to_vec()) }),
    };
    decoder.read_slice(usize::from(length)).ok()?;
    let mut record = Record::from_rdata(name, ttl, data);
    record.dns_class = if rtype == RecordType::OPT { DNSClass::IN } else { DNSClass::from(class) };
    Some(record)
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
    use super::*;
    use crate::model::name;

    fn query() -> Vec<u8> {
        Question::new(&name::domain("Example.test").unwrap(), RecordType::TXT).encode(0x1234, true).unwrap()
    }

    /// A response to [`query`] with the given answer records in wire form.
    fn response(records: &[&[u8]]) -> Vec<u8> {
        let mut out = vec![0x12, 0x34, 0x84, 0, 0, 1, 0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0];
        out.extend_from_slice(question_of(&query()).unwrap());
        records.iter().for_each(|r| out.extend_from_slice(r));
        out
    }

    fn record(rtype: u8, data: &[u8]) -> Vec<u8> {
        let mut out = vec![0xc0, 12, 0, rtype, 0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()];
        out.extend_from_slice(data);
        out
    }

    #[test]
    fn a_malformed_record_hides_no_other() {
        let good = record(16, b"\x0bv=spf1 -all");
        for (bad, why) in [
            (record(16, b""), "a TXT record without a string"),
            (record(16, b"\x20short"), "a string longer than its record"),
            (record(15, b"\x00"), "an MX record of one octet"),
            (record(1, b"\x7f\0\0\0\0"), "an address of five octets"),
            (record(5, b"\xc0\xff"), "a name that points past the end"),
        ] {
            for records in [[&bad[..], &good[..]], [&good[..], &bad[..]]] {
                let message = decode(&response(&records)).unwrap_or_else(|e| panic!("{why}: {e}"));
                assert_eq!(message.answers.len(), 2, "{why}");
                let texts = message.answers.iter().filter(|r| r.data.to_string() == "v=spf1 -all").count();
                assert_eq!(texts, 1, "{why}");
            }
        }
    }

    #[test]
    fn questions_as_another_reader_sees_them() {
        for (owner, rtype, recursion, dnssec, unchecked, edns) in [
            ("Example.test", RecordType::TXT, true, false, false, true),
            ("a.b.example.test", RecordType::AAAA, false, true, false, true),
            ("example.test", RecordType::from(99), true, true, true, true),
            ("example.test", RecordType::MX, true, false, false, false),
        ] {
            let mut name = Name::from_ascii(owner).unwrap();
            name.set_fqdn(true);
            let question = Question { name: name.clone(), rtype, recursion, dnssec, unchecked };
            let message = Message::from_vec(&question.encode(0x1234, edns).unwrap()).unwrap();
            let meta = &message.metadata;
            assert_eq!((meta.id, meta.recursion_desired, meta.checking_disabled), (0x1234, recursion, unchecked));
            assert_eq!(message.queries, [Query::query(name, rtype)]);
            let opt = message.edns.map(|e| (e.max_payload(), e.flags().dnssec_ok));
            assert_eq!(opt, edns.then_some((UDP_PAYLOAD, dnssec)), "{owner}");
        }
    }

    #[test]
    fn broken_frames_are_errors() {
        let whole = response(&[&record(16, b"\x0bv=spf1 -all")]);
        assert!(decode(&whole).is_ok());
        for end in 0..whole.len() {
            assert!(decode(&whole[..end]).is_err(), "cut after {end} octets");
        }
    }

    #[test]
    fn only_the_answer_to_the_question_counts() {
        let good = response(&[]);
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
        fn no_octets_make_it_panic(noise in proptest::collection::vec(proptest::num::u8::ANY, 0..200), at in 0..64usize) {
            let _ = decode(&noise);
            let _ = answers(&noise, &query());
            let mut damaged = response(&[&record(16, b"\x0bv=spf1 -all"), &record(15, b"\x00\x0a\xc0\x0c"), &record(6, &[0; 22])]);
            for (i, octet) in noise.iter().take(8).enumerate() {
                let place = (at + i * 13) % damaged.len();
                damaged[place] ^= octet;
            }
            if let Ok(message) = decode(&damaged) {
                // What was read can be written again: the overlay passes it on.
                let _ = message.to_vec();
                message.answers.iter().for_each(|r| drop(crate::model::snapshot::show_value(&r.data)));
            }
        }
    }
}
