//! The test message.

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::error::{Error, Result};

/// The field by which a test message is known again; its value is the token.
pub const TOKEN_FIELD: &str = "X-Mailproof-Test";

/// What a test message says.
#[derive(Clone, Debug)]
pub struct TestMessage<'a> {
    /// The author's address.
    pub from: &'a str,
    /// The recipients' addresses.
    pub to: &'a [String],
    /// When it is written.
    pub date: Timestamp,
    /// What makes the message unique: letters and digits, from a random source.
    pub token: &'a str,
    /// The part of the Message-ID after the `@`.
    pub id_domain: &'a str,
    /// What the message is sent for, in a sentence.
    pub purpose: &'a str,
}

impl TestMessage<'_> {
    /// The message, with CR LF line ends, ASCII alone, and no line over 78 octets but for long addresses (RFC 5322 §2.1.1).
    ///
    /// # Errors
    /// A usage error for an address, token or domain that cannot stand in a header field.
    pub fn compose(&self) -> Result<Vec<u8>> {
        for address in self.to.iter().map(String::as_str).chain([self.from]) {
            check_address(address)?;
        }
        for (what, text) in [("token", self.token), ("Message-ID domain", self.id_domain)] {
            if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) {
                return Err(Error::usage(format!("the {what} `{text}` cannot stand in a message")));
            }
        }
        let date = rfc2822::to_string(&self.date.to_zoned(jiff::tz::TimeZone::UTC))
            .map_err(|e| Error::usage("the date cannot be written into a message").because(e))?;
        let mut lines: Vec<String> = vec![
            format!("From: {}", self.from),
            format!("To: {}", self.to.join(",\r\n ")),
            format!("Subject: mailproof test {}", self.token),
            format!("Date: {date}"),
            format!("Message-ID: <{}@{}>", self.token, self.id_domain),
            format!("{TOKEN_FIELD}: {}", self.token),
            "Auto-Submitted: auto-generated".into(),
            "MIME-Version: 1.0".into(),
            "Content-Type: text/plain; charset=utf-8".into(),
            "Content-Transfer-Encoding: 7bit".into(),
            String::new(),
            "This is a test message. mailproof sent it to prove SPF, DKIM and DMARC.".into(),
            "Nobody needs to read or answer it.".into(),
            String::new(),
        ];
        lines.extend(wrap(self.purpose));
        lines.push(format!("Token: {}", self.token));
        Ok((lines.join("\r\n") + "\r\n").into_bytes())
    }
}

/// A bare `local@domain` in ASCII, fit for a header field and an SMTP command.
///
/// # Errors
/// A usage error that says what is wrong.
pub fn check_address(address: &str) -> Result<()> {
    let bad = |why: &str| Err(Error::usage(format!("`{}` is not a mail address: {why}", address.escape_debug())));
    let Some((local, domain)) = address.rsplit_once('@') else { return bad("it has no @") };
    if local.is_empty() || domain.is_empty() {
        return bad("something is missing before or after the @");
    }
    if !address.is_ascii() {
        return bad("it has other than ASCII characters (write the domain as xn--...)");
    }
    if address.len() > 254 {
        return bad("it is longer than 254 characters");
    }
    // Atoms and dots (RFC 5322 §3.2.3): quoted local parts are legal, and nobody's.
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    if let Some(c) = local.bytes().find(|b| !atom(*b)) {
        return bad(&format!("`{}` cannot stand before the @", char::from(c).escape_default()));
    }
    if let Some(c) = domain.bytes().find(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))) {
        return bad(&format!("`{}` cannot stand after the @", char::from(c).escape_default()));
    }
    Ok(())
}

/// `text` in lines of at most 76 characters; what is not printable ASCII becomes `?`.
fn wrap(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word: String = word.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect();
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= 76 => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(to: &[String]) -> TestMessage<'_> {
        TestMessage {
            from: "postmaster@example.com",
            to,
            date: Timestamp::from_second(1_800_000_000).unwrap(),
            token: "k3x9q2",
            id_domain: "mail.example.com",
            purpose: "It was signed with the selector mp202701 and sent from the address 192.0.2.10, \
                      which the SPF record of example.com lists.",
        }
    }

    #[test]
    fn composed() {
        let to = ["a@example.net".to_string(), "b@example.net".to_string()];
        let text = String::from_utf8(sample(&to).compose().unwrap()).unwrap();
        let want = "From: postmaster@example.com\r\nTo: a@example.net,\r\n b@example.net\r\n\
            Subject: mailproof test k3x9q2\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\n\
            Message-ID: <k3x9q2@mail.example.com>\r\nX-Mailproof-Test: k3x9q2\r\n\
            Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n\
            Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n";
        assert!(text.starts_with(want), "{text}");
        for line in text.split("\r\n") {
            assert!(line.len() <= 78 && line.bytes().all(|b| matches!(b, 0x20..=0x7e)), "{line:?}");
        }
    }

    #[test]
    fn addresses() {
        let long = format!("{}@example.com", "a".repeat(250));
        let cases = [
            ("a@example.com", None),
            ("a.b+c=d@xn--bcher-kva.example", None),
            ("example.com", Some("no @")),
            ("@example.com", Some("missing")),
            ("a@", Some("missing")),
            ("a@b@example.com", Some("before the @")),
            ("a b@example.com", Some("before the @")),
            ("a@example.com\r\nBcc: x@example.net", Some("before the @")),
            ("<a@example.com>", Some("before the @")),
            ("\u{e9}@example.com", Some("ASCII")),
            (&long, Some("longer")),
        ];
        for (address, want) in cases {
            let got = check_address(address).err().map(|e| e.to_string());
            assert_eq!(got.is_some(), want.is_some(), "{address:?}: {got:?}");
            if let (Some(got), Some(want)) = (got, want) {
                assert!(got.contains(want), "{got}");
            }
        }
        let to = ["x@example.net".to_string()];
        assert!(TestMessage { token: "a b", ..sample(&to) }.compose().is_err());
    }
}
