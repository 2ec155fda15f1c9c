//! The author domain of a message (RFC 9989 §5.3.1): exactly one, or none that DMARC could judge.

use crate::auth::dmarc::DmarcResult;
use crate::model::message::Message;
use crate::model::name::{self, Name};

/// Why a message has no author domain: DMARC's result, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAuthor {
    /// `none` where nothing can be extracted; `permerror` where several domains claim to be the author, as forgers
    /// like it (RFC 9989 §11.5).
    pub result: DmarcResult,
    /// Why.
    pub reason: String,
}

/// The one domain of the From field's addresses.
///
/// # Errors
/// [`NoAuthor`]: no From field or several, no address, or addresses of several domains.
pub fn author_domain(message: &Message<'_>) -> Result<Name, NoAuthor> {
    let none = |reason: &str| NoAuthor { result: DmarcResult::None, reason: reason.into() };
    let broken = |reason: String| NoAuthor { result: DmarcResult::PermError, reason };
    if message.overlong {
        return Err(broken("the header is too long to be judged".into()));
    }
    let fields: Vec<_> = message.named("From").collect();
    let [field] = fields[..] else {
        return Err(if fields.is_empty() {
            none("the message has no From field")
        } else {
            broken(format!("the message has {} From fields; one is allowed (RFC 5322 §3.6)", fields.len()))
        });
    };
    let mut domains: Vec<Name> = Vec::new();
    for address in addresses(field.value) {
        let Some((_, host)) = address.rsplit_once('@') else { continue };
        let Ok(domain) = name::domain(host) else {
            let shown: String = host.chars().filter(|c| !c.is_control()).take(60).collect();
            return Err(broken(format!("`{shown}` in the From field is not a domain name")));
        };
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    match domains.len() {
        0 => Err(none("the From field has no address")),
        1 => Ok(domains.remove(0)),
        many => {
            Err(broken(format!("the From field has addresses of {many} domains; DMARC judges one (RFC 9989 §5.3.1)")))
        }
    }
}

/// Every address of an address list, groups opened (RFC 5322 §3.4).
///
/// Readers of broken lists differ in the address they show, so this one loses none: of `<a@x> <b@y>` it gives both.
fn addresses(value: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(value);
    let mut found = Vec::new();
    // The mailbox at hand: what stands outside angle brackets, and whether there were any.
    let mut bare = String::new();
    let mut angles = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '(' => skip_comment(&mut chars),
            '"' => copy_quoted(&mut chars, &mut bare),
            '<' => {
                let mut inside = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '>' => break,
                        '(' => skip_comment(&mut chars),
                        '"' => copy_quoted(&mut chars, &mut inside),
                        // An obsolete route ends here (RFC 5322 §4.4).
                        ':' => inside.clear(),
                        c if c.is_whitespace() => {}
                        c => inside.push(c),
                    }
                }
                angles = true;
                found.push(inside);
            }
            ',' | ';' | ':' => {
                // Before a colon stands a group's name, which is no address.
                if c != ':' && !angles {
                    found.push(std::mem::take(&mut bare));
                }
                bare.clear();
                angles = false;
            }
            c if c.is_whitespace() => {}
            c => bare.push(c),
        }
    }
    if !angles {
        found.push(bare);
    }
    found.retain(|address| address.contains('@'));
    found
}

/// Goes behind the `)` that ends a comment; comments nest.
fn skip_comment(chars: &mut std::str::Chars<'_>) {
    let mut depth = 1;
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

/// Copies a quoted string without what would look like structure: its `@` counts for nothing.
fn copy_quoted(chars: &mut std::str::Chars<'_>, out: &mut String) {
    while let Some(c) = chars.next() {
        match c {
            '"' => return,
            '\\' => drop(chars.next()),
            '@' => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_fields() {
        let rows: &[(&str, Result<&str, &str>)] = &[
            ("From: a@example.com", Ok("example.com")),
            ("From: \"Test, User\" <test@Example.COM>", Ok("example.com")), // a comma in quotes
            ("From: Anna\r\n <a@example.com>", Ok("example.com")),          // folded
            ("from : a@example.com", Ok("example.com")),
            ("From: a@b\u{fc}cher.example", Ok("xn--bcher-kva.example")), // RFC 9989 §5.3.1: U-labels become A-labels
            ("From: a@example.com, b@EXAMPLE.com", Ok("example.com")),
            ("From: \"a@evil.example\" <b@example.com>", Ok("example.com")), // an address as the name
            ("From: a@example.com (b@evil.example)", Ok("example.com")),     // a comment
            ("From: \"odd@local\"@example.com", Ok("example.com")),
            ("From: Team: a@example.com, b@example.com;", Ok("example.com")),
            ("From: =?utf-8?q?a=40evil.example?= <b@example.com>", Ok("example.com")),
            ("From: <@relay.example:a@example.com>", Ok("example.com")), // an obsolete route
            ("From: a@example.com, b@example.net", Err("addresses of 2 domains")),
            ("From: Team: a@example.com; b@example.net", Err("addresses of 2 domains")),
            ("From: <a@example.com> <b@example.net>", Err("addresses of 2 domains")),
            ("From: a@example.com\r\nFrom: a@example.com", Err("2 From fields")),
            ("Subject: x", Err("no From field")),
            ("From: \"Test User\"", Err("no address")),
            ("From: undisclosed:;", Err("no address")),
            ("From:", Err("no address")),
            ("From: <>", Err("no address")),
            ("From: a@evil.example <b@example.com>", Ok("example.com")), // an unquoted address as the name
            ("From: (a@evil.example (nested\\)) b) b@example.com", Ok("example.com")),
            ("From: <a@example.com", Ok("example.com")), // the bracket is not closed
            ("From: Team: <a@example.com>, b@example.net;", Err("addresses of 2 domains")),
            ("From: a @ example . com", Ok("example.com")), // obsolete white space (RFC 5322 §4.4)
            ("From: \"open <a@example.com>", Err("no address")),
            ("From: a@[192.0.2.1]", Err("is not a domain name")),
            ("From: a@exa mple..com", Err("is not a domain name")),
        ];
        for (header, want) in rows {
            let raw = format!("{header}\r\nTo: x@example.org\r\n\r\n");
            match (author_domain(&Message::read(raw.as_bytes())), want) {
                (Ok(domain), Ok(want)) => assert_eq!(name::show(&domain), *want, "{header}"),
                (Err(why), Err(want)) => assert!(why.reason.contains(want), "{header}: {}", why.reason),
                (got, want) => panic!("{header}: {got:?}, wanted {want:?}"),
            }
        }
    }
}
