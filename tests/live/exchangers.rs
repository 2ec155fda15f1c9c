//! Mail exchangers: a real Postfix, TLSA records in a signed and an unsigned zone, reverse names and HELO.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;

use crate::check::{check, codes, zone};
use crate::support::authority::{Authority, Credentials};
use crate::support::bind::Bind;
use crate::support::dig;
use crate::support::loopback::{address, can_serve};
use crate::support::nginx::{Nginx, Site};
use crate::support::postfix::{Host, Postfix};
use crate::support::unbound::Unbound;

/// What TLS a host has.
#[derive(Clone, Copy, PartialEq)]
enum Tls {
    /// A certificate as it should be.
    Good,
    /// For another name.
    OtherName,
    /// Out of date.
    Expired,
    /// Of an authority that nobody trusts.
    Stranger,
    /// None.
    Absent,
    /// No mail server at all: nobody listens, or somebody who does not speak SMTP.
    Nobody,
    Web,
}

/// What its TLSA records say.
#[derive(Clone, Copy, PartialEq)]
enum Tlsa {
    None,
    /// 3 1 1 of its own key.
    Own,
    /// 3 0 1 of its own certificate.
    OwnCertificate,
    /// 2 0 1 of the authority's certificate.
    Authority,
    /// 3 1 1 of another key.
    Stale,
    /// Of another key and of its own: a change of keys.
    Rollover,
    /// Usage 1, which is not for SMTP.
    Unusable,
}

struct Row {
    /// The domain's first label; its exchanger is `mx` below it.
    name: &'static str,
    /// The zone: `signed.test` or `plain.test`.
    apex: &'static str,
    tls: Tls,
    tlsa: Tlsa,
    want: &'static [&'static str],
    why: &'static str,
}

const fn row(
    name: &'static str,
    apex: &'static str,
    tls: Tls,
    tlsa: Tlsa,
    want: &'static [&'static str],
    why: &'static str,
) -> Row {
    Row { name, apex, tls, tlsa, want, why }
}

const SIGNED: &str = "signed.test";
const PLAIN: &str = "plain.test";

const ROWS: &[Row] = &[
    row("good", SIGNED, Tls::Good, Tlsa::Own, &[], "all as it should be"),
    row("whole", SIGNED, Tls::Good, Tlsa::OwnCertificate, &[], "TLSA of the whole certificate"),
    row("anchor", SIGNED, Tls::Good, Tlsa::Authority, &[], "TLSA of the authority, which the host shows"),
    row("own", SIGNED, Tls::Stranger, Tlsa::Own, &[], "DANE vouches for what no authority signed"),
    row("rollover", SIGNED, Tls::Good, Tlsa::Rollover, &[], "one record that agrees is enough"),
    row("stale", SIGNED, Tls::Good, Tlsa::Stale, &["TLSA003"], "the key changed, the record did not"),
    row("othersigner", SIGNED, Tls::Stranger, Tlsa::Authority, &["HOST006", "TLSA003"], "another authority signed it"),
    row(
        "nametoo",
        SIGNED,
        Tls::OtherName,
        Tlsa::Authority,
        &["HOST006", "TLSA003"],
        "usage 2 wants the name (RFC 7672 §3.2.3)",
    ),
    row("usage", SIGNED, Tls::Good, Tlsa::Unusable, &["TLSA001"], "usage 1 is not for SMTP"),
    row("unsigned", PLAIN, Tls::Good, Tlsa::Own, &["TLSA002"], "nothing proves the record"),
    row("unsignedstale", PLAIN, Tls::Good, Tlsa::Stale, &["TLSA002"], "nobody looks at what is not proved"),
    row("usual", PLAIN, Tls::Good, Tlsa::None, &[], "no DANE at all"),
    row("clear", PLAIN, Tls::Absent, Tlsa::None, &["HOST005"], "no STARTTLS"),
    row("othername", PLAIN, Tls::OtherName, Tlsa::None, &["HOST006"], "the certificate is for another host"),
    row("expired", PLAIN, Tls::Expired, Tlsa::None, &["HOST006"], "the certificate is out of date"),
    row("stranger", PLAIN, Tls::Stranger, Tlsa::None, &["HOST006"], "nobody trusts the authority"),
    row("nobody", PLAIN, Tls::Nobody, Tlsa::None, &[], "nobody listens: an open question"),
    row("web", PLAIN, Tls::Web, Tlsa::None, &[], "no SMTP there: an open question"),
    row("strictclear", PLAIN, Tls::Absent, Tlsa::None, &["HOST005"], "no STARTTLS, and a policy that demands it"),
    row("strictname", PLAIN, Tls::OtherName, Tlsa::None, &["HOST006"], "another name, and a policy that looks at it"),
];

const FAMILIES: &[&str] = &["TLSA", "HOST005", "HOST006"];

/// Wrong words on port 25, until the process ends.
fn web(at: Ipv4Addr) {
    let listener = TcpListener::bind((at, 25)).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            let _ = stream.read(&mut [0; 100]);
        }
    });
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|b| format!("{b:02x}")).collect()
}

