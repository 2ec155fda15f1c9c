//! A zone of 1,000,000 records (A, AAAA, MX, SPF, DMARC, DKIM over 166,666 hosts) parsed and linted beside the zone checkers
//! that are installed, parsing alone beside other readers, a small zone from start to exit, and many files.
//!
//! Run with `cargo bench --bench zone`; a word behind `--` (`lint`, `parse`, `small`, `many`) runs that part alone. Everything
//! runs in turns and the medians are told, with the load of the machine. It prints; it never judges: machines are noisy.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod cpu;
mod made;
mod measure;

use std::path::Path;

use mailproof::model::name;
use mailproof::model::source::SourceId;
use mailproof::model::wire_name::WireName;
use mailproof::zone::lexer::{Lexer, Line};
use mailproof::zone::parser::{Context, Entry, Parser};
use measure::{Cost, domain_reader, load, middle, program, ratio, work};

const HOSTS: usize = 166_666;
const ROUNDS: usize = 5;
const OURS: &str = env!("CARGO_BIN_EXE_mailproof");

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if asked.iter().any(|a| a == "--test") {
        return; // `cargo test --benches` only wants to know that it builds
    }
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|a| a == part);
    let dir = tempfile::tempdir().unwrap();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{cores} cores, load {}; medians of {ROUNDS} rounds in which everything has its turn", load());
    let text = made::zone(HOSTS);
    let path = dir.path().join("example.com.zone");
    std::fs::write(&path, &text).unwrap();
    let records = text.lines().filter(|l| !l.starts_with('$')).count();
    println!("the large zone: {records} records, {:.1} MB", text.len() as f64 / 1e6);
    if wanted("parse") {
        parse(&text, records, &path);
    }
    drop(text);
    if wanted("lint") {
        lint(&path);
    }
    if wanted("small") {
        small(dir.path());
    }
    if wanted("many") {
        many(dir.path());
    }
}

/// The readers alone, on one thread, from text in memory to the last record.
fn parse(text: &str, records: usize, path: &Path) {
    let bytes = text.as_bytes();
    let parser = || Parser::new(bytes, SourceId(0), Context::new(WireName::root()));
    let tokens = || {
        let mut lexer = Lexer::new(bytes);
        let mut tokens = 0;
        while lexer.next_line() == Line::Content {
            tokens += lexer.tokens.len();
        }
        assert!(tokens > records);
    };
    let checked = || {
        let (mut parser, mut seen) = (parser(), 0);
        while let Some(entry) = parser.next_entry() {
            seen += usize::from(matches!(entry, Entry::Record(_)));
        }
        assert_eq!(seen, records);
    };
    let wire = || {
        let (mut parser, mut data) = (parser(), Vec::new());
        while let Some(entry) = parser.next_entry() {
            if let Entry::Record(record) = entry {
                data.clear();
                let _ = record.data().wire(&mut data);
            }
        }
    };
    let hickory = || {
        let origin = name::shown("example.com.").unwrap();
        let sets = hickory_proto::serialize::txt::Parser::new(text, None, Some(origin.into())).parse().unwrap().1;
        assert!(!sets.is_empty());
        sets
    };
    let mut rows: [(&str, Vec<Cost>); 5] = [
        ("mailproof, into tokens", Vec::new()),
        ("mailproof, parsed and checked", Vec::new()),
        ("mailproof, and all data to the wire", Vec::new()),
        ("domain", Vec::new()),
        ("hickory", Vec::new()),
    ];
    for round in 0..ROUNDS {
        rows[0].1.push(work(tokens));
        rows[1].1.push(work(checked));
        rows[2].1.push(work(wire));
        rows[3].1.extend(domain_reader(path));
        // It takes long, and is far off.
        if round == 0 {
            rows[4].1.push(work(hickory));
        }
    }
    println!("\n{:38} {:>8} {:>8} {:>7} {:>10}", "parsing alone, one thread", "wall s", "CPU s", "MB/s", "to domain");
    for (what, costs) in rows.iter().filter(|(_, c)| !c.is_empty()) {
        let cpu = middle(costs, |c| c.cpu);
        let rate = text.len() as f64 / 1e6 / cpu;
        let to_domain = ratio(costs, &rows[3].1);
        println!("{what:38} {:8.3} {cpu:8.3} {rate:7.0} {to_domain:9.2}x", middle(costs, |c| c.wall));
    }
}

