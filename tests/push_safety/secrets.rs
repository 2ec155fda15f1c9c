//! No secret comes out: not in logs at any level, not in errors, plans or journals, whatever an API repeats of a request.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use mailproof::error::Error;
use mailproof::model::name;
use mailproof::provider::builtin;
use mailproof::provider::definition::Definition;
use tracing_subscriber::fmt::MakeWriter;

use crate::benches;
use crate::credentials::{CREDENTIALS, credentials, google_key, settings};
use crate::fakes::APEX;
use crate::journey::{self, Want, opened};
use crate::support::fake::{Fake, Reply, Seen};

/// What stands in for the secrets of sessions.
const TOKENS: &[&str] = &["an-azure-token", "a-google-token", "a-netcup-session", "a-conoha-token"];

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

fn percent(text: &str, space: &str) -> String {
    let one = |b: u8| match b {
        b if b.is_ascii_alphanumeric() || b"-._".contains(&b) => char::from(b).to_string(),
        b' ' => space.to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(one).collect()
}

fn base64(octets: &[u8]) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in octets.chunks(3) {
        let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..=chunk.len() {
            out.push(char::from(letters[(n >> (18 - 6 * i) & 63) as usize]));
        }
    }
    out
}

/// Every dress in which a secret could come out.
fn secrets() -> Vec<String> {
    let open = |env: &str| {
        ["_USER", "_ID", "TENANT", "APPLICATION_KEY", "CUSTOMER_NUMBER"].iter().any(|part| env.contains(part))
            || env == "SAKURACLOUD_ACCESS_TOKEN"
    };
    let secret = CREDENTIALS.iter().filter(|(env, _)| !open(env)).map(|(_, value)| (*value).to_string());
    let mut all: Vec<String> = secret.chain(TOKENS.iter().map(|t| (*t).to_string())).collect();
    let key: serde_json::Value = serde_json::from_str(google_key()).unwrap();
    let line = key["private_key"].as_str().unwrap().lines().nth(4).unwrap().to_string();
    all.push(line);
    let mut dressed: Vec<String> = Vec::new();
    for secret in &all {
        dressed.push(percent(secret, "+"));
        dressed.push(percent(secret, "%20"));
        dressed.push(serde_json::Value::from(secret.as_str()).to_string().trim_matches('"').to_string());
        dressed.push(base64(secret.as_bytes()));
    }
    dressed.push(base64(b"sakura-user:s3cret&sakura"));
    all.extend(dressed);
    all
}

fn nothing_in(what: &str, text: &str) {
    for secret in secrets() {
        assert!(!text.contains(&secret), "{what}: `{secret}` comes out: …{}…", {
            let at = text.find(&secret).unwrap();
            let from = text.floor_char_boundary(at.saturating_sub(200));
            &text[from..text.ceil_char_boundary((at + 200).min(text.len()))]
        });
    }
}

fn told(error: &Error) -> String {
    let mut out = format!("{error}\n{error:?}\n{:?}\n{:?}\n", error.hint_text(), error.context());
    let mut cause = std::error::Error::source(error);
    while let Some(e) = cause {
        out.push_str(&format!("{e} {e:?}\n"));
        cause = e.source();
    }
    out
}

/// The definitions as they are, but for the pauses before they ask again.
fn hasty() -> Vec<Definition> {
    let mut all = builtin::definitions().unwrap();
    all.iter_mut().for_each(|definition| definition.retry.pause = 10);
    all
}

/// An API that repeats everything that it was sent.
fn echo(status: u16) -> Fake {
    Fake::start(move |seen: &Seen| {
        Reply::json(
            status,
            serde_json::json!({"message": seen.whole(), "error": {"message": seen.whole(), "code": 1},
            "errors": [{"message": seen.whole()}], "error_msg": seen.whole(), "longmessage": seen.whole(), "success": false}),
        )
    })
}