fn records(row: &Row, at: Ipv4Addr, own: &Credentials, authority: &Authority) -> String {
    let name = row.name;
    let mut out = format!("{name} MX 10 mx.{name}\n{name} TXT \"v=spf1 mx -all\"\nmx.{name} A {at}\n");
    let key = hex(digest(&SHA256, &own.public_key).as_ref());
    let other = "00".repeat(32);
    let data = match row.tlsa {
        Tlsa::None => vec![],
        Tlsa::Own => vec![format!("3 1 1 {key}")],
        Tlsa::OwnCertificate => vec![format!("3 0 1 {}", hex(digest(&SHA256, &own.der).as_ref()))],
        Tlsa::Authority => vec![format!("2 0 1 {}", hex(digest(&SHA256, &authority.der()).as_ref()))],
        Tlsa::Stale => vec![format!("3 1 1 {other}")],
        Tlsa::Rollover => vec![format!("3 1 1 {other}"), format!("3 1 1 {key}")],
        Tlsa::Unusable => vec![format!("1 1 1 {key}")],
    };
    data.iter().for_each(|d| out.push_str(&format!("_25._tcp.mx.{name} TLSA {d}\n")));
    if name.starts_with("strict") {
        out.push_str(&format!("_mta-sts.{name} TXT \"v=STSv1; id=1;\"\nmta-sts.{name} A {}\n", address(200)));
    }
    out
}

