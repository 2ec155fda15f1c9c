//! Faults on the way: a proxy in front of a real PowerDNS, and in front of a stand-in that takes one record at a time,
//! does what networks and busy servers do. Whatever happens, nothing is doubled, nothing that is not ours is touched,
//! the journal says what is true, and the next run brings the zone to where it was to be.

use std::collections::VecDeque;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_proto::rr::RecordType;
use mailproof::error::{Error, ErrorKind};
use mailproof::model::name::{self, Name};
use mailproof::model::snapshot::{RecordSet, Snapshot, canonical};
use mailproof::provider::{Provider, builtin};
use mailproof::push::journal::{self, UnitState};
use mailproof::push::read_back::{self, Stands};

use crate::fakes::{self, APEX};
use crate::journey::{self, Want};
use crate::support::fake::read_request;
use crate::support::powerdns::PowerDns;

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// 429 with Retry-After; the server never sees the request.
    TooMany,
    /// 500; the server never sees the request.
    BrokenBefore,
    /// 500 after the server has done it.
    BrokenAfter,
    /// 503 with Retry-After; the server never sees it.
    Busy,
    /// The connection ends before the server sees it.
    ResetBefore,
    /// The connection ends after the server has done it.
    ResetAfter,
    /// The answer ends in its middle.
    HalfBody,
    /// The answer is no JSON, though the server has done it.
    WrongJson,
    /// No answer in time, though the server has done it.
    Stall,
}

const QUICK: &[Fault] = &[
    Fault::TooMany,
    Fault::BrokenBefore,
    Fault::BrokenAfter,
    Fault::Busy,
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::HalfBody,
    Fault::WrongJson,
];

/// Small, seeded, the same everywhere (splitmix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }
}

/// Stands before the server at `port` and carries out its script, a fault a request; then it only passes on.
struct Proxy {
    port: u16,
    script: Arc<Mutex<VecDeque<Fault>>>,
}

impl Proxy {
    fn start(server: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Arc::new(Mutex::new(VecDeque::new()));
        let mine = script.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let script = mine.clone();
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream.try_clone().unwrap());
                    while let Some(request) = read_request(&mut reader) {
                        let fault = script.lock().unwrap().pop_front().unwrap_or(Fault::None);
                        if !pass(&stream, &request, server, fault) {
                            let _ = stream.shutdown(std::net::Shutdown::Both);
                            return;
                        }
                    }
                });
            }
        });
        Proxy { port, script }
    }
}

/// Carries one request through `fault`; whether the connection stays.
fn pass(mut stream: &TcpStream, request: &crate::support::fake::Seen, server: u16, fault: Fault) -> bool {
    let refuse = |mut stream: &TcpStream, status: &str| {
        let text = format!("HTTP/1.1 {status}\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(text.as_bytes()).is_ok()
    };
    match fault {
        Fault::TooMany => return refuse(stream, "429 Too Many Requests"),
        Fault::Busy => return refuse(stream, "503 Service Unavailable"),
        Fault::BrokenBefore => return refuse(stream, "500 Internal Server Error"),
        Fault::ResetBefore => return false,
        _ => {}
    }
    // SQLite takes one writer at a time, and PowerDNS answers 500 to the others: that is no fault of these scripts.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut onward = TcpStream::connect(("127.0.0.1", server)).unwrap();
    let mut text =
        format!("{} {} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n", request.method, request.target);
    for (name, value) in &request.headers {
        if !matches!(name.as_str(), "host" | "connection" | "content-length") {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    text.push_str(&format!("content-length: {}\r\n\r\n{}", request.body.len(), request.body));
    onward.write_all(text.as_bytes()).unwrap();
    let (head, body) = whole_answer(&mut onward);
    drop(turn);
    let status = head.lines().next().unwrap().to_string();
    let with = |body: &[u8], length: usize| {
        let mut out =
            format!("{status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n").into_bytes();
        if status.contains(" 204 ") {
            out = format!("{status}\r\n\r\n").into_bytes();
        }
        out.extend_from_slice(body);
        out
    };
    match fault {
        Fault::BrokenAfter => refuse(stream, "500 Internal Server Error"),
        Fault::ResetAfter => false,
        Fault::HalfBody => {
            let _ =
                stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len() + 10).as_bytes());
            let _ = stream.write_all(&body[..body.len() / 2]);
            false
        }
        Fault::WrongJson => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n<html>{\"a\":1}}").is_ok(),
        Fault::Stall => {
            std::thread::sleep(Duration::from_millis(5500));
            false
        }
        _ => stream.write_all(&with(&body, body.len())).is_ok(),
    }
}

/// Head and body of an answer whose connection the server may or may not close.
fn whole_answer(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut all = Vec::new();
    let mut buffer = [0; 16384];
    loop {
        if let Some(end) = all.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&all[..end]).into_owned();
            let field = |name: &str| {
                let line = head.lines().find(|l| l.to_ascii_lowercase().starts_with(name))?;
                line.split_once(':').map(|(_, v)| v.trim().to_string())
            };
            let length = field("content-length").and_then(|l| l.parse::<usize>().ok());
            let none = head.starts_with("HTTP/1.1 204");
            if none || length.is_some_and(|length| all.len() >= end + 4 + length) {
                return (head, if none { Vec::new() } else { all[end + 4..].to_vec() });
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => {
                let end = all.windows(4).position(|w| w == b"\r\n\r\n").expect("the server answers");
                return (String::from_utf8_lossy(&all[..end]).into_owned(), all[end + 4..].to_vec());
            }
            Ok(n) => all.extend_from_slice(&buffer[..n]),
        }
    }
}

