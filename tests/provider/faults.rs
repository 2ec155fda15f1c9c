//! An API that misbehaves: what is asked again, what is not, and what a person is told.

use std::collections::VecDeque;
use std::io::{BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hickory_proto::rr::{RData, RecordType};
use mailproof::error::{Error, ErrorKind};
use mailproof::model::name;
use mailproof::model::snapshot::{RecordSet, Snapshot};
use mailproof::model::txt;
use mailproof::plan::change::Change;
use mailproof::profile::schema::ProviderConfig;
use mailproof::provider::credential::Variables;
use mailproof::provider::open::{Opening, open};
use mailproof::provider::{NeverSent, Provider, builtin};

use crate::support::fake::read_request;

const SECRET: &str = "hunter2/secret key";
const ZONE: &str = "{\"name\":\"example.com.\",\"rrsets\":[{\"name\":\"example.com.\",\"type\":\"TXT\",\"ttl\":60,\
                    \"records\":[{\"content\":\"\\\"a\\\"\",\"disabled\":false}]}]}";

/// One answer: status line and header fields, and a body; an empty one closes the connection without an answer.
type Answer = (&'static str, &'static str);

/// Gives `answers` in turn, then the last again and again; keeps the request lines.
fn api(answers: &[Answer]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, mut left) = (seen.clone(), answers.iter().copied().collect::<VecDeque<Answer>>());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let Some(request) = read_request(&mut reader) else { continue };
            log.lock().unwrap().push(format!("{} {} HTTP/1.1", request.method, request.target));
            let (head, body) = if left.len() > 1 { left.pop_front().unwrap() } else { left[0] };
            if !head.is_empty() {
                let reply =
                    format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(reply.as_bytes());
            }
        }
    });
    (endpoint, seen)
}

fn powerdns(endpoint: &str) -> Box<dyn Provider> {
    provider(endpoint, include_str!("../../providers/powerdns.yaml"))
}

fn provider(endpoint: &str, definition: &str) -> Box<dyn Provider> {
    let definition = builtin::parse(definition, "the test's definition").unwrap();
    let config = ProviderConfig {
        id: definition.id.clone(),
        zone: None,
        endpoint: Some(endpoint.into()),
        settings: Default::default(),
    };
    let apex = name::domain("example.com").unwrap();
    let credentials = Variables::new([("PDNS_API_KEY".to_string(), SECRET.to_string())]);
    let definitions = vec![definition];
    open(&Opening { config: &config, apex: &apex, credentials: &credentials, base: PathBuf::new(), definitions })
        .unwrap()
}

fn change() -> Change {
    let value = RData::TXT(txt::split(b"v=DMARC1; p=none"));
    let set = RecordSet::desired(name::domain("_dmarc.example.com").unwrap(), 60, vec![value], "");
    Change::between(None, Some(set)).unwrap()
}

async fn read(answers: &[Answer]) -> (Result<Snapshot, Error>, usize) {
    let (endpoint, seen) = api(answers);
    let result = powerdns(&endpoint).read(&[]).await.map(|reading| reading.snapshot);
    let count = seen.lock().unwrap().len();
    (result, count)
}

async fn write(answers: &[Answer]) -> (Result<(), Error>, usize) {
    let (endpoint, seen) = api(answers);
    let result = powerdns(&endpoint).apply(&[change()]).await;
    let count = seen.lock().unwrap().len();
    (result, count)
}

#[tokio::test]
async fn what_is_asked_again() {
    let good = ("200 OK", ZONE);
    let patched = ("204 No Content", "");
    let cases: &[(&str, Answer, bool, bool)] = &[
        ("too many requests: nothing was done", ("429 X\r\nretry-after: 0", ""), true, true),
        ("a gateway without its server", ("502 X", ""), true, false),
        ("a server that is busy", ("503 X\r\nretry-after: 0", ""), true, false),
        ("a connection that breaks", ("", ""), true, false),
        ("a fault of its own", ("500 X", ""), false, false),
        ("a refusal", ("422 X", "{\"error\":\"no\"}"), false, false),
    ];
    for (why, first, read_again, write_again) in cases {
        let (result, count) = read(&[*first, good]).await;
        assert_eq!((result.is_ok(), count), (*read_again, 1 + usize::from(*read_again)), "reading, {why}: {result:?}");
        let (result, count) = write(&[*first, patched]).await;
        assert_eq!(
            (result.is_ok(), count),
            (*write_again, 1 + usize::from(*write_again)),
            "writing, {why}: {result:?}"
        );
    }
    let (result, count) = read(&[("429 X\r\nretry-after: 0", "")]).await;
    assert_eq!((result.unwrap_err().kind(), count), (ErrorKind::Unreachable, 4), "three times, and no more");
    let start = Instant::now();
    let (result, count) = read(&[("429 X\r\nretry-after: 86400", "")]).await;
    assert!(result.is_err() && count == 1 && start.elapsed() < Duration::from_secs(60), "nobody waits a day");
}

