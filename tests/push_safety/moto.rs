//! moto, which emulates Route 53.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::daemon::{Daemon, free_port};
use crate::support::find;

/// A running emulator.
pub struct Moto {
    pub port: u16,
    _daemon: Daemon,
}

/// A program of the tests' own Python environment, or of the system's.
pub fn python(program: &str) -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin").join(program);
    if own.exists() { Some(own) } else { find(program) }
}

impl Moto {
    pub fn start() -> Option<Moto> {
        let program = python("moto_server")?;
        let port = free_port();
        let mut daemon = Daemon::start(
            Command::new(program)
                .args(["-H", "127.0.0.1", "-p", &port.to_string()])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        daemon.wait_until("moto", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(Moto { port, _daemon: daemon })
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn post(&self, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: route53.amazonaws.com\r\nConnection: close\r\nAuthorization: AWS4-HMAC-SHA256 Credential=a/20261127/us-east-1/route53/aws4_request, SignedHeaders=host, Signature=0\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Forgets every zone.
    pub fn reset(&self) {
        let answer = self.post("/moto-api/reset", "");
        assert!(answer.contains("200"), "{answer}");
    }

    /// A hosted zone with `records` (owner whole with its dot, type, TTL, values as they stand in XML).
    pub fn zone(&self, apex: &str, records: &[(String, String, u64, Vec<String>)]) {
        let made = self.post(
            "/2013-04-01/hostedzone",
            &format!(
                "<CreateHostedZoneRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Name>{apex}.</Name>\
                 <CallerReference>{apex}</CallerReference></CreateHostedZoneRequest>"
            ),
        );
        let id = made.split("<Id>/hostedzone/").nth(1).and_then(|rest| rest.split("</Id>").next());
        let id = id.unwrap_or_else(|| panic!("no zone was made: {made}"));
        let changes: String = records
            .iter()
            .map(|(name, rtype, ttl, values)| {
                let values: String = values
                    .iter()
                    .map(|v| format!("<ResourceRecord><Value>{}</Value></ResourceRecord>", v.replace('&', "&amp;")))
                    .collect();
                format!(
                    "<Change><Action>UPSERT</Action><ResourceRecordSet><Name>{name}</Name><Type>{rtype}</Type><TTL>{ttl}</TTL>\
                     <ResourceRecords>{values}</ResourceRecords></ResourceRecordSet></Change>"
                )
            })
            .collect();
        let answer = self.post(
            &format!("/2013-04-01/hostedzone/{id}/rrset/"),
            &format!(
                "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch><Changes>\
                 {changes}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
            ),
        );
        assert!(answer.contains("INSYNC") || answer.contains("PENDING"), "{answer}");
    }
}
