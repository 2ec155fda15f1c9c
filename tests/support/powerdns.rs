//! PowerDNS with SQLite and its HTTP API.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::daemon::{Daemon, free_port};
use crate::support::{dig, find};

/// A running PowerDNS.
pub struct PowerDns {
    /// Where it answers DNS on 127.0.0.1.
    pub dns_port: u16,
    /// Where its API is, as an endpoint: `http://127.0.0.1:PORT/api/v1`.
    pub endpoint: String,
    /// The API key that it takes.
    pub api_key: String,
    api_port: u16,
    daemon: Daemon,
    dir: TempDir,
}

impl PowerDns {
    /// Starts one with the given zones: name and master-file text (SOA and NS included). `None` if it is not installed.
    pub fn start(zones: &[(&str, &str)]) -> Option<PowerDns> {
        let server = find("pdns_server")?;
        let util = find("pdnsutil")?;
        let sqlite = find("sqlite3")?;
        let schema = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";
        if !Path::new(schema).exists() {
            eprintln!("SKIPPED: {schema} is not there; tests/run.sh installs it");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let (dns_port, api_port, api_key) = (free_port(), free_port(), "lab-key-7f3a9c".to_string());
        let database = dir.path().join("pdns.sqlite3");
        let config = format!(
            "launch=gsqlite3\ngsqlite3-database={}\nlocal-address=127.0.0.1\nlocal-port={dns_port}\nsocket-dir={}\n\
             daemon=no\nguardian=no\ndisable-syslog=yes\nloglevel=3\napi=yes\napi-key={api_key}\nwebserver=yes\n\
             webserver-address=127.0.0.1\nwebserver-port={api_port}\ncache-ttl=0\nquery-cache-ttl=0\n\
             negquery-cache-ttl=0\nzone-cache-refresh-interval=0\nsecurity-poll-suffix=\n",
            database.display(),
            dir.path().display()
        );
        std::fs::write(dir.path().join("pdns.conf"), config).unwrap();
        let made = Command::new(sqlite).arg(&database).stdin(std::fs::File::open(schema).unwrap()).status().unwrap();
        assert!(made.success(), "the database is made");
        for (zone, text) in zones {
            let file = dir.path().join(format!("{zone}.zone"));
            std::fs::write(&file, text).unwrap();
            let loaded = Command::new(&util)
                .arg(format!("--config-dir={}", dir.path().display()))
                .args(["load-zone", zone])
                .arg(&file)
                .output()
                .unwrap();
            assert!(loaded.status.success(), "{zone}: {}", String::from_utf8_lossy(&loaded.stderr));
        }
        let mut started = PowerDns {
            dns_port,
            endpoint: format!("http://127.0.0.1:{api_port}/api/v1"),
            api_key,
            api_port,
            daemon: Self::spawn(&server, dir.path()),
            dir,
        };
        started.wait();
        Some(started)
    }

    fn spawn(server: &Path, dir: &Path) -> Daemon {
        let log = std::fs::File::create(dir.join("pdns.log")).unwrap();
        Daemon::start(
            Command::new(server)
                .arg(format!("--config-dir={}", dir.display()))
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log),
        )
    }

    fn wait(&mut self) {
        let port = self.api_port;
        self.daemon.wait_until("PowerDNS", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    /// Its settings, as they stand in `pdns.conf`.
    pub fn settings(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("pdns.conf")).unwrap()
    }

    /// Changes a zone as its keeper does, through `pdnsutil`.
    pub fn pdnsutil(&self, args: &[&str]) {
        let mut command = Command::new(find("pdnsutil").unwrap());
        let output = command.arg(format!("--config-dir={}", self.dir.path().display())).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Kills it as a crash would.
    pub fn kill(&mut self) {
        self.daemon.kill();
    }

    /// Starts it again on the same ports with the same database.
    pub fn restart(&mut self) {
        self.daemon.kill();
        self.daemon = Self::spawn(&find("pdns_server").unwrap(), self.dir.path());
        self.wait();
    }

    /// What it answers, through `dig`.
    pub fn dig(&self, name: &str, rtype: &str) -> Vec<String> {
        dig(self.dns_port, name, rtype)
    }

    /// The whole zone as PowerDNS itself lists it, sorted; the SOA is left out, for its serial moves.
    pub fn list(&self, zone: &str) -> Vec<String> {
        let output = Command::new(find("pdnsutil").unwrap())
            .arg(format!("--config-dir={}", self.dir.path().display()))
            .args(["list-zone", zone])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).to_string();
        let mut lines: Vec<String> =
            text.lines().filter(|l| l.contains('\t') && !l.contains("\tSOA\t")).map(str::to_string).collect();
        lines.sort();
        lines
    }
}
