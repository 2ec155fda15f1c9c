//! A zone of 1,000,000 records (A, MX, SPF, DMARC, DKIM over 166,000 names): parsed, linted, and read by the zone
//! checkers that are installed.
//!
//! Run with `cargo bench --bench zone`. It prints; it never judges: machines are noisy.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mailproof::model::source::SourceId;
use mailproof::zone::lexer::{Lexer, Line};
use mailproof::zone::parser::{Context, Entry, Parser};
use mailproof::zone::wire_name::WireName;

const NAMES: usize = 166_666;
const RUNS: usize = 5;

/// Six records a name: 117 MB.
fn zone() -> String {
    const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(130 << 20);
    out.push_str("$ORIGIN example.com.\n$TTL 3600\n@ IN SOA ns1 hostmaster 2026112501 7200 900 1209600 300\n");
    out.push_str("@ IN NS ns1\n@ IN NS ns2\nns1 IN A 8.8.4.1\nns2 IN A 8.8.4.2\n");
    // Numbers that look random and are the same each time.
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut key = String::with_capacity(400);
    for i in 0..NAMES {
        let (a, b) = (i / 250 % 250, i % 250);
        // A SubjectPublicKeyInfo of 2048 bits by its form: the modulus is any odd number.
        key.clear();
        key.push_str("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAv");
        while key.len() < 385 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let mut bits = state;
            for _ in 0..10.min(385 - key.len()) {
                key.push(BASE64[(bits & 63) as usize] as char);
                bits >>= 6;
            }
        }
        key.push_str("wIDAQAB");
        let (head, tail) = key.split_at(230);
        let _ = writeln!(out, "host{i} 3600 IN A 8.{}.{a}.{b}", i / 62_500);
        let _ = writeln!(out, "host{i} 3600 IN AAAA 2606:4700::{a:x}:{b:x}");
        let _ = writeln!(out, "host{i} 3600 IN MX 10 host{i}");
        let _ = writeln!(out, "host{i} 3600 IN TXT \"v=spf1 mx ip4:8.{}.{a}.{b} -all\"", i / 62_500);
        let _ = writeln!(out, "_dmarc.host{i} 3600 IN TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@example.com\"");
        let _ = writeln!(out, "s1._domainkey.host{i} 3600 IN TXT \"v=DKIM1; k=rsa; p={head}\" \"{tail}\"");
    }
    out
}

fn best(mut run: impl FnMut()) -> Duration {
    (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .min()
        .unwrap()
}

fn report(what: &str, took: Duration, octets: usize) {
    let megabytes = octets as f64 / 1e6;
    println!("{what:44} {:7.3} s  {:6.0} MB/s", took.as_secs_f64(), megabytes / took.as_secs_f64());
}

/// Wall time and the most memory of a program, by GNU time.
fn program(what: &str, path: &Path, args: &[&str], octets: usize) {
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%M"]).args(args).arg(path).stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let Ok(output) = command.stderr(Stdio::piped()).output() else {
        println!("{what:44} GNU time is not installed");
        return;
    };
    let took = start.elapsed();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    match text.lines().last().and_then(|l| l.parse::<f64>().ok()) {
        Some(kilobytes) if !text.contains("cannot run") => {
            report(what, took, octets);
            println!("{:44} {:7.0} MB, {:.2} times the file", "", kilobytes / 1e3, kilobytes * 1024.0 / octets as f64);
        }
        _ => println!("{what:44} is not installed"),
    }
}

fn main() {
    if std::env::args().any(|a| a == "--test") {
        return; // `cargo test --benches` only wants to know that it builds
    }
    let text = zone();
    let octets = text.len();
    let records = text.lines().filter(|l| !l.starts_with('$')).count();
    println!("{records} records, {:.1} MB; the best of {RUNS} runs", octets as f64 / 1e6);
    let bytes = text.as_bytes();
    let lexed = best(|| {
        let mut lexer = Lexer::new(bytes);
        let mut tokens = 0;
        while lexer.next_line() == Line::Content {
            tokens += lexer.tokens.len();
        }
        assert!(tokens > records);
    });
    report("cut into tokens", lexed, octets);
    let parsed = best(|| {
        let mut parser = Parser::new(bytes, SourceId(0), Context::new(WireName::root()));
        let mut seen = 0;
        while let Some(entry) = parser.next_entry() {
            seen += usize::from(matches!(entry, Entry::Record(_)));
        }
        assert_eq!(seen, records);
    });
    report("parsed and checked", parsed, octets);
    let decoded = best(|| {
        let mut parser = Parser::new(bytes, SourceId(0), Context::new(WireName::root()));
        let mut wire = Vec::new();
        while let Some(entry) = parser.next_entry() {
            if let Entry::Record(r) = entry {
                wire.clear();
                let _ = r.data().wire(&mut wire);
            }
        }
    });
    report("parsed and every record's data on the wire", decoded, octets);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("example.com.zone");
    std::fs::write(&path, &text).unwrap();
    drop(text);
    let ours = env!("CARGO_BIN_EXE_mailproof");
    for _ in 0..2 {
        program("mailproof lint", &path, &[ours, "lint", "--origin", "example.com"], octets);
        program("kzonecheck", &path, &["kzonecheck", "-o", "example.com"], octets);
        program("named-checkzone", &path, &["named-checkzone", "-i", "local", "example.com"], octets);
        program("ldns-read-zone", &path, &["ldns-read-zone"], octets);
    }
}
