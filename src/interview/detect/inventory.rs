//! Who really sends as a domain, read from a mailbox or from a mail log of Postfix.
//!
//! Nothing is verified here: what is found only proposes services to a person.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::auth::author::author_domain;
use crate::error::{Error, Result};
use crate::mail::mailbox::{Letters, Walk};
use crate::model::message::Message;
use crate::model::name;
use crate::model::tag_list::TagList;
use crate::profile::preset::Preset;

/// Messages or lines that are looked at, at most.
const MOST: u64 = 2_000_000;
/// Queue ids whose envelope is kept in mind.
const MOST_QUEUED: usize = 200_000;
/// Hosts that nobody recognises and that are told apart.
const MOST_STRANGERS: usize = 1_000;
/// The longest line of a log that is read, in octets.
const LONGEST: u64 = 64 * 1024;

/// Who sends as the domain, with messages counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Messages as the domain.
    pub messages: u64,
    /// Services, by the id of their preset.
    pub services: BTreeMap<String, u64>,
    /// Hosts below the domain.
    pub own: BTreeMap<String, u64>,
    /// Other hosts that handed its mail over, and domains that signed it.
    pub strangers: BTreeMap<String, u64>,
}

impl Inventory {
    /// Counts a message by the names that it bears: the first service that is recognised, else a host of one's own,
    /// else the first name.
    fn count(&mut self, names: &[String], domain: &str, presets: &[Preset]) {
        self.messages += 1;
        let below = |n: &&String| name::is_within(n, domain);
        let service = presets.iter().find(|p| names.iter().any(|n| p.bears(n) || p.receives_at(n)));
        if let Some(preset) = service {
            *self.services.entry(preset.id.clone()).or_default() += 1;
        } else if let Some(host) = names.iter().find(|n| below(n) && *n != domain) {
            *self.own.entry(host.clone()).or_default() += 1;
        } else if let Some(stranger) = names.iter().find(|n| !below(n))
            && (self.strangers.len() < MOST_STRANGERS || self.strangers.contains_key(stranger))
        {
            *self.strangers.entry(stranger.clone()).or_default() += 1;
        }
    }
}

/// Reads `path`: a Maildir, an mbox, a folder of messages, or a log of Postfix, each also packed with gzip.
///
/// # Errors
/// A configuration error when it is not there or cannot be read.
pub fn inventory(path: &Path, domain: &str, presets: &[Preset]) -> Result<Inventory> {
    let cannot = |e: std::io::Error| Error::config(format!("{} cannot be read", path.display())).because(e);
    let mut out = Inventory::default();
    for file in Walk::new(path).map_err(cannot)? {
        let file = file.map_err(cannot)?;
        if is_log(&file).map_err(cannot)? {
            log(lines_of(&file).map_err(cannot)?, domain, presets, &mut out);
            continue;
        }
        let mut letters = Letters::open(&file).map_err(cannot)?;
        while let Ok(Some(letter)) = letters.next_letter() {
            if let Some(names) = names_of(&letter.octets, domain) {
                out.count(&names, domain, presets);
            }
            if out.messages >= MOST {
                return Ok(out);
            }
        }
    }
    Ok(out)
}

/// The names that a message as `domain` bears: domains that signed it, of its envelope, and the host that handed it over
/// last. `None` for mail of others.
fn names_of(raw: &[u8], domain: &str) -> Option<Vec<String>> {
    let message = Message::read(raw);
    let author = name::show(&author_domain(&message).ok()?);
    if !name::is_within(&author, domain) {
        return None;
    }
    let mut out = Vec::new();
    for field in message.named("DKIM-Signature") {
        let list = TagList::read(field.value);
        if let Some(tag) = list.get("d") {
            out.push(String::from_utf8_lossy(list.slice(tag.value).trim_ascii()).to_ascii_lowercase());
        }
    }
    let path = message.named("Return-Path").next().map(|f| f.text());
    out.extend(path.and_then(|p| Some(p.trim_matches(['<', '>', ' ']).rsplit_once('@')?.1.to_ascii_lowercase())));
    for field in message.named("Received").take(3) {
        let text = field.text();
        let mut words = text.split_whitespace();
        // `from HELO (NAME [ADDRESS])`: the receiver wrote the name in brackets, the sender the other.
        if words.next() == Some("from") {
            let helo = words.next().map(str::to_string);
            let seen = words.next().map(|w| w.trim_matches(['(', ')']).to_string());
            let host = |t: &String| t.contains('.') && !t.starts_with('[') && name::domain(t).is_ok();
            out.extend(seen.into_iter().chain(helo).filter(host).map(|t| t.to_ascii_lowercase()));
        }
    }
    Some(out)
}