/// Where the runs are made.
struct Place<'a> {
    apex: Name,
    proxy: &'a Proxy,
    /// A provider through the proxy.
    through: &'a dyn Fn() -> Box<dyn Provider>,
    /// One beside it.
    direct: &'a dyn Fn() -> Box<dyn Provider>,
}

/// What the runs met with.
#[derive(Debug, Default)]
struct Tally {
    runs: usize,
    fine: usize,
    nothing: usize,
    partial: usize,
    rolled_back: usize,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.runs += other.runs;
        self.fine += other.fine;
        self.nothing += other.nothing;
        self.partial += other.partial;
        self.rolled_back += other.rolled_back;
    }
}

fn same(a: Option<&RecordSet>, b: Option<&RecordSet>) -> bool {
    read_back::same(a, b, true)
}

/// One random state of the records that are ours.
fn random_sets(random: &mut Random) -> Vec<(&'static str, u32, Vec<Want>)> {
    let mut all = vec![("_dmarc", format!("v=DMARC1; p=none; rua=mailto:d{}@example.test", random.below(1000)))];
    if random.below(2) == 0 {
        all.push(("@", format!("v=spf1 ip4:192.0.2.{} -all", random.below(250))));
    }
    for owner in ["k1._domainkey", "k2._domainkey", "_smtp._tls", "x", "y"] {
        if random.below(2) == 0 {
            let length = random.below(500);
            all.push((owner, format!("v={}; p={}", random.below(1000), "A".repeat(length))));
        }
    }
    all.into_iter().map(|(owner, value)| (owner, 300, vec![Want::Text(value)])).collect()
}

async fn zone_of(provider: &dyn Provider) -> Snapshot {
    provider.read(&[]).await.unwrap().snapshot
}

