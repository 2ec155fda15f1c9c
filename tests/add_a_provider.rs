//! `docs/add-a-provider.md`, followed word for word: its file is added at run time, and a push goes through it to an API
//! that does what the page says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;

use std::net::TcpListener;
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use support::fake::{Fake, Reply, Seen};
use support::{mailproof, told};

const PAGE: &str = include_str!("../docs/add-a-provider.md");
const TOKEN: &str = "hunter2-token";

/// The fenced blocks of `language` in the page.
fn blocks(language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    PAGE.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_string()).collect()
}

/// The API of the page: one zone, two records a page of the list.
struct Api {
    fake: Fake,
    records: Arc<Mutex<Vec<Value>>>,
    writes: Arc<Mutex<Vec<String>>>,
}

impl Api {
    fn start() -> Api {
        let first = json!({"id": 4, "host": "www", "kind": "A", "ttl": 300, "text": "192.0.2.1"});
        let ns = json!({"id": 5, "host": "@", "kind": "NS", "ttl": 300, "text": "ns1.dns.example."});
        let mail = json!({"id": 6, "host": "mail", "kind": "A", "ttl": 300, "text": "192.0.2.10"});
        let records = Arc::new(Mutex::new(vec![first, ns, mail]));
        let writes = Arc::new(Mutex::new(Vec::new()));
        let (kept, log) = (records.clone(), writes.clone());
        let fake = Fake::start(move |seen: &Seen| {
            let (status, answer) = match seen.headers.get("x-token").is_some_and(|token| token == TOKEN) {
                true => answer(&seen.method, &seen.target, &seen.json(), &mut kept.lock().unwrap()),
                false => (401, json!({"problem": "who are you?"})),
            };
            if seen.method != "GET" {
                log.lock().unwrap().push(format!("{} {} {status}", seen.method, seen.target));
            }
            if answer.is_null() { Reply::empty(status) } else { Reply::json(status, answer) }
        });
        Api { fake, records, writes }
    }
}

fn answer(method: &str, target: &str, body: &Value, records: &mut Vec<Value>) -> (u16, Value) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    let id: Option<u64> = path.strip_prefix("/v1/zones/17/records/").and_then(|id| id.parse().ok());
    let at = id.and_then(|id| records.iter().position(|r| r["id"] == id));
    let complete = ["host", "kind", "text"].iter().all(|key| body[key].is_string()) && body["ttl"].as_u64() >= Some(60);
    match (method, path) {
        ("GET", "/v1/zones") => {
            let zones = json!([{"id": 17, "name": "example.test"}]);
            let none = json!([]);
            (200, json!({"zones": if parameter("name") == Some("example.test") { zones } else { none }}))
        }
        ("GET", "/v1/zones/17/records") => {
            let page: usize = parameter("page").map_or(1, |p| p.parse().unwrap());
            let shown: Vec<&Value> = records.iter().skip((page - 1) * 2).take(2).collect();
            (200, json!({"records": shown, "pages": records.len().div_ceil(2)}))
        }
        ("POST" | "PUT", _) if !complete => (422, json!({"problem": "a record needs host, kind, ttl and text"})),
        ("POST", "/v1/zones/17/records") => {
            let mut record = body.clone();
            record["id"] = json!(records.iter().filter_map(|r| r["id"].as_u64()).max().unwrap_or(0) + 1);
            records.push(record.clone());
            (201, record)
        }
        ("PUT", _) if at.is_some() => {
            let mut record = body.clone();
            record["id"] = json!(id);
            records[at.unwrap()] = record.clone();
            (200, record)
        }
        ("DELETE", _) if at.is_some() => {
            records.remove(at.unwrap());
            (204, Value::Null)
        }
        _ => (404, json!({"problem": "not here"})),
    }
}

/// Runs a command of the page in `home`; those that talk to the provider are led to the API.
fn run(line: &str, home: &Path, port: u16) -> Output {
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    let mut command = mailproof();
    command.args(&words).current_dir(home).env("XDG_CONFIG_HOME", home.join("config")).env("EXAMPLEDNS_TOKEN", TOKEN);
    if words.first() != Some(&"providers") || words.get(1) == Some(&"check") {
        command.arg("--endpoint").arg(format!("http://127.0.0.1:{port}"));
    }
    if words == ["push"] {
        // Nobody is here to agree; the page's zone is in no DNS that could be asked.
        command.args(["--yes", "--no-wait", "--unproven"]);
    }
    command.output().unwrap()
}

