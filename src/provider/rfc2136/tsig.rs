//! Messages signed and checked with TSIG (RFC 8945), octet by octet.
//!
//! hickory signs a request, but cannot check a transfer in which only some messages are signed (RFC 8945 §5.3.1), nor
//! HMAC-SHA-1 and HMAC-SHA-224.

use hickory_proto::rr::rdata::TSIG;
use hickory_proto::rr::rdata::tsig::TsigError;
use hickory_proto::rr::{DNSClass, RData, Record};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};

use crate::model::name::{self, Name};
use crate::provider::rfc2136::key::TsigKey;

/// How far two clocks may be apart, in seconds (RFC 8945 §10).
pub const FUDGE: u16 = 300;
/// Messages in a row that need no signature of their own (RFC 8945 §5.3.1).
const MAX_UNSIGNED: usize = 99;
/// TSIG's type and the class ANY.
const TYPE_AND_CLASS: [u8; 4] = [0, 250, 0, 255];

/// Why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It is not signed where it has to be.
    Unsigned,
    /// It is signed with another key, or was changed on its way.
    Forged,
    /// The server's clock is so many seconds ahead of ours, too many for a signature to hold.
    Clocks(i64),
    /// The server refused our signature.
    Refused(TsigError),
}

/// The messages of one answer, each checked by means of those before it.
#[derive(Debug)]
pub struct Chain {
    key: TsigKey,
    last_mac: Vec<u8>,
    first: bool,
    /// What was received since the last signature.
    unsigned: Vec<Vec<u8>>,
}

/// Signs `message` at `now`, in seconds since 1970, and gives the means to check what is answered.
pub fn sign(key: &TsigKey, message: Vec<u8>, now: u64) -> (Vec<u8>, Chain) {
    let mac = key.mac(&[&message, &variables(key, now, FUDGE, &[0; 4])]);
    let message = append(key, message, now, &mac);
    (message, Chain { key: key.clone(), last_mac: mac, first: true, unsigned: Vec::new() })
}

/// Puts the TSIG record (RFC 8945 §4.2) to the end of a message that has no other record in its last section.
fn append(key: &TsigKey, mut message: Vec<u8>, now: u64, mac: &[u8]) -> Vec<u8> {
    let mut data = algorithm(key).octets().to_vec();
    data.extend(time(now, FUDGE));
    data.extend(counted(mac));
    data.extend_from_slice(message.get(..2).unwrap_or_default());
    data.extend([0, 0, 0, 0]);
    message.extend(key.name.octets());
    message.extend(TYPE_AND_CLASS);
    message.extend([0; 4]);
    message.extend(counted(&data));
    if let Some(count) = message.get_mut(10..12) {
        count.copy_from_slice(&[0, 1]);
    }
    message
}

impl Chain {
    /// Checks the next message. An error answer without a signature is let through if it comes first: whether it is
    /// believed is for the caller, who is told by `false`.
    ///
    /// # Errors
    /// Why the message is not believed.
    pub fn check(&mut self, message: Vec<u8>, now: u64) -> Result<bool, Doubt> {
        let Some((start, tsig)) = signature(&message) else {
            if self.first {
                let error = message.get(3).is_some_and(|octet| octet & 0x0f != 0);
                return if error { Ok(false) } else { Err(Doubt::Unsigned) };
            }
            if self.unsigned.len() == MAX_UNSIGNED {
                return Err(Doubt::Unsigned);
            }
            self.unsigned.push(message);
            return Ok(true);
        };
        let Record { name, dns_class, ttl, data: tsig, .. } = tsig.ok_or(Doubt::Forged)?;
        // These two come without a signature: the server has no key to make one with (RFC 8945 §5.3.2).
        if let Some(error @ (TsigError::BadKey | TsigError::BadSig)) = tsig.error {
            return Err(Doubt::Refused(error));
        }
        let algorithm = tsig.algorithm.to_string();
        let ours = Name::from(&name) == self.key.name && dns_class == DNSClass::ANY && ttl == 0;
        if !ours || !algorithm.eq_ignore_ascii_case(self.key.algorithm) {
            return Err(Doubt::Forged);
        }
        self.verify(&message, start, &tsig)?;
        let ahead = |theirs: u64| i64::try_from(theirs).unwrap_or(i64::MAX).saturating_sub_unsigned(now);
        match (tsig.error, tsig.other.as_slice()) {
            (None, _) if now.abs_diff(tsig.time) <= u64::from(tsig.fudge) => Ok(true),
            (None, _) => Err(Doubt::Clocks(ahead(tsig.time))),
            // The server says what time it has (RFC 8945 §5.2.3).
            (Some(TsigError::BadTime), &[a, b, c, d, e, f]) => {
                Err(Doubt::Clocks(ahead(u64::from_be_bytes([0, 0, a, b, c, d, e, f]))))
            }
            (Some(error), _) => Err(Doubt::Refused(error)),
        }
    }

