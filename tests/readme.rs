//! The README's transcripts are what the program prints today.
//!
//! After a change, `UPDATE_DOCS=1 cargo test --test readme` puts the demo's output into it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The lines of the fenced block after `<!-- transcript: NAME -->`.
fn transcript(name: &str) -> Vec<String> {
    let readme = std::fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let marker = format!("<!-- transcript: {name} -->");
    let rest = readme.split(&marker).nth(1).expect("the README has the transcript");
    let block = rest.split("```").nth(1).expect("a fenced block follows");
    block.lines().skip(1).map(str::to_string).collect()
}

/// What differs from run to run: keys, ports, times.
fn steady(line: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    for word in line.split(' ') {
        let is_key = word.starts_with("p=") && word.len() > 6;
        let is_port = word.starts_with("127.0.0.1:");
        let digits = word.trim_end_matches(['.', ',']);
        let is_time = digits.len() > 1
            && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
            && digits.contains('.')
            && digits.matches('.').count() == 1;
        let is_dated = word.starts_with("mp2") && word.len() > 6;
        out.push(match (is_key, is_port, is_time, is_dated) {
            (true, ..) => "p=KEY".into(),
            (_, true, ..) => "127.0.0.1:PORT".into(),
            (_, _, true, _) => "TIME".into(),
            (.., true) => format!("mpDATE{}", &word[8.min(word.len())..]),
            _ => word.to_string(),
        });
    }
    out.join(" ").trim_end().to_string()
}

#[test]
fn the_demo_prints_what_the_readme_shows() {
    let expected = transcript("demo");
    assert_eq!(expected[0], "$ cargo run --release -- demo");
    let output = Command::new(env!("CARGO_BIN_EXE_mailproof")).arg("demo").env("NO_COLOR", "1").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        update("demo", &format!("$ cargo run --release -- demo\n{printed}"));
        return;
    }
    let printed: Vec<String> = printed.lines().map(steady).collect();
    let expected: Vec<String> = expected[1..].iter().map(|l| steady(l)).collect();
    pretty(&expected, &printed);
    assert!(output.status.success());
}

fn update(name: &str, block: &str) {
    let path = Path::new(ROOT).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let marker = format!("<!-- transcript: {name} -->");
    let (head, rest) = readme.split_once(&marker).unwrap();
    let tail = rest.splitn(3, "```").nth(2).unwrap();
    std::fs::write(path, format!("{head}{marker}\n```console\n{block}```{tail}")).unwrap();
}

fn pretty(expected: &[String], printed: &[String]) {
    assert_eq!(expected.join("\n"), printed.join("\n"), "run the demo and put its output into the README");
}

#[test]
fn the_test_command_says_the_steps_the_readme_shows() {
    let script = std::fs::read_to_string(Path::new(ROOT).join("tests/run.sh")).unwrap();
    let steps: Vec<String> =
        script.lines().filter_map(|l| l.strip_prefix("say \"")?.strip_suffix('"').map(|s| format!("== {s}"))).collect();
    let shown: Vec<String> = transcript("tests").into_iter().filter(|l| l.starts_with("== ")).collect();
    assert!(steps.len() >= 5, "the steps of tests/run.sh were not found");
    assert_eq!(steps, shown);
}