#[test]
fn the_page_can_be_followed() {
    let (api, home) = (Api::start(), tempfile::tempdir().unwrap());
    let yaml = blocks("yaml");
    let [definition, profile] = &yaml[..] else { panic!("the page has two files") };
    let folder = home.path().join("config/mailproof/providers");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("exampledns.yaml"), definition).unwrap();
    std::fs::write(home.path().join("mailproof.yaml"), profile).unwrap();

    let commands: Vec<String> =
        blocks("sh").iter().flat_map(|b| b.lines().map(str::to_string).collect::<Vec<_>>()).collect();
    let expected: &[(&str, i32, &str)] = &[
        ("mailproof providers show exampledns", 0, "EXAMPLEDNS_TOKEN: API token; it needs the right to write"),
        ("mailproof providers check exampledns --zone example.test", 0, "example.test has 3 record sets"),
        ("mailproof plan", 0, "_dmarc"),
        ("mailproof push", 0, "_dmarc"),
        ("mailproof plan", 0, "nothing to do"),
    ];
    assert_eq!(commands, expected.iter().map(|(line, _, _)| *line).collect::<Vec<_>>(), "the commands of the page");
    for (line, status, holds) in expected {
        let output = run(line, home.path(), api.fake.port);
        assert_eq!(output.status.code(), Some(*status), "{line}: {}", told(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains(holds), "{line}: {}", told(&output));
        assert!(!told(&output).contains(TOKEN), "{line} tells the token");
    }
    let records = api.records.lock().unwrap().clone();
    let at = |host: &str, kind: &str| records.iter().filter(|r| r["host"] == host && r["kind"] == kind).count();
    assert_eq!((at("_dmarc", "TXT"), at("@", "TXT"), at("www", "A"), at("@", "NS")), (1, 1, 1, 1), "{records:?}");
    let writes = api.writes.lock().unwrap().clone();
    assert!(!writes.is_empty() && writes.iter().all(|w| w == "POST /v1/zones/17/records 201"), "{writes:?}");

    // A slip, as the page shows it.
    std::fs::write(folder.join("exampledns.yaml"), definition.replacen("    items: /zones", "    itmes: /zones", 1))
        .unwrap();
    let output = run("mailproof providers show exampledns", home.path(), api.fake.port);
    let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(2), "{said}");
    let shown = blocks("text");
    for line in shown[0].lines() {
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = words.trim_start_matches("error: ").trim_start_matches("hint: ");
        assert!(said.contains(words), "the page shows\n{words}\nand the program says\n{said}");
    }
}

#[test]
fn a_file_named_on_the_command_line_and_what_goes_wrong() {
    let (api, home) = (Api::start(), tempfile::tempdir().unwrap());
    let definition = &blocks("yaml")[0];
    std::fs::write(home.path().join("own.yaml"), definition).unwrap();
    let endpoint = format!("http://127.0.0.1:{}", api.fake.port);
    let check = |zone: &str, token: &str, json: bool| {
        let mut command = mailproof();
        command
            .current_dir(home.path())
            .env("XDG_CONFIG_HOME", home.path().join("none"))
            .env("EXAMPLEDNS_TOKEN", token);
        command.args(["providers", "check", "exampledns", "--provider-file", "own.yaml", "--zone", zone]);
        command.args(["--endpoint", &endpoint]);
        if json {
            command.args(["--format", "json"]);
        }
        command.output().unwrap()
    };
    let portal = "https://panel.dns.example/tokens";
    // Zone, token, exit status, what is said.
    let cases: &[(&str, &str, i32, &[&str])] = &[
        ("example.test", TOKEN, 0, &["example.test has 3 record sets"]),
        ("example.test", "wrong", 2, &["refused the key (401)", portal]),
        ("other.test", TOKEN, 2, &["has no zone other.test", portal]),
        // The longest match: the zone above it is there.
        (
            "mail.eu.example.test",
            TOKEN,
            2,
            &["it has example.test, which holds mail.eu.example.test", "zone: example.test"],
        ),
    ];
    for (zone, token, status, says) in cases {
        let output = check(zone, token, false);
        assert_eq!(output.status.code(), Some(*status), "{zone}: {}", told(&output));
        let said = told(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        for text in *says {
            assert!(said.contains(text), "{zone}: {text}: {said}");
        }
        let output = check(zone, token, true);
        assert_eq!(output.status.code(), Some(*status), "{zone}: {}", told(&output));
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(value["ok"], *status == 0, "{value}");
        assert!(*status == 0 || value["portal"] == portal, "{value}");
        assert!(!told(&output).contains(token), "the token is told");
    }
    assert!(api.writes.lock().unwrap().is_empty(), "a check writes nothing");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = mailproof();
    command.current_dir(home.path()).env("EXAMPLEDNS_TOKEN", TOKEN);
    command.args(["providers", "check", "exampledns", "--provider-file", "own.yaml", "--zone", "example.test"]);
    let output = command.args(["--endpoint", &format!("http://127.0.0.1:{closed}")]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "nobody listens: {}", told(&output));
    let output = mailproof().args(["providers", "show", "clouflare"]).output().unwrap();
    assert!(
        output.status.code() == Some(2) && told(&output).contains("do you mean `cloudflare`?"),
        "{}",
        told(&output)
    );
    let output = mailproof().args(["providers", "show", "powerdns", "--format", "json"]).output().unwrap();
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["credentials"][0]["env"], "PDNS_API_KEY");
}

