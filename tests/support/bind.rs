//! BIND with a TSIG key that may update and transfer.

use std::io::Write as _;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::daemon::{Daemon, free_port};
use crate::support::{dig, find};

/// A key of the lab's name servers.
pub struct LabKey {
    /// Its name.
    pub name: &'static str,
    /// Its algorithm.
    pub algorithm: &'static str,
    /// Its secret in base64.
    pub secret: &'static str,
    /// Whether it may update.
    pub updates: bool,
    /// Whether it may transfer.
    pub transfers: bool,
}

impl LabKey {
    /// As `dig -y` takes it.
    pub fn line(&self) -> String {
        format!("{}:{}:{}", self.algorithm, self.name, self.secret)
    }
}

const fn key(name: &'static str, algorithm: &'static str, updates: bool, transfers: bool) -> LabKey {
    LabKey { name, algorithm, secret: "c2VjcmV0LWZvci10aGUtbGFiLW9ubHktMzItb2N0ZXQ=", updates, transfers }
}

/// The keys that the lab's name servers know.
pub const KEYS: &[LabKey] = &[
    key("mailproof-lab", "hmac-sha256", true, true),
    key("lab-sha512", "hmac-sha512", true, true),
    key("lab-sha1", "hmac-sha1", true, true),
    key("update-only", "hmac-sha256", true, false),
    key("no-rights", "hmac-sha256", false, false),
];

/// The whole zone by transfer from 127.0.0.1, sorted; the SOA is left out, for its serial moves.
pub fn transfer(port: u16, zone: &str) -> Vec<String> {
    let output = Command::new("dig")
        .args([
            "@127.0.0.1",
            "-p",
            &port.to_string(),
            "+noall",
            "+answer",
            "+onesoa",
            "+nosplit",
            "-y",
            &KEYS[0].line(),
            zone,
            "AXFR",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).to_string();
    let mut lines: Vec<String> = text
        .lines()
        .filter(|l| !l.starts_with(';') && !l.contains("\tSOA\t"))
        .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    lines.sort();
    lines
}

/// A running BIND.
pub struct Bind {
    /// Where it answers on 127.0.0.1.
    pub port: u16,
    /// The key's name.
    pub key_name: String,
    /// Its secret in base64, for hmac-sha256.
    pub secret: String,
    daemon: Daemon,
    dir: TempDir,
}

impl Bind {
    /// Starts one that is primary for the given zones: name and master-file text. `None` if it is not installed.
    pub fn start(zones: &[(&str, &str)]) -> Option<Bind> {
        Bind::start_with(zones, "")
    }

    /// As [`Bind::start`], with more options of each zone, such as `dnssec-policy default;`.
    pub fn start_with(zones: &[(&str, &str)], options: &str) -> Option<Bind> {
        Bind::start_at(free_port(), zones, options)
    }

    /// As [`Bind::start`], at this port.
    pub fn start_on(port: u16, zones: &[(&str, &str)]) -> Option<Bind> {
        Bind::start_at(port, zones, "")
    }

    /// The same, and whoever asks may transfer the zones.
    pub fn start_primary(port: u16, zones: &[(&str, &str)]) -> Option<Bind> {
        Bind::start_at(port, zones, "allow-transfer { any; };")
    }

    fn start_at(port: u16, zones: &[(&str, &str)], options: &str) -> Option<Bind> {
        let named = find("named")?;
        let dir = tempfile::tempdir().unwrap();
        let (key_name, secret) = (KEYS[0].name.to_string(), KEYS[0].secret.to_string());
        let mut config = String::new();
        let (mut transfers, mut grants) = (String::new(), String::new());
        for key in KEYS {
            config.push_str(&format!(
                "key \"{}\" {{ algorithm {}; secret \"{}\"; }};\n",
                key.name, key.algorithm, key.secret
            ));
            transfers.push_str(&if key.transfers { format!("key \"{}\"; ", key.name) } else { String::new() });
            grants.push_str(&if key.updates { format!("grant {} zonesub ANY; ", key.name) } else { String::new() });
        }
        config.push_str(&format!(
            "options {{ directory \"{dir}\"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};\n\
             recursion no; pid-file \"{dir}/named.pid\"; session-keyfile \"{dir}/session.key\"; lock-file none;\n\
             dnssec-validation no; empty-zones-enable no; notify no; allow-transfer {{ {transfers}}}; }};\n\
             controls {{ }};\n",
            dir = dir.path().display()
        ));
        for (zone, text) in zones {
            std::fs::write(dir.path().join(format!("{zone}.db")), text).unwrap();
            config.push_str(&format!(
                "zone \"{zone}\" {{ type primary; file \"{zone}.db\"; update-policy {{ {grants}}}; {options} }};\n"
            ));
        }
        let file = dir.path().join("named.conf");
        std::fs::write(&file, config).unwrap();
        let log = std::fs::File::create(dir.path().join("named.log")).unwrap();
        let mut daemon = Daemon::start(
            Command::new(named)
                .args(["-g", "-c"])
                .arg(&file)
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log),
        );
        let first = zones.first().map_or("version.bind", |(zone, _)| zone).to_string();
        daemon.wait_until("BIND", || !dig(port, &first, "SOA").is_empty());
        Some(Bind { port, key_name, secret, daemon, dir })
    }

    /// What it answers, through `dig`.
    pub fn dig(&self, name: &str, rtype: &str) -> Vec<String> {
        dig(self.port, name, rtype)
    }

    /// Changes the zone as a primary's own administrator does; its serial moves on by one.
    pub fn update(&self, lines: &str) {
        let key = format!("hmac-sha256:{}:{}", self.key_name, self.secret);
        let mut child =
            Command::new("nsupdate").args(["-y", &key]).stdin(Stdio::piped()).spawn().expect("nsupdate runs");
        let script = format!("server 127.0.0.1 {}\n{lines}\nsend\n", self.port);
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{lines}");
    }

    /// The whole zone by transfer, sorted; the SOA is left out, for its serial moves.
    pub fn list(&self, zone: &str) -> Vec<String> {
        transfer(self.port, zone)
    }

    /// Kills it as a crash would.
    pub fn kill(&mut self) {
        self.daemon.kill();
    }
}
