//! Text that nobody meant to be a zone, and zones that nobody wrote.

use hickory_proto::rr::rdata::{A, AAAA, MX, TXT};
use hickory_proto::rr::{RData, RecordType};
use mailproof::model::name::{self, Name};
use mailproof::model::snapshot::{Key, Origin, RecordSet, Snapshot};
use mailproof::model::source::{SourceId, Span};
use mailproof::model::wire_name::WireName;
use mailproof::zone::editor::{Change, edit};
use mailproof::zone::load::load;
use mailproof::zone::octodns;
use mailproof::zone::parser::{Context, Entry, Parser};
use mailproof::zone::walk::{Limits, NoIncludes};
use mailproof::zone::writer;
use proptest::prelude::*;

use crate::corpus;

/// Parses a text and holds every span and line to it.
fn parse(text: &[u8]) {
    let mut parser = Parser::new(text, SourceId(0), Context::new(WireName::root()));
    let len = text.len() as u32;
    let inside = |span: Span| assert!(span.start <= span.end && span.end <= len, "{span:?} in {len} octets");
    let (mut at, mut entries) = (0, 0usize);
    while let Some(entry) = parser.next_entry() {
        entries += 1;
        assert!(entries <= text.len() + 2, "no end");
        match entry {
            Entry::Record(r) => {
                for span in [r.span, r.lines, r.rtype_span, r.data_span()] {
                    inside(span);
                }
                r.tokens.iter().chain(r.comments).copied().chain(r.owner_span).chain(r.ttl_span).for_each(inside);
                assert!(r.lines.start >= at && r.lines.start <= r.span.start && r.span.end <= r.lines.end);
                at = r.lines.end;
                let decoded = r.decoded();
                assert_eq!(decoded.octets, r.joined().as_ref());
                assert_eq!(decoded.octets.len(), decoded.map.len());
                inside(decoded.map.span(0..decoded.octets.len()));
                let _ = r.rdata();
            }
            Entry::Directive(d) => {
                inside(d.span);
                assert!(d.lines.start >= at);
                at = d.lines.end;
            }
            Entry::Comment(place) => inside(place.span),
            Entry::Fault(fault) => {
                inside(fault.place.span);
                assert!(!fault.kind.to_string().is_empty());
            }
        }
    }
}

/// A sequence of numbers that looks random and is the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

/// Octets that mean something in a master file, and some that do not.
const OCTETS: &[u8] = b"\"\"\\\\;()()\n\n\n \t$@.*#09aA\r\0\xff\xc3";

fn mutated(text: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut out = text.to_vec();
    for _ in 0..=dice.roll(6) {
        let at = dice.roll(out.len());
        match dice.roll(4) {
            0 if !out.is_empty() => drop(out.remove(at)),
            1 if !out.is_empty() => out[at] = OCTETS[dice.roll(OCTETS.len())],
            2 => out.insert(at, OCTETS[dice.roll(OCTETS.len())]),
            _ => {
                let end = (at + dice.roll(40)).min(out.len());
                let piece = out[at..end].to_vec();
                let to = dice.roll(out.len());
                out.splice(to..to, piece);
            }
        }
    }
    out
}

const SEED: &str = "$TTL 1h\n@ SOA ns root ( 7 2h ; c\n 15m 2w 5m )\n NS ns\nns 60 IN A 192.0.2.1\n IN 60 AAAA 2001:db8::1\n\
                    @ TXT \"v=spf1 -all\" \"x\\\"\\065\" y\\;z\n@ TYPE16 \\# 3 026869\n$ORIGIN sub\n*.a\\.b MX 10 @\n\
                    $GENERATE 1-3 h$ A 192.0.2.${1,0,d}\n_x CAA 0 issue \"ca\" ; end\n";

#[test]
fn mutated_zones_do_no_harm() {
    let mut seeds = vec![SEED.as_bytes().to_vec()];
    if let Some(root) = corpus("") {
        for path in ["zones-dnspython/example", "zones-nsd/rr-test.tdir/rr-test.zone", "zones-bind9-checkzone/good1.db"]
        {
            seeds.push(std::fs::read(root.join(path)).unwrap());
        }
    }
    let apex = name::domain("example.com").unwrap();
    let change = |text: &str| {
        let values = vec![RData::TXT(TXT::from_bytes(vec![text.as_bytes()]))];
        let set = RecordSet::desired(apex.clone(), 3600, values, "a reason");
        Change { key: set.key(), set: Some(set) }
    };
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut edited = 0;
    for round in 0..6_000 {
        let text = mutated(&seeds[round % seeds.len()], &mut dice);
        parse(&text);
        let loaded = load("zone", text.clone(), &apex, Limits::default(), &mut NoIncludes).unwrap();
        loaded.faults.iter().for_each(|f| drop(loaded.error(f).to_string()));
        if round % seeds.len() == 0 {
            // An edit checks its own outcome; here it only must not panic.
            let today = jiff::civil::Date::constant(2026, 11, 25);
            let new = edit("zone", &text, &apex, &[change("new")], today, &mut NoIncludes);
            edited += usize::from(new.is_ok_and(|e| e.serial.is_some()));
        }
    }
    assert!(edited > 50, "only {edited} edits went through");
}

