//! Knot DNS with TSIG keys that may update and transfer.

use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::bind::KEYS;
use crate::support::daemon::{Daemon, free_port};
use crate::support::{dig_at, find};

/// A running Knot.
pub struct Knot {
    /// Where it answers on 127.0.0.1.
    pub port: u16,
    daemon: Daemon,
    dir: TempDir,
}

impl Knot {
    /// Starts one that is primary for the given zones, with the keys that [`KEYS`] lists. `None` if it is not installed.
    pub fn start(zones: &[(&str, &str)]) -> Option<Knot> {
        Knot::start_on("127.0.0.1", free_port(), zones)
    }

    /// The same, at an address and port.
    pub fn start_on(address: &str, port: u16, zones: &[(&str, &str)]) -> Option<Knot> {
        Knot::start_at(address, port, zones, None)
    }

    /// A secondary for `zone`, which it gets by transfer from `primary` (ADDRESS@PORT). With `held` that is what it has
    /// from before.
    pub fn start_secondary(address: &str, port: u16, zone: &str, primary: &str, held: Option<&str>) -> Option<Knot> {
        Knot::start_at(address, port, &[(zone, held.unwrap_or_default())], Some(primary))
    }

    fn start_at(address: &str, port: u16, zones: &[(&str, &str)], primary: Option<&str>) -> Option<Knot> {
        let knotd = find("knotd")?;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().display().to_string();
        // Without its folder for journals every update ends in SERVFAIL.
        std::fs::create_dir(dir.path().join("db")).unwrap();
        let mut config = format!(
            "server:\n  rundir: {path}\n  listen: {address}@{port}\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n\
             control:\n  listen: {path}/knot.sock\ndatabase:\n  storage: {path}/db\nlog:\n  - target: stderr\n    any: info\nkey:\n"
        );
        for key in KEYS {
            config.push_str(&format!(
                "  - id: {}\n    algorithm: {}\n    secret: {}\n",
                key.name, key.algorithm, key.secret
            ));
        }
        config.push_str("acl:\n");
        for key in KEYS.iter().filter(|key| key.updates) {
            let action = if key.transfers { "[update, transfer]" } else { "update" };
            config.push_str(&format!("  - id: {0}\n    key: {0}\n    action: {action}\n", key.name));
        }
        let acl: Vec<&str> = KEYS.iter().filter(|key| key.updates).map(|key| key.name).collect();
        if let Some(primary) = primary {
            config.push_str(&format!("remote:\n  - id: primary\n    address: {primary}\n"));
        }
        config.push_str("zone:\n");
        for (zone, text) in zones {
            if !text.is_empty() {
                std::fs::write(dir.path().join(format!("{zone}.zone")), text).unwrap();
            }
            config.push_str(&format!(
                "  - domain: {zone}\n    storage: {path}\n    file: {zone}.zone\n    acl: [{}]\n",
                acl.join(", ")
            ));
            if primary.is_some() {
                config.push_str("    master: primary\n");
            }
        }
        let file = dir.path().join("knot.conf");
        std::fs::write(&file, config).unwrap();
        let log = std::fs::File::create(dir.path().join("knot.log")).unwrap();
        let mut daemon = Daemon::start(
            Command::new(knotd).arg("-c").arg(&file).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log),
        );
        let first = zones.first().map_or("version.server", |(zone, _)| zone).to_string();
        daemon.wait_until("Knot", || !dig_at(address, port, &first, "SOA").is_empty());
        Some(Knot { port, daemon, dir })
    }

    /// The whole zone by transfer, sorted; the SOA is left out, for its serial moves.
    pub fn list(&self, zone: &str) -> Vec<String> {
        crate::support::bind::transfer(self.port, zone)
    }

    /// Has a secondary ask its primary now.
    pub fn refresh(&self, zone: &str) {
        let socket = self.dir.path().join("knot.sock");
        let knotc = find("knotc").unwrap();
        let done = Command::new(knotc).arg("-s").arg(socket).args(["-b", "zone-refresh", zone]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// What it wrote to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("knot.log")).unwrap_or_default()
    }

    /// Kills it as a crash would.
    pub fn kill(&mut self) {
        self.daemon.kill();
    }
}