/// One run through the faults of `script`, and the checks after it.
async fn one(place: &Place<'_>, seed: u64, script: &[Fault], tally: &mut Tally) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut random = Random::new(seed);
    let what = format!("seed {seed}, faults {script:?}");
    let wanted = journey::wanted(&place.apex, &random_sets(&mut random));
    let gone: &[&str] = if random.below(3) == 0 { &["y2"] } else { &[] };
    let direct = (place.direct)();
    let before = zone_of(direct.as_ref()).await;
    let through = (place.through)();
    let (plan, _) = match journey::plan(through.as_ref(), &wanted, gone).await {
        Ok(made) => made,
        Err(e) => panic!("{what}: {e}"),
    };
    tally.runs += 1;
    *place.proxy.script.lock().unwrap() = script.iter().copied().collect();
    let outcome = journey::push((place.through)().as_ref(), &plan, folder).await;
    place.proxy.script.lock().unwrap().clear();
    let after = zone_of(direct.as_ref()).await;
    // Nothing that is not ours is touched, nothing is there twice, whatever came of the rest.
    for set in before.sets().filter(|set| set.rtype != RecordType::SOA) {
        if plan.changes.iter().all(|change| change.key() != set.key()) {
            assert!(same(Some(set), after.get(&set.name, set.rtype)), "{what}: {} {} was touched", set.name, set.rtype);
        }
    }
    for set in after.sets() {
        let mut values: Vec<Vec<u8>> = set.values.iter().map(canonical).collect();
        let count = values.len();
        values.sort();
        values.dedup();
        assert_eq!(values.len(), count, "{what}: {} {} has a value twice", set.name, set.rtype);
    }
    let spf = |zone: &Snapshot| {
        let texts = zone.get(&place.apex, RecordType::TXT).map(RecordSet::texts).unwrap_or_default();
        texts.iter().filter(|t| t.starts_with(b"v=spf1")).count()
    };
    assert_eq!(spf(&after), 1, "{what}: one SPF record, never two and never none");
    let shown = name::show(&place.apex);
    let journals = journal::of_zone(folder, &shown).unwrap();
    let stands: Vec<Stands> = plan.changes.iter().map(|change| read_back::stands(change, &after)).collect();
    match &outcome {
        Ok(done) => {
            tally.fine += 1;
            assert!(stands.iter().all(|s| *s == Stands::After), "{what}: {stands:?}");
            assert!(done.journal.journal.finished, "{what}");
        }
        Err(error) if error.kind() == ErrorKind::Partial => {
            tally.partial += 1;
            assert_eq!(error.kind().exit_code(), 4);
            let last = &journals.last().expect("a journal").journal;
            assert!(!last.finished, "{what}");
            truthful(&what, last, &after, error);
        }
        Err(error) => {
            tally.nothing += 1;
            assert!(
                matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Refused | ErrorKind::Config),
                "{what}: {error:?}"
            );
            let unchanged = before.sets().chain(after.sets()).filter(|set| set.rtype != RecordType::SOA);
            for set in unchanged {
                let (a, b) = (before.get(&set.name, set.rtype), after.get(&set.name, set.rtype));
                assert!(
                    same(a, b),
                    "{what}: told that nothing was written: {error}, and {} {} is another",
                    set.name,
                    set.rtype
                );
            }
        }
    }
    // The next run finishes, and then there is nothing to do.
    let (rest, _) = journey::plan((place.through)().as_ref(), &wanted, gone).await.unwrap();
    if !rest.is_empty() {
        journey::push((place.through)().as_ref(), &rest, folder)
            .await
            .unwrap_or_else(|e| panic!("{what}, again: {e:?}"));
    }
    let (left, _) = journey::plan(direct.as_ref(), &wanted, gone).await.unwrap();
    assert!(left.is_empty(), "{what}: the second run converges: {left:?}");
    // Both are taken back together, where the second went on with the first.
    let unfinished = outcome.as_ref().is_err_and(|e| e.kind() == ErrorKind::Partial) && !rest.is_empty();
    if (outcome.is_ok() && !plan.is_empty() || unfinished) && random.below(4) == 0 {
        journey::take_back((place.through)().as_ref(), &place.apex, folder)
            .await
            .unwrap_or_else(|e| panic!("{what}, back: {e:?}"));
        let back = zone_of(direct.as_ref()).await;
        for set in before.sets().chain(back.sets()).filter(|set| set.rtype != RecordType::SOA) {
            let (a, b) = (before.get(&set.name, set.rtype), back.get(&set.name, set.rtype));
            assert!(same(a, b), "{what}: {} {} is not as it was: {a:?} {b:?}", set.name, set.rtype);
        }
        tally.rolled_back += 1;
    }
}

/// What the journal says of each unit is so.
fn truthful(what: &str, journal: &journal::Journal, after: &Snapshot, error: &Error) {
    for unit in &journal.units {
        for change in &unit.changes {
            let stands = read_back::stands(change, after);
            let fits = match unit.state {
                UnitState::Done => stands == Stands::After,
                UnitState::Pending | UnitState::Refused => stands == Stands::Before,
                UnitState::Writing => stands != Stands::Else,
            };
            assert!(
                fits,
                "{what}: the journal says {:?} of {}, and it stands {stands:?} ({error})",
                unit.state,
                change.key().name
            );
        }
    }
}

fn script(random: &mut Random, faults: &[Fault]) -> Vec<Fault> {
    let length = 1 + random.below(6);
    (0..length).map(|_| if random.below(3) == 0 { Fault::None } else { faults[random.below(faults.len())] }).collect()
}

fn zone_text(apex: &str) -> String {
    format!(
        "$ORIGIN {apex}.\n$TTL 300\n@ IN SOA ns1 hostmaster 1 3600 600 86400 300\n@ IN NS ns1\n@ 1800 IN MX 10 mail\n\
         @ 1200 IN TXT \"site-verification=abc\"\n@ 1200 IN TXT \"v=spf1 include:_spf.example.test\" \" ~all\"\n\
         ns1 IN A 127.0.0.1\nmail IN A 192.0.2.10\nwww IN CNAME mail\n_dmarc 120 IN TXT \"v=DMARC1; p=none\"\n\
         y2 IN TXT \"goes sometimes\"\nz IN TXT \"stays\"\n"
    )
}