#[test]
fn mutated_yaml_does_no_harm() {
    let seed = "---\n? ''\n: - type: MX\n    values:\n    - {exchange: mx., preference: 10}\n    ttl: 60\n'*.x': &a\n  type: TXT\n  \
                value: 'v=DMARC1\\; p=none'\ny: *a\nz:\n  type: CAA\n  value: {tag: issue, value: \"a\\\"\\u00e9\"}\nq:\n  type: TXT\n  \
                values:\n  - folded\n    text\n  - |\n    block\n";
    let apex = name::domain("example.com").unwrap();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut good = 0;
    for _ in 0..3_000 {
        let text = mutated(seed.as_bytes(), &mut dice);
        let loaded = octodns::load("zone.yaml", text, &apex).unwrap();
        loaded.faults.iter().for_each(|f| drop(loaded.error(f).to_string()));
        good += usize::from(loaded.faults.is_empty());
    }
    assert!(good > 100, "only {good} were without faults");
}

/// Labels with anything in them.
fn label() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[a-z0-9_-]{1,12}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 1..20),
    ]
}

fn value() -> impl Strategy<Value = RData> {
    let strings = proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..=255), 1..4);
    let target = proptest::collection::vec(label(), 0..3);
    prop_oneof![
        strings.prop_map(|s| RData::TXT(TXT::from_bytes(s.iter().map(Vec::as_slice).collect()))),
        any::<u32>().prop_map(|a| RData::A(A(a.into()))),
        any::<u128>().prop_map(|a| RData::AAAA(AAAA(a.into()))),
        (any::<u16>(), target).prop_map(|(n, labels)| {
            RData::MX(MX::new(n, Name::from_labels(labels.iter().map(Vec::as_slice)).unwrap().into()))
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in proptest::collection::vec(prop_oneof![
        3 => proptest::sample::select(OCTETS),
        2 => proptest::sample::select(&b"abIN A TXT MX SOA 1h $TTL $ORIGIN x."[..]),
        1 => any::<u8>(),
    ], 0..300)) {
        parse(&text);
    }

    #[test]
    fn what_is_written_is_read_again(
        sets in proptest::collection::vec((proptest::collection::vec(label(), 0..3), 0u32..100_000, value()), 0..12)
    ) {
        let apex = name::domain("example.com").unwrap();
        let mut zone = Snapshot::new(apex.clone());
        for (labels, ttl, value) in sets {
            let owner = Name::from_labels(labels.iter().map(Vec::as_slice).chain(apex.labels())).unwrap();
            zone.add(&owner, ttl, value, Origin::Profile);
        }
        let text = writer::write(&zone);
        let loaded = load("zone", text.clone(), &apex, Limits::default(), &mut NoIncludes).unwrap();
        prop_assert!(loaded.faults.is_empty(), "{}\n{text}", loaded.error(&loaded.faults[0]));
        let sets = |s: &Snapshot| -> Vec<(Key, u32, Vec<RData>)> {
            s.sets().map(|set| (set.key(), set.ttl, set.values.clone())).collect()
        };
        prop_assert_eq!(sets(&loaded.snapshot), sets(&zone), "{}", text);
    }
}

#[test]
fn a_record_type_is_told_from_a_name() {
    // The classic ambiguity: a line that begins with a word has an owner, even if the word is a type or a class.
    for (text, owner, rtype) in [
        ("A 60 A 192.0.2.1\n", "a.example.com.", RecordType::A),
        ("IN 60 IN A 192.0.2.1\n", "in.example.com.", RecordType::A),
        ("10 60 PTR x\n", "10.example.com.", RecordType::PTR),
    ] {
        let reading = crate::reading::read_alone(text.as_bytes(), "example.com.");
        assert_eq!(reading.faults, Vec::<String>::new(), "{text}");
        assert_eq!((reading.records[0].owner.as_str(), reading.records[0].rtype), (owner, u16::from(rtype)));
    }
}
