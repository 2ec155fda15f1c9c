//! The same messages in every form of mailbox, in one go and in several.

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::mailbox::{Mailbox, counted};
use crate::support::{mailproof, told};

pub(crate) fn survey(server: &str, args: &[&str]) -> Output {
    let mut command = mailproof();
    command.args(["survey", "--nameserver", server, "--border", "mx.home.test", "--authserv-id", "mx.home.test"]);
    command.args(args).output().unwrap()
}

pub(crate) fn as_json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", told(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_class_is_right_in_every_form() {
    let mailbox = Mailbox::new(6);
    let server = mailbox.serve(None).await;
    let server = server.addr().to_string();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    mailbox.maildir(&at("maildir"));
    std::fs::write(at("box"), mailbox.mbox()).unwrap();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&mailbox.mbox()).unwrap();
    std::fs::write(at("box.gz"), packer.finish().unwrap()).unwrap();
    std::fs::create_dir(at("files")).unwrap();
    for (i, (octets, ..)) in mailbox.messages.iter().enumerate() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(octets).unwrap();
        std::fs::write(at(&format!("files/{i}.eml.gz")), packer.finish().unwrap()).unwrap();
    }
    std::fs::write(at("files/notes.txt"), "no message at all\n").unwrap();
    for form in ["maildir", "box", "box.gz", "files"] {
        let got = as_json(&survey(&server, &[at(form).to_str().unwrap(), "--format", "json"]));
        assert_eq!(counted(&got), mailbox.expected(), "{form}");
        assert_eq!(got["files_without_mail"], u64::from(form == "files"), "{form}");
        let of = |name: &str| got["list"].as_array().unwrap().iter().find(|s| s["sender"] == name).unwrap().clone();
        let keys = ["all.test", "ed.test", "old.test"].map(|s| of(s)["keys"].to_string());
        assert_eq!(keys, ["{\"rsa 2048\":24}", "{\"ed25519 256\":6}", "{\"rsa 1024\":6}"], "{form}");
        let gone = of("gone.test");
        assert_eq!((&gone["key_gone"], &gone["differs"]), (&12.into(), &6.into()), "{form}");
        assert_eq!(gone["stated"]["dkim"]["pass"], 6, "{form}");
        assert_eq!((&of("all.test")["policy"], &of("spf.test")["policy"]), (&"reject".into(), &Value::Null), "{form}");
        assert_eq!(got["months"].as_object().unwrap().len(), 3, "{form}");
    }
    // What people see, and the other forms.
    let maildir = at("maildir");
    let maildir = maildir.to_str().unwrap();
    let human = survey(&server, &[maildir]);
    insta::assert_snapshot!("human", String::from_utf8_lossy(&human.stdout));
    insta::assert_snapshot!("csv", String::from_utf8_lossy(&survey(&server, &[maildir, "--format", "csv"]).stdout));
    insta::assert_snapshot!(
        "markdown",
        String::from_utf8_lossy(&survey(&server, &[maildir, "--format", "markdown"]).stdout)
    );

    // Without a witness for SPF, nothing is called forged that might have passed.
    let mut command = mailproof();
    let blind = command.args(["survey", "--nameserver", &server, "--format", "json", maildir]).output().unwrap();
    let blind = as_json(&blind);
    assert_eq!((&blind["spf"]["unknown"], &blind["classes"]["forged"]), (&96.into(), &6.into()));

    // Pseudonyms are the same within a survey, and no name is left.
    let hidden = survey(&server, &[maildir, "--format", "json", "--anonymise"]);
    let text = String::from_utf8_lossy(&hidden.stdout).into_owned();
    assert!(text.contains("\"sender-") && !text.contains(".test"), "{text}");
    assert_eq!(as_json(&hidden)["list"].as_array().unwrap().len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_and_gone_on() {
    let mailbox = Mailbox::new(6);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (maildir, rest_of_it, pipe, state) = (at("m"), at("rest"), at("pipe"), at("state.json"));
    mailbox.maildir(Path::new(&maildir));
    std::fs::create_dir(&rest_of_it).unwrap();
    for i in 0..6 {
        std::fs::rename(format!("{maildir}/cur/{}.host:2,S", 2 * i), format!("{rest_of_it}/{i}.eml")).unwrap();
    }
    // Between the two parts stands a pipe into which nobody writes: there the run waits until it is interrupted.
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let server = mailbox.serve(None).await;
    let server = server.addr().to_string();
    let mut command = mailproof();
    command.args(["survey", "--nameserver", &server, "--border", "mx.home.test", "--authserv-id", "mx.home.test"]);
    command.args(["--state", &state, &maildir, &pipe, &rest_of_it]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let done = || {
        let kept: Option<Value> = std::fs::read(&state).ok().and_then(|text| serde_json::from_slice(&text).ok());
        kept.map_or(0, |kept| kept["done"].as_array().unwrap().len())
    };
    let start = Instant::now();
    while done() < 90 && start.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let broken_off = child.wait_with_output().unwrap();
    assert_eq!((broken_off.status.code(), done()), (Some(130), 90), "{}", told(&broken_off));
    assert!(told(&broken_off).contains("goes on from here"));

    let rest = survey(&server, &["--state", &state, "--format", "json", &maildir, &rest_of_it]);
    assert!(
        told(&rest).contains("6 messages in ") && told(&rest).contains("90 were counted before"),
        "{}",
        told(&rest)
    );
    assert_eq!(counted(&as_json(&rest)), mailbox.expected());
    // New mail, and mail whose flags changed.
    for entry in std::fs::read_dir(Path::new(&maildir).join("new")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{}:2,RS", path.file_name().unwrap().to_string_lossy());
        std::fs::rename(&path, Path::new(&maildir).join("cur").join(name)).unwrap();
    }
    std::fs::write(Path::new(&maildir).join("new/later.host"), &mailbox.messages[0].0).unwrap();
    let later = as_json(&survey(&server, &["--state", &state, "--format", "json", &maildir]));
    assert_eq!((&later["messages"], &later["classes"]["all"]), (&97.into(), &13.into()));
    let other = mailproof().args(["survey", "--state", &state, &maildir]).output().unwrap();
    assert!(other.status.code() == Some(2) && told(&other).contains("belongs to another survey"), "{}", told(&other));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_domains() {
    let mailbox = Mailbox::new(0);
    let server = mailbox.serve(None).await;
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list");
    std::fs::write(&list, "all.test\nold.test\n").unwrap();
    let run = |format: &str| {
        let mut command = mailproof();
        let server = server.addr().to_string();
        command.args(["survey", "--nameserver", &server, "--format", format, "--domains"]).arg(&list);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", told(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let all: Value = serde_json::from_str(&run("json")).unwrap();
    assert_eq!((&all["domains"], all["list"].as_array().unwrap().len()), (&2.into(), 2), "{all:#}");
    let first = &all["list"][0];
    assert_eq!((&first["domain"], &first["policy"]), (&"all.test".into(), &"reject".into()), "{all:#}");
    // Its class is one of the mailbox's, by what it publishes.
    let class = first["class"].as_str().unwrap();
    assert_eq!(all["domains_by_class"][class].as_u64(), Some(1), "{all:#}");
    let csv = run("csv");
    assert!(csv.starts_with("domain,class,exists,") && csv.contains(&format!("\nall.test,{class},true,")), "{csv}");
    let human = run("human");
    assert!(human.starts_with("2 domains\n") && human.lines().all(|l| l.chars().count() <= 80), "{human}");
    assert!(run("markdown").contains("| all.test | "));
    let page = run("html");
    assert!(page.starts_with("<!doctype html>") && page.contains("all.test"), "{page}");
}
