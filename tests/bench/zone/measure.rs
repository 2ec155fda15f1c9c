//! Wall time, CPU time and memory of a piece of work or of a program.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::cpu;

/// What one run took.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    /// Seconds from start to end.
    pub wall: f64,
    /// Seconds of CPU, on all threads together.
    pub cpu: f64,
    /// The most memory, in octets; 0 for work in this process.
    pub memory: f64,
}

/// Work on this thread. What `work` gives is dropped after the clocks are stopped.
pub fn work<T>(work: impl FnOnce() -> T) -> Cost {
    let (start, before) = (Instant::now(), cpu::seconds());
    let made = work();
    let cost = Cost { wall: start.elapsed().as_secs_f64(), cpu: cpu::seconds() - before, memory: 0.0 };
    drop(made);
    cost
}

/// The reader of the crate `domain`, a program that is built for this; `None` where that cannot be.
pub fn domain_reader(path: &Path) -> Option<Cost> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/domain_reader/Cargo.toml");
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--release", "--quiet", "--manifest-path", manifest, "--"]).arg(path);
    command.env("CARGO_TARGET_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/target/domain_reader"));
    let output = command.stderr(Stdio::null()).output().ok().filter(|o| o.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<f64> = text.split_whitespace().filter_map(|f| f.parse().ok()).collect();
    let [wall, cpu, _records] = figures[..] else { return None };
    Some(Cost { wall, cpu, memory: 0.0 })
}

/// A program, by GNU time. `None` when it or GNU time is not installed.
pub fn program(words: &[&str]) -> Option<Cost> {
    let mut command = Command::new("/usr/bin/time");
    command.args(["-q", "-f", "\n%U %S %M"]).args(words).stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let output = command.stderr(Stdio::piped()).output().ok()?;
    let wall = start.elapsed().as_secs_f64();
    // 127: GNU time found no such program.
    if output.status.code() == Some(127) {
        return None;
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let figures: Vec<f64> = text.lines().last()?.split(' ').filter_map(|f| f.parse().ok()).collect();
    let [user, system, kilobytes] = figures[..] else { return None };
    Some(Cost { wall, cpu: user + system, memory: kilobytes * 1024.0 })
}

/// The middle one.
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = figures.into_iter().collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The middle of a figure over several runs.
pub fn middle(costs: &[Cost], figure: impl Fn(&Cost) -> f64) -> f64 {
    median(costs.iter().map(figure))
}

/// How the wall time of each run of one relates to the run of another beside it: the middle of the ratios.
pub fn ratio(these: &[Cost], those: &[Cost]) -> f64 {
    median(these.iter().zip(those).map(|(a, b)| a.wall / b.wall))
}

/// The load of the machine over the last minute.
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("?").to_string()
}
