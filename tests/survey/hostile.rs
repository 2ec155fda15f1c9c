//! Mail that wants to do harm: no crash, bounded memory.

use std::path::Path;
use std::process::{Child, Stdio};

use crate::forms::as_json;
use crate::mailbox::Mailbox;
use crate::support::{mailproof, told};

/// The most memory that the process had, in MiB, once it is at its end; it is not reaped before.
fn peak_at_end(child: &mut Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        if let Some(kib) = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse::<u64>().ok()) {
            peak = peak.max(kib >> 10);
        }
        if child.try_wait().unwrap().is_some() {
            return peak;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn messages(folder: &Path, mailbox: &Mailbox) {
    let put = |name: &str, octets: Vec<u8>| std::fs::write(folder.join(name), octets).unwrap();
    let head = "From: a@plain.test\r\nSubject: s\r\n";
    put(
        "broken-mime",
        format!("{head}Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--y\r\n--x").into_bytes(),
    );
    put("nul", [head.as_bytes(), b"X: \0\0\r\n\r\n\0\0\0"].concat());
    put("eight-bit", [b"From: \xff\xfe <a@plain.test>\r\nSubject: \xe9\r\n\r\n\xff".as_slice()].concat());
    put("no-from", b"Subject: s\r\n\r\nx\r\n".to_vec());
    put("two-from", b"From: a@plain.test\r\nFrom: b@spf.test\r\n\r\nx\r\n".to_vec());
    put("many-from", format!("From: {}a@plain.test\r\n\r\nx\r\n", "a@plain.test, ".repeat(100_000)).into_bytes());
    put("headers", format!("{head}{}\r\nx\r\n", "X-A: b\r\n".repeat(10_000)).into_bytes());
    put("long-header", format!("{head}X: {}\r\n\r\nx\r\n", "y".repeat(5 << 20)).into_bytes());
    put("header-only", head.as_bytes().to_vec());
    put("comments", format!("From: {}a@plain.test\r\n\r\nx\r\n", "(".repeat(200_000)).into_bytes());
    put(
        "received",
        format!("{}{head}\r\nx\r\n", "Received: from a (a [192.0.2.1]) by mx.home.test\r\n".repeat(3000)).into_bytes(),
    );
    put(
        "results",
        format!("Authentication-Results: mx.home.test;{}\r\n{head}\r\n", " dkim=pass".repeat(50_000)).into_bytes(),
    );
    let signature = "DKIM-Signature: v=1; a=rsa-sha256; d=all.test; s=s; h=from; bh=AAAA; b=AAAA\r\n";
    put("signatures", format!("{}{head}\r\nx\r\n", signature.repeat(4000)).into_bytes());
    // A message of 50 MB, signed before its attachment came.
    let mut large = mailbox.messages[0].0.clone();
    let line = [b"QUJD".repeat(19), b"\r\n".to_vec()].concat();
    while large.len() < 50_000_000 {
        large.extend_from_slice(&line);
    }
    put("large", large);
}

#[tokio::test(flavor = "multi_thread")]
async fn bounded() {
    let mailbox = Mailbox::new(1);
    let server = mailbox.serve(None).await;
    let server = server.addr().to_string();
    let folder = tempfile::tempdir().unwrap();
    messages(folder.path(), &mailbox);
    // Without header, and a bomb.
    std::fs::write(folder.path().join("binary"), vec![0u8; 1 << 20]).unwrap();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..300 {
        std::io::Write::write_all(&mut packer, &vec![b'x'; 1 << 20]).unwrap();
    }
    std::fs::write(folder.path().join("bomb.gz"), packer.finish().unwrap()).unwrap();
    let mut command = mailproof();
    command.args(["survey", "--nameserver", &server, "--border", "mx.home.test", "--authserv-id", "mx.home.test"]);
    command.args(["--format", "json"]).arg(folder.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let peak = peak_at_end(&mut child);
    let output = child.wait_with_output().unwrap();
    let survey = as_json(&output);
    assert_eq!((&survey["messages"], &survey["files_without_mail"]), (&14.into(), &2.into()), "{}", told(&output));
    let of = |name: &str| survey["list"].as_array().unwrap().iter().find(|s| s["sender"] == name).unwrap().clone();
    assert_eq!(of("all.test")["classes"]["dmarc_by_one"], 1, "SPF passes, the body was changed: {survey:#}");
    assert!(peak > 50 && peak < 400, "{peak} MiB");
    eprintln!("peak memory: {peak} MiB");
}
