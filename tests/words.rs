//! Holds the Japanese texts complete: nothing that the wizard says is without one, none is of a text that is gone, and
//! every rule has one.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use mailproof::lint::registry::RULES;
use mailproof::profile::preset;
use mailproof::words::{Lang, Words};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Where people are spoken to in their language throughout.
const SPOKEN: &[&str] = &[
    "src/interview/flow.rs",
    "src/interview/flow",
    "src/interview/terminal.rs",
    "src/interview/plain.rs",
    "src/interview/review.rs",
    "src/commands/setup.rs",
    "src/commands/setup",
    "src/report/handover.rs",
];

/// Texts of these places that are no speech: what goes into files, and errors about files.
const NOT_SPEECH: &[&str] = &[
    "mailproof is to",
    "the answers file",
    "the list of domains",
    "names no domain",
    "write one a line",
    "{algorithm} key of {}",
    "cannot be read",
    "cannot be written",
    "is no host name",
    "handover-",
];

fn rust_files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.into()];
    }
    let mut out = Vec::new();
    for entry in fs::read_dir(path).into_iter().flatten() {
        let path = entry.unwrap().path();
        // Tests in a file of their own say nothing to anybody.
        if path.is_dir() || path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            out.extend(rust_files(&path));
        }
    }
    out.sort();
    out
}

/// The string literals of a file, without tests and comments.
fn literals(path: &Path) -> Vec<String> {
    let source = fs::read_to_string(path).unwrap();
    let code: Vec<&str> = source
        .split("#[cfg(test)]")
        .next()
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//") && !line.trim_start().starts_with("#["))
        .collect();
    let mut out = Vec::new();
    let code = code.join("\n");
    let mut chars = code.chars().peekable();
    let mut open: Option<String> = None;
    while let Some(c) = chars.next() {
        match (&mut open, c) {
            (Some(_), '"') => out.extend(open.take()),
            (Some(text), '\\') => match chars.next() {
                Some('n') => text.push('\n'),
                Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                Some(other) => text.push(other),
                None => {}
            },
            (Some(text), c) => text.push(c),
            (None, '"') => open = Some(String::new()),
            (None, '\'') => {
                // A character such as '"' is no beginning of a text.
                if chars.next_if_eq(&'"').is_some() || chars.next_if_eq(&'\\').is_some() {
                    chars.next();
                }
            }
            (None, _) => {}
        }
    }
    out
}

/// The text with something at its places.
fn example(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        out.push_str("x1");
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// The text with every place written alike.
fn bare(text: &str) -> String {
    example(text).replace("x1", "{}")
}

/// Whether people read it: two words or more, not the name of a file or of a flag.
fn is_speech(text: &str) -> bool {
    let words =
        |t: &str| t.split_whitespace().filter(|w| w.chars().filter(|c| c.is_ascii_lowercase()).count() > 1).count();
    words(&text.replace('{', " {").split('{').map(|p| p.split_once('}').map_or(p, |(_, r)| r)).collect::<String>()) > 1
}

#[test]
fn nothing_is_said_in_english_alone() {
    let words = Words::new(Lang::Ja);
    let catalogue = fs::read_to_string(Path::new(ROOT).join("locales/ja.po")).unwrap();
    let mut lacking = Vec::new();
    let mut seen = 0;
    for path in SPOKEN.iter().flat_map(|p| rust_files(&Path::new(ROOT).join(p))) {
        for text in literals(&path) {
            for line in text.lines().map(str::trim).filter(|l| is_speech(l)) {
                if NOT_SPEECH.iter().any(|not| line.contains(not)) {
                    continue;
                }
                seen += 1;
                let line = example(line.trim_start_matches([',', ';', ' ']));
                // A part of a text that is known whole.
                let part = catalogue.contains(line.as_str());
                if !part && words.lines(&line) == line {
                    lacking.push(format!("{}: {line}", path.strip_prefix(ROOT).unwrap().display()));
                }
            }
        }
    }
    assert!(seen > 80, "too little is seen: {seen}");
    assert!(lacking.is_empty(), "without Japanese in locales/ja.po:\n{}", lacking.join("\n"));
}

#[test]
fn no_text_is_left_of_what_is_gone() {
    let said: Vec<String> =
        rust_files(&Path::new(ROOT).join("src")).iter().flat_map(|p| literals(p)).map(|text| bare(&text)).collect();
    let catalogue = fs::read_to_string(Path::new(ROOT).join("locales/ja.po")).unwrap();
    let mut gone = Vec::new();
    let mut free = false;
    for line in catalogue.lines() {
        free = free || line.starts_with("#. composed") || line.starts_with("msgctxt");
        if let Some(id) = line.strip_prefix("msgid ") {
            let id = id.trim_matches('"').replace("\\\"", "\"").replace("\\\\", "\\");
            let id = bare(&id);
            if !free && !said.iter().any(|text| text.contains(&id)) {
                gone.push(id);
            }
            free = false;
        }
    }
    assert!(gone.is_empty(), "nobody says in src:\n{}", gone.join("\n"));
}

#[test]
fn every_rule_has_a_short_text() {
    let words = Words::new(Lang::Ja);
    let catalogue = fs::read_to_string(Path::new(ROOT).join("locales/ja.po")).unwrap();
    let codes: Vec<&str> = catalogue.lines().filter_map(|l| l.strip_prefix("msgctxt \"")?.strip_suffix('"')).collect();
    for rule in RULES {
        let text = words.rule(rule.code).unwrap_or_else(|| panic!("{} has no Japanese text", rule.code));
        assert!(!text.ends_with('。') && text.chars().any(|c| ('ぁ'..='ん').contains(&c)), "{}: {text}", rule.code);
    }
    assert_eq!(codes.len(), RULES.len(), "a text of a rule that is none");
    assert!(codes.iter().all(|code| RULES.iter().any(|r| r.code == *code)));
}

#[test]
fn every_panel_is_explained() {
    let words = Words::new(Lang::Ja);
    for preset in preset::all().unwrap() {
        let text = words.find(&preset.steps).unwrap_or_else(|| panic!("{}: no Japanese for its steps", preset.id));
        assert!(!text.ends_with('。') && text.chars().any(|c| ('ぁ'..='ん').contains(&c)), "{}: {text}", preset.id);
    }
}
