//! Findings for people: the line with the place underlined, what receivers do, and the way out.

use std::collections::HashMap;
use std::fmt::Write as _;

use console::Style;
use unicode_width::UnicodeWidthStr;

use crate::lint::finding::Finding;
use crate::lint::outcome::Outcome;
use crate::lint::rule::Severity;
use crate::lint::zone_index::Door;
use crate::report::harmless::harmless;
use crate::words::Words;
use crate::words::wrap::wrap;

/// So many findings of one rule are shown in full; the rest is counted.
pub const SHOWN: usize = 50;

/// How to show a run.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The width to stay within, in columns.
    pub width: usize,
    /// Who speaks to whoever reads.
    pub words: Words,
    /// Show every finding, however many there are.
    pub all: bool,
}

/// A run: its findings, then the counts, what was skipped and where to go next; one line where nothing was found.
pub fn outcome(outcome: &Outcome, look: Look, inputs: &str) -> String {
    let width = look.width.clamp(40, 120);
    let mut out = String::new();
    let mut shown: HashMap<&str, usize> = HashMap::new();
    for finding in &outcome.findings {
        let count = shown.entry(finding.rule.code).or_default();
        *count += 1;
        if look.all || *count <= SHOWN {
            out.push_str(&one(outcome, finding, look.words, width));
            out.push('\n');
        }
    }
    let mut hidden: Vec<(&str, usize)> = shown.into_iter().filter(|(_, n)| !look.all && *n > SHOWN).collect();
    hidden.sort_unstable();
    for (code, count) in hidden {
        let _ = writeln!(out, "… and {} more of {code}; --all shows every one", count - SHOWN);
    }
    out.push_str(&tail(outcome, look.words, width, inputs));
    out
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => Style::new().red().bold(),
        Severity::Warning => Style::new().yellow().bold(),
        Severity::Advice => Style::new().blue().bold(),
    }
}

/// One finding.
pub fn one(outcome: &Outcome, finding: &Finding, words: Words, width: usize) -> String {
    let at = outcome.locate(finding);
    let paint = style(finding.severity);
    let cold = Style::new().cyan();
    let mut out = String::new();
    let message = harmless(&finding.message);
    // The rule in the reader's language; what is special about the case follows as the rule tells it.
    let title = words.rule(finding.rule.code);
    let head = format!("{}[{}]", words.text(finding.severity.word()), finding.rule.code);
    let lines = wrap(title.unwrap_or(&message), width.saturating_sub(head.width() + 2).max(30));
    for (i, line) in lines.iter().enumerate() {
        if i == 0 {
            let _ = writeln!(out, "{}: {line}", paint.apply_to(&head));
        } else {
            let _ = writeln!(out, "{}{line}", " ".repeat(head.width() + 2));
        }
    }
    if title.is_some() {
        for line in wrap(&message, width.saturating_sub(2)) {
            let _ = writeln!(out, "  {line}");
        }
    }
    let owner = match (at.name.as_str(), at.rtype.as_str()) {
        ("", _) => String::new(),
        (name, "") => format!("  {name}"),
        (name, rtype) => format!("  {name} {rtype}"),
    };
    let place = at.place();
    let number = if at.in_text { at.location.start.line.to_string() } else { String::new() };
    let gutter = number.len().max(2);
    let bar = cold.apply_to("|");
    let _ = writeln!(out, "{}{} {}{}", " ".repeat(gutter), cold.apply_to("-->"), harmless(&place), harmless(&owner));
    let text = outcome.line(finding, finding.spot.place);
    let start = at.location.start.column.saturating_sub(1);
    let end = if at.location.end.line == at.location.start.line {
        at.location.end.column.saturating_sub(1)
    } else {
        usize::MAX
    };
    let window = Window::of(&String::from_utf8_lossy(&text), start, end, width.saturating_sub(gutter + 4));
    let _ = writeln!(out, "{} {bar}", " ".repeat(gutter));
    let _ = writeln!(out, "{} {bar} {}", cold.apply_to(format!("{number:>gutter$}")), window.text);
    let carets = "^".repeat(window.carets.max(1));
    let sees = harmless(&finding.receiver_sees);
    let room = width.saturating_sub(gutter + 4 + window.before + window.carets + 1);
    if sees.width() <= room {
        let label = format!("{carets} {sees}");
        let _ = writeln!(
            out,
            "{} {bar} {}{}",
            " ".repeat(gutter),
            " ".repeat(window.before),
            paint.apply_to(label.trim_end())
        );
    } else {
        let _ = writeln!(out, "{} {bar} {}{}", " ".repeat(gutter), " ".repeat(window.before), paint.apply_to(carets));
        for line in wrap(&sees, width.saturating_sub(gutter + 4)) {
            let _ = writeln!(out, "{} {bar} {}", " ".repeat(gutter), paint.apply_to(line));
        }
    }
    if let Some(detail) = &finding.detail {
        let _ = writeln!(out, "{} {bar}", " ".repeat(gutter));
        for line in harmless(detail).lines() {
            let _ = writeln!(out, "{} {bar} {line}", " ".repeat(gutter));
        }
    }
    let _ = writeln!(out, "{} {bar}", " ".repeat(gutter));
    out.push_str(&help(finding, outcome.can_fix(finding), words, width));
    out
}

