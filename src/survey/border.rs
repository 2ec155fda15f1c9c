//! The hop over the border: which client gave us the message (RFC 5321 §4.4).
//!
//! Each server puts its Received field on top. Those above the border's own were written by our servers; everything
//! below it came with the message, and anybody may have made it up. So the field wanted is the uppermost that a server
//! named as border wrote, and whose client is not one of us: a content filter on the same machine hands the message
//! back to the border, from loopback.

use std::net::IpAddr;

use crate::auth::judge::Envelope;
use crate::model::message::Message;

/// Received fields that are looked at.
const FIELDS: usize = 50;
/// Octets of one that are read.
const LENGTH: usize = 2048;

/// Our servers that take mail from outside.
#[derive(Clone, Debug, Default)]
pub struct Border {
    /// Host names as their Received fields say them after `by`, in lower case.
    pub hosts: Vec<String>,
}

/// What a Received field says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hop {
    helo: String,
    ip: Option<IpAddr>,
    by: String,
}

impl Border {
    /// The envelope of the hop over the border; nothing where it cannot be known.
    ///
    /// The sender is that of the uppermost Return-Path, which final delivery writes (RFC 5321 §4.4).
    pub fn envelope(&self, message: &Message<'_>) -> Option<Envelope> {
        if self.hosts.is_empty() {
            return None;
        }
        let hop = message
            .named("Received")
            .take(FIELDS)
            .filter_map(|field| read(&String::from_utf8_lossy(&field.value[..field.value.len().min(LENGTH)])))
            .filter(|hop| self.hosts.iter().any(|host| host.eq_ignore_ascii_case(&hop.by)))
            .find(|hop| hop.ip.is_some_and(|ip| !is_inside(ip)))?;
        let path = message.named("Return-Path").next()?.text();
        let mail_from = path.trim().trim_start_matches('<').trim_end_matches('>').to_string();
        Some(Envelope { ip: hop.ip?, helo: hop.helo, mail_from })
    }
}

/// Addresses that no stranger has: loopback, private, link-local.
fn is_inside(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || (v6.segments()[0] & 0xffc0) == 0xfe80
                || (v6.segments()[0] & 0xfe00) == 0xfc00
        }
    }
}

/// Reads `from HELO (name [ADDRESS]) by HOST …`, as Postfix, Sendmail and Exchange write it, and Exim's
/// `from [ADDRESS] (helo=HELO) by HOST …`.
fn read(value: &str) -> Option<Hop> {
    let words: Vec<&str> = value.split_whitespace().collect();
    let from = words.first().filter(|w| w.eq_ignore_ascii_case("from")).map(|_| 1)?;
    // `by` within a comment is no keyword.
    let mut depth = 0usize;
    let mut by = None;
    for (i, word) in words.iter().enumerate().skip(from + 1) {
        if depth == 0 && word.eq_ignore_ascii_case("by") {
            by = Some(i);
            break;
        }
        depth = (depth + word.matches('(').count()).saturating_sub(word.matches(')').count());
    }
    let by = by?;
    let clause = &words[from..by];
    let said = clause.first()?;
    let text = clause.join(" ");
    let ip = address(&text);
    let helo = match text.split_once("helo=") {
        Some((_, rest)) => rest.split([')', ' ', ';']).next().unwrap_or_default(),
        None => said,
    };
    Some(Hop {
        helo: helo.chars().take(255).collect(),
        ip,
        by: words.get(by + 1)?.trim_end_matches([';', '.']).to_ascii_lowercase(),
    })
}

