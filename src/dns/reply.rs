//! A response read where it lies.
//!
//! A long run reads millions of responses, nearly all of which say in a few octets that there is nothing. So the frame
//! is looked over once, no name is copied to compare it, and only the data that was asked for becomes a value.
//!
//! hickory's own reader gives up on a whole message when one record's data is malformed, such as a TXT record
//! without any string. A stranger's broken record must not hide the good ones beside it, so the frame is read here
//! and only the data of each record by hickory.

use hickory_proto::op::{Edns, Header, Message, Query, ResponseCode};
use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::{DNSClass, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder, Restrict};

use crate::dns::labels::{Labels, name_end};
use crate::model::name::Name;
use crate::model::txt;

/// Octets of a header (RFC 1035 §4.1.1), of a question behind its name, and of a record between its name and its data.
const HEADER: usize = 12;
const QUESTION: usize = 4;
const RECORD: usize = 10;
/// TC, in the third octet.
const TRUNCATED: u8 = 0x02;
/// The class of all that is looked at here.
const IN: u16 = 1;

/// A response whose frame is sound.
#[derive(Clone, Debug)]
pub struct Reply {
    octets: Vec<u8>,
    /// Where the first record of each section stands, and how many it has.
    sections: [(usize, u16); 3],
    rcode: ResponseCode,
    edns: bool,
}

/// A section that holds records (RFC 1035 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Answer,
    Authority,
    Additional,
}

/// A record in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'r> {
    octets: &'r [u8],
    /// Where its owner name begins.
    owner: usize,
    pub(super) rtype: RecordType,
    class: u16,
    pub(super) ttl: u32,
    /// Where its data begins, and how much it is.
    data: usize,
    length: u16,
}

impl Reply {
    /// Looks over a response: every name and every record is whole. Whether a record's data is what its type says is
    /// another question, and asked of the data that is wanted alone: a stranger's broken record hides no other.
    ///
    /// # Errors
    /// A phrase that says where the frame is broken.
    pub(crate) fn read(octets: Vec<u8>) -> Result<Self, String> {
        let header: [u8; HEADER] = *octets.first_chunk().ok_or_else(|| bad("no header"))?;
        let count = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        let mut at = HEADER;
        for _ in 0..count(4) {
            let end = name_end(&octets, at).map(|end| end + QUESTION).filter(|end| *end <= octets.len());
            at = end.ok_or_else(|| bad("its question is malformed"))?;
        }
        let mut sections = [(at, 0); 3];
        let mut opt = None;
        // A truncated answer is asked for again over TCP; what is left of it is not looked at.
        if header[2] & TRUNCATED == 0 {
            for (section, count) in sections.iter_mut().zip([count(6), count(8), count(10)]) {
                *section = (at, count);
                for _ in 0..count {
                    let place = Place::at(&octets, at).ok_or_else(|| bad("it ends inside a record"))?;
                    at = place.end();
                    if place.rtype == RecordType::OPT {
                        opt = Some(place.ttl);
                    }
                }
            }
        }
        // RFC 6891 §6.1.3: the upper octet of the RCODE.
        let upper = opt.map_or(0, |ttl| (ttl >> 24) as u8);
        Ok(Reply { sections, rcode: ResponseCode::from(upper, header[3] & 0x0f), edns: opt.is_some(), octets })
    }

    /// Whether it did not fit (TC).
    pub(super) fn truncated(&self) -> bool {
        self.octets[2] & TRUNCATED != 0
    }

    /// Whether the server has authority (AA).
    pub(super) fn authoritative(&self) -> bool {
        self.octets[2] & 0x04 != 0
    }

    /// Whether the server asks others (RA).
    pub(super) fn recursion_available(&self) -> bool {
        self.octets[3] & 0x80 != 0
    }

    /// The RCODE, with its upper octet where there is one.
    pub(super) fn rcode(&self) -> ResponseCode {
        self.rcode
    }

    /// Whether the server speaks EDNS.
    pub(super) fn edns(&self) -> bool {
        self.edns
    }

