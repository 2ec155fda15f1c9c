//! Pushes to real name servers: PowerDNS through its API, BIND through signed updates, all by the command line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::bind::Bind;
use support::powerdns::PowerDns;
use support::{mailproof, told};
use tempfile::TempDir;

/// A zone that has been lived in: SPF, site verification, TXT in odd strings, other people's records.
const ZONE: &str = "\
$ORIGIN example.test.
$TTL 300
@ IN SOA ns1 hostmaster 1 3600 600 86400 300
@ IN NS ns1
@ 1800 IN MX 10 mail
@ 1200 IN TXT \"site-verification=abc\"
@ 1200 IN TXT \"v=spf1 include:_spf.example.test\" \" ~all\"
@ 1200 IN TXT \"odd\" \" strings\"
ns1 IN A 127.0.0.1
mail IN A 192.0.2.10
www IN CNAME mail
_dmarc 120 IN TXT \"v=DMARC1; p=none\"
_spf IN TXT \"v=spf1 ip4:192.0.2.25 -all\"
";

/// A folder with a profile and its keys.
struct Home {
    dir: TempDir,
}

impl Home {
    /// With keys of 2048 and of 4096 bits, so that long values are among what is pushed.
    fn new(provider: &str) -> Home {
        let home = Home { dir: tempfile::tempdir().unwrap() };
        for (selector, algorithm) in [("s2048", "rsa2048"), ("s4096", "rsa4096")] {
            let made = mailproof()
                .args([
                    "keys",
                    "generate",
                    "--domain",
                    "example.test",
                    "--algorithm",
                    algorithm,
                    "--selector",
                    selector,
                ])
                .arg("--dir")
                .arg(home.dir.path().join("keys"))
                .output()
                .unwrap();
            assert!(made.status.success(), "{}", told(&made));
        }
        home.profile(provider, "192.0.2.10");
        home
    }

    fn key_file(&self, selector: &str) -> String {
        let files = std::fs::read_dir(self.dir.path().join("keys")).unwrap();
        let names = files.map(|f| f.unwrap().file_name().into_string().unwrap());
        let name = names.into_iter().find(|n| n.contains(selector) && !n.ends_with(".txt")).unwrap();
        format!("keys/{name}")
    }

    fn profile(&self, provider: &str, address: &str) {
        let key = |selector: &str, algorithm: &str| {
            format!("{{selector: {selector}, algorithm: {algorithm}, key: {}}}", self.key_file(selector))
        };
        let text = format!(
            "version: 1\ndomains:\n  - domain: example.test\n    hosts: [{{name: mail.example.test, addresses: [{address}]}}]\n    \
             dkim: [{}, {}]\n    dmarc: {{policy: reject, reports: [dmarc@example.test]}}\n    provider: {provider}\n",
            key("s2048", "rsa2048"),
            key("s4096", "rsa4096"),
        );
        std::fs::write(self.path(), text).unwrap();
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("mailproof.yaml")
    }

    fn command(&self, verb: &str, secret: (&str, &str)) -> Command {
        let mut command = mailproof();
        command.arg(verb).arg("--profile").arg(self.path()).env(secret.0, secret.1).env("HOME", self.dir.path());
        command
    }
}

