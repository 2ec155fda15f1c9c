//! Real name servers for tests: started on loopback ports of their own, stopped by their own process id.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

pub mod authority;
pub mod bind;
pub mod browser;
pub mod daemon;
pub mod fake;
pub mod knot;
pub mod loopback;
pub mod nginx;
pub mod postfix;
pub mod powerdns;
pub mod unbound;

use std::path::PathBuf;
use std::process::{Command, Output};

/// Where a program is, or `None` with a line that says what is skipped.
pub fn find(program: &str) -> Option<PathBuf> {
    let sbin = ["/usr/sbin", "/usr/local/sbin", "/sbin"].into_iter().map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).chain(sbin).map(|dir| dir.join(program)).find(|p| p.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: {program} is not installed; tests/run.sh installs it");
    }
    found
}

/// Our own program.
pub fn mailproof() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailproof"));
    command.env("NO_COLOR", "1").stdin(std::process::Stdio::null());
    command
}

/// What a run printed, for assertion messages.
pub fn told(output: &Output) -> String {
    format!(
        "exit {:?}\n--- stdout\n{}\n--- stderr\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The data that a server answers, through `dig`, one record a line, sorted.
pub fn dig(port: u16, name: &str, rtype: &str) -> Vec<String> {
    dig_at("127.0.0.1", port, name, rtype)
}

/// The same of a server at another address.
pub fn dig_at(address: &str, port: u16, name: &str, rtype: &str) -> Vec<String> {
    let output = Command::new("dig")
        .args([&format!("@{address}"), "-p", &port.to_string(), "+short", "+tries=2", "+time=2", name, rtype])
        .output()
        .expect("dig runs");
    // Lines that begin `;;` are dig's own words about a server that does not answer.
    let text = String::from_utf8_lossy(&output.stdout).to_string();
    let mut lines: Vec<String> = text.lines().filter(|l| !l.starts_with(";;")).map(str::to_string).collect();
    lines.sort();
    lines
}
