//! `domain_reader FILE`: reads a zone file from memory to the last record, and prints the wall and CPU seconds that it took
//! and how many records there were.

use std::time::Instant;

use bytes::Bytes;
use domain::base::Name;
use domain::zonefile::inplace::{Entry, Zonefile};

#[path = "../../zone/cpu.rs"]
mod cpu;

fn main() {
    let path = std::env::args().nth(1).expect("a file");
    let text = std::fs::read(path).expect("a file that can be read");
    let mut zone = Zonefile::from(text.as_slice());
    zone.set_origin(Name::<Bytes>::root_bytes());
    let (start, before, mut records) = (Instant::now(), cpu::seconds(), 0u64);
    while let Some(entry) = zone.next_entry().expect("a zone without faults") {
        records += u64::from(matches!(entry, Entry::Record(_)));
    }
    println!("{} {} {records}", start.elapsed().as_secs_f64(), cpu::seconds() - before);
}
