//! Login (RFC 4954): PLAIN (RFC 4616), CRAM-MD5 (RFC 2195), and LOGIN as everybody does it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{Error, Result};

/// A name and a password.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// A way to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// The password, in the clear.
    Plain,
    /// The same in two steps.
    Login,
    /// A digest of the password and the server's challenge.
    CramMd5,
}

impl Mechanism {
    /// The best that `offered` has (the words after `AUTH` in the EHLO reply). Without encryption only the digest will do,
    /// unless the connection does not leave this machine.
    ///
    /// # Errors
    /// Refused: the server offers none of ours, or only such that would give the password away.
    pub fn choose(offered: &[String], private: bool) -> Result<Self> {
        let has = |name: &str| offered.iter().any(|m| m.eq_ignore_ascii_case(name));
        match () {
            () if private && has("PLAIN") => Ok(Mechanism::Plain),
            () if private && has("LOGIN") => Ok(Mechanism::Login),
            () if has("CRAM-MD5") => Ok(Mechanism::CramMd5),
            () if has("PLAIN") || has("LOGIN") => {
                Err(Error::refused("the password would cross the network in the clear")
                    .hint("use --tls starttls or --tls implicit"))
            }
            () if offered.is_empty() => Err(Error::refused("the server offers no login here")
                .hint("many servers do so only on the ports 465 and 587, after TLS")),
            () => Err(Error::refused(format!(
                "the server offers only {}, and none of them is known here",
                offered.join(", ")
            ))),
        }
    }

    /// The AUTH command.
    pub fn command(self, credentials: &Credentials) -> SecretString {
        match self {
            Mechanism::Plain => {
                let text = format!("\0{}\0{}", credentials.user, credentials.password.expose_secret());
                format!("AUTH PLAIN {}", STANDARD.encode(text)).into()
            }
            Mechanism::Login => "AUTH LOGIN".to_string().into(),
            Mechanism::CramMd5 => "AUTH CRAM-MD5".to_string().into(),
        }
    }

    /// The answer to the server's 334; `step` counts from 0. `None` when there is nothing more to say.
    pub fn answer(self, credentials: &Credentials, step: usize, challenge: &str) -> Option<SecretString> {
        let password = credentials.password.expose_secret();
        let text = match (self, step) {
            (Mechanism::Login, 0) => credentials.user.clone(),
            (Mechanism::Login, 1) => password.to_string(),
            (Mechanism::CramMd5, 0) => {
                let challenge = STANDARD.decode(challenge.trim()).ok()?;
                format!("{} {}", credentials.user, hmac_md5(password.as_bytes(), &challenge))
            }
            _ => return None,
        };
        Some(STANDARD.encode(text).into())
    }
}

/// HMAC (RFC 2104) with MD5, in hexadecimal: CRAM-MD5 wants no better.
fn hmac_md5(key: &[u8], text: &[u8]) -> String {
    let mut block = [0; 64];
    if key.len() > block.len() {
        block[..16].copy_from_slice(&md5::compute(key).0);
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let with = |pad: u8, text: &[u8]| md5::compute([&block.map(|b| b ^ pad)[..], text].concat());
    format!("{:x}", with(0x5c, &with(0x36, text).0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tim() -> Credentials {
        Credentials { user: "tim".into(), password: "tanstaaftanstaaf".to_string().into() }
    }

    #[test]
    fn mechanisms() {
        let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
        let rows = [
            ("PLAIN LOGIN CRAM-MD5", true, Ok(Mechanism::Plain)),
            ("login", true, Ok(Mechanism::Login)),
            ("PLAIN CRAM-MD5", false, Ok(Mechanism::CramMd5)), // no password in the clear
            ("PLAIN LOGIN", false, Err("in the clear")),
            ("GSSAPI", true, Err("only GSSAPI")),
            ("", true, Err("no login")),
        ];
        for (offered, private, want) in rows {
            match (Mechanism::choose(&words(offered), private), want) {
                (Ok(got), Ok(want)) => assert_eq!(got, want, "{offered}"),
                (Err(e), Err(why)) => assert!(e.to_string().contains(why), "{e}"),
                (got, want) => panic!("{offered}: {got:?}, wanted {want:?}"),
            }
        }
    }

    #[test]
    fn examples_of_the_rfcs() {
        // RFC 2195 §2
        let challenge = "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+";
        let answer = Mechanism::CramMd5.answer(&tim(), 0, challenge).unwrap();
        assert_eq!(answer.expose_secret(), "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw");
        // RFC 4616 §4
        assert_eq!(Mechanism::Plain.command(&tim()).expose_secret(), "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
        assert_eq!(Mechanism::Login.answer(&tim(), 1, "").unwrap().expose_secret(), "dGFuc3RhYWZ0YW5zdGFhZg==");
        assert!(Mechanism::Login.answer(&tim(), 2, "").is_none());
        assert!(!format!("{:?}", tim()).contains("tanstaaf"));
    }
}