    /// Checks that what came last was signed, and so all of it (RFC 8945 §5.3.1).
    ///
    /// # Errors
    /// [`Doubt::Unsigned`]
    pub fn finish(&self) -> Result<(), Doubt> {
        if self.first || !self.unsigned.is_empty() { Err(Doubt::Unsigned) } else { Ok(()) }
    }

    fn verify(&mut self, message: &[u8], start: usize, tsig: &TSIG) -> Result<(), Doubt> {
        // The message as it was before it was signed (RFC 8945 §4.3.2).
        let mut bare = message.get(..start).unwrap_or_default().to_vec();
        if bare.len() < 12 {
            return Err(Doubt::Forged);
        }
        let others = u16::from_be_bytes([bare[10], bare[11]]).saturating_sub(1);
        bare[..2].copy_from_slice(&tsig.oid.to_be_bytes());
        bare[10..12].copy_from_slice(&others.to_be_bytes());
        let last_mac = counted(&self.last_mac);
        let mut parts: Vec<&[u8]> = vec![&last_mac];
        parts.extend(self.unsigned.iter().map(Vec::as_slice));
        parts.push(&bare);
        // The first answer is signed with all variables, those behind it with the timers alone (RFC 8945 §5.3.1).
        let variables = if self.first {
            let mut end = tsig.error.map_or(0, u16::from).to_be_bytes().to_vec();
            end.extend(counted(&tsig.other));
            variables(&self.key, tsig.time, tsig.fudge, &end)
        } else {
            time(tsig.time, tsig.fudge).to_vec()
        };
        parts.push(&variables);
        if !self.key.verifies(&parts, &tsig.mac) {
            return Err(Doubt::Forged);
        }
        self.last_mac.clone_from(&tsig.mac);
        self.first = false;
        self.unsigned.clear();
        Ok(())
    }
}

/// Where the TSIG record of a message begins, and the record unless it is malformed; none in a message without one.
fn signature(message: &[u8]) -> Option<(usize, Option<Record<TSIG>>)> {
    let start = last_record(message)?;
    if !message.get(skip_name(message, start)?..)?.starts_with(&TYPE_AND_CLASS[..2]) {
        return None;
    }
    let mut decoder = BinDecoder::new(message).clone(u16::try_from(start).ok()?);
    let record = Record::read(&mut decoder).ok().and_then(|record| {
        record.map(|data| match data {
            RData::TSIG(tsig) => Some(tsig),
            _ => None,
        })
    });
    Some((start, record))
}

/// Where the last record begins, if the message has one in its last section and ends with it.
fn last_record(message: &[u8]) -> Option<usize> {
    let count = |at: usize| Some(usize::from(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?])));
    let (questions, last) = (count(4)?, count(10)?);
    let records = count(6)? + count(8)? + last;
    let (mut at, mut start) = (12, None);
    for _ in 0..questions {
        at = skip_name(message, at)? + 4;
    }
    for _ in 0..records {
        start = Some(at);
        at = skip_name(message, at)? + 8;
        at += 2 + count(at)?;
    }
    start.filter(|_| last > 0 && at == message.len())
}

/// Where the name at `at` ends.
fn skip_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            label @ 1..=63 => at += 1 + usize::from(label),
            // A pointer (RFC 1035 §4.1.4).
            192.. => return Some(at + 2),
            _ => return None,
        }
    }
}