fn help(finding: &Finding, can_fix: bool, words: Words, width: usize) -> String {
    let more = format!("mailproof explain {}", finding.rule.code);
    let text = if can_fix { format!("{} (--fix)", finding.help) } else { finding.help.to_string() };
    let lines = wrap(&harmless(&text), width.saturating_sub(6));
    let mut out = String::new();
    let label = Style::new().green().apply_to(words.text("help"));
    for (i, line) in lines.iter().enumerate() {
        let lead = if i == 0 { format!("{label}: ") } else { " ".repeat(6) };
        let last = i + 1 == lines.len();
        let free = width.saturating_sub(6 + line.width());
        if last && free > more.len() + 2 {
            let gap = " ".repeat(free - more.len());
            let _ = writeln!(out, "{lead}{line}{gap}{}", Style::new().dim().apply_to(&more));
        } else {
            let _ = writeln!(out, "{lead}{line}");
            if last {
                let gap = " ".repeat(width.saturating_sub(more.len()));
                let _ = writeln!(out, "{gap}{}", Style::new().dim().apply_to(&more));
            }
        }
    }
    out
}

/// A line cut to what fits, with the place in it.
struct Window {
    text: String,
    before: usize,
    carets: usize,
}

impl Window {
    /// `start` and `end` count characters.
    fn of(line: &str, start: usize, end: usize, room: usize) -> Self {
        let shown: Vec<String> =
            line.chars().map(|c| if c == '\t' { " ".into() } else { harmless(&c.to_string()) }).collect();
        let end = end.clamp(start, shown.len().max(start));
        let start = start.min(shown.len());
        let widths: Vec<usize> = shown.iter().map(|s| s.width()).collect();
        let total: usize = widths.iter().sum();
        let (mut from, mut to) = (0, shown.len());
        if total > room {
            // The place stands a third from the left, or the line's end at the right.
            let lead = room / 3;
            let mut used = 0;
            from = start;
            while from > 0 && used + widths[from - 1] <= lead {
                from -= 1;
                used += widths[from];
            }
            used = 0;
            to = from;
            while to < shown.len() && used + widths[to] <= room.saturating_sub(2) {
                used += widths[to];
                to += 1;
            }
        }
        let mut text = shown[from..to].concat();
        let mut before: usize = widths[from..start.clamp(from, to)].iter().sum();
        if from > 0 {
            text.insert(0, '…');
            before += 1;
        }
        if to < shown.len() {
            text.push('…');
        }
        let carets = widths[start.min(to)..end.min(to).max(start.min(to))].iter().sum();
        Window { text, before, carets }
    }
}

