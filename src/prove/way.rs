//! The way that a message took, as far as its fields tell: straight, through a list, a forwarder or a relay.

use std::net::IpAddr;

use crate::model::message::Message;
use crate::model::name;

/// A message's way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The mailing list's id or address, where it came through one.
    pub list: Option<String>,
    /// The envelope's sender of somebody else, or the field that says that it was forwarded.
    pub forwarded: Option<String>,
    /// The hosts that handed it over beside one's own, the last first: `name [address]`. Addresses of private networks
    /// are left out.
    pub others: Vec<String>,
    /// The address of one's own that it was handed over from, where that is seen.
    pub from: Option<IpAddr>,
    /// The envelope's sender, where it is known and one's own.
    pub mail_from: Option<String>,
}

impl Way {
    /// Reads the fields of a message of `domain`, whose hosts' addresses are `own`.
    pub fn read(message: &Message<'_>, domain: &str, own: &[IpAddr]) -> Self {
        let first = |name: &str| message.named(name).next().map(|f| f.text().trim().to_string());
        let mut way = Way { list: first("List-Id").or_else(|| first("List-Post")), ..Way::default() };
        if let Some(path) = first("Return-Path") {
            let path = path.trim_matches(['<', '>', ' ']).to_string();
            match path.rsplit_once('@') {
                // The null sender and a bare name say nothing of a forwarder.
                None => way.mail_from = Some(path).filter(String::is_empty),
                Some((_, at)) if name::is_within(at, domain) => way.mail_from = Some(path),
                Some(_) if way.list.is_some() => {}
                Some(_) => way.forwarded = Some(format!("its envelope's sender is {path}")),
            }
        }
        for field in ["X-Forwarded-To", "Resent-From", "ARC-Seal"] {
            if way.forwarded.is_none() && way.list.is_none() && first(field).is_some() {
                way.forwarded = Some(format!("it has a field {field}"));
            }
        }
        for (name, ip) in message.named("Received").filter_map(|f| client(&f.text())) {
            if own.contains(&ip) {
                way.from = way.from.or(Some(ip));
            } else if !is_inner(ip) {
                way.others.push(format!("{name} [{ip}]"));
            }
        }
        way
    }

    /// What the way does to a message, in a sentence without a full stop; `None` where it went straight.
    pub fn sentence(&self) -> Option<String> {
        match (&self.list, &self.forwarded) {
            (Some(list), _) => Some(format!(
                "it came through the mailing list {list}: lists change subjects and texts, which breaks signatures, and send \
                 in their own name"
            )),
            (None, Some(sign)) => Some(format!(
                "it was forwarded ({sign}): SPF is then the forwarder's, and the signature alone speaks for you"
            )),
            (None, None) => None,
        }
    }
}

/// Who handed the message over, by `from NAME (… [ADDRESS])` of a Received field (RFC 5321 §4.4).
fn client(text: &str) -> Option<(String, IpAddr)> {
    let rest = text.trim_start().strip_prefix("from ")?;
    let (before, _) = rest.split_once(" by ").unwrap_or((rest, ""));
    let name = before.split_whitespace().next()?.to_string();
    let literal = before.split('[').skip(1).filter_map(|p| p.split(']').next());
    let ip = literal.filter_map(|l| l.trim_start_matches("IPv6:").parse().ok()).next()?;
    Some((name, ip))
}

fn is_inner(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways() {
        const OURS: &str =
            "Received: from mail.example.com (mail.example.com [192.0.2.10])\r\n\tby mx.there.example; x\r\n";
        for (fields, list, forwarded, others, from, mail_from) in [
            (format!("Return-Path: <a@example.com>\r\n{OURS}"), false, false, 0, true, Some("a@example.com")),
            (format!("Return-Path: <>\r\n{OURS}"), false, false, 0, true, Some("")),
            (format!("Return-Path: <bounces@news.EXAMPLE.com>\r\n{OURS}"), false, false, 0, true, Some("bounces@news.EXAMPLE.com")),
            (format!("Return-Path: <list-bounces@lists.example>\r\nList-Id: <l.lists.example>\r\n{OURS}"), true, false, 0, true, None),
            (format!("Return-Path: <SRS0=x=y=example.com=a@fwd.example>\r\n{OURS}"), false, true, 0, true, None),
            (format!("ARC-Seal: i=1\r\n{OURS}"), false, true, 0, true, None),
            (
                "Received: from relay.example (relay.example [IPv6:2001:db8::1])\r\n\tby mx\r\nReceived: from a ([10.0.0.1]) by relay.example\r\n".into(),
                false, false, 1, false, None,
            ),
            ("Received: by mx with LMTP id 1\r\nReceived: nonsense [\r\n".into(), false, false, 0, false, None),
            // A name that only ends like the domain.
            ("Return-Path: <a@notexample.com>\r\n".into(), false, true, 0, false, None),
        ] {
            let raw = format!("{fields}From: a@example.com\r\n\r\n");
            let way = Way::read(&Message::read(raw.as_bytes()), "example.com", &["192.0.2.10".parse().unwrap()]);
            let got = (way.list.is_some(), way.forwarded.is_some(), way.others.len(), way.from.is_some());
            assert_eq!(got, (list, forwarded, others, from), "{fields}{way:?}");
            assert_eq!(way.mail_from.as_deref(), mail_from, "{fields}");
            assert_eq!(way.sentence().is_some(), list || forwarded, "{fields}");
        }
    }
}
