//! The same records as other parsers read, and as other programs wrote them out again.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use hickory_proto::rr::Name;
use hickory_proto::serialize::txt::Parser;

use crate::corpus;
use crate::reading::{Flat, read, read_alone};

/// Every zone of the corpus: its path, its origin, and the faults that it has, with the reason.
pub const ZONES: &[(&str, &str, &[&str])] = &[
    ("zones-dnspython/example", "example.", &[]),
    ("zones-dnspython/example1.good", "example.", &[]),
    ("zones-dnspython/example2.good", "example.", &[]),
    ("zones-dnspython/example3.good", "example.", &[]),
    ("zones-dnspython/example4.good", "example.", &[]),
    ("zones-simdzone/xbounds.zone", "example.com.", &[]),
    ("zones-nsd/rr-wks.tdir/rr-wks.zone", "example.com.", &[]),
    ("zones-nsd/unknown_rr.tdir/unknown_rr.zone", "nl.", &[]),
    ("zones-nsd/zonec_tests.tdir/zonec_tests.soa", "example.com.", &[]),
    // The first record comes before the TTL that the SOA would give.
    ("zones-nsd/zonec_tests.tdir/zonec_tests.data", "example.com.", &["1:NoTtl"]),
    // The name is longer than 255 octets by one: the test is about that.
    ("zones-nsd/zonec_tests.tdir/zonec_tests.offbyone", "example.net.", &["13:BadName(LongName)"]),
    // Both are what the test is about: a class of its own, and `5w*10s`.
    ("zones-nsd/zonec_tests.tdir/zonec_tests.fail", "example.com.", &["3:OtherClass", "4:BadTtl"]),
    ("zones-nsd/parsezone.tdir/parsezone.zone", "example.com.", &[]),
    ("zones-nsd/rr-test.tdir/rr-test.zone", "example.com.", &[]),
    ("zones-nsd/rr-test.tdir/rr-test.cmp_zone", "example.com.", &[]),
    ("zones-nsd/rr-test.tdir/rr-test.nsap.int.zone", "example.com.", &[]),
    ("zones-nsd/svcb.tdir/crypto.cloudflare.com.zone", "crypto.cloudflare.com.", &[]),
    ("zones-nsd/svcb.tdir/failure-cases.zone", "failure-cases.", &[]),
    ("zones-nsd/svcb.tdir/svcb.success-cases.zone", "success-cases.", &[]),
    ("zones-nsd/svcb.tdir/svcb.success-cases.zone.cmp", "success-cases.", &[]),
    ("zones-nsd/svcb.tdir/svcb.test-vectors-pf.zone", "test-vectors.", &[]),
    ("zones-nsd/svcb.tdir/svcb.test-vectors-wf.zone", "test-vectors.", &[]),
    // An A record of no octets is none (RFC 3597 §4).
    ("zones-ldns/08-zonereader.tpkg/08-zonereader.inputzone", "xiph.org.", &["3882:BadGeneric"]),
    ("zones-ldns/08-zonereader.tpkg/08-zonereader.outputzone", "xiph.org.", &["3882:BadGeneric"]),
    ("zones-ldns/10-ldns-compare-zones.tpkg/10-ldns-compare-zones.zone1", "example.com.", &[]),
    ("zones-ldns/10-ldns-compare-zones.tpkg/10-ldns-compare-zones.zone2", "example.com.", &[]),
    ("zones-ldns/14-read-zone.tpkg/14-read-zone.db", "example.com.", &[]),
    // TYPE109 has since become EUI64, of eight octets.
    ("zones-ldns/20-sign-zone.tpkg/20-sign-zone.db", "jelte.nlnetlabs.nl.", &["1242:BadGeneric"]),
    ("zones-ldns/25-ZONEMD.tpkg/A.1.Simple-EXAMPLE-Zone", "example.", &[]),
    ("zones-ldns/25-ZONEMD.tpkg/A.2.Complex-EXAMPLE-Zone", "example.", &[]),
    ("zones-ldns/25-ZONEMD.tpkg/A.3.EXAMPLE-Zone-with-multiple-digests", "example.", &[]),
    ("zones-ldns/25-ZONEMD.tpkg/A.4.The-URI.ARPA-Zone", "uri.arpa.", &[]),
    ("zones-ldns/25-ZONEMD.tpkg/A.5.The-ROOT-SERVERS.NET-Zone", "root-servers.net.", &[]),
    ("zones-ldns/25-ZONEMD.tpkg/repeated-ZONEMD-scheme-and-algorithm", "example.", &[]),
    ("zones-ldns/26-loc-centimetre.tpkg/26-loc-centimetre.db", "example.com.", &[]),
    ("zones-octodns/octodns-bind/unit.tests.", "unit.tests.", &[]),
    ("zones-octodns/octodns-bind/unit.tests.tst", "unit.tests.", &[]),
    ("zones-octodns/octodns-bind/2.0.192.in-addr.arpa.", "2.0.192.in-addr.arpa.", &[]),
    ("zones-octodns/octodns-bind/ext.unit.tests.extension", "ext.unit.tests.", &[]),
    ("zones-octodns/octodns-bind/invalid.records.tst", "invalid.records.", &[]),
    ("zones-octodns/octodns-bind/invalid.zone.tst", "invalid.zone.", &[]),
    ("zones-octodns/octodns/zones/unit.tests.tst", "unit.tests.", &[]),
    ("zones-octodns/octodns/zones/ext.unit.tests.extension", "ext.unit.tests.", &[]),
    ("zones-bind9-checkzone/good1.db", "example.", &[]),
    ("zones-bind9-checkzone/good-dns-sd-reverse.db", "example.", &[]),
    ("zones-bind9-checkzone/good-spf-exception.db", "example.", &[]),
    ("zones-bind9-checkzone/good-cds.db", "example.", &[]),
    ("zones-bind9-checkzone/good-generate-modifier.db", "example.", &[]),
    ("zones-bind9-checkzone/zone1.db", "example.", &[]),
    ("zones-bind9-checkzone/test1.db", "example.", &[]),
    ("zones-bind9-checkzone/warn.no-a.server.glue.db", "example.", &[]),
    ("zones-bind9-checkzone/warn.deprecated.digest-sha1.db", "example.", &[]),
];

