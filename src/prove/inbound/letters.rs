//! The messages of the set, octet by octet.

use std::time::SystemTime;

use jiff::Timestamp;

use crate::auth::judge::Envelope;
use crate::error::{Error, Result};
use crate::mail::compose::{TOKEN_FIELD, TestMessage};
use crate::mail::sign::{Signer, sign};
use crate::prove::inbound::probe::InboundProbe;
use crate::prove::inbound::probe_domain::{ED25519, ProbeDomain, REVOKED, RSA};
use crate::prove::letter::{Moment, tampered};

/// A message of the set, ready to go.
#[derive(Clone, Debug)]
pub struct InboundLetter {
    /// Which.
    pub probe: InboundProbe,
    /// What it is known again by.
    pub token: String,
    /// The session that it goes out in.
    pub envelope: Envelope,
    /// Its octets, CR LF line ends.
    pub message: Vec<u8>,
}

/// The message of `probe` from `domain` to `to`; `authserv_id` is the server's name in Authentication-Results.
///
/// # Errors
/// When it cannot be composed or signed.
pub fn letter(
    probe: InboundProbe,
    domain: &ProbeDomain,
    to: &str,
    authserv_id: &str,
    at: &Moment,
) -> Result<InboundLetter> {
    // What is forged is mail of a domain that nobody may send for: envelope and From agree, as a forger has them.
    let forged = matches!(probe, InboundProbe::Spoofed | InboundProbe::ForgedResults | InboundProbe::ForgedSpf);
    let author = if forged { domain.nobody() } else { domain.domain.clone() };
    let from = format!("postmaster@{author}");
    let token = format!("{}-{}", at.token, probe.name());
    let composed = compose(&from, to, &token, &author, probe, at.now)?;
    let with = |selector: &str| {
        let key = if selector == ED25519 { &domain.ed25519 } else { &domain.rsa };
        sign(&composed, &[Signer { domain: &domain.domain, selector, key }], at.now)
    };
    let nobody = format!("forwarder@{}", domain.nobody());
    let (mail_from, message) = match probe {
        InboundProbe::Authentic => (from.clone(), with(RSA)?),
        InboundProbe::Ed25519 => (from.clone(), with(ED25519)?),
        InboundProbe::Unsigned => (from.clone(), composed.clone()),
        // Not signed: else a server that does not judge the HELO name would pass it by its signature.
        InboundProbe::NullSender => (String::new(), composed.clone()),
        InboundProbe::RevokedKey => (from.clone(), with(REVOKED)?),
        InboundProbe::BodyChanged => (from.clone(), tampered(with(RSA)?)),
        InboundProbe::Forwarded => (nobody, with(RSA)?),
        InboundProbe::Spoofed => (from.clone(), composed.clone()),
        InboundProbe::TwoFroms => {
            let second = format!("From: The Director <director@{}>\r\n", domain.nobody());
            (from.clone(), [second.as_bytes(), &with(RSA)?].concat())
        }
        InboundProbe::ForgedResults => {
            let forged = format!(
                "Authentication-Results: {authserv_id}; spf=pass smtp.mailfrom={author}\r\n\
                 Authentication-Results: {authserv_id}; dkim=pass header.d={author};\r\n\
                 \tdmarc=pass header.from={author}\r\n"
            );
            (from.clone(), [forged.as_bytes(), &composed].concat())
        }
        InboundProbe::ForgedSpf => {
            let forged = format!(
                "Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip={ip};\r\n\
                 \thelo={helo}; envelope-from={from}; receiver={authserv_id}\r\n",
                ip = domain.ip,
                helo = domain.helo()
            );
            (from.clone(), [forged.as_bytes(), &composed].concat())
        }
    };
    // First of all fields, so that what a server adds is told from what came.
    let marked = [format!("{TOKEN_FIELD}: {token}\r\n").as_bytes(), &message].concat();
    let envelope = Envelope { ip: domain.ip, helo: domain.helo(), mail_from };
    Ok(InboundLetter { probe, token, envelope, message: marked })
}

fn compose(
    from: &str,
    to: &str,
    token: &str,
    id_domain: &str,
    probe: InboundProbe,
    now: SystemTime,
) -> Result<Vec<u8>> {
    let date = Timestamp::try_from(now).map_err(|e| Error::config("the clock cannot be read").because(e))?;
    let purpose = format!("It asks how a mail server judges: {}.", probe.what());
    let to = [to.to_string()];
    let composed = TestMessage { from, to: &to, date, token, id_domain, purpose: &purpose }.compose()?;
    // The mark goes on top, once.
    let mark = format!("{TOKEN_FIELD}: {token}\r\n");
    let text = String::from_utf8_lossy(&composed).replacen(&mark, "", 1);
    Ok(text.into_bytes())
}
