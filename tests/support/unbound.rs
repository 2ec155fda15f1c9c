//! Unbound, validating what an authoritative server on loopback signs.

use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::authority::Credentials;
use crate::support::daemon::{Daemon, free_port};
use crate::support::find;

/// A running Unbound.
pub struct Unbound {
    /// Where it answers on 127.0.0.1.
    pub port: u16,
    /// Where it answers over TLS and over HTTPS, if it has a certificate.
    pub encrypted: Option<(u16, u16)>,
    daemon: Daemon,
    dir: TempDir,
}

impl Unbound {
    /// Starts one that asks about each of `zones` the server at its port of 127.0.0.1, and trusts the keys in `anchors`
    /// (DNSKEY or DS records in presentation form). `None` if it is not installed.
    pub fn start(zones: &[(&str, u16)], anchors: &[String]) -> Option<Unbound> {
        Unbound::start_with(zones, anchors, None)
    }

    /// The same, and over TLS (DoT) and HTTPS (DoH), too.
    pub fn start_encrypted(zones: &[(&str, u16)], credentials: &Credentials) -> Option<Unbound> {
        Unbound::start_with(zones, &[], Some(credentials))
    }

    fn start_with(zones: &[(&str, u16)], anchors: &[String], credentials: Option<&Credentials>) -> Option<Unbound> {
        let unbound = find("unbound")?;
        let dir = tempfile::tempdir().unwrap();
        let own = free_port();
        let path = dir.path().display();
        let mut config = format!(
            "server:\n  directory: \"{path}\"\n  chroot: \"\"\n  username: \"\"\n  pidfile: \"{path}/unbound.pid\"\n\
             \x20 interface: 127.0.0.1\n  port: {own}\n  do-ip6: no\n  do-not-query-localhost: no\n  use-syslog: no\n\
             \x20 logfile: \"{path}/unbound.log\"\n  module-config: \"validator iterator\"\n  do-daemonize: no\n\
             \x20 num-threads: 1\n  qname-minimisation: no\n"
        );
        let encrypted = credentials.map(|credentials| {
            let (tls, https) = (free_port(), free_port());
            config.push_str(&format!(
                "  interface: 127.0.0.1@{tls}\n  interface: 127.0.0.1@{https}\n  tls-port: {tls}\n  https-port: {https}\n\
                 \x20 tls-service-key: \"{}\"\n  tls-service-pem: \"{}\"\n",
                credentials.key.display(),
                credentials.chain.display()
            ));
            (tls, https)
        });
        for anchor in anchors {
            config.push_str(&format!("  trust-anchor: \"{anchor}\"\n"));
        }
        for (zone, _) in zones {
            config.push_str(&format!("  local-zone: \"{zone}.\" transparent\n"));
        }
        config.push_str("remote-control:\n  control-enable: no\n");
        for (zone, port) in zones {
            config.push_str(&format!("stub-zone:\n  name: \"{zone}.\"\n  stub-addr: 127.0.0.1@{port}\n"));
        }
        let file = dir.path().join("unbound.conf");
        std::fs::write(&file, config).unwrap();
        let mut daemon = Daemon::start(
            Command::new(unbound).args(["-d", "-c"]).arg(&file).stdin(Stdio::null()).stderr(Stdio::null()),
        );
        // Not by a question: where it trusts another key every answer is SERVFAIL.
        daemon.wait_until("Unbound", || std::net::TcpStream::connect(("127.0.0.1", own)).is_ok());
        Some(Unbound { port: own, encrypted, daemon, dir })
    }
}