fn zones() -> Vec<(PathBuf, &'static str, &'static [&'static str])> {
    let Some(root) = corpus("") else { return Vec::new() };
    ZONES.iter().map(|(path, origin, faults)| (root.join(path), *origin, *faults)).collect()
}

/// How often each record is there.
fn counted(records: &[Flat]) -> BTreeMap<Flat, usize> {
    let mut out = BTreeMap::new();
    for record in records {
        *out.entry(record.clone()).or_default() += 1;
    }
    out
}

/// Records of `a` that `b` has not.
fn missing(a: &[Flat], b: &[Flat]) -> Vec<Flat> {
    let mut have = counted(b);
    a.iter()
        .filter(|r| match have.get_mut(r) {
            Some(n) if *n > 0 => {
                *n -= 1;
                false
            }
            _ => true,
        })
        .cloned()
        .collect()
}

#[test]
fn only_the_faults_that_are_there() {
    for (path, origin, faults) in zones() {
        let reading = read(&path, origin);
        assert_eq!(reading.faults, faults, "{}", path.display());
        assert!(!reading.records.is_empty(), "{}", path.display());
    }
}

/// dnspython's reader, made to go on behind a record that it does not take.
const DNSPYTHON: &str = r#"
import io, os, sys
import dns.zonefile, dns.tokenizer, dns.name, dns.rdataclass
class Manager:
    def origin_information(self): return (dns.name.root, False, dns.name.root)
    def get_class(self): return dns.rdataclass.IN
class Transaction:
    def __init__(self): self.manager = Manager()
    def add(self, name, ttl, rd):
        print(name.to_text().lower(), ttl, int(rd.rdtype), rd.to_wire().hex() or "-")
    def check_put_rdataset(self, *args): pass
    def _set_origin(self, origin): pass
class Reader(dns.zonefile.Reader):
    def _rr_line(self):
        try: super()._rr_line()
        except Exception as e:
            print("!", str(e).replace("\n", " "))
            self._eat_line()
for line in sys.stdin:
    origin, path = line.rstrip("\n").split(" ", 1)
    print("=")
    os.chdir(os.path.dirname(path))
    text = open(path, encoding="latin-1").read()
    tok = dns.tokenizer.Tokenizer(io.StringIO(f"$ORIGIN {origin}\n{text}"), filename=path)
    try: Reader(tok, dns.rdataclass.IN, Transaction(), allow_include=True).read()
    except Exception as e: print("!!", str(e).replace("\n", " "))
"#;

/// What dnspython reads from each zone: records, lines it does not take, and whether it gave up. None if it is not here.
fn dnspython(zones: &[(PathBuf, &str, &[&str])]) -> Option<Vec<(Vec<Flat>, usize, bool)>> {
    let have = Command::new("python3").args(["-c", "import dns.zonefile"]).output();
    if !have.is_ok_and(|o| o.status.success()) {
        eprintln!("SKIPPED: dnspython is not installed");
        return None;
    }
    let mut child =
        Command::new("python3").args(["-c", DNSPYTHON]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = String::new();
    for (path, origin, _) in zones {
        input.push_str(&format!("{origin} {}\n", std::fs::canonicalize(path).unwrap().display()));
    }
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let mut out = Vec::new();
    for part in text.split("=\n").skip(1) {
        let mut zone = (Vec::new(), 0, false);
        for line in part.lines() {
            if line.starts_with('!') {
                zone.1 += 1;
                zone.2 |= line.starts_with("!!");
                continue;
            }
            let fields: Vec<&str> = line.split(' ').collect();
            let [owner, ttl, rtype, hex] = fields[..] else { panic!("{line}") };
            let wire: Vec<u8> = match hex {
                "-" => Vec::new(),
                hex => (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect(),
            };
            zone.0.push(Flat::new(owner, ttl.parse().unwrap(), rtype.parse().unwrap(), wire));
        }
        out.push(zone);
    }
    Some(out)
}

#[test]
fn the_same_records_as_dnspython() {
    let zones = zones();
    let Some(theirs) = dnspython(&zones) else { return };
    assert_eq!(theirs.len(), zones.len());
    let (mut compared, mut untaken) = (0, 0);
    for ((path, origin, _), (theirs, failed, gave_up)) in zones.iter().zip(theirs) {
        let ours = read(path, origin).records;
        let lost = missing(&theirs, &ours);
        assert!(lost.is_empty(), "{}: dnspython reads and we do not: {lost:?}", path.display());
        let more = missing(&ours, &theirs);
        assert!(gave_up || more.len() <= failed, "{}: we read and dnspython does not: {more:?}", path.display());
        compared += theirs.len();
        untaken += more.len();
    }
    eprintln!("{compared} records are the same; {untaken} dnspython does not take");
    assert!(zones.is_empty() || compared > 9_000);
}

#[test]
fn the_same_records_as_hickory() {
    let (mut zones_read, mut compared) = (0, 0);
    for (path, origin, _) in zones() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let origin_name = Name::from_ascii(origin).unwrap();
        // It stops at the first thing that it does not take, which is most files: what it reads whole counts.
        let Ok((_, sets)) = Parser::new(text.as_str(), None, Some(origin_name)).parse() else { continue };
        let mut theirs = Vec::new();
        for set in sets.values() {
            for record in set.records_without_rrsigs() {
                let wire = mailproof::zone::print::wire(&record.data).unwrap();
                let owner = mailproof::model::wire_name::WireName::from_name(&(&record.name).into()).to_string();
                // Its sets have one TTL; ours are compared without.
                theirs.push(Flat::new(&owner, 0, record.record_type().into(), wire));
            }
        }
        // It lower-cases names in data, and keeps a record once.
        let lower = |r: Flat| Flat { ttl: 0, wire: r.wire.map(|w| w.to_ascii_lowercase()), ..r };
        let mut ours: Vec<Flat> = read(&path, origin).records.into_iter().map(lower).collect();
        ours.sort();
        ours.dedup();
        let mut theirs: Vec<Flat> = theirs.into_iter().map(lower).collect();
        theirs.sort();
        assert_eq!(ours, theirs, "{}", path.display());
        zones_read += 1;
        compared += theirs.len();
    }
    eprintln!("hickory reads {zones_read} zones whole; {compared} records are the same");
    assert!(zones_read == 0 || zones_read > 10);
}

#[test]
fn what_other_programs_wrote_again_is_the_same() {
    let Some(root) = corpus("") else { return };
    for (a, b, origin) in [
        ("zones-dnspython/example", "zones-dnspython/example1.good", "example."),
        ("zones-dnspython/example", "zones-dnspython/example2.good", "example."),
        ("zones-dnspython/example", "zones-dnspython/example3.good", "example."),
        (
            "zones-ldns/08-zonereader.tpkg/08-zonereader.inputzone",
            "zones-ldns/08-zonereader.tpkg/08-zonereader.outputzone",
            "xiph.org.",
        ),
        ("zones-nsd/rr-test.tdir/rr-test.zone", "zones-nsd/rr-test.tdir/rr-test.cmp_zone", "example.com."),
    ] {
        let (one, two) = (read(&root.join(a), origin).records, read(&root.join(b), origin).records);
        assert_eq!(missing(&one, &two), [], "{a} and not {b}");
        assert_eq!(missing(&two, &one), [], "{b} and not {a}");
    }
}

#[test]
fn printing_and_reading_again_loses_nothing() {
    for (path, origin, _) in zones() {
        let records = read(&path, origin).records;
        let mut text = String::new();
        for record in records.iter().filter(|r| r.wire.is_some()) {
            let fields = mailproof::zone::layout::fields(record.rtype).unwrap();
            let data = mailproof::zone::print::data(fields, record.wire.as_ref().unwrap()).unwrap();
            text.push_str(&format!("{} {} TYPE{} {data}\n", record.owner, record.ttl, record.rtype));
        }
        let again = read_alone(text.as_bytes(), ".");
        assert_eq!(again.faults, Vec::<String>::new(), "{}", path.display());
        let want: Vec<Flat> = records.into_iter().filter(|r| r.wire.is_some()).collect();
        assert_eq!(again.records, want, "{}", path.display());
    }
}