fn exit(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a verb and holds its exit status against `status`.
fn run(command: &mut Command, status: i32) -> Output {
    let output = command.output().unwrap();
    assert_eq!(exit(&output), status, "{}", told(&output));
    output
}

/// A server that a story can be told on: the same for all.
trait Server {
    fn records(&self) -> Vec<String>;
    fn dig(&self, name: &str, rtype: &str) -> Vec<String>;
}

impl Server for PowerDns {
    fn records(&self) -> Vec<String> {
        PowerDns::list(self, "example.test")
    }

    fn dig(&self, name: &str, rtype: &str) -> Vec<String> {
        PowerDns::dig(self, name, rtype)
    }
}

impl Server for Bind {
    fn records(&self) -> Vec<String> {
        Bind::list(self, "example.test")
    }

    fn dig(&self, name: &str, rtype: &str) -> Vec<String> {
        Bind::dig(self, name, rtype)
    }
}

/// Plan, push, an empty second plan, a second push that does nothing, rollback.
fn story(server: &dyn Server, home: &Home, secret: (&str, &str)) {
    let before = server.records();
    let planned = run(&mut home.command("plan", secret), 0);
    run(home.command("plan", secret).arg("--exit-code"), 1);
    assert!(
        stdout(&planned).contains("to add") && stdout(&planned).contains("{+ip4:192.0.2.10+}"),
        "{}",
        told(&planned)
    );
    assert!(stdout(&planned).contains("other TXT at this name (2) untouched"), "{}", told(&planned));
    assert_eq!(server.records(), before, "a plan writes nothing");

    let asked = run(&mut home.command("push", secret), 2);
    assert!(stderr(&asked).contains("--yes"), "{}", told(&asked));
    assert_eq!(server.records(), before, "no consent, no write");

    let pushed = run(home.command("push", secret).arg("--yes"), 0);
    assert!(stdout(&pushed).contains("the name server answers the new records"), "{}", told(&pushed));
    for (selector, least) in [("s2048", 390), ("s4096", 730)] {
        let answers = server.dig(&format!("{selector}._domainkey.example.test"), "TXT");
        let [answer] = answers.as_slice() else { panic!("{selector}: {answers:?}") };
        let strings: Vec<&str> = answer.trim_matches('"').split("\" \"").collect();
        assert!(strings.iter().all(|s| s.len() <= 255), "{answer}");
        let record = strings.concat();
        assert!(record.len() > least && record.starts_with("v=DKIM1"), "{record}");
        let key = home.dir.path().join(home.key_file(selector));
        let public = Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(key).output();
        if let Ok(public) = public {
            let pem = String::from_utf8(public.stdout).unwrap();
            let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
            assert!(record.contains(&format!("p={base64}")), "openssl sees the same key");
        }
    }
    let apex = server.dig("example.test", "TXT");
    assert_eq!(apex.iter().filter(|t| t.starts_with("\"v=spf1")).count(), 1, "{apex:?}");
    for kept in ["\"site-verification=abc\"", "\"odd\" \" strings\""] {
        assert!(apex.iter().any(|t| t == kept), "{kept} in {apex:?}");
    }

    let again = run(home.command("plan", secret).arg("--exit-code"), 0);
    assert!(stdout(&again).contains("nothing to do"), "{}", told(&again));
    let after = server.records();
    let second = run(home.command("push", secret).arg("--yes"), 0);
    assert!(stdout(&second).contains("nothing to do"), "{}", told(&second));
    assert_eq!(server.records(), after);

    run(home.command("rollback", secret).arg("--yes"), 0);
    assert_eq!(server.records(), before, "the same record sets, TTLs and strings");
    let nothing = run(home.command("rollback", secret).arg("--yes"), 1);
    assert!(stderr(&nothing).contains("no push of example.test to take back"), "{}", told(&nothing));
}

fn powerdns() -> Option<(PowerDns, Home)> {
    let server = PowerDns::start(&[("example.test", ZONE)])?;
    let home = Home::new(&powerdns_provider(&server, &server.endpoint));
    Some((server, home))
}

fn powerdns_provider(server: &PowerDns, endpoint: &str) -> String {
    format!("{{id: powerdns, endpoint: \"{endpoint}\", settings: {{nameservers: \"127.0.0.1:{}\"}}}}", server.dns_port)
}

fn bind() -> Option<(Bind, Home, String)> {
    let server = Bind::start(&[("example.test", ZONE)])?;
    let at = format!("127.0.0.1:{}", server.port);
    let home = Home::new(&format!("{{id: rfc2136, endpoint: \"{at}\", settings: {{nameservers: \"{at}\"}}}}"));
    let key = format!("hmac-sha256:{}:{}", server.key_name, server.secret);
    Some((server, home, key))
}

#[test]
fn powerdns_there_and_back() {
    let Some((server, home)) = powerdns() else { return };
    story(&server, &home, ("PDNS_API_KEY", &server.api_key));
}

#[test]
fn bind_there_and_back() {
    let Some((server, home, key)) = bind() else { return };
    story(&server, &home, ("MAILPROOF_TSIG_KEY", &key));
    let file = "tsig.key";
    let text =
        format!("key \"{}\" {{\n\talgorithm hmac-sha256;\n\tsecret \"{}\";\n}};\n", server.key_name, server.secret);
    std::fs::write(home.dir.path().join(file), text).unwrap();
    let provider = format!("{{id: rfc2136, endpoint: \"127.0.0.1:{}\", settings: {{key_file: {file}}}}}", server.port);
    home.profile(&provider, "192.0.2.10");
    let planned = run(&mut home.command("plan", ("UNUSED", "")), 0);
    assert!(stdout(&planned).contains("to add"), "{}", told(&planned));
}

/// A push that is killed at any moment, and a rollback too: what was there before comes back.
fn killed(server: &dyn Server, home: &Home, secret: (&str, &str)) {
    let before = server.records();
    let kill = |verb: &str, after: u64| {
        let mut command = home.command(verb, secret);
        command.args(["--yes", "--no-wait"]).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(after));
        let _ = child.kill();
        child.wait().unwrap();
    };
    let state = home.dir.path().join(".mailproof");
    for moment in 0..12 {
        let _ = std::fs::remove_dir_all(&state);
        kill("push", moment * 20);
        if moment % 2 == 0 {
            run(home.command("push", secret).args(["--yes", "--no-wait"]), 0);
            kill("rollback", moment * 20);
        }
        // There may be nothing to take back; what counts is the zone.
        let back = home.command("rollback", secret).args(["--yes", "--no-wait"]).output().unwrap();
        assert_eq!(server.records(), before, "killed after {} ms: {}", moment * 20, told(&back));
    }
}