/// From the names of the zone's servers it is known who keeps it, for a domain below the apex too.
#[test]
fn the_provider_is_known_by_its_name_servers() {
    let zone = "$ORIGIN example.test.\n$TTL 300\n@ IN SOA ns1.dns.example. hostmaster 1 3600 600 86400 300\n\
                @ IN NS ns1.dns.example.\n@ IN NS ns2.dns.example.\nmail IN A 192.0.2.10\n";
    let other = "$ORIGIN other.test.\n$TTL 300\n@ IN SOA ns1 hostmaster 1 3600 600 86400 300\n@ IN NS ns1\n\
                 ns1 IN A 127.0.0.1\n";
    let Some(bind) = support::bind::Bind::start(&[("example.test", zone), ("other.test", other)]) else { return };
    let (api, home) = (Api::start(), tempfile::tempdir().unwrap());
    let folder = home.path().join("config/mailproof/providers");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("exampledns.yaml"), &blocks("yaml")[0]).unwrap();
    let run = |args: &[&str]| {
        let mut command = mailproof();
        command.current_dir(home.path()).env("XDG_CONFIG_HOME", home.path().join("config"));
        command.env("EXAMPLEDNS_TOKEN", TOKEN).args(args).args(["--nameserver", &format!("127.0.0.1:{}", bind.port)]);
        command.output().unwrap()
    };
    let cases: &[(&str, i32, &str)] = &[
        ("example.test", 0, "example.test is kept by Example DNS (exampledns)"),
        ("deep.eu.example.test", 0, "example.test is kept by Example DNS (exampledns)"),
        ("other.test", 1, "other.test is kept by nobody that is known here"),
        ("nowhere.invalid", 3, "DNS does not say which zone"),
    ];
    for (domain, status, says) in cases {
        let output = run(&["providers", "list", "--domain", domain]);
        assert_eq!(output.status.code(), Some(*status), "{domain}: {}", told(&output));
        assert!(told(&output).contains(says), "{domain}: {}", told(&output));
    }
    let output = run(&["providers", "list", "--domain", "eu.example.test", "--format", "json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((value["zone"].as_str(), value["provider"]["id"].as_str()), (Some("example.test"), Some("exampledns")));

    // The profile names no provider; the domain is no zone of its own.
    let profile = "version: 1\ndomains:\n  - domain: eu.example.test\n    hosts: [{name: mail.example.test, addresses: \
                   [192.0.2.10]}]\n    dmarc: {policy: none}\n";
    std::fs::write(home.path().join("mailproof.yaml"), profile).unwrap();
    let output = run(&["plan", "--endpoint", &format!("http://127.0.0.1:{}", api.fake.port)]);
    let said = told(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("write `provider: {id: exampledns, zone: example.test}` into the profile to push"), "{said}");
    assert!(said.contains("_dmarc.eu") && said.contains("example.test on exampledns"), "{said}");
    // It names the provider and not the zone, and DNS is not asked: the list of zones is.
    let profile = profile.to_string() + "    provider: {id: exampledns}\n";
    std::fs::write(home.path().join("mailproof.yaml"), profile).unwrap();
    let said = told(&run(&["plan", "--endpoint", &format!("http://127.0.0.1:{}", api.fake.port)]));
    assert!(said.contains("eu.example.test stands in the zone example.test"), "{said}");
    assert!(said.contains("_dmarc.eu") && said.contains("example.test on exampledns"), "{said}");
    assert!(api.writes.lock().unwrap().is_empty(), "a plan writes nothing");
}
