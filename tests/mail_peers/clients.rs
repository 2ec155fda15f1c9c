//! SMTP clients that nobody here wrote talk to our receiver: Swaks, and Python's smtplib with TLS.

use std::process::Command;
use std::sync::Arc;

use mailproof::dns::table::TableLookup;
use mailproof::mail::receive::{Receiver, ReceiverConfig};

const SMTPLIB: &str = r"
import smtplib, ssl, sys
with smtplib.SMTP('127.0.0.1', int(sys.argv[1]), local_hostname='mail.example.test') as client:
    client.starttls(context=ssl._create_unverified_context())
    client.sendmail('a@example.test', ['b@example.net'], b'Subject: s\r\n\r\n.dots\r\n..more\r\n.\r\n')
";

#[tokio::test(flavor = "multi_thread")]
async fn clients_deliver() {
    let config = ReceiverConfig::new("127.0.0.1:0".parse().unwrap(), "mx.example.net");
    let (receiver, mut channel) = Receiver::start(config, Arc::new(TableLookup::new())).await.unwrap();
    let port = receiver.addr().port().to_string();
    let swaks = "--server 127.0.0.1 --from a@example.test --to b@example.net --helo mail.example.test --suppress-data \
                 --header Subject:s --body .dots\\n..more\\n. --port";
    let with =
        |more: &'static str| swaks.split_whitespace().chain([port.as_str()]).chain(more.split_whitespace()).collect();
    // (the program and its arguments, by which protocol the message comes)
    let rows: Vec<(&str, Vec<&str>, &str)> = vec![
        ("swaks", with("--pipeline"), "with ESMTP id"),
        ("swaks", with("--protocol SMTP"), "with SMTP id"),
        ("python3", vec!["-c", SMTPLIB, &port], "with ESMTPS id"),
    ];
    for (program, args, protocol) in rows {
        let out = match Command::new(program).args(&args).output() {
            Ok(out) => out,
            Err(e) => {
                eprintln!("SKIPPED: {program} cannot be run here ({e})");
                continue;
            }
        };
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(out.status.success(), "{program} {args:?}: {said}");
        let received = channel.recv().await.unwrap();
        let message = String::from_utf8_lossy(&received.message);
        assert!(message.contains(protocol), "{program} {args:?}: {message}");
        assert!(message.contains("\r\n\r\n.dots\r\n..more\r\n.\r\n"), "{message}");
        assert_eq!(received.recipients, ["b@example.net"]);
    }
}
