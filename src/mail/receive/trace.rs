//! What a receiver writes in front of a message.

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::auth::judge::Envelope;
use crate::auth::results;
use crate::model::message::Message;

/// What `Received:` tells.
pub struct Arrival<'a> {
    /// The session.
    pub envelope: &'a Envelope,
    /// The recipients.
    pub recipients: &'a [String],
    /// We.
    pub hostname: &'a str,
    /// Our name for the message.
    pub id: &'a str,
    /// How it came: `SMTP`, `ESMTP`, `ESMTPS` (RFC 3848).
    pub protocol: &'a str,
    /// When.
    pub at: Timestamp,
}

/// `raw` with Return-Path, Authentication-Results and Received in front (RFC 5321 §4.4, RFC 8601 §5), and without
/// results of strangers that claim to be from `authserv_id`.
pub fn traced(raw: &[u8], arrival: &Arrival<'_>, results: &str, authserv_id: &str) -> Vec<u8> {
    let message = Message::read(raw);
    let mut out = Vec::with_capacity(raw.len() + 2048);
    let date = rfc2822::to_string(&arrival.at.to_zoned(jiff::tz::TimeZone::UTC)).unwrap_or_default();
    let recipient = match arrival.recipients {
        // RFC 5321 §7.2: naming one of several would give the others away.
        [one] => format!("\r\n\tfor <{}>", plain(one)),
        _ => String::new(),
    };
    let head = format!(
        "Return-Path: <{}>\r\n{results}\r\nReceived: from {} ([{}])\r\n\tby {} with {} id {}{recipient};\r\n\t{date}\r\n",
        plain(&arrival.envelope.mail_from),
        plain(&arrival.envelope.helo),
        arrival.envelope.ip,
        arrival.hostname,
        arrival.protocol,
        arrival.id,
    );
    out.extend_from_slice(head.as_bytes());
    let mut length = 0;
    for field in &message.fields {
        length += field.raw.len();
        if !results::must_go(field, authserv_id) {
            out.extend_from_slice(field.raw);
        }
    }
    out.extend_from_slice(&raw[length..]);
    out
}

/// What a client said, without what could end the field or the comment it stands in.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() && !"()<>\\\"".contains(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_front_of_a_message() {
        let raw = b"Authentication-Results: MX.example; spf=pass\r\nSubject: s\r\nAuthentication-Results: other.example; spf=pass\r\n\
            Authentication-Results: mx.example;\r\n dmarc=pass\r\nAuthentication-Results: (broken\r\n\r\nbody\r\n.\r\n";
        let envelope =
            Envelope { ip: "192.0.2.1".parse().unwrap(), helo: "a\r\nX: (b".into(), mail_from: "a@example.com".into() };
        let arrival = Arrival {
            envelope: &envelope,
            recipients: &["b@example.net".to_string()],
            hostname: "mx.example",
            id: "7",
            protocol: "ESMTPS",
            at: Timestamp::from_second(1_800_000_000).unwrap(),
        };
        let got = traced(raw, &arrival, "Authentication-Results: mx.example; none", "mx.example");
        let want = "Return-Path: <a@example.com>\r\nAuthentication-Results: mx.example; none\r\n\
            Received: from a??X:??b ([192.0.2.1])\r\n\tby mx.example with ESMTPS id 7\r\n\tfor <b@example.net>;\r\n\
            \tFri, 15 Jan 2027 08:00:00 +0000\r\n\
            Subject: s\r\nAuthentication-Results: other.example; spf=pass\r\n\r\nbody\r\n.\r\n";
        assert_eq!(String::from_utf8_lossy(&got), want);
    }
}