/// What is signed besides the message (RFC 8945 §4.3.3); `end` is the error, and the other data with its length.
fn variables(key: &TsigKey, now: u64, fudge: u16, end: &[u8]) -> Vec<u8> {
    let mut out = key.name.octets().to_vec();
    out.extend([0, 255, 0, 0, 0, 0]);
    out.extend(algorithm(key).octets());
    out.extend(time(now, fudge));
    out.extend_from_slice(end);
    out
}

/// The time in 48 bits, and the fudge.
fn time(now: u64, fudge: u16) -> [u8; 8] {
    let [_, _, a, b, c, d, e, f] = now.to_be_bytes();
    let [g, h] = fudge.to_be_bytes();
    [a, b, c, d, e, f, g, h]
}

/// Octets after their count in 16 bits. None here are that many: MACs have at most 64, the rest comes from a message.
fn counted(octets: &[u8]) -> Vec<u8> {
    let mut out = u16::try_from(octets.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
    out.extend_from_slice(octets);
    out
}

fn algorithm(key: &TsigKey) -> Name {
    name::shown(key.algorithm).unwrap_or_else(|_| Name::root())
}

/// An answer as a server sends it: messages of which only those marked are signed.
#[cfg(test)]
pub(super) fn answer(key: &TsigKey, request: &[u8], messages: &[(Vec<u8>, bool)], now: u64) -> Vec<Vec<u8>> {
    let (start, record) = signature(request).unwrap();
    let mut last_mac = record.unwrap().data.mac;
    assert!(start > 12);
    let (mut out, mut unsigned, mut first) = (Vec::new(), Vec::new(), true);
    for (message, signs) in messages {
        let mut message = message.clone();
        message[..2].copy_from_slice(&request[..2]);
        if !signs {
            unsigned.extend(&message);
            out.push(message);
            continue;
        }
        let end = if first { variables(key, now, FUDGE, &[0; 4]) } else { time(now, FUDGE).to_vec() };
        let mac = key.mac(&[&counted(&last_mac), &unsigned, &message, &end]);
        out.push(append(key, message, now, &mac));
        (last_mac, first) = (mac, false);
        unsigned.clear();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000;

    fn octets(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
    }

    fn key(algorithm: &str) -> TsigKey {
        TsigKey::from_line(&format!("{algorithm}:Lab.example:bm90IGEgc2VjcmV0")).unwrap()
    }

    const QUESTION: &str = "123400000001000000000000076578616d706c6504746573740000fc0001";

    /// An answer in four messages of which the first and the last are signed. Made with dnspython 2.9.
    const ANSWER: [&str; 4] = [
        "123484000001000100000001076578616d706c6504746573740000fc0001c00c001000010000003c000a096d6573736167652030034c6162076578616d706c650000fa00ff00000000003d0b686d61632d7368613235360000006553f100012c0020282c5480cb4cab31fdc6401f1b5963bb23395e9685459cbe58a01d77cf160b4a123400000000",
        "123484000001000100000000076578616d706c6504746573740000fc0001c00c001000010000003c000a096d6573736167652031",
        "123484000001000100000000076578616d706c6504746573740000fc0001c00c001000010000003c000a096d6573736167652032",
        "123484000001000100000001076578616d706c6504746573740000fc0001c00c001000010000003c000a096d6573736167652033034c6162076578616d706c650000fa00ff00000000003d0b686d61632d7368613235360000006553f100012c002051eba292d9ceec92e26995cf28d1e483393e9ce56970a8168e6aab0a4e590be1123400000000",
    ];

    fn run(messages: &[Vec<u8>], now: u64) -> Result<(), Doubt> {
        let (_, mut chain) = sign(&key("hmac-sha256"), octets(QUESTION), NOW);
        for message in messages {
            chain.check(message.clone(), now)?;
        }
        chain.finish()
    }

    fn messages() -> Vec<Vec<u8>> {
        ANSWER.iter().map(|hex| octets(hex)).collect()
    }

    #[test]
    fn questions_are_signed_as_others_sign_them() {
        // Made with dnspython 2.9.
        for (algorithm, mac) in [
            ("hmac-sha1", "37a7b1e1541006367b5dc9ea8e04ac5aaa99a6c1"),
            ("hmac-sha224", "148b114ef092d95189cb1d7b1a30bfd00cb8d853b52eebb1ebaf4b25"),
            ("hmac-sha256", "ae72f211255f3b336a6abd0f6074f2eb2b49ac6fd3e57e819f2b9866feda0b16"),
            (
                "hmac-sha384",
                "5953a9f68590def184d8ee4262cc03b001ba5f24da2c8730124ae66c8c31521b132c50419b0a39db266b22e9b04e4e4b",
            ),
            (
                "hmac-sha512",
                "2bdac94bc65689e9431b78a17c185dec7eb63edc234c556ac8c5a974017edf016e5fd29b2bbe945039a2c757bbb176f59f3c83f39c20ae80af53d4ecadb1f8fe",
            ),
        ] {
            let (signed, _) = sign(&key(algorithm), octets(QUESTION), NOW);
            let (start, record) = signature(&signed).unwrap();
            assert_eq!(start, QUESTION.len() / 2, "{algorithm}");
            let tsig = record.unwrap().data;
            let got: String = tsig.mac.iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(got, mac, "{algorithm}");
            assert_eq!((tsig.time, tsig.fudge, tsig.oid, tsig.error), (NOW, 300, 0x1234, None), "{algorithm}");
        }
    }

    #[test]
    fn answers_of_others_are_believed() {
        for now in [NOW, NOW + 300, NOW - 300] {
            assert_eq!(run(&messages(), now), Ok(()));
        }
        assert_eq!(run(&messages(), NOW + 301), Err(Doubt::Clocks(-301)));
        assert_eq!(run(&messages(), NOW - 301), Err(Doubt::Clocks(301)));
    }

    #[test]
    fn no_octet_may_change() {
        let good = messages();
        for (i, message) in good.iter().enumerate() {
            // The id is checked where it is known.
            for at in 2..message.len() {
                let mut bad = good.clone();
                bad[i][at] ^= 1;
                assert!(run(&bad, NOW).is_err(), "message {i}, octet {at}");
            }
            for end in 0..message.len() {
                let mut bad = good.clone();
                bad[i].truncate(end);
                assert!(run(&bad, NOW).is_err(), "message {i}, cut after {end} octets");
            }
        }
    }

    #[test]
    fn no_message_may_go_or_move() {
        let [a, b, c, d] = <[Vec<u8>; 4]>::try_from(messages()).unwrap();
        let bare = octets(ANSWER[1]);
        for (why, messages, doubt) in [
            ("one is missing", vec![a.clone(), b.clone(), d.clone()], Doubt::Forged),
            ("one is there twice", vec![a.clone(), b.clone(), b.clone(), c.clone(), d.clone()], Doubt::Forged),
            ("two changed places", vec![a.clone(), c.clone(), b.clone(), d.clone()], Doubt::Forged),
            ("the end is missing", vec![a.clone(), b.clone(), c.clone()], Doubt::Unsigned),
            ("the first is missing", vec![b.clone(), c.clone(), d.clone()], Doubt::Unsigned),
            ("only the end", vec![d.clone()], Doubt::Forged),
            ("nothing", vec![], Doubt::Unsigned),
            ("never a signature again", [vec![a.clone()], vec![bare; 100]].concat(), Doubt::Unsigned),
        ] {
            assert_eq!(run(&messages, NOW), Err(doubt), "{why}");
        }
        let (_, mut chain) = sign(&key("hmac-sha256"), octets(QUESTION), NOW);
        let mut refusal = b;
        refusal[3] |= 5;
        assert_eq!(chain.check(refusal, NOW), Ok(false), "an unsigned refusal");
        let (_, mut chain) = sign(&key("hmac-sha512"), octets(QUESTION), NOW);
        assert_eq!(chain.check(a, NOW), Err(Doubt::Forged), "another algorithm");
    }

    proptest::proptest! {
        #[test]
        fn no_octets_make_it_panic(noise in proptest::collection::vec(proptest::num::u8::ANY, 0..120), at in 0..120usize) {
            let _ = run(std::slice::from_ref(&noise), NOW);
            let mut damaged = octets(ANSWER[0]);
            for (i, octet) in noise.iter().take(6).enumerate() {
                let place = (at + i * 17) % damaged.len();
                damaged[place] = *octet;
            }
            let _ = run(&[damaged], NOW);
        }
    }
}
