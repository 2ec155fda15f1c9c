//! Messages signed and checked with TSIG (RFC 8945), octet by octet.
//!
//! hickory signs a request, but cannot check a transfer in which only some messages are signed (RFC 8945 §5.3.1), nor
//! HMAC-SHA-1 and HMAC-SHA-224.

use hickory_proto::rr::rdata::TSIG;
use hickory_proto::rr::rdata::tsig::TsigError;
use hickory_proto::rr::{RData, Record};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder, BinEncodable};

use crate::model::name::Name;
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
pub fn sign(key: &TsigKey, mut message: Vec<u8>, now: u64) -> (Vec<u8>, Chain) {
    let variables = variables(key, now, FUDGE, &[0, 0, 0, 0]);
    let mac = key.mac(&[&message, &variables]);
    let mut data = wire(&algorithm(key));
    data.extend(time(now, FUDGE));
    data.extend(counted(&mac));
    data.extend_from_slice(message.get(..2).unwrap_or_default());
    data.extend([0, 0, 0, 0]);
    message.extend(wire(&key.name));
    message.extend(TYPE_AND_CLASS);
    message.extend([0; 4]);
    message.extend(counted(&data));
    if let Some(count) = message.get_mut(10..12) {
        // A request has no other record there.
        count.copy_from_slice(&[0, 1]);
    }
    (message, Chain { key: key.clone(), last_mac: mac, first: true, unsigned: Vec::new() })
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
        let Record { name, data: tsig, .. } = tsig.ok_or(Doubt::Forged)?;
        // These two come without a signature: the server has no key to make one with (RFC 8945 §5.3.2).
        if let Some(error @ (TsigError::BadKey | TsigError::BadSig)) = tsig.error {
            return Err(Doubt::Refused(error));
        }
        let algorithm = tsig.algorithm.to_string();
        if name.to_lowercase() != self.key.name || !algorithm.eq_ignore_ascii_case(self.key.algorithm) {
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
    let mut out = wire(&key.name);
    out.extend([0, 255, 0, 0, 0, 0]);
    out.extend(wire(&algorithm(key)));
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
    Name::from_ascii(key.algorithm).unwrap_or_default()
}

/// A name on the wire, not compressed; the names here are in lower case (RFC 8945 §4.3.3).
fn wire(name: &Name) -> Vec<u8> {
    name.to_bytes().unwrap_or_default()
}