/// A validating resolver over the zones, and everything that must stay alive for it.
fn names(zones: &[(&str, String, bool)]) -> Option<(Unbound, Vec<Bind>)> {
    let mut binds = Vec::new();
    let (mut stubs, mut anchors) = (Vec::new(), Vec::new());
    for (apex, records, signed) in zones {
        let options = if *signed { "dnssec-policy default;" } else { "" };
        let bind = Bind::start_with(&[(apex, &zone(apex, records))], options)?;
        if *signed {
            // BIND signs once it answers.
            let start = std::time::Instant::now();
            while !dig(bind.port, apex, "RRSIG").iter().any(|r| r.starts_with("SOA")) {
                assert!(start.elapsed().as_secs() < 20, "BIND does not sign");
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            anchors.extend(bind.dig(apex, "DNSKEY").iter().map(|key| format!("{apex}. DNSKEY {key}")));
        }
        stubs.push((*apex, bind.port));
        binds.push(bind);
    }
    Some((Unbound::start(&stubs, &anchors)?, binds))
}

fn credentials(row: &Row, dir: &Path, authority: &Authority, stranger: &Authority) -> Credentials {
    let host = format!("mx.{}.{}", row.name, row.apex);
    match row.tls {
        Tls::OtherName => authority.issue(dir, &[&format!("www.{}.{}", row.name, row.apex)], 2060),
        Tls::Expired => authority.issue(dir, &[&host], 2025),
        Tls::Stranger => stranger.issue(dir, &[&host], 2060),
        _ => authority.issue(dir, &[&host], 2060),
    }
}

#[test]
fn exchangers_and_their_certificates() {
    if !can_serve() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (authority, stranger) = (Authority::new(), Authority::new());
    let made: Vec<Credentials> = ROWS.iter().map(|row| credentials(row, dir.path(), &authority, &stranger)).collect();
    let names_of: Vec<String> = ROWS.iter().map(|row| format!("mx.{}.{}", row.name, row.apex)).collect();
    let at = |i: usize| address(1 + i as u8);
    let hosts: Vec<Host<'_>> = ROWS
        .iter()
        .enumerate()
        .filter(|(_, row)| !matches!(row.tls, Tls::Nobody | Tls::Web))
        .map(|(i, row)| Host {
            address: at(i),
            name: &names_of[i],
            credentials: Some(&made[i]).filter(|_| row.tls != Tls::Absent),
        })
        .collect();
    let Some(_postfix) = Postfix::start(&hosts) else { return };
    ROWS.iter().enumerate().filter(|(_, row)| row.tls == Tls::Web).for_each(|(i, _)| web(at(i)));
    let sts = authority.issue(dir.path(), &["mta-sts.strictclear.plain.test", "mta-sts.strictname.plain.test"], 2060);
    let policy = "version: STSv1\\nmode: enforce\\nmx: *.strictclear.plain.test\\nmx: *.strictname.plain.test\\nmax_age: 604800\\n";
    let body = format!("location / {{ default_type text/plain; return 200 '{policy}'; }}");
    let Some(_nginx) = Nginx::start(address(200), &[Site { name: "_", credentials: &sts, body }]) else { return };
    let mut zones = [(SIGNED, String::new(), true), (PLAIN, String::new(), false)];
    for (i, row) in ROWS.iter().enumerate() {
        let text = records(row, at(i), &made[i], &authority);
        zones.iter_mut().filter(|z| z.0 == row.apex).for_each(|z| z.1.push_str(&text));
    }
    let Some((unbound, _binds)) = names(&zones) else { return };
    let trusted = authority.file(dir.path());
    let seen = |row: &Row| check(unbound.port, &trusted, &format!("{}.{}", row.name, row.apex), &[]);
    let all: Vec<(&Row, Value)> = ROWS.iter().map(|row| (row, seen(row))).collect();
    for (row, value) in &all {
        let (name, why) = (row.name, row.why);
        assert_eq!(codes(value, FAMILIES), row.want, "{name}: {why}: {value:#}");
        let exchange = &value["services"]["exchanges"][0];
        let silent = matches!(row.tls, Tls::Nobody | Tls::Web);
        let open = value["unknown"].as_array().unwrap().iter().any(|q| q["type"] == "smtp");
        assert_eq!(open, silent, "{name}: {why}: {value:#}");
        if row.tlsa != Tlsa::None {
            assert_eq!(exchange["dane"]["secure"], row.apex == SIGNED, "{name}: {exchange:#}");
        }
        if !silent {
            assert_eq!(exchange["smtp"]["calls_itself"], format!("mx.{name}.{}", row.apex), "{name}");
        }
        let severe = value["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|f| f["code"].as_str().is_some_and(|code| code == "HOST005" || code == "HOST006"));
        if let Some(finding) = severe {
            let want = if name.starts_with("strict") { "error" } else { "warning" };
            assert_eq!(finding["severity"], want, "{name}: {finding:#}");
        }
    }
    let quiet = check(unbound.port, &trusted, "clear.plain.test", &["--no-smtp"]);
    assert!(quiet["services"]["exchanges"].as_array().unwrap().is_empty(), "{quiet:#}");
    // What a person sees: no line is wider than a terminal.
    let human = crate::support::mailproof()
        .args([
            "check",
            "strictname.plain.test",
            "stale.signed.test",
            "--nameserver",
            &format!("127.0.0.1:{}", unbound.port),
        ])
        .arg("--ca-file")
        .arg(&trusted)
        .output()
        .unwrap();
    let human = String::from_utf8(human.stdout).unwrap();
    for part in
        ["TLS 1.3, the certificate is for another name", "DANE: 1 TLSA record, proved by DNSSEC", "policy: enforce"]
    {
        assert!(human.split_whitespace().collect::<Vec<_>>().join(" ").contains(part), "{part}: {human}");
    }
    assert!(human.lines().all(|line| line.chars().count() <= 80), "{human}");
}

/// A sending host: the domain, its reverse name if it has one, what it calls itself, what must come of it, why.
const SENDERS: &[(&str, Option<&str>, &str, &[&str], &str)] = &[
    ("fine", Some("mx.fine.plain.test"), "mx.fine.plain.test", &[], "there and back, and it says so"),
    ("nameless", None, "mx.nameless.plain.test", &["HOST001"], "no reverse name"),
    (
        "elsewhere",
        Some("mx.fine.plain.test"),
        "mx.elsewhere.plain.test",
        &["HOST002", "HOST003"],
        "the name leads elsewhere",
    ),
    ("nowhere", Some("gone.plain.test"), "mx.nowhere.plain.test", &["HOST002", "HOST003"], "the name leads nowhere"),
    ("othername", Some("mx.othername.plain.test"), "mx.fine.plain.test", &["HOST003"], "HELO is another host's name"),
    ("noaddress", Some("mx.noaddress.plain.test"), "gone.plain.test", &["HOST003"], "HELO has no address"),
    ("bare", Some("mx.bare.plain.test"), "localhost", &["HOST003"], "HELO is no full name"),
];

#[test]
fn sending_hosts_and_their_names() {
    if !can_serve() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let hosts: Vec<Host<'_>> = SENDERS
        .iter()
        .enumerate()
        .map(|(i, (_, _, helo, ..))| Host { address: address(100 + i as u8), name: helo, credentials: None })
        .collect();
    let Some(_postfix) = Postfix::start(&hosts) else { return };
    let (mut forward, mut reverse) = (String::new(), String::new());
    for (i, (name, ptr, ..)) in SENDERS.iter().enumerate() {
        let at = hosts[i].address;
        forward.push_str(&format!("{name} MX 10 mx.{name}\n{name} TXT \"v=spf1 mx -all\"\nmx.{name} A {at}\n"));
        if let Some(ptr) = ptr {
            let [_, b, c, d] = at.octets();
            reverse.push_str(&format!("{d}.{c}.{b} PTR {ptr}.\n"));
        }
    }
    let zones = [(PLAIN, forward, false), ("127.in-addr.arpa", reverse, false)];
    let Some((unbound, _binds)) = names(&zones) else { return };
    let trusted = authority.file(dir.path());
    for (name, _, _, want, why) in SENDERS {
        let value = check(unbound.port, &trusted, &format!("{name}.plain.test"), &["--no-https"]);
        assert_eq!(codes(&value, &["HOST001", "HOST002", "HOST003"]), *want, "{name}: {why}: {value:#}");
    }
}
