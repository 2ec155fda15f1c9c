//! A mailbox whose messages are of known classes, and the DNS that goes with it.

use std::path::Path;
use std::time::{Duration, SystemTime};

use mailproof::dns::overlay::{Fault, FaultAt, Overlay, OverlayServer};
use mailproof::keys::algorithm::Algorithm;
use mailproof::keys::pair::KeyPair;
use mailproof::mail::sign::{Signer, sign};
use mailproof::model::name::domain;
use mailproof::model::snapshot::{Origin, Snapshot};
use mailproof::model::txt;
use serde_json::{Value, json};

const GOOD: &str = "192.0.2.1";
const OTHER: &str = "203.0.113.66";

/// The mailbox: each message with the sender and the class that it is to have.
pub(crate) struct Mailbox {
    pub(crate) messages: Vec<(Vec<u8>, &'static str, &'static str)>,
    pub(crate) zones: Vec<Snapshot>,
    /// The key record of gone.test, which is in none of the zones.
    pub(crate) gone: String,
}

/// The header that a message gets on its way to us.
fn trace(ip: &str, mail_from: &str, stated: Option<&str>, i: usize) -> String {
    let stated = stated.map(|s| format!("Authentication-Results: {s}\r\n")).unwrap_or_default();
    let (day, month) = (1 + i % 28, ["Jan", "Feb", "Mar"][i % 3]);
    format!(
        "Return-Path: <{mail_from}>\r\n{stated}Received: from mx.home.test (localhost [127.0.0.1])\r\n\tby mx.home.test \
         (Postfix) with ESMTP id {i};\r\n\t{day} {month} 2026 08:00:00 +0000\r\nReceived: from client.test (client.test \
         [{ip}])\r\n\tby mx.home.test (Postfix) with ESMTPS;\r\n\t{day} {month} 2026 07:59:59 +0000\r\nReceived: from \
         liar.test (liar.test [192.0.2.1]) by mx.home.test; 1 Jan 2026 00:00:00 +0000\r\n"
    )
}

fn message(from: &str, i: usize) -> String {
    format!(
        "From: {from}\r\nTo: reader@home.test\r\nSubject: message {i}\r\nDate: Thu, 15 Jan 2026 08:00:00 +0000\r\n\
         Message-ID: <{i}@made.test>\r\n\r\nHello number {i},\r\nFrom here on it is text.\r\n"
    )
}

