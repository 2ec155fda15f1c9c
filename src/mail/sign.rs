//! DKIM signing (RFC 6376 §5), on mail-auth.

use std::time::SystemTime;

use mail_auth::common::crypto::{DkimKey, Ed25519Key, RsaKey, SigningKey};
use mail_auth::common::headers::{HeaderStream, HeaderWriter, Writable, Writer};
use mail_auth::dkim::canonicalize::CanonicalHeaders;
use mail_auth::dkim::{Canonicalization, Signature};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::error::{Error, Result};
use crate::keys::pair::KeyPair;
use crate::model::dkim::PublicKey;
use crate::model::message::Message;

/// The fields that are signed where the message has them: those that RFC 6376 §5.4.1 advises and that people see.
const SIGNED: [&str; 18] = [
    "From",
    "Reply-To",
    "Subject",
    "Date",
    "To",
    "Cc",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Resent-From",
    "Resent-To",
    "Resent-Date",
];

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub struct Signer<'a> {
    /// `d=`
    pub domain: &'a str,
    /// `s=`
    pub selector: &'a str,
    /// The private key.
    pub key: &'a KeyPair,
}

/// Puts a DKIM-Signature of every signer in front of `message` (CRLF line ends): relaxed/relaxed, SHA-256, `t=` at `now`.
/// From is signed once more than it is there, so that nobody can add a second one (RFC 6376 §8.15).
///
/// # Errors
/// A configuration error when a key cannot sign (under 2048 bits, for one) or the message has no From field.
pub fn sign(message: &[u8], signers: &[Signer<'_>], now: SystemTime) -> Result<Vec<u8>> {
    let read = Message::read(message);
    let mut out = Vec::with_capacity(message.len() + 1024 * signers.len());
    for signer in signers {
        let signature = signature(&read, signer, now)
            .map_err(|e| e.during(format!("signing with {}._domainkey.{}", signer.selector, signer.domain)))?;
        out.extend_from_slice(signature.to_header().as_bytes());
    }
    out.extend_from_slice(message);
    Ok(out)
}

fn signature(message: &Message<'_>, signer: &Signer<'_>, now: SystemTime) -> Result<Signature> {
    let refused = |e: mail_auth::Error| Error::config("the cryptographic library cannot sign with this key").because(e);
    if message.named("From").next().is_none() {
        return Err(Error::config("the message has no From field, and DKIM must sign it (RFC 6376 §5.4)"));
    }
    let key = private_key(signer.key)?;
    let mut fields: Vec<String> = Vec::new();
    for name in SIGNED {
        fields.extend(message.named(name).map(|_| name.to_string()));
    }
    fields.push("From".into());
    let template = Signature {
        v: 1,
        a: key.algorithm(),
        d: signer.domain.into(),
        s: signer.selector.into(),
        h: fields,
        ch: Canonicalization::Relaxed,
        cb: Canonicalization::Relaxed,
        ..Signature::default()
    };
    // What mail-auth's own signer does, but with the time that was passed in.
    let (_, headers, signed, body) = template.canonicalize(Stream { message, next: 0 });
    let mut signature = Signature {
        bh: key.hash(body).as_ref().to_vec(),
        t: now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs()),
        h: signed,
        ..template
    };
    signature.b = key.sign(Signed { headers, signature: &signature }).map_err(refused)?;
    Ok(signature)
}

fn private_key(pair: &KeyPair) -> Result<DkimKey> {
    let unusable = |e: mail_auth::Error| Error::config("the private key cannot sign").because(e);
    let der = pair.pkcs8_der();
    match pair.public() {
        PublicKey::Rsa(key) if key.bits() < 2048 => {
            Err(Error::config(format!("the key has {} bits; signing needs 2048 or more (RFC 8301 §3.2)", key.bits()))
                .hint("make a new key: mailproof keys generate"))
        }
        PublicKey::Rsa(_) => RsaKey::from_key_der(PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der)))
            .map(DkimKey::Rsa)
            .map_err(unusable),
        PublicKey::Ed25519(_) => {
            Ed25519Key::from_pkcs8_maybe_unchecked_der(&der).map(DkimKey::Ed25519).map_err(unusable)
        }
    }
}

/// The message as mail-auth walks it.
struct Stream<'m, 'a> {
    message: &'m Message<'a>,
    next: usize,
}

impl<'a> HeaderStream<'a> for Stream<'_, 'a> {
    fn next_header(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let field = self.message.fields.get(self.next)?;
        self.next += 1;
        Some((field.name, field.value))
    }

    fn body(&mut self) -> &'a [u8] {
        self.message.body
    }
}

/// What is signed: the canonical fields, then the signature field itself without its `b=`.
struct Signed<'a> {
    headers: CanonicalHeaders<'a>,
    signature: &'a Signature,
}

impl Writable for Signed<'_> {
    fn write(self, writer: &mut impl Writer) {
        self.headers.write(writer);
        self.signature.write(writer, false);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::keys::algorithm::Algorithm;

    #[test]
    fn the_field_says_what_it_should() {
        let message = b"From: a@example.com\r\nReceived: x\r\nSubject: s\r\n\r\nhello\r\n";
        let key = KeyPair::generate(Algorithm::Ed25519).unwrap();
        let signer = Signer { domain: "example.com", selector: "s1", key: &key };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let signed = sign(message, &[signer, Signer { selector: "s2", ..signer }], now).unwrap();
        assert!(signed.ends_with(message));
        let read = Message::read(&signed);
        let fields: Vec<String> = read.named("DKIM-Signature").map(|f| f.text()).collect();
        assert_eq!(fields.len(), 2);
        for (field, selector) in fields.iter().zip(["s1", "s2"]) {
            for part in [
                "v=1; a=ed25519-sha256;".to_string(),
                format!("s={selector}; d=example.com; c=relaxed/relaxed;"),
                "h=Subject:From:From;".to_string(),
                "t=1800000000;".to_string(),
            ] {
                assert!(field.contains(&part), "{field} lacks {part}");
            }
        }
    }

    #[test]
    fn what_cannot_be_signed() {
        let key = KeyPair::generate(Algorithm::Ed25519).unwrap();
        let signer = Signer { domain: "example.com", selector: "s1", key: &key };
        let error = sign(b"To: a@example.com\r\n\r\n", &[signer], SystemTime::UNIX_EPOCH).unwrap_err();
        assert!(error.message().contains("no From field"), "{error}");
        assert_eq!(error.context(), ["signing with s1._domainkey.example.com"]);
    }
}