#[test]
fn a_run_that_is_killed_leaves_the_way_back() {
    if let Some((server, home)) = powerdns() {
        killed(&server, &home, ("PDNS_API_KEY", &server.api_key));
    }
    if let Some((server, home, key)) = bind() {
        killed(&server, &home, ("MAILPROOF_TSIG_KEY", &key));
    }
}

/// Wrong credentials, a wrong place, a wrong zone: each said, nothing written, no secret shown.
#[test]
fn credentials_and_places() {
    if let Some((server, home)) = powerdns() {
        let before = server.records();
        let wrong = ("PDNS_API_KEY", "hunter2-is-wrong");
        for verb in ["plan", "push"] {
            let output = run(&mut home.command(verb, wrong), 2);
            assert!(stderr(&output).contains("PowerDNS refused the key (401)"), "{}", told(&output));
            assert!(stderr(&output).contains("set PDNS_API_KEY"), "{}", told(&output));
            assert!(!told(&output).contains("hunter2"), "{}", told(&output));
        }
        let missing = run(&mut home.command("plan", ("UNUSED", "")), 2);
        assert!(stderr(&missing).contains("PowerDNS needs its API key"), "{}", told(&missing));
        let key = ("PDNS_API_KEY", server.api_key.as_str());
        let gone = run(home.command("plan", key).args(["--endpoint", "http://127.0.0.1:9"]), 3);
        assert!(stderr(&gone).contains("cannot be reached"), "{}", told(&gone));
        let bare = server.endpoint.trim_end_matches("/api/v1");
        run(home.command("plan", key).args(["--endpoint", bare]), 0);
        let elsewhere = format!("{{id: powerdns, endpoint: \"{}\", zone: test}}", server.endpoint);
        home.profile(&elsewhere, "192.0.2.10");
        let unknown = run(&mut home.command("plan", key), 2);
        assert!(stderr(&unknown).contains("has no zone test"), "{}", told(&unknown));
        assert_eq!(server.records(), before);
    }
    if let Some((server, home, key)) = bind() {
        let before = server.records();
        let other = base64_of("another secret of thirty-two oct.");
        for (wrong, message) in [
            (format!("hmac-sha256:{}:{other}", server.key_name), "BADSIG"),
            (format!("hmac-sha256:nobody:{}", server.secret), "BADKEY"),
            (format!("hmac-sha512:{}:{}", server.key_name, server.secret), "BADKEY"),
            ("nonsense".into(), "not of the form"),
        ] {
            let output = run(home.command("push", ("MAILPROOF_TSIG_KEY", &wrong)).arg("--yes"), 2);
            assert!(stderr(&output).contains(message), "{}", told(&output));
            assert!(!told(&output).contains(&other) && !told(&output).contains(&server.secret), "{}", told(&output));
        }
        let at = format!("127.0.0.1:{}", server.port);
        home.profile(&format!("{{id: rfc2136, endpoint: \"{at}\", zone: test}}"), "192.0.2.10");
        let unknown = run(&mut home.command("plan", ("MAILPROOF_TSIG_KEY", &key)), 2);
        assert!(stderr(&unknown).contains("has no zone test"), "{}", told(&unknown));
        assert_eq!(server.records(), before);
    }
}

fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// A CNAME where a key should go: refused when planned, nothing written.
#[test]
fn what_stands_in_the_way_is_named() {
    let zone = format!("{ZONE}s2048._domainkey IN CNAME key.provider.test.\n");
    let refused = |server: &dyn Server, home: &Home, secret: (&str, &str)| {
        let before = server.records();
        for arguments in [&["plan"][..], &["push", "--yes"]] {
            let output = run(home.command(arguments[0], secret).args(&arguments[1..]), 1);
            let message = "s2048._domainkey.example.test is a CNAME to key.provider.test.";
            assert!(stderr(&output).contains(message), "{}", told(&output));
        }
        assert_eq!(server.records(), before);
    };
    if let Some(server) = PowerDns::start(&[("example.test", &zone)]) {
        let home = Home::new(&powerdns_provider(&server, &server.endpoint));
        refused(&server, &home, ("PDNS_API_KEY", &server.api_key));
    }
    if let Some(server) = Bind::start(&[("example.test", &zone)]) {
        let home = Home::new(&format!("{{id: rfc2136, endpoint: \"127.0.0.1:{}\"}}", server.port));
        let key = format!("hmac-sha256:{}:{}", server.key_name, server.secret);
        refused(&server, &home, ("MAILPROOF_TSIG_KEY", &key));
    }
}

/// A saved plan is carried out as it was saved, and not on a zone that has moved.
#[test]
fn a_saved_plan() {
    let Some((server, home)) = powerdns() else { return };
    let key = ("PDNS_API_KEY", server.api_key.as_str());
    let file = home.dir.path().join("plan.json");
    run(home.command("plan", key).arg("--out").arg(&file), 0);
    let before = server.records();
    patch(&server, "www2.example.test.", "A", "192.0.2.77");
    let moved = run(home.command("push", key).arg("--yes").arg("--plan").arg(&file), 1);
    assert!(stderr(&moved).contains("has changed since the plan was made, elsewhere"), "{}", told(&moved));
    assert_eq!(server.records().len(), before.len() + 1);

    run(home.command("plan", key).arg("--out").arg(&file), 0);
    // The profile is another by now: mail of its server would fail under the plan. Who insists gets what was looked at.
    home.profile(&powerdns_provider(&server, &server.endpoint), "192.0.2.99");
    let unproven = run(home.command("push", key).arg("--yes").arg("--plan").arg(&file), 1);
    assert!(
        stdout(&unproven).contains("192.0.2.99") && stderr(&unproven).contains("--unproven"),
        "{}",
        told(&unproven)
    );
    run(home.command("push", key).args(["--yes", "--unproven"]).arg("--plan").arg(&file), 0);
    let spf = server.dig("example.test", "TXT").into_iter().find(|t| t.contains("v=spf1")).unwrap();
    assert!(spf.contains("192.0.2.10") && !spf.contains("192.0.2.99"), "{spf}");
    let json = run(home.command("plan", key).args(["--format", "json"]), 0);
    let plans: serde_json::Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(plans["plans"][0]["plan"]["zone"], "example.test");
}