impl Mailbox {
    /// `rounds` messages of each kind.
    pub(crate) fn new(rounds: usize) -> Self {
        let rsa = KeyPair::generate(Algorithm::Rsa2048).unwrap();
        let ed = KeyPair::generate(Algorithm::Ed25519).unwrap();
        let old = include_bytes!("rsa1024.eml");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_600_000);
        let signed = |from: &str, domain: &str, key: &KeyPair, i: usize| {
            let text = message(from, i);
            sign(text.as_bytes(), &[Signer { domain, selector: "s", key }], now).unwrap()
        };
        let mut messages = Vec::new();
        for i in 0..rounds {
            let mut add = |ip: &str, path: &str, stated: Option<&str>, mail: &[u8], sender: &'static str, class| {
                messages.push(([trace(ip, path, stated, i).as_bytes(), mail].concat(), sender, class));
            };
            let all = signed("News <a@news.all.test>", "all.test", &rsa, i);
            add(GOOD, "b@all.test", None, &all, "all.test", "all");
            add(GOOD, "b@ed.test", None, &signed("a@ed.test", "ed.test", &ed, i), "ed.test", "all");
            add(GOOD, "b@old.test", None, old, "old.test", "spf_dkim");
            add(GOOD, "b@spf.test", None, message("a@spf.test", i).as_bytes(), "spf.test", "spf_only");
            add(OTHER, "b@sig.test", None, &signed("a@sig.test", "sig.test", &rsa, i), "sig.test", "dkim_only");
            add(OTHER, "b@plain.test", None, message("a@plain.test", i).as_bytes(), "plain.test", "none");
            // Forwarded: the signature holds.
            add(OTHER, "list@sig.test", None, &all, "all.test", "dmarc_by_one");
            // Made up: unsigned; signed by somebody else; a signature that was cut out of another message.
            add(OTHER, "x@liar.test", None, message("a@all.test", i).as_bytes(), "all.test", "forged");
            add(OTHER, "x@sig.test", None, &signed("a@all.test", "sig.test", &rsa, i), "all.test", "forged");
            let mut torn = all.clone();
            torn.extend_from_slice(b"and buy this\r\n");
            add(OTHER, "x@liar.test", None, &torn, "all.test", "forged");
            // A receiver that nobody believes says that all is well.
            let lie = "mx.liar.test; spf=pass smtp.mailfrom=all.test; dkim=pass header.d=all.test; dmarc=pass header.from=all.test";
            add(OTHER, "x@liar.test", Some(lie), message("a@all.test", i).as_bytes(), "all.test", "forged");
            // No DMARC, but its SPF record disowns the client.
            add(OTHER, "b@spf.test", None, message("a@spf.test", i).as_bytes(), "spf.test", "forged");
            // The key is gone: without a witness nobody can say; our own receiver saw it pass.
            let gone = signed("a@gone.test", "gone.test", &ed, i);
            add(OTHER, "b@gone.test", None, &gone, "gone.test", "undecided");
            let seen = "mx.home.test; spf=fail smtp.mailfrom=gone.test; dkim=pass header.d=gone.test; dmarc=pass header.from=gone.test";
            add(OTHER, "b@gone.test", Some(seen), &gone, "gone.test", "dmarc_by_one");
            // Nobody, and several.
            let none = message("a@spf.test", i).replace("From: a@spf.test\r\n", "");
            add(OTHER, "b@plain.test", None, none.as_bytes(), "(no author domain)", "none");
            add(
                GOOD,
                "b@all.test",
                None,
                message("a@all.test, b@ed.test", i).as_bytes(),
                "(no author domain)",
                "forged",
            );
        }
        Mailbox { messages, zones: zones(&rsa, &ed), gone: ed.record() }
    }

    /// A name server that knows the senders; `silent` is a name about which it says nothing.
    pub(crate) async fn serve(&self, silent: Option<&str>) -> OverlayServer {
        let faults = silent
            .map(|name| FaultAt { name: domain(name).unwrap(), rtype: None, fault: Fault::Silent })
            .into_iter()
            .collect();
        OverlayServer::start(Overlay { zones: self.zones.clone(), faults, ..Overlay::default() }).await.unwrap()
    }

    /// Writes it as a Maildir, in which every other message is still new.
    pub(crate) fn maildir(&self, path: &Path) {
        for folder in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(path.join(folder)).unwrap();
        }
        for (i, (octets, ..)) in self.messages.iter().enumerate() {
            let name = if i % 2 == 0 { format!("cur/{i}.host:2,S") } else { format!("new/{i}.host") };
            std::fs::write(path.join(name), octets).unwrap();
        }
    }

    /// Writes it as an mbox, in Unix's line ends as mboxes have them.
    pub(crate) fn mbox(&self) -> Vec<u8> {
        let mut out = String::new();
        for (octets, ..) in &self.messages {
            out.push_str("From x@y.test Thu Jan 15 08:00:00 2026\n");
            for line in String::from_utf8(octets.clone()).unwrap().replace("\r\n", "\n").lines() {
                let quoted = line.trim_start_matches('>').starts_with("From ");
                out.push_str(&format!("{}{line}\n", if quoted { ">" } else { "" }));
            }
            out.push('\n');
        }
        out.into_bytes()
    }

    /// Messages by sender and class, as a survey is to count them.
    pub(crate) fn expected(&self) -> Value {
        let mut out = json!({});
        for (_, sender, class) in &self.messages {
            let count = out[sender][class].as_u64().unwrap_or(0) + 1;
            out[*sender][*class] = count.into();
        }
        out
    }
}

/// The same of a survey's JSON.
pub(crate) fn counted(survey: &Value) -> Value {
    let mut out = json!({});
    for sender in survey["list"].as_array().unwrap() {
        for (class, count) in sender["classes"].as_object().unwrap().iter().filter(|(_, n)| **n != 0) {
            out[sender["sender"].as_str().unwrap()][class] = count.clone();
        }
    }
    out
}

fn zones(rsa: &KeyPair, ed: &KeyPair) -> Vec<Snapshot> {
    let old = include_str!("rsa1024.txt").trim();
    let (rsa, ed) = (rsa.record(), ed.record());
    let spf = "v=spf1 ip4:192.0.2.1 -all";
    let rows: &[(&str, &[(&str, &str)])] = &[
        ("all.test", &[("", spf), ("_dmarc.", "v=DMARC1; p=reject"), ("s._domainkey.", &rsa)]),
        ("ed.test", &[("", spf), ("_dmarc.", "v=DMARC1; p=quarantine"), ("s._domainkey.", &ed)]),
        ("old.test", &[("", spf), ("s1024._domainkey.", old)]),
        ("spf.test", &[("", spf)]),
        ("sig.test", &[("s._domainkey.", &rsa)]),
        ("gone.test", &[("", spf), ("_dmarc.", "v=DMARC1; p=none")]),
    ];
    rows.iter()
        .map(|(apex, texts)| {
            let mut zone = Snapshot::new(domain(apex).unwrap());
            for (label, text) in *texts {
                let data = hickory_proto::rr::RData::TXT(txt::split(text.as_bytes()));
                zone.add(&domain(&format!("{label}{apex}")).unwrap(), 300, data, Origin::Profile);
            }
            zone
        })
        .collect()
}
