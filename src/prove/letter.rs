//! The probes as messages: composed, signed, or changed after signing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::SystemTime;

use jiff::Timestamp;

use crate::auth::judge::Envelope;
use crate::error::{Error, Result};
use crate::mail::compose::TestMessage;
use crate::mail::sign::sign;
use crate::prove::probe::Probe;
use crate::prove::sender::{Sender, SigningKeys};

/// What the clock and the random source say, handed in so that a run can be repeated.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Now.
    pub now: SystemTime,
    /// Letters and digits that no other run has.
    pub token: String,
}

/// A probe ready to be sent or judged.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Which probe.
    pub probe: Probe,
    /// How it comes, for people.
    pub how: String,
    /// The session that it comes in.
    pub envelope: Envelope,
    /// The octets, headers first, CR LF line ends.
    pub message: Vec<u8>,
}

/// The letter of `probe`, from `sender`'s address or, when it is spoofed, from `stranger`.
///
/// # Errors
/// When the message cannot be composed or a key cannot sign.
pub fn letter(probe: Probe, sender: &Sender, stranger: IpAddr, keys: &SigningKeys, at: &Moment) -> Result<Letter> {
    let from = format!("postmaster@{}", sender.domain);
    let date = Timestamp::try_from(at.now).map_err(|e| Error::config("the clock cannot be read").because(e))?;
    let token = format!("{}-{}", at.token, probe.name());
    let recipients = [from.clone()];
    let composed = TestMessage {
        from: &from,
        to: &recipients,
        date,
        token: &token,
        id_domain: &sender.domain,
        purpose: match probe {
            Probe::Authentic => "This one is authentic: it must pass SPF, DKIM and DMARC.",
            Probe::Spoofed => "This one is forged: it comes from a foreign address and carries no signature.",
            Probe::Tampered => "This one is changed after signing: DKIM must say so.",
            Probe::ForgedSignature => "This one is forged: its signature is of a key that the domain does not publish.",
        },
    }
    .compose()?;
    let signed = || sign(&composed, &keys.signers(), at.now);
    let (how, ip, helo, message) = match probe {
        Probe::Authentic => {
            (format!("from {}, signed with {}", sender.ip, keys.shown()), sender.ip, sender.helo.clone(), signed()?)
        }
        Probe::Spoofed => (format!("from {stranger}, not signed"), stranger, "stranger.invalid".to_string(), composed),
        Probe::ForgedSignature => {
            (format!("from {stranger}, signature forged"), stranger, "stranger.invalid".to_string(), signed()?)
        }
        Probe::Tampered => (
            format!("from {}, body changed after signing", sender.ip),
            sender.ip,
            sender.helo.clone(),
            tampered(signed()?),
        ),
    };
    Ok(Letter { probe, how, envelope: Envelope { ip, helo, mail_from: from }, message })
}

/// An address of the family of `ip` that stands in no sane SPF record: documentation space (RFC 5737, RFC 3849), or
/// another loopback address when everything happens on this machine.
pub fn stranger(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) if v4.is_loopback() => Ipv4Addr::new(127, 0, 0, 66).into(),
        IpAddr::V4(_) => Ipv4Addr::new(203, 0, 113, 66).into(),
        IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x66).into(),
    }
}

/// The message with one more line at its end, as a list's footer would add it.
pub fn tampered(mut message: Vec<u8>) -> Vec<u8> {
    message.extend_from_slice(b"(this line was added on the way)\r\n");
    message
}
