//! Holds the layers of `lib.rs`: a module uses only what stands before it.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
    out.sort();
    out
}

/// The modules in the order of their declaration.
fn layers() -> Vec<String> {
    fs::read_to_string(Path::new(ROOT).join("src/lib.rs"))
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_string))
        .collect()
}

/// The top-level module that a file belongs to.
fn module_of(path: &Path) -> String {
    let relative = path.strip_prefix(Path::new(ROOT).join("src")).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_string_lossy().to_string();
    first.trim_end_matches(".rs").to_string()
}

/// Code without comments and string literals: only there does `crate::x` mean a use.
fn used_modules(source: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    for (number, line) in source.lines().enumerate() {
        let code = line.split("//").next().unwrap();
        for part in code.split("crate::").skip(1) {
            if let Some(group) = part.strip_prefix('{') {
                for item in group.split(['{', '}', ',']) {
                    let name: String = item.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    out.push((number + 1, name));
                }
            } else {
                out.push((number + 1, part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()));
            }
        }
    }
    out
}

#[test]
fn arrows_run_down() {
    let layers = layers();
    assert!(layers.len() >= 12, "the layers of lib.rs were not found: {layers:?}");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in rust_files(&Path::new(ROOT).join("src")) {
        let module = module_of(&path);
        let Some(mine) = layers.iter().position(|l| *l == module) else { continue };
        for (line, used) in used_modules(&fs::read_to_string(&path).unwrap()) {
            let Some(theirs) = layers.iter().position(|l| *l == used) else { continue };
            seen += 1;
            // The command line and the commands are one layer: the verbs' arguments stand beside their code.
            let together = matches!((module.as_str(), used.as_str()), ("cli", "commands"));
            if theirs > mine && !together {
                wrong.push(format!("{}:{line}: `{module}` uses `{used}`", path.display()));
            }
        }
    }
    assert!(seen > 50, "too few uses were found: the search is broken");
    assert!(wrong.is_empty(), "arrows that run up:\n{}", wrong.join("\n"));
}

#[test]
fn a_wrong_arrow_would_be_seen() {
    let uses = used_modules("use crate::dns::lookup;\nuse crate::{auth, mail::send};\n// crate::report\n");
    assert_eq!(uses[0], (1, "dns".to_string()));
    assert!(uses.contains(&(2, "auth".to_string())) && uses.contains(&(2, "mail".to_string())));
    assert!(!uses.iter().any(|(_, m)| m == "report"));
}

#[test]
fn the_core_does_not_look_around() {
    // Clock, environment, terminal and home belong to the commands, which pass them in.
    let banned = ["std::env::var", "Timestamp::now", "SystemTime::now", "Zoned::now", "io::stdin", "home_dir"];
    let pure = ["model", "zone", "keys", "profile", "plan", "lint", "auth"];
    let mut wrong = Vec::new();
    for path in rust_files(&Path::new(ROOT).join("src")) {
        if !pure.contains(&module_of(&path).as_str()) || path.ends_with("tests.rs") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let code = source.split("#[cfg(test)]").next().unwrap();
        for word in banned.iter().filter(|w| code.contains(**w)) {
            wrong.push(format!("{} uses {word}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_small() {
    let mut lengths: Vec<(usize, PathBuf)> = rust_files(&Path::new(ROOT).join("src"))
        .into_iter()
        .map(|p| (fs::read_to_string(&p).unwrap().lines().count(), p))
        .collect();
    lengths.sort();
    let (longest, path) = lengths.last().unwrap();
    assert!(*longest <= 900, "{} has {longest} lines: does it hold one thing?", path.display());
    assert!(!lengths.iter().any(|(_, p)| p.ends_with("utils.rs")), "a file needs a better name than utils");
}
