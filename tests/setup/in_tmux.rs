//! Journeys in tmux, 24 lines high: every question is kept as it stands on that screen.

use crate::journey::{Enter, PUBLISH, Step, Takes, Types, arrives, goes, keeps};
use crate::kinds::at;
use crate::lab::lab;
use crate::terminal::Start;
use crate::tmux::Tmux;

const STEPS: &[Step] = &[
    ("Domain:", Types("tmux.test"), ""),
    ("What is tmux.test for?", Takes("sends only"), ""),
    ("Your own mail servers", Types("out.tmux.test"), ""),
    ("Addresses that out.tmux.test sends from:", Types("127.0.0.26"), ""),
    ("Services that send mail", Enter, ""),
    ("proves nothing", Enter, ""),
    ("Address for daily reports", Enter, ""),
];

#[test]
fn every_question_on_24_lines() {
    let Some(dns) = lab(&["tmux.test"]) else { return };
    let dir = tempfile::tempdir().unwrap();
    let args = ["--nameserver", &at(&dns), "--root", "/nowhere"];
    let Some(mut person) = Tmux::start(&Start::new(dir.path(), &args).with("TERM", "tmux-256color")) else { return };
    let mut screens = String::new();
    for step in STEPS.iter().chain(PUBLISH) {
        person.is_asked(step.0);
        let window = person.terminal.window();
        screens.push_str(&format!("{}\n{}\n", "=".repeat(80), window));
        goes(&mut person, &dns, std::slice::from_ref(step));
    }
    let seen = arrives(&person, "tmux_whole", 0, dir.path());
    keeps("tmux_questions", &screens, dir.path());
    assert!(seen.contains("6 of 6 proven"), "{seen}");
}

/// A terminal that can do nothing: line by line, and no control sequence.
#[test]
fn dumb_terminal() {
    const STEPS: &[Step] = &[
        ("Domain:", Types("dumb.test"), ""),
        ("What is dumb.test for?", Types("?"), "explained"),
        ("What is dumb.test for? [own]:", Enter, ""),
        ("Your own mail servers", Enter, ""),
        ("Addresses that mail.dumb.test sends from:", Types("127.0.0.27"), ""),
        ("Services that send mail for it [none]:", Enter, ""),
        ("proves nothing", Types("quarantine"), "an id"),
        ("Address for daily reports", Enter, ""),
        ("Who keeps the zone", Types("powerdns"), ""),
        ("Address of PowerDNS", Types("{endpoint}"), ""),
        ("The number of an answer to change", Enter, ""),
        ("API key of PowerDNS", Types("{key}"), ""),
        ("Publish? [no]:", Types("yes"), ""),
    ];
    let Some(dns) = lab(&["dumb.test"]) else { return };
    let dir = tempfile::tempdir().unwrap();
    let args = ["--nameserver", &at(&dns), "--root", "/nowhere"];
    let Some(mut person) = Tmux::start(&Start::new(dir.path(), &args).with("TERM", "dumb")) else { return };
    goes(&mut person, &dns, STEPS);
    let seen = arrives(&person, "dumb_terminal", 0, dir.path());
    assert!(seen.contains("6 of 6 proven"), "{seen}");
}