#[tokio::test]
async fn what_a_refusal_means() {
    let cases: &[(Answer, ErrorKind, &str)] = &[
        (("401 X", "Unauthorized"), ErrorKind::Config, "PowerDNS refused the key (401) at http://127.0.0.1:"),
        (("403 X", ""), ErrorKind::Config, "refused the key (403)"),
        (
            ("422 X", "{\"error\":\"RRset x IN TXT: Conflicts with pre-existing RRset\"}"),
            ErrorKind::Refused,
            "Conflicts with",
        ),
        (("409 X", "{\"error\":\"two\\nlines \\u001b[31m\"}"), ErrorKind::Refused, "two lines [31m"),
        (("500 X", "boom"), ErrorKind::Unreachable, "a fault of its own (500): boom"),
        (("302 X\r\nlocation: https://evil.example/", ""), ErrorKind::Config, "sends us elsewhere (302)"),
        (("200 OK", "<html>"), ErrorKind::Unreachable, "not JSON"),
        (("400 X", "{\"error\":\"your key hunter2/secret key is odd\"}"), ErrorKind::Refused, "your key *** is odd"),
    ];
    for (answer, kind, message) in cases {
        let (result, _) = write(&[*answer]).await;
        let error = result.unwrap_err();
        assert_eq!(error.kind(), *kind, "{answer:?}: {error}");
        assert!(error.to_string().contains(message), "{answer:?}: {error}");
        assert!(!format!("{error:?} {error}").contains("hunter2"), "{error:?}");
    }
    let (result, _) = read(&[("404 X", "{\"error\":\"Could not find domain\"}")]).await;
    let error = result.unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.message().contains("has no zone example.com"), "{error}");
    let (result, _) = read(&[("200 OK", "{\"rrsets\":[{\"type\":\"TXT\"}]}")]).await;
    assert!(result.unwrap_err().to_string().contains("without its name"));
    let (result, _) = read(&[("200 OK", "[]")]).await;
    assert!(result.unwrap_err().to_string().contains("without the list"));
}

#[tokio::test]
async fn nothing_was_sent_where_nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = powerdns(&format!("http://127.0.0.1:{port}")).apply(&[change()]).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unreachable && NeverSent::caused(&error), "{error:?}");
    let (result, _) = write(&[("", "")]).await;
    let error = result.unwrap_err();
    assert!(error.kind() == ErrorKind::Unreachable && !NeverSent::caused(&error), "{error:?}");
}

/// A credential in a query must not come out with the URL; a list that never ends must end.
#[tokio::test]
async fn queries_and_endless_lists() {
    let text = include_str!("../../providers/powerdns.yaml")
        .replace(
            "{kind: header, headers: {X-API-Key: \"{{cred.key}}\"}}",
            "{kind: query, params: {key: \"{{cred.key}}\"}}",
        )
        .replace("  items: /rrsets\n", "  items: /rrsets\n  paginate: {kind: cursor, param: cursor, next: /next}\n");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = provider(&format!("http://127.0.0.1:{port}"), &text).read(&[]).await.unwrap_err();
    assert!(!format!("{error:?} {error}").contains("hunter2"), "{error:?}");
    let (endpoint, seen) = api(&[("200 OK", "{\"rrsets\":[],\"next\":\"again\"}")]);
    let error = provider(&endpoint, &text).read(&[]).await.unwrap_err();
    assert!(error.message().contains("without end"), "{error}");
    assert!(seen.lock().unwrap().len() <= 3, "the same page twice is the end");
}

/// What is switched off or not understood is no part of the zone and none of our business.
#[tokio::test]
async fn odd_sets() {
    let zone = "{\"rrsets\":[\
                {\"name\":\"example.com.\",\"type\":\"ALIAS\",\"ttl\":60,\"records\":[{\"content\":\"x.example.\",\"disabled\":false}]},\
                {\"name\":\"www.example.com.\",\"type\":\"A\",\"ttl\":60,\"records\":[{\"content\":\"no address\",\"disabled\":false}]},\
                {\"name\":\"off.example.com.\",\"type\":\"TXT\",\"ttl\":60,\"records\":[{\"content\":\"\\\"x\\\"\",\"disabled\":true}]}]}";
    let (result, _) = read(&[("200 OK", zone)]).await;
    let zone = result.unwrap();
    assert!(zone.get(&name::domain("off.example.com").unwrap(), RecordType::TXT).is_none());
    let opaque: Vec<String> = zone.opaque.iter().map(|o| format!("{} {}", o.name, o.rtype)).collect();
    assert_eq!(opaque, ["example.com ALIAS", "www.example.com A"]);
}
