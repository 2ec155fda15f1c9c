//! `keys generate` for RSA 2048 beside `openssl genrsa 2048`: paired runs, medians and their ratio.
//!
//! Run with `cargo bench --bench keygen`. It prints; it never judges: machines are noisy.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PAIRS: usize = 20;

fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}");
    start.elapsed()
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn main() {
    if std::env::args().any(|a| a == "--test") {
        return; // `cargo test --benches` only wants to know that it builds
    }
    let dir = tempfile::tempdir().unwrap();
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..PAIRS {
        let selector = format!("s{i}");
        let a =
            time(
                Command::new(env!("CARGO_BIN_EXE_mailproof"))
                    .args(["keys", "generate", "--domain", "example.com"])
                    .args(["--algorithm", "rsa2048", "--selector", &selector, "--dir", dir.path().to_str().unwrap()]),
            );
        let b = time(Command::new("openssl").args(["genrsa", "2048"]));
        ours.push(a.as_secs_f64());
        theirs.push(b.as_secs_f64());
        ratios.push(a.as_secs_f64() / b.as_secs_f64());
    }
    println!("mailproof keys generate   median {:.3} s", median(ours.clone()));
    println!("openssl genrsa 2048       median {:.3} s", median(theirs.clone()));
    println!("ratio of the medians      {:.2}", median(ours) / median(theirs));
    println!("median of paired ratios   {:.2}", median(ratios));
}
