//! The mail lab: a sender, a receiver and an attacker with real servers from Debian's packages, each in a namespace of its
//! own, configured by nothing but what `mailproof config render --install` wrote. Root alone can make namespaces;
//! anybody else skips, saying so.
//!
//! Each story runs inside the namespaces: the test starts itself again there, and everything ends with it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout)]
#![cfg(target_os = "linux")]

mod lab;
mod stories;

use std::path::Path;
use std::process::Command;

/// What must be installed, by the programs.
const NEEDS: &[&str] = &[
    "/usr/sbin/postfix",
    "/usr/sbin/opendkim",
    "/usr/sbin/opendmarc",
    "/usr/bin/policyd-spf",
    "/usr/sbin/pdns_server",
    "/usr/sbin/unbound",
    "/usr/sbin/dovecot",
    "/usr/bin/sqlite3",
    "/usr/bin/dig",
    "/usr/sbin/ip",
    "/usr/bin/unshare",
];

/// Runs the story `name` in namespaces of its own; at most `seconds`.
fn inside(name: &str, seconds: u32) {
    inside_with(name, seconds, &[]);
}

/// The same for a story that needs `more` programs.
fn inside_with(name: &str, seconds: u32, more: &[&str]) {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    if !root {
        eprintln!("SKIPPED: only root can make the lab's namespaces");
        return;
    }
    for path in NEEDS.iter().chain(more) {
        let other = path.replace("/usr/sbin/", "/sbin/");
        if !Path::new(path).exists() && !Path::new(&other).exists() {
            eprintln!("SKIPPED: {path} is not there; tests/run.sh installs it");
            return;
        }
    }
    let out = Command::new("timeout")
        .args(["-k", "5", &seconds.to_string()])
        .args(["unshare", "-n", "-m", "-u", "-p", "-f", "--mount-proc", "--kill-child", "--propagation", "private"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored", "--nocapture", "--test-threads", "1"])
        .env("MAILPROOF_LAB", "inside")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{name} ({}):\n{text}", out.status);
    assert!(text.contains("1 passed"), "{name} did not run:\n{text}");
    if std::env::var_os("MAILPROOF_LAB_SHOW").is_some() {
        eprintln!("{text}");
    }
}

#[test]
fn from_an_answers_file_to_a_proven_table() {
    inside("stories::proven::story", 100);
}

#[test]
fn the_hole_in_the_common_recipe() {
    inside("stories::hole::story", 100);
}

#[test]
fn faults_are_named() {
    inside("stories::faults::story", 280);
}

#[test]
fn rspamd_signs_and_judges() {
    inside_with("stories::rspamd::story", 100, &["/usr/bin/rspamd", "/usr/bin/rspamadm"]);
}

/// Debian's Exim cannot be installed beside Postfix: `tests/run.sh` unpacks it here.
const EXIM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/exim");
const EXIM_PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/exim/usr/sbin/exim4");

#[test]
fn exim_signs_and_judges() {
    inside_with("stories::exim::story", 100, &[EXIM_PROGRAM]);
}

#[test]
fn exim_judges_dmarc_by_the_book() {
    inside_with("stories::exim_dmarc::story", 100, &[EXIM_PROGRAM]);
}