/// One write past mailproof, straight to the API.
fn patch(server: &PowerDns, owner: &str, rtype: &str, content: &str) {
    let body = format!(
        "{{\"rrsets\":[{{\"name\":\"{owner}\",\"type\":\"{rtype}\",\"ttl\":60,\"changetype\":\"REPLACE\",\
         \"records\":[{{\"content\":{},\"disabled\":false}}]}}]}}",
        serde_json::Value::from(content)
    );
    http(server, "PATCH", "/servers/localhost/zones/example.test.", &body);
}

/// One request to PowerDNS; its answer's body.
fn http(server: &PowerDns, method: &str, path: &str, body: &str) -> String {
    let authority = server.endpoint.trim_start_matches("http://").split('/').next().unwrap().to_string();
    let mut stream = TcpStream::connect(&authority).unwrap();
    let request = format!(
        "{method} /api/v1{path} HTTP/1.0\r\nHost: {authority}\r\nX-API-Key: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        server.api_key,
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 2") || answer.starts_with("HTTP/1.1 2"), "{answer}");
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_string()).unwrap_or_default()
}

/// What PowerDNS stores, to the letter: also what it never answers, such as records that are switched off.
#[test]
fn powerdns_keeps_every_letter() {
    let Some((server, home)) = powerdns() else { return };
    let body = "{\"rrsets\":[{\"name\":\"example.test.\",\"type\":\"TXT\",\"ttl\":777,\"changetype\":\"REPLACE\",\"records\":[\
                {\"content\":\"\\\"v=spf1 include:_spf.example.test\\\" \\\" \\\\; ~all\\\"\",\"disabled\":false},\
                {\"content\":\"\\\"k\\\\;odd=1\\\"\",\"disabled\":false},\
                {\"content\":\"\\\"switched off\\\"\",\"disabled\":true}],\
                \"comments\":[{\"content\":\"ask Kim\",\"account\":\"ops\"}]}]}";
    http(&server, "PATCH", "/servers/localhost/zones/example.test.", &body.replace(" \\\\; ~all", " ~all"));
    let stored = || {
        let zone: serde_json::Value =
            serde_json::from_str(&http(&server, "GET", "/servers/localhost/zones/example.test.", "")).unwrap();
        let mut sets: Vec<serde_json::Value> = zone["rrsets"].as_array().unwrap().clone();
        sets.retain(|set| set["type"] != "SOA");
        for set in &mut sets {
            // Records of a set and their comments have no order; the time of a comment is the server's.
            for list in ["records", "comments"] {
                if let Some(list) = set[list].as_array_mut() {
                    list.iter_mut().for_each(|item| drop(item.as_object_mut().unwrap().remove("modified_at")));
                    list.sort_by_key(ToString::to_string);
                }
            }
        }
        sets.sort_by_key(|set| format!("{} {}", set["name"], set["type"]));
        serde_json::to_string_pretty(&sets).unwrap()
    };
    let before = stored();
    assert!(before.contains("switched off") && before.contains("\\\\;"), "{before}");
    let key = ("PDNS_API_KEY", server.api_key.as_str());
    run(home.command("push", key).arg("--yes"), 0);
    let after = stored();
    for kept in ["switched off", "\\\\;odd=1", "ask Kim", "777"] {
        assert!(after.contains(kept), "{kept}: {after}");
    }
    assert!(server.dig("example.test", "TXT").iter().any(|t| t.contains("ip4:192.0.2.10")), "{after}");
    run(home.command("rollback", key).arg("--yes"), 0);
    assert_eq!(stored(), before, "restored to the letter");
}