/// The whole program beside others that check zones.
fn lint(path: &Path) {
    let octets = std::fs::metadata(path).unwrap().len() as f64;
    let path = path.to_str().unwrap();
    let programs: [(&str, &[&str]); 5] = [
        ("mailproof lint", &[OURS, "lint", "--origin", "example.com", path]),
        ("mailproof lint, one core", &["taskset", "-c", "0", OURS, "lint", "--origin", "example.com", path]),
        ("kzonecheck", &["kzonecheck", "-o", "example.com", path]),
        ("named-checkzone", &["named-checkzone", "-i", "local", "example.com", path]),
        ("ldns-read-zone", &["ldns-read-zone", path]),
    ];
    let mut costs: [Vec<Cost>; 5] = Default::default();
    for _ in 0..ROUNDS {
        for (costs, (_, words)) in costs.iter_mut().zip(programs) {
            costs.extend(program(words));
        }
    }
    println!("\nparsed and linted, load {}", load());
    println!("{:38} {:>8} {:>8} {:>7} {:>10} {:>10}", "", "wall s", "CPU s", "MB", "x file", "to ours");
    for ((what, _), these) in programs.iter().zip(&costs) {
        if these.is_empty() {
            println!("{what:38} is not installed");
            continue;
        }
        let (wall, cpu, memory) = (middle(these, |c| c.wall), middle(these, |c| c.cpu), middle(these, |c| c.memory));
        let (to_file, to_ours) = (memory / octets, ratio(these, &costs[0]));
        println!("{what:38} {wall:8.2} {cpu:8.2} {:7.0} {to_file:9.2}x {to_ours:9.2}x", memory / 1e6);
    }
}

/// A zone of a few records: from start to exit.
fn small(dir: &Path) {
    let path = dir.join("small.example.com.zone");
    std::fs::write(&path, made::zone(2)).unwrap();
    let path = path.to_str().unwrap();
    let programs: [(&str, &[&str]); 3] = [
        ("mailproof lint", &[OURS, "lint", "--origin", "example.com", path]),
        ("kzonecheck", &["kzonecheck", "-o", "example.com", path]),
        ("named-checkzone", &["named-checkzone", "-i", "local", "example.com", path]),
    ];
    let mut costs: [Vec<Cost>; 3] = Default::default();
    for _ in 0..ROUNDS * 8 {
        for (costs, (_, words)) in costs.iter_mut().zip(programs) {
            costs.extend(program(words));
        }
    }
    println!("\n{:38} {:>8} {:>8}   load {}", "a zone of 20 records, start to exit", "wall ms", "MB", load());
    for ((what, _), these) in programs.iter().zip(&costs).filter(|(_, c)| !c.is_empty()) {
        println!("{what:38} {:8.1} {:8.1}", middle(these, |c| c.wall) * 1e3, middle(these, |c| c.memory) / 1e6);
    }
}

/// 2,000 files of 506 records: more CPU time than wall time means that cores work side by side.
fn many(dir: &Path) {
    let folder = dir.join("many");
    std::fs::create_dir(&folder).unwrap();
    let text = made::zone(83);
    for i in 0..2_000 {
        std::fs::write(
            folder.join(format!("z{i}.example.zone")),
            text.replace("example.com", &format!("z{i}.example")),
        )
        .unwrap();
    }
    let folder = folder.to_str().unwrap();
    let programs: [(&str, &[&str]); 2] =
        [("all cores", &[OURS, "lint", folder]), ("one core", &["taskset", "-c", "0", OURS, "lint", folder])];
    let mut costs: [Vec<Cost>; 2] = Default::default();
    for _ in 0..ROUNDS {
        for (costs, (_, words)) in costs.iter_mut().zip(programs) {
            costs.extend(program(words));
        }
    }
    println!(
        "\n{:38} {:>8} {:>8} {:>10}   load {}",
        "2,000 files of 506 records",
        "wall s",
        "CPU s",
        "CPU/wall",
        load()
    );
    for ((what, _), these) in programs.iter().zip(&costs).filter(|(_, c)| !c.is_empty()) {
        let (wall, cpu) = (middle(these, |c| c.wall), middle(these, |c| c.cpu));
        println!("{what:38} {wall:8.2} {cpu:8.2} {:9.2}x", cpu / wall);
    }
}
