//! The files of a pattern, for shells that do not expand it.

use std::path::{Path, PathBuf};

use crate::lint::pattern::{is_pattern, names};

/// The files that a pattern names, sorted.
pub fn expand(pattern: &str) -> Vec<PathBuf> {
    let (start, parts) = match pattern.strip_prefix('/') {
        Some(rest) => (PathBuf::from("/"), rest),
        None => (PathBuf::new(), pattern),
    };
    let parts: Vec<&str> = parts.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    let mut out = Vec::new();
    walk(&start, &parts, &mut out);
    out.sort();
    out.dedup();
    out
}

fn walk(at: &Path, parts: &[&str], out: &mut Vec<PathBuf>) {
    let Some((first, rest)) = parts.split_first() else {
        if at.is_file() {
            out.push(at.to_path_buf());
        }
        return;
    };
    if !is_pattern(first) {
        return walk(&at.join(first), rest, out);
    }
    if *first == "**" {
        walk(at, rest, out);
    }
    let folder = if at.as_os_str().is_empty() { Path::new(".") } else { at };
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|n| !n.starts_with('.')) else { continue };
        // Links to folders are not followed by `**`: they may lead round.
        let is_folder = entry.file_type().is_ok_and(|t| t.is_dir());
        if *first == "**" {
            if is_folder {
                walk(&at.join(name), parts, out);
            }
        } else if names(first.as_bytes(), name.as_bytes()) {
            walk(&at.join(name), rest, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_patterns() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("a/b")).unwrap();
        for file in ["x.zone", "a/y.zone", "a/b/z.zone", "a/b/other", ".hidden.zone"] {
            std::fs::write(dir.path().join(file), "").unwrap();
        }
        let found = |pattern: &str| {
            let base = dir.path().display().to_string();
            let all = expand(&format!("{base}/{pattern}"));
            all.iter().map(|p| p.strip_prefix(dir.path()).unwrap().display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found("*.zone"), ["x.zone"]);
        assert_eq!(found("**/*.zone"), ["a/b/z.zone", "a/y.zone", "x.zone"]);
        assert_eq!(found("a/?.zone"), ["a/y.zone"]);
        assert_eq!(found("none/*"), [""; 0]);
    }
}