/// Passes connections on, and after so many writes passes nothing on any more, as if the server had been killed.
struct Proxy {
    port: u16,
    writes: Arc<AtomicUsize>,
}

impl Proxy {
    fn start(target: String, allowed: usize) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let writes = Arc::new(AtomicUsize::new(0));
        let seen = writes.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), target, seen) = (client, target.clone(), seen.clone()) else { return };
                std::thread::spawn(move || pass(client, &target, &seen, allowed));
            }
        });
        Proxy { port, writes }
    }
}

fn pass(mut client: TcpStream, target: &str, writes: &AtomicUsize, allowed: usize) {
    if writes.load(Ordering::SeqCst) > allowed {
        return;
    }
    let Ok(mut server) = TcpStream::connect(target) else { return };
    let (mut back, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut back, &mut to_client);
        let _ = to_client.shutdown(std::net::Shutdown::Both);
    });
    let mut buffer = [0u8; 65536];
    loop {
        let n = match client.read(&mut buffer) {
            Ok(n) if n > 0 => n,
            _ => break,
        };
        let write = buffer[..n].starts_with(b"PATCH");
        if (write && writes.fetch_add(1, Ordering::SeqCst) >= allowed) || writes.load(Ordering::SeqCst) > allowed {
            break;
        }
        if server.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(std::net::Shutdown::Both);
    let _ = client.shutdown(std::net::Shutdown::Both);
}

/// A definition of a person's own that writes one set a request.
fn one_by_one(folder: &Path) -> PathBuf {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("providers/powerdns.yaml")).unwrap();
    let path = folder.join("one-by-one.yaml");
    std::fs::write(&path, text.replacen("bulk:\n", "bulk:\n  max: 1\n", 1)).unwrap();
    path
}

#[test]
fn a_server_that_dies_between_two_writes() {
    let Some((server, home)) = powerdns() else { return };
    let key = ("PDNS_API_KEY", server.api_key.as_str());
    let before = server.records();
    let definition = one_by_one(home.dir.path());
    let target = server.endpoint.trim_start_matches("http://").split('/').next().unwrap().to_string();
    let proxy = Proxy::start(target, 2);
    let through = format!("http://127.0.0.1:{}", proxy.port);
    let push = |endpoint: &str| {
        let mut command = home.command("push", key);
        command.arg("--yes").arg("--endpoint").arg(endpoint).arg("--provider-file").arg(&definition);
        command
    };
    let broken = run(&mut push(&through), 4);
    assert!(proxy.writes.load(Ordering::SeqCst) >= 3, "{}", told(&broken));
    assert!(stderr(&broken).contains("2 of 5 record sets are written"), "{}", told(&broken));
    assert!(stderr(&broken).contains("run the push again"), "{}", told(&broken));
    let half = server.records();
    assert!(half != before && half.len() == before.len() + 2, "{half:#?}");

    let finished = run(&mut push(&server.endpoint), 0);
    assert!(stdout(&finished).contains("published: 3 record sets"), "{}", told(&finished));
    run(home.command("plan", key).arg("--exit-code"), 0);
    run(home.command("rollback", key).arg("--yes"), 0);
    assert_eq!(server.records(), before, "both halves are taken back together");
}

#[test]
fn a_server_that_is_gone_before_the_first_write() {
    let Some((mut server, home)) = powerdns() else { return };
    let key_text = server.api_key.clone();
    let key = ("PDNS_API_KEY", key_text.as_str());
    let before = server.records();
    let target = server.endpoint.trim_start_matches("http://").split('/').next().unwrap().to_string();
    let proxy = Proxy::start(target, 0);
    let through = format!("http://127.0.0.1:{}", proxy.port);
    // The only write is cut off before it reaches the server, and so is every question after it.
    let broken = run(home.command("push", key).args(["--yes", "--endpoint", &through]), 4);
    assert!(stderr(&broken).contains("whether it arrived is not known"), "{}", told(&broken));
    assert_eq!(server.records(), before);
    run(home.command("push", key).arg("--yes"), 0);
    run(home.command("rollback", key).arg("--yes"), 0);
    assert_eq!(server.records(), before);
    server.kill();
    let dead = run(home.command("push", key).arg("--yes"), 3);
    assert!(stderr(&dead).contains("cannot be reached"), "{}", told(&dead));
    server.restart();
    assert_eq!(server.records(), before);
}

