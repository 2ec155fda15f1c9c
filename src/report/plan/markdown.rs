//! A plan as Markdown, for whoever reviews a pull request.
//!
//! What strangers wrote - values, names, notes that repeat them - stands in a fence that none of it can close, or is
//! escaped where it stands in the text.

use std::fmt::Write as _;

use crate::error::Error;
use crate::plan::Plan;
use crate::plan::change::{Action, Change};
use crate::prove::proof_summary::ProofSummary;
use crate::report::harmless::harmless;
use crate::report::markdown::cell;
use crate::report::plan::value::{Difference, difference};
use crate::report::plan::{counts, owner, ttl};

/// The longest value that is shown whole, in characters.
const VALUE: usize = 400;
/// How much of what two long values have in common is shown before and after the difference.
const AROUND: usize = 60;

/// One zone: what is written, what is kept, and whether mail would pass.
pub fn zone(plan: &Plan, proof: Option<&ProofSummary>) -> String {
    let mut out = heading(&plan.zone, &plan.provider);
    let _ = writeln!(out, "**{}**, {} left alone", text(&counts(plan)), plan.untouched);
    if !plan.is_empty() {
        out.push_str(&fenced(&changes(&plan.changes, &plan.zone), "diff"));
    }
    if !plan.notes.is_empty() {
        out.push('\n');
    }
    for note in &plan.notes {
        let _ = writeln!(out, "- {}", text(note));
    }
    if let Some(proof) = proof {
        let word = if proof.passes { "mail would pass" } else { "mail would fail, so a push refuses this" };
        let _ = writeln!(out, "\n**Proof before push: {word}**\n");
        for sentence in &proof.sentences {
            let _ = writeln!(out, "- {}", text(sentence));
        }
    }
    out
}

/// A zone of which no plan could be made: what must not be done, and what a person can do.
pub fn refused(zone: &str, provider: &str, error: &Error) -> String {
    let mut out = heading(zone, provider);
    let _ = writeln!(out, "**Refused**: {}", text(&error.to_string()));
    for line in error.context() {
        let _ = writeln!(out, "\n- while {}", text(line));
    }
    if let Some(hint) = error.hint_text() {
        let _ = writeln!(out, "\nHint: {}", text(hint));
    }
    out
}

fn heading(zone: &str, provider: &str) -> String {
    format!("## {} on {}\n\n", text(zone), text(provider))
}

/// The lines of changes in `zone`, to stand in a fence.
pub fn changes<'a>(all: impl IntoIterator<Item = &'a Change>, zone: &str) -> Vec<String> {
    all.into_iter().flat_map(|change| one(change, zone)).collect()
}

/// The lines of one change: its sign and place, its values, what should be known about it.
fn one(change: &Change, zone: &str) -> Vec<String> {
    let Some(set) = change.set() else { return Vec::new() };
    let sign = match change.action() {
        Action::Add => '+',
        Action::Change => '~',
        Action::Remove => '-',
    };
    let mut out = vec![format!("{sign} {} {} {}", line(&owner(change, zone)), set.rtype, ttl(change))];
    for what in difference(change) {
        match what {
            Difference::Gone(old) => out.push(format!("-     {}", cut(&line(&old)))),
            Difference::Come(new) => out.push(format!("+     {}", cut(&line(&new)))),
            Difference::Became(old, new, _) => {
                let (old, new) = around(&line(&old), &line(&new));
                out.extend([format!("-     {old}"), format!("+     {new}")]);
            }
            Difference::Told(words) => out.push(format!("#     {words}")),
        }
    }
    out.extend(change.notes.iter().map(|note| format!("#     {}", line(note))));
    out
}

/// A block of lines of a `language`, in a fence longer than any run of backticks in them (CommonMark §4.5).
pub fn fenced(lines: &[String], language: &str) -> String {
    let runs = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    format!("\n{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

/// Text in one line, without anything that steers.
fn line(text: &str) -> String {
    harmless(text).replace('\n', "\\010")
}

/// Text outside a fence: no markup, and nobody is mentioned.
fn text(text: &str) -> String {
    cell(&line(text)).replace('@', "@<!-- -->")
}

/// The beginning of a long value, and how long it is.
fn cut(value: &str) -> String {
    let all = value.chars().count();
    if all <= VALUE {
        return value.into();
    }
    let begin: String = value.chars().take(VALUE).collect();
    format!("{begin}... ({all} characters)")
}

/// Both values; of long ones what differs, with a little of what is the same around it.
fn around(old: &str, new: &str) -> (String, String) {
    let (was, is): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    if was.len().max(is.len()) <= VALUE {
        return (old.into(), new.into());
    }
    let head = was.iter().zip(&is).take_while(|(a, b)| a == b).count();
    let tail = was[head..].iter().rev().zip(is[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let part = |all: &[char]| {
        let (from, to) = (head.saturating_sub(AROUND), (all.len() - tail + AROUND).min(all.len()));
        let before = if from > 0 { "..." } else { "" };
        let after = if to < all.len() { "..." } else { "" };
        format!("{before}{}{after} ({} characters)", all[from..to].iter().collect::<String>(), all.len())
    };
    (part(&was), part(&is))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::plan::tests::sample;

    #[test]
    fn a_plan_for_a_pull_request() {
        let proof =
            ProofSummary { passes: true, sentences: vec!["a message from mail_1 (192.0.2.10) would pass".into()] };
        insta::assert_snapshot!(zone(&sample(), Some(&proof)));
    }

    #[test]
    fn strangers_write_no_markup() {
        for (given, want) in [
            ("a `b` <!-- c", "a \\`b\\` &lt;!-- c"),
            ("@team and\n# heading", "@<!-- -->team and\\\\010\\# heading"),
            ("[x](javascript:1)", "\\[x\\](javascript:1)"),
        ] {
            assert_eq!(text(given), want);
        }
        let block = fenced(&["+ v ```".into(), "- ````` x".into()], "diff");
        assert!(block.starts_with("\n``````diff\n") && block.ends_with("\n``````\n"), "{block}");
        let error = Error::refused("www|x is a CNAME").hint("take `it` away").during("planning <b>");
        assert_eq!(
            refused("example.com", "powerdns", &error),
            "## example.com on powerdns\n\n**Refused**: www\\|x is a CNAME\n\n- while planning &lt;b&gt;\n\nHint: take \
             \\`it\\` away\n"
        );
    }

    #[test]
    fn long_values_are_cut_where_it_does_not_hurt() {
        let long = format!("v=spf1 {}~all", "ip4:192.0.2.1 ".repeat(40));
        let (old, new) = around(&long, &long.replace("~all", "ip4:203.0.113.9 ~all"));
        assert!(old.starts_with("...") && old.ends_with("192.0.2.1 ~all (571 characters)"), "{old}");
        assert!(new.ends_with("ip4:203.0.113.9 ~all (587 characters)") && new.len() < 140, "{new}");
        assert_eq!(around("a", "b"), ("a".into(), "b".into()));
        let (old, new) = around(&"x".repeat(500), &"x".repeat(501));
        assert!(old.contains("xxx") && new.ends_with("(501 characters)"), "{old} {new}");
        assert!(cut(&"y".repeat(401)).ends_with("y... (401 characters)"));
    }
}