fn is_log(path: &Path) -> std::io::Result<bool> {
    let mut start = Vec::new();
    unpacked(path)?.take(4096).read_to_end(&mut start)?;
    let text = String::from_utf8_lossy(&start);
    Ok(text.lines().take(20).any(|line| program(line).is_some()))
}

fn unpacked(path: &Path) -> std::io::Result<Box<dyn Read>> {
    let mut file = BufReader::new(File::open(path)?);
    Ok(if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

fn lines_of(path: &Path) -> std::io::Result<impl Iterator<Item = String>> {
    let mut reader = BufReader::new(unpacked(path)?);
    Ok(std::iter::from_fn(move || {
        let mut line = Vec::new();
        match reader.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
            Ok(n) if n > 0 => Some(String::from_utf8_lossy(&line).trim_end().to_string()),
            _ => None,
        }
    }))
}

/// The host that wrote a line of Postfix's, the program, the queue id, and the rest: `DATE HOST postfix/smtp[1]: ID: REST`.
fn program(line: &str) -> Option<(&str, &str, &str, &str)> {
    let (head, rest) = line.split_once("]: ")?;
    let (before, program) = head.rsplit_once(' ')?;
    let program = program.split('[').next()?;
    // Instances call themselves postfix-out and the like.
    let program = program.strip_prefix("postfix")?.rsplit_once('/')?.1;
    let (id, rest) = rest.split_once(": ")?;
    let good = id.len() >= 5 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    let host = before.rsplit(' ').next()?;
    good.then_some((host, program, id, rest))
}

/// Counts messages whose envelope sender is of the domain: by the client that handed them in, or by the service that they
/// are relayed through, else as this server's own.
fn log(lines: impl Iterator<Item = String>, domain: &str, presets: &[Preset], out: &mut Inventory) {
    let mut clients: HashMap<String, String> = HashMap::new();
    let mut ours: HashMap<String, Vec<String>> = HashMap::new();
    for line in lines.take(usize::try_from(MOST).unwrap_or(usize::MAX)) {
        let Some((host, program, id, rest)) = program(&line) else { continue };
        if clients.len() > MOST_QUEUED {
            clients.clear();
        }
        match program {
            "smtpd" => {
                let client = rest.strip_prefix("client=").and_then(|c| c.split(['[', ',']).next());
                let authenticated = rest.contains("sasl_username=");
                let known = client.filter(|c| *c != "unknown" && *c != "localhost" && !authenticated);
                clients.extend(known.map(|c| (id.to_string(), c.to_ascii_lowercase())));
            }
            "qmgr" => {
                let from = rest.strip_prefix("from=<").and_then(|f| f.split('>').next()).unwrap_or_default();
                let sender = from.rsplit_once('@').map(|(_, d)| d.to_ascii_lowercase()).unwrap_or_default();
                if name::is_within(&sender, domain) && ours.len() < MOST_QUEUED {
                    let from = clients.remove(id).unwrap_or_else(|| host.to_ascii_lowercase());
                    ours.insert(id.to_string(), vec![from]);
                }
                if rest == "removed"
                    && let Some(names) = ours.remove(id)
                {
                    out.count(&names, domain, presets);
                }
            }
            "smtp" | "lmtp" | "local" | "virtual" if rest.contains("status=sent") => {
                let relay = rest.split("relay=").nth(1).and_then(|r| r.split(['[', ',']).next()).unwrap_or_default();
                let relay = relay.to_ascii_lowercase();
                // A relay host of a service sends on in the domain's name; any other is the recipient's.
                if let Some(names) = ours.get_mut(id)
                    && presets.iter().any(|p| p.bears(&relay) && !p.receives_at(&relay))
                {
                    names.insert(0, relay);
                }
            }
            _ => {}
        }
    }
    // What the log ends with before it is removed from the queue counts as well.
    ours.into_values().for_each(|names| out.count(&names, domain, presets));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::preset;

    fn counts(map: &BTreeMap<String, u64>) -> String {
        map.iter().map(|(k, n)| format!("{k} {n}")).collect::<Vec<_>>().join(", ")
    }

    fn read(files: &[(&str, &str)]) -> Inventory {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        inventory(dir.path(), "example.com", &preset::all().unwrap()).unwrap()
    }

    #[test]
    fn messages_and_who_sent_them() {
        let message = |from: &str, fields: &str| format!("{fields}From: {from}\nSubject: x\n\nbody\n");
        let sent = message("a@example.com", "DKIM-Signature: v=1; a=rsa-sha256; d=sendgrid.net; s=s1; b=x\n");
        let path = message("a@example.com", "Return-Path: <bounce@em1.mcsv.net>\n");
        let own = message(
            "A <a@News.Example.com>",
            "Received: from mail.example.com (mail.example.com [192.0.2.1])\n\tby mx.example.net\n",
        );
        let other = message("a@example.com", "Received: from h.example.org (h.example.org [192.0.2.9]) by mx\n");
        let foreign = message("a@example.net", "DKIM-Signature: v=1; d=sendgrid.net; s=s1; b=x\n");
        let mbox = format!("From x Sat Nov 28 00:00:00 2026\n{sent}\nFrom x Sat Nov 28 00:00:00 2026\n{sent}");
        let got = read(&[
            ("cur/1", &sent),
            ("cur/2", &own),
            ("cur/3", &other),
            ("cur/4", &foreign),
            ("cur/5", &path),
            ("old.mbox", &mbox),
        ]);
        assert_eq!(got.messages, 6, "mail of others does not count");
        assert_eq!(counts(&got.services), "mailchimp 1, sendgrid 3");
        assert_eq!(counts(&got.own), "mail.example.com 1");
        assert_eq!(counts(&got.strangers), "h.example.org 1");
    }

    #[test]
    fn a_log_of_postfix() {
        let lines = "\
Nov 28 01:00:00 mail postfix/smtpd[1]: 4AAAA11111: client=o1.ptr.sendgrid.net[192.0.2.7]
Nov 28 01:00:00 mail postfix/qmgr[2]: 4AAAA11111: from=<bounce@example.com>, size=1, nrcpt=1 (queue active)
Nov 28 01:00:01 mail postfix/lmtp[3]: 4AAAA11111: to=<a@example.com>, relay=mail[private/lmtp], status=sent (ok)
Nov 28 01:00:01 mail postfix/qmgr[2]: 4AAAA11111: removed
2026-11-28T01:00:02.1+09:00 mail.example.com postfix/smtpd[1]: 4BBBB11111: client=pc.example.com[192.0.2.30], sasl_method=PLAIN, sasl_username=a
2026-11-28T01:00:02.2+09:00 mail.example.com postfix/qmgr[2]: 4BBBB11111: from=<a@example.com>, size=1
2026-11-28T01:00:03.0+09:00 mail.example.com postfix/smtp[3]: 4BBBB11111: to=<b@x.example>, relay=mx.x.example[192.0.2.9]:25, status=sent (250)
2026-11-28T01:00:03.0+09:00 mail.example.com postfix/qmgr[2]: 4BBBB11111: removed
2026-11-28T01:00:04.0+09:00 mail.example.com postfix-out/qmgr[2]: 4CCCC11111: from=<a@news.example.com>, size=1
2026-11-28T01:00:05.0+09:00 mail.example.com postfix-out/smtp[3]: 4CCCC11111: to=<b@x.example>, relay=smtp.sendgrid.net[192.0.2.8]:587, status=sent (250)
2026-11-28T01:00:06.0+09:00 mail.example.com postfix/qmgr[2]: 4DDDD11111: from=<a@example.net>, size=1
Nov 28 01:00:07 mail dovecot: imap-login: Login
";
        let got = read(&[("mail.log", lines)]);
        assert_eq!(counts(&got.services), "sendgrid 2");
        assert_eq!(counts(&got.own), "mail.example.com 1", "what was handed in with a password is the server's");
        assert_eq!(got.messages, 3);
    }

    #[test]
    fn what_is_not_there() {
        let error = inventory(Path::new("/nonexistent/mbox"), "example.com", &[]).unwrap_err();
        assert!(error.message().contains("cannot be read"), "{error}");
        assert_eq!(read(&[("junk", "\u{1}\u{2}\nnothing\n")]), Inventory::default());
    }
}