/// At a terminal the plan is shown and consent asked for; no means no.
#[test]
fn consent_at_a_terminal() {
    let Some((server, home)) = powerdns() else { return };
    let before = server.records();
    for (answer, status, word) in [("n", 1, "nothing was published"), ("y", 0, "published: 5 record sets")] {
        // The helper's command has no standard input, which is the point here.
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailproof"));
        command.args(["push", "--profile"]).arg(home.path()).env("PDNS_API_KEY", &server.api_key).env("NO_COLOR", "1");
        let options = rexpect::session::Options::new().timeout_ms(Some(60_000));
        let mut session = rexpect::session::spawn_with_options(command, options).unwrap();
        let shown = session.exp_string("Publish?").unwrap();
        assert!(shown.contains("3 to add, 2 to change"), "{shown}");
        assert_eq!(server.records(), before, "not before the answer");
        session.send(answer).unwrap();
        session.flush().unwrap();
        session.exp_string(word).unwrap();
        session.exp_eof().unwrap();
        let ended = session.process().wait().unwrap();
        assert!(matches!(ended, rexpect::process::wait::WaitStatus::Exited(_, code) if code == status), "{ended:?}");
    }
    assert_ne!(server.records(), before);
}

/// A file that somebody wrote by hand: its comments stay, and `named-checkzone` takes what becomes of it.
#[test]
fn a_zone_file_there_and_back() {
    let home = Home::new("{id: zone-file, settings: {path: example.test.zone}}");
    let path = home.dir.path().join("example.test.zone");
    let text = ZONE.replace("mail IN A 192.0.2.10\n", "; the mail host\nmail IN A 192.0.2.10 ; rack 7\n");
    std::fs::write(&path, &text).unwrap();
    let none = ("UNUSED", "");
    run(home.command("plan", none).arg("--exit-code"), 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "a plan writes nothing");
    let pushed = run(home.command("push", none).arg("--yes"), 0);
    let after = std::fs::read_to_string(&path).unwrap();
    for kept in ["; the mail host", "; rack 7", "site-verification=abc", "\"odd\" \" strings\""] {
        assert!(after.contains(kept), "{kept}: {after}");
    }
    assert!(after.contains("ip4:192.0.2.10") && stderr(&pushed).contains("what was there before"), "{}", told(&pushed));
    if let Some(checker) = support::find("named-checkzone") {
        let checked = Command::new(checker).args(["-i", "local", "example.test"]).arg(&path).output().unwrap();
        assert!(checked.status.success(), "{}", told(&checked));
    }
    run(home.command("plan", none).arg("--exit-code"), 0);
    run(home.command("rollback", none).arg("--yes"), 0);
    let pending = run(&mut home.command("plan", none), 0);
    assert!(stdout(&pending).contains("3 to add, 2 to change"), "{}", told(&pending));
}

#[test]
fn providers_are_listed_and_checked() {
    let list = run(mailproof().args(["providers", "list", "--format", "json"]), 0);
    let all: serde_json::Value = serde_json::from_str(&stdout(&list)).unwrap();
    let ids: Vec<&str> = all.as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap()).collect();
    for id in ["powerdns", "rfc2136", "zone-file"] {
        assert!(ids.contains(&id), "{ids:?}");
    }
    let Some((server, home)) = powerdns() else { return };
    let mut check = mailproof();
    check.args(["providers", "check", "--profile"]).arg(home.path()).env("PDNS_API_KEY", &server.api_key);
    let good = run(&mut check, 0);
    assert!(stdout(&good).contains("example.test has"), "{}", told(&good));
    run(check.env("PDNS_API_KEY", "wrong"), 2);
}