/// Runs in all, over zones that are worked on side by side.
const RUNS: u64 = 512;
const ZONES: u64 = 16;

#[test]
fn five_hundred_runs_through_faults_at_powerdns() {
    let names: Vec<String> = (0..ZONES).map(|n| format!("z{n}.test")).collect();
    let texts: Vec<String> = names.iter().map(|n| zone_text(n)).collect();
    let zones: Vec<(&str, &str)> = names.iter().zip(&texts).map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let Some(server) = PowerDns::start(&zones) else { return };
    let port: u16 = server.endpoint.split(':').nth(2).unwrap().split('/').next().unwrap().parse().unwrap();
    let key = server.api_key.as_str();
    // An hour is five seconds here: an answer is waited for that long.
    let impatient = include_str!("../../providers/powerdns.yaml")
        .replace("model: rrset", "timeout: 5\nretry: {pause: 10}\nmodel: rrset");
    let total = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for (number, zone) in names.iter().enumerate() {
            let (impatient, total) = (&impatient, &total);
            scope.spawn(move || {
                let (proxy, calm) = (Proxy::start(port), Proxy::start(port));
                let apex = name::domain(zone).unwrap();
                let open = |endpoint: String, text: &str| {
                    let definition = builtin::parse(text, "the test's definition").unwrap();
                    journey::opened("powerdns", &apex, Some(endpoint), &[], &[("PDNS_API_KEY", key)], vec![definition])
                };
                let through = || open(format!("http://127.0.0.1:{}", proxy.port), impatient);
                let direct =
                    || open(format!("http://127.0.0.1:{}", calm.port), include_str!("../../providers/powerdns.yaml"));
                let place = Place { apex: apex.clone(), proxy: &proxy, through: &through, direct: &direct };
                let mut tally = Tally::default();
                journey::runtime().block_on(async {
                    for run in 0..RUNS / ZONES {
                        let seed = run * ZONES + number as u64;
                        let mut random = Random::new(seed ^ 0xfau64 << 32);
                        let mut faults = script(&mut random, QUICK);
                        // Few, for each costs its time: one zone in two stalls once.
                        if run == 3 && number % 4 == 0 {
                            // The write is the second request of a push.
                            faults = vec![Fault::None, Fault::Stall];
                        }
                        one(&place, seed, &faults, &mut tally).await;
                    }
                });
                total.lock().unwrap().add(&tally);
            });
        }
    });
    let total = total.into_inner().unwrap();
    eprintln!("{total:?}");
    assert!(total.runs as u64 == RUNS && total.fine > 50 && total.nothing > 20 && total.rolled_back > 10, "{total:?}");
}

/// Where records are written one by one a set can be written in part: the journal must not say otherwise.
#[test]
fn runs_through_faults_where_records_are_written_one_by_one() {
    let impatient =
        include_str!("../../providers/cloudflare.yaml").replace("model: record", "retry: {pause: 10}\nmodel: record");
    let total = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for number in 0..8u64 {
            let (impatient, total) = (&impatient, &total);
            scope.spawn(move || {
                let mut all = fakes::LIVED_IN.to_vec();
                all.push(("y2", "TXT", 300, "goes sometimes", None));
                let fake = fakes::cloudflare(&fakes::zone(&all));
                let proxy = Proxy::start(fake.port);
                let apex = name::domain(APEX).unwrap();
                let open = |port: u16| {
                    let definition = builtin::parse(impatient, "the test's definition").unwrap();
                    let endpoint = Some(format!("http://127.0.0.1:{port}"));
                    journey::opened(
                        "cloudflare",
                        &apex,
                        endpoint,
                        &[],
                        &[("CLOUDFLARE_API_TOKEN", "t")],
                        vec![definition],
                    )
                };
                let (through, direct) = (|| open(proxy.port), || open(fake.port));
                let place = Place { apex: apex.clone(), proxy: &proxy, through: &through, direct: &direct };
                let mut tally = Tally::default();
                journey::runtime().block_on(async {
                    for run in 0..12 {
                        let seed = run * 8 + number;
                        let mut random = Random::new(seed ^ 0xab << 32);
                        // Past the two reads, where the writes are.
                        let mut faults = vec![Fault::None; 2 + random.below(4)];
                        faults.extend(script(&mut random, QUICK));
                        one(&place, seed, &faults, &mut tally).await;
                    }
                });
                total.lock().unwrap().add(&tally);
            });
        }
    });
    let total = total.into_inner().unwrap();
    eprintln!("{total:?}");
    assert!(total.partial > 5 && total.fine > 5, "{total:?}");
}