    /// All of it, for who passes it on. Data that is not what its type says is [`RData::Unknown`].
    ///
    /// # Errors
    /// A phrase, where hickory does not take what was good here.
    pub(crate) fn message(&self) -> Result<Message, String> {
        let mut decoder = BinDecoder::new(&self.octets);
        let header = Header::read(&mut decoder).map_err(|_| bad("no header"))?;
        let mut message = Message::new(header.id, header.message_type, header.op_code);
        message.metadata = header.metadata;
        message.metadata.response_code = self.rcode;
        message.edns = self.edns.then(Edns::new);
        for _ in 0..header.counts.queries {
            message.queries.push(Query::read(&mut decoder).map_err(|_| bad("its question is malformed"))?);
        }
        for (section, records) in [
            (Section::Answer, &mut message.answers),
            (Section::Authority, &mut message.authorities),
            (Section::Additional, &mut message.additionals),
        ] {
            for place in self.places(section) {
                let owner = place.owner().ok_or_else(|| bad("it ends inside a record"))?;
                let mut record = Record::from_rdata((&owner).into(), place.ttl, place.data());
                record.dns_class = DNSClass::from(place.class);
                records.push(record);
            }
        }
        Ok(message)
    }

    /// The records of a section that are of class IN.
    pub(super) fn records(&self, section: Section) -> impl Iterator<Item = Place<'_>> {
        self.places(section).filter(|place| place.class == IN)
    }

    /// The records of a section, OPT (which is none) left out.
    fn places(&self, section: Section) -> impl Iterator<Item = Place<'_>> {
        let (mut at, mut left) = self.sections[section as usize];
        let places = std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let place = Place::at(&self.octets, at)?;
            at = place.end();
            Some(place)
        });
        places.filter(|place| place.rtype != RecordType::OPT)
    }
}

impl<'r> Place<'r> {
    fn at(octets: &'r [u8], owner: usize) -> Option<Self> {
        let fixed = name_end(octets, owner)?;
        let [t0, t1, c0, c1, ttl0, ttl1, ttl2, ttl3, l0, l1] = *octets.get(fixed..)?.first_chunk::<RECORD>()?;
        let (data, length) = (fixed + RECORD, u16::from_be_bytes([l0, l1]));
        octets.get(data..data + usize::from(length))?;
        Some(Place {
            octets,
            owner,
            rtype: RecordType::from(u16::from_be_bytes([t0, t1])),
            class: u16::from_be_bytes([c0, c1]),
            ttl: u32::from_be_bytes([ttl0, ttl1, ttl2, ttl3]),
            data,
            length,
        })
    }

    fn end(&self) -> usize {
        self.data + usize::from(self.length)
    }

    /// Whether it stands at `name`, whatever the case (RFC 1035 §2.3.3).
    pub(super) fn is_at(&self, name: &Name) -> bool {
        let mut wanted = name.labels();
        let mut here = Labels::new(self.octets, self.owner);
        loop {
            match (here.next(), wanted.next()) {
                (Some(Some(label)), Some(other)) if label.eq_ignore_ascii_case(other) => {}
                (None, None) => return true,
                _ => return false,
            }
        }
    }

    /// Its owner.
    pub(super) fn owner(&self) -> Option<Name> {
        let mut labels = Vec::with_capacity(8);
        for label in Labels::new(self.octets, self.owner) {
            labels.push(label?);
        }
        Name::from_labels(labels)
    }

    /// Its data; [`RData::Unknown`] where it is not what its type says.
    pub(super) fn data(&self) -> RData {
        let raw = &self.octets[self.data..self.end()];
        let unknown = || RData::Unknown { code: self.rtype, rdata: NULL::with(raw.to_vec()) };
        match self.rtype {
            RecordType::TXT => txt::from_wire(raw).map_or_else(unknown, RData::TXT),
            _ if raw.is_empty() => RData::Unknown { code: self.rtype, rdata: NULL::new() },
            // Names in the data may point back into the message, so hickory reads from the whole of it.
            rtype => self
                .decoder(self.data)
                .and_then(|mut decoder| RData::read(&mut decoder, rtype, Restrict::new(self.length)).ok())
                .unwrap_or_else(unknown),
        }
    }