/// The address in brackets, or in parentheses as Exchange writes it: what the server saw, not what the client said, stands
/// last within the comment; but HELO comes first and may be an address literal too, so comments go first.
fn address(clause: &str) -> Option<IpAddr> {
    let comment_at = clause.find('(').unwrap_or(clause.len());
    let (said, comment) = clause.split_at(comment_at);
    let parse = |word: &str| {
        let word = word.strip_prefix("IPv6:").or_else(|| word.strip_prefix("ipv6:")).unwrap_or(word);
        // Exim adds the port to the address of the connection: [192.0.2.1:4227] (ip), or `[192.0.2.1]:4227`.
        let without_port = word.rsplit_once(':').filter(|(head, _)| !head.contains(':')).map_or(word, |(head, _)| head);
        without_port.parse::<IpAddr>().ok()
    };
    let first = |text: &str| text.split(['[', ']', '(', ')', ' ', ',', ';']).find_map(parse);
    Some(first(comment).or_else(|| first(said))?.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_write() {
        let rows: &[(&str, Option<(&str, &str, &str)>)] = &[
            (
                "from mail.a.example (unknown [192.0.2.1]) by mx.example (Postfix) with ESMTP id 1",
                Some(("mail.a.example", "192.0.2.1", "mx.example")),
            ),
            (
                "from mail.a.example (mail.a.example [IPv6:2001:db8::1])\r\n\tby MX.example (Postfix)",
                Some(("mail.a.example", "2001:db8::1", "mx.example")),
            ),
            (
                "from [203.0.113.68] (helo=smtpclient.apple) by mx.example with esmtp (Exim 4.92)",
                Some(("smtpclient.apple", "203.0.113.68", "mx.example")),
            ),
            (
                "from mail.a.example ([192.0.2.1]:4227 helo=b.example) by mx.example with esmtps",
                Some(("b.example", "192.0.2.1", "mx.example")),
            ),
            (
                "from A.outlook.com (2603:10b6:408:13e::23) by mx.example (2603::1) with Microsoft SMTP Server",
                Some(("A.outlook.com", "2603:10b6:408:13e::23", "mx.example")),
            ),
            // HELO is an address of somebody else; what the server saw counts.
            (
                "from [198.51.100.9] (x.example [192.0.2.1]) by mx.example",
                Some(("[198.51.100.9]", "192.0.2.1", "mx.example")),
            ),
            (
                "from a.example (by evil.example [192.0.2.1]) by mx.example",
                Some(("a.example", "192.0.2.1", "mx.example")),
            ),
            ("by mx.example (Postfix, from userid 0)", None),
            ("from a.example", None),
            ("", None),
        ];
        for (text, want) in rows {
            let want = want.map(|(helo, ip, by)| Hop { helo: helo.into(), ip: ip.parse().ok(), by: by.into() });
            assert_eq!(read(text), want, "{text}");
        }
    }

    #[test]
    fn the_hop_over_the_border() {
        let border = Border { hosts: vec!["mx.example".into()] };
        let rows: &[(&[&str], Option<&str>, &str)] = &[
            (&["from a (a [192.0.2.1]) by mx.example"], Some("192.0.2.1"), "one hop"),
            (
                &[
                    "from mx.example (mx.example [198.51.100.7]) by store.example",
                    "from a (a [192.0.2.1]) by mx.example",
                ],
                Some("192.0.2.1"),
                "from the border into the house",
            ),
            (
                &["from localhost (localhost [127.0.0.1]) by mx.example", "from a (a [192.0.2.1]) by mx.example"],
                Some("192.0.2.1"),
                "through a content filter",
            ),
            (
                &["from a (a [192.0.2.1]) by mx.example", "from b (b [198.51.100.66]) by mx.example"],
                Some("192.0.2.1"),
                "what the sender made up stands below",
            ),
            (&["from a (a [192.0.2.1]) by mx.evil.example"], None, "another server"),
            (&[], None, "no trace"),
        ];
        for (fields, want, why) in rows {
            let mut raw = String::from("Return-Path: <x@a.example>\r\n");
            fields.iter().for_each(|f| raw.push_str(&format!("Received: {f}\r\n")));
            let message = raw + "\r\n";
            let got = border.envelope(&Message::read(message.as_bytes()));
            assert_eq!(
                got.map(|e| (e.ip.to_string(), e.mail_from)),
                want.map(|ip| (ip.into(), "x@a.example".into())),
                "{why}"
            );
        }
        let none = Border::default();
        assert!(none.envelope(&Message::read(b"Received: from a (a [192.0.2.1]) by mx.example\r\n\r\n")).is_none());
    }
}