/// Reads and logins go to `port`; writes are refused with everything repeated.
fn echo_of_writes(port: u16) -> Fake {
    Fake::start(move |seen: &Seen| {
        let login = ["token", "\"login\"", "infoDns", "getHosts"]
            .iter()
            .any(|part| seen.target.contains(part) || seen.body.contains(part));
        if seen.method != "GET" && !login {
            return Reply::text(422, format!("{{\"message\": {}}}", serde_json::Value::from(seen.whole())));
        }
        let mut onward = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut text = format!("{} {} HTTP/1.1\r\n", seen.method, seen.target);
        for (name, value) in seen.headers.iter().filter(|(name, _)| *name != "content-length") {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n{}", seen.body.len(), seen.body));
        onward.write_all(text.as_bytes()).unwrap();
        onward.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        onward.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut reply = Reply::text(head.split(' ').nth(1).unwrap().parse().unwrap(), body);
        if let Some(line) = head.lines().find(|line| line.starts_with("x-subject-token:")) {
            reply.headers.push(("x-subject-token", line.split_once(": ").unwrap().1.to_string()));
        }
        reply
    })
}

/// In a process of its own: which events a program logs is settled once for all its threads.
#[test]
fn no_secret_comes_out() {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "secrets::nothing_secret_is_told", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
#[ignore = "runs in a process of its own"]
fn nothing_secret_is_told() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::trace!("the log is kept");
    let apex = name::domain(APEX).unwrap();
    let wanted = journey::wanted(&apex, &[("t", 300, vec![Want::Text("x".into())])]);
    let mut ids: Vec<&'static str> = Vec::new();
    let runtime = journey::runtime();
    for bench in benches::stand_ins() {
        let id = bench.name;
        ids.push(id);
        let open = |endpoint: String| opened(id, &apex, Some(endpoint), settings(id), &credentials(), hasty());
        runtime.block_on(async {
            // All goes well.
            let folder = tempfile::tempdir().unwrap();
            let provider = (bench.open)(&apex);
            let (plan, _) =
                journey::plan(provider.as_ref(), &wanted, &[]).await.unwrap_or_else(|e| panic!("{id}: {e}"));
            journey::push(provider.as_ref(), &plan, folder.path()).await.unwrap_or_else(|e| panic!("{id}: {e}"));
            let saved = mailproof::plan::saved::write(std::slice::from_ref(&plan)).unwrap();
            nothing_in(&format!("{id}, the plan"), &saved);
            for entry in std::fs::read_dir(folder.path()).unwrap() {
                nothing_in(&format!("{id}, the journal"), &std::fs::read_to_string(entry.unwrap().path()).unwrap());
            }
            nothing_in(&format!("{id}, the title"), &provider.title());
            // The write is refused by an API that repeats what it was sent.
            let port: u16 = bench.endpoint.rsplit(':').next().unwrap().parse().unwrap();
            let fake = echo_of_writes(port);
            let provider = open(fake.endpoint());
            let gone = journey::plan(provider.as_ref(), &journey::wanted(&apex, &[]), &["t"]).await.unwrap().0;
            let error = journey::push(provider.as_ref(), &gone, folder.path()).await.unwrap_err();
            nothing_in(&format!("{id}, a refusal"), &told(&error));
            assert!(fake.seen.lock().unwrap().iter().any(|seen| seen.method != "GET"), "{id}: something was written");
        });
        // Everything is refused, or breaks.
        for status in [400, 401, 403, 404, 500, 200] {
            let fake = echo(status);
            let error = runtime.block_on(async { open(fake.endpoint()).read(&[]).await.unwrap_err() });
            nothing_in(&format!("{id}, {status}"), &told(&error));
        }
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let error = runtime.block_on(async { open(format!("http://127.0.0.1:{nobody}")).read(&[]).await.unwrap_err() });
        nothing_in(&format!("{id}, nobody there"), &told(&error));
    }
    for status in [400, 403, 500] {
        let fake = Fake::start(move |seen: &Seen| {
            Reply::text(
                status,
                format!(
                    "<ErrorResponse><Error><Code>X</Code><Message>{}</Message></Error></ErrorResponse>",
                    seen.whole().replace('&', "&amp;").replace('<', "&lt;")
                ),
            )
        });
        let provider = opened("route53", &apex, Some(fake.endpoint()), &[], CREDENTIALS, Vec::new());
        let error = runtime.block_on(async { provider.read(&[]).await.unwrap_err() });
        nothing_in(&format!("route53, {status}"), &told(&error));
    }
    let kept = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(kept.contains("the log is kept") && kept.contains("answered"), "{} octets: {:.2000}", kept.len(), kept);
    nothing_in("the log at its finest level", &kept);
    assert!(ids.len() >= 10, "{ids:?}");
}