    /// How long "there is nothing" holds, in seconds, where this is a zone's SOA (RFC 2308 §5).
    pub(super) fn negative_ttl(&self) -> Option<u32> {
        if self.rtype != RecordType::SOA {
            return None;
        }
        let numbers = name_end(self.octets, name_end(self.octets, self.data)?)?;
        let minimum = self.octets.get(numbers..self.end()).filter(|rest| rest.len() == 20)?.last_chunk()?;
        Some(self.ttl.min(u32::from_be_bytes(*minimum)))
    }

    fn decoder(&self, at: usize) -> Option<BinDecoder<'r>> {
        Some(BinDecoder::new(self.octets).clone(u16::try_from(at).ok()?))
    }
}

fn bad(what: &str) -> String {
    format!("the server's answer cannot be read: {what}")
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::TXT;
    use proptest::collection::vec;
    use proptest::num::u8::ANY;

    use super::*;
    use crate::model::name::{RecordName, domain};
    use crate::model::snapshot::show_value;

    /// A response about `example.test`: a CNAME, two records of its target, an SOA in the authority section, OPT.
    fn response() -> Vec<u8> {
        let mut out = b"\x12\x34\x81\x80\0\x01\0\x03\0\x01\0\x01\x07example\x04test\0\0\x10\0\x01".to_vec();
        out.extend(b"\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x04\x01a\xc0\x14");
        out.extend(b"\x01A\xc0\x14\0\x10\0\x01\0\0\0\x1e\0\x0c\x0bv=spf1 -all");
        out.extend(b"\xc0\x2a\0\x0f\0\x01\0\0\0\x1e\0\x04\0\x0a\xc0\x0c");
        out.extend(b"\xc0\x14\0\x06\0\x01\0\0\x0e\x10\0\x1b\x02ns\xc0\x14\xc0\x0c");
        out.extend(b"\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\x01\x2c");
        out.extend(b"\0\0\x29\x04\xd0\x01\0\0\0\0\0");
        out
    }

    /// The same by hickory's reader of names and numbers.
    fn decode(octets: &[u8]) -> Result<Message, String> {
        let mut decoder = BinDecoder::new(octets);
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
        let name = RecordName::read(decoder).ok()?;
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

    /// That both readers make the same of `octets`, and that it can be written again.
    fn compare(octets: &[u8]) {
        let (ours, theirs) = match (Reply::read(octets.to_vec()), decode(octets)) {
            (Ok(ours), Ok(theirs)) => (ours, theirs),
            (ours, theirs) => return assert_eq!(ours.err(), theirs.err()),
        };
        let message = ours.message().unwrap();
        assert_eq!((&message.metadata, &message.queries), (&theirs.metadata, &theirs.queries));
        assert_eq!((&message.answers, &message.authorities), (&theirs.answers, &theirs.authorities));
        assert_eq!((&message.additionals, &message.edns), (&theirs.additionals, &theirs.edns));
        let _ = message.to_vec();
        message.answers.iter().for_each(|record| drop(show_value(&record.data)));
        let meta = &theirs.metadata;
        assert_eq!(
            (ours.truncated(), ours.authoritative(), ours.recursion_available(), ours.rcode(), ours.edns()),
            (meta.truncation, meta.authoritative, meta.recursion_available, meta.response_code, theirs.edns.is_some())
        );
        for (section, records) in [(Section::Answer, &theirs.answers), (Section::Authority, &theirs.authorities)] {
            let wanted: Vec<_> = records.iter().filter(|r| r.dns_class == DNSClass::IN).collect();
            let found: Vec<Place<'_>> = ours.records(section).collect();
            assert_eq!(found.len(), wanted.len());
            for (place, record) in found.iter().zip(wanted) {
                let owner = Name::from(&record.name);
                assert_eq!(place.owner().as_ref(), Some(&owner));
                assert!(place.is_at(&owner));
                assert!(!place.is_at(&domain("another.test").unwrap()) || owner == domain("another.test").unwrap());
                assert_eq!(
                    (place.rtype, place.ttl, place.data()),
                    (record.record_type(), record.ttl, record.data.clone())
                );
                let negative = match &record.data {
                    RData::SOA(soa) => Some(record.ttl.min(soa.minimum)),
                    _ => None,
                };
                assert_eq!(place.negative_ttl(), negative);
            }
        }
    }

    #[test]
    fn a_sound_response() {
        let reply = Reply::read(response()).unwrap();
        let shown: Vec<String> = reply.records(Section::Answer).map(|p| p.data().to_string()).collect();
        assert_eq!(shown, ["a.test.", "v=spf1 -all", "10 example.test."]);
        assert_eq!(reply.records(Section::Authority).find_map(|p| p.negative_ttl()), Some(300));
        assert!(reply.edns() && reply.rcode() == ResponseCode::from(1, 0), "{:?}", reply.rcode());
        compare(&response());
    }

    #[test]
    fn each_octet_changed_or_cut_is_read_as_another_reader_reads_it() {
        let whole = response();
        for at in 0..whole.len() {
            compare(&whole[..at]);
            for octet in [0, 1, 0x0c, 0x3f, 0x40, 0xc0, 0xff, whole[at] ^ 0x20, whole[at].wrapping_add(1)] {
                let mut changed = whole.clone();
                changed[at] = octet;
                compare(&changed);
            }
        }
    }

    /// A response about `example.test` with these records alone.
    fn with(records: &[&[u8]]) -> Vec<u8> {
        let mut out = b"\x12\x34\x84\0\0\x01\0".to_vec();
        out.push(u8::try_from(records.len()).unwrap());
        out.extend(b"\0\0\0\0\x07example\x04test\0\0\x10\0\x01");
        records.iter().for_each(|record| out.extend_from_slice(record));
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
                let message =
                    Reply::read(with(&records)).and_then(|r| r.message()).unwrap_or_else(|e| panic!("{why}: {e}"));
                assert_eq!(message.answers.len(), 2, "{why}");
                let texts = message.answers.iter().filter(|r| r.data.to_string() == "v=spf1 -all").count();
                assert_eq!(texts, 1, "{why}");
            }
        }
    }

    #[test]
    fn broken_frames_are_errors() {
        let whole = with(&[&record(16, b"\x0bv=spf1 -all")]);
        assert!(Reply::read(whole.clone()).is_ok());
        for end in 0..whole.len() {
            assert!(Reply::read(whole[..end].to_vec()).is_err(), "cut after {end} octets");
        }
    }

    #[test]
    fn names_as_long_as_they_may_be_and_longer() {
        for (labels, last, why) in [(3, 61, "255 octets"), (3, 62, "256"), (4, 1, "more"), (3, 0, "fewer")] {
            let mut out = b"\x12\x34\x81\x80\0\0\0\x01\0\0\0\0".to_vec();
            for length in std::iter::repeat_n(63, labels).chain((last > 0).then_some(last)) {
                out.push(length);
                out.extend(std::iter::repeat_n(b'x', length.into()));
            }
            out.extend(b"\0\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01");
            assert_eq!(Reply::read(out.clone()).is_ok(), labels == 3 && last < 62, "{why}");
            compare(&out);
        }
    }

    proptest::proptest! {
        #[test]
        fn noise_is_read_as_another_reader_reads_it(noise in vec(ANY, 0..120), places in vec((12..128usize, ANY), 0..6)) {
            compare(&noise);
            let mut framed = b"\x12\x34\x81\x80\0\0\0\x02\0\x01\0\0".to_vec();
            framed.extend(&noise);
            compare(&framed);
            let mut changed = response();
            for (at, octet) in places {
                let at = at % changed.len();
                changed[at] = octet;
            }
            compare(&changed);
        }
    }
}