/// The last lines: counts, what was skipped and why, where to go next.
fn tail(outcome: &Outcome, words: Words, width: usize, inputs: &str) -> String {
    let summary = &outcome.summary;
    let files = outcome.facts.zones.iter().filter(|z| z.door == Door::Server).map(|z| z.sources.iter().count()).sum();
    let names = if outcome.facts.server.is_some() {
        count(files, "file", "files")
    } else {
        count(summary.names, "name", "names")
    };
    let allowed = match summary.allowed {
        0 => String::new(),
        n => format!(", {n} allowed"),
    };
    let mut out = String::new();
    if outcome.findings.is_empty() {
        let skipped = match outcome.skipped.len() {
            0 => String::new(),
            n => format!("; {n} rules need more than this (--format json names them)"),
        };
        let inputs = brief(inputs, width / 2);
        let _ = writeln!(
            out,
            "{} {inputs}: {}",
            Style::new().green().apply_to("ok"),
            words.text(&format!("{names}, nothing found{allowed}{skipped}"))
        );
        return out;
    }
    let counts = [
        count(summary.errors, "error", "errors"),
        count(summary.warnings, "warning", "warnings"),
        count(summary.advice, "piece of advice", "pieces of advice"),
    ];
    let worst = if summary.errors > 0 {
        Severity::Error
    } else if summary.warnings > 0 {
        Severity::Warning
    } else {
        Severity::Advice
    };
    let counts = counts.join(", ");
    let counts = words.text(&counts);
    let _ = writeln!(out, "{} {}", style(worst).apply_to(counts), words.text(&format!("in {names}{allowed}")));
    // What rules need, each need once, in the order of the rules.
    let mut skipped: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut partly: Vec<String> = Vec::new();
    for skip in &outcome.skipped {
        if !skip.reason.starts_with("needs ") {
            partly.push(format!("{} ({})", skip.rule, skip.reason));
            continue;
        }
        match skipped.iter_mut().find(|(reason, _)| *reason == skip.reason) {
            Some((_, codes)) => codes.push(skip.rule),
            None => skipped.push((&skip.reason, vec![skip.rule])),
        }
    }
    let mut skipped: Vec<String> =
        skipped.into_iter().map(|(reason, codes)| format!("{reason}: {}", codes.join(" "))).collect();
    if !partly.is_empty() {
        skipped.push(format!("could not look at everything: {}", partly.join("; ")));
    }
    for (i, text) in skipped.iter().enumerate() {
        let lead = if i == 0 { "Skipped: " } else { "         " };
        for (j, line) in wrap(&harmless(text), width.saturating_sub(9)).iter().enumerate() {
            let _ = writeln!(out, "{}{line}", if j == 0 { lead } else { "           " });
        }
    }
    let next = match (summary.fixable, &outcome.findings.first()) {
        (0, Some(first)) => format!("mailproof explain {}", first.rule.code),
        (n, _) => {
            let inputs = brief(inputs, width.saturating_sub(56));
            format!("mailproof lint --fix --diff {inputs}   ({n} can be fixed)")
        }
    };
    let _ = writeln!(out, "{}: {next}", words.text("Next"));
    out
}

/// What was given, when it is short; else the first of it.
fn brief(inputs: &str, room: usize) -> String {
    match inputs.split_once(' ') {
        Some((first, _)) if inputs.width() > room => format!("{first} …"),
        _ => inputs.to_string(),
    }
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_keep_the_place_in_sight() {
        let line = "abcdefghijklmnopqrstuvwxyz".repeat(4);
        for (start, end) in [(0, 3), (50, 53), (100, 104), (104, 104)] {
            let window = Window::of(&line, start, end, 30);
            assert!(window.text.width() <= 30, "{start}: {}", window.text);
            assert!(window.before + window.carets <= 30, "{start}");
            let at = window.text.chars().skip(window.before).take(window.carets).collect::<String>();
            assert_eq!(at, line[start..end], "{start}");
        }
        let wide = Window::of("日本 x", 3, 4, 30);
        assert_eq!((wide.before, wide.carets), (5, 1));
        let steer = Window::of("a\u{1b}[1m", 0, 1, 30);
        assert!(!steer.text.contains('\u{1b}'));
    }
}
