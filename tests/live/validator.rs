//! Unbound by one trust anchor or a wrong one: it is there even where it answers SERVFAIL.

use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::daemon::{Daemon, free_port};
use crate::support::find;

/// A running resolver.
pub struct Validator {
    /// Where it answers on 127.0.0.1.
    pub port: u16,
    _daemon: Daemon,
    _dir: TempDir,
}

impl Validator {
    /// Starts one that knows `zone` alone, from the server at `authority` on 127.0.0.1, and believes in `anchors` (DNSKEY or
    /// DS records). `None` if it is not installed.
    pub fn start(zone: &str, authority: u16, anchors: &[String]) -> Option<Validator> {
        let unbound = find("unbound")?;
        let dir = tempfile::tempdir().unwrap();
        let (path, port) = (dir.path().display().to_string(), free_port());
        let anchors: String = anchors.iter().map(|a| format!("  trust-anchor: \"{a}\"\n")).collect();
        let config = format!(
            "server:\n  interface: 127.0.0.1@{port}\n  do-daemonize: no\n  chroot: \"\"\n  username: \"\"\n  directory: \"{path}\"\n\
             \x20 pidfile: \"{path}/unbound.pid\"\n  use-syslog: no\n  num-threads: 1\n  do-not-query-localhost: no\n\
             \x20 local-zone: \".\" refuse\n  local-zone: \"{zone}.\" transparent\n  module-config: \"validator iterator\"\n{anchors}\
             remote-control:\n  control-enable: no\n\
             stub-zone:\n  name: \"{zone}\"\n  stub-addr: 127.0.0.1@{authority}\n"
        );
        let file = dir.path().join("unbound.conf");
        std::fs::write(&file, config).unwrap();
        let log = std::fs::File::create(dir.path().join("unbound.log")).unwrap();
        let mut daemon = Daemon::start(
            Command::new(unbound)
                .arg("-c")
                .arg(&file)
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log),
        );
        daemon.wait_until("Unbound", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(Validator { port, _daemon: daemon, _dir: dir })
    }
}
