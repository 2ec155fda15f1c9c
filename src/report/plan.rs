//! A plan for people: one line a record set, what changes in it marked, what stays said.

pub mod markdown;
pub mod value;

use console::Style;
use similar::{ChangeTag, TextDiff};
use unicode_width::UnicodeWidthStr;

use crate::model::name;
use crate::plan::Plan;
use crate::plan::change::{Action, Change};
use crate::report::harmless::harmless;
use crate::report::plan::value::{Difference, difference};
use crate::words::Words;
use crate::words::wrap::{pad, wrap};

/// The widest column of names; a longer name pushes its own line out.
const NAMES: usize = 24;
/// Below this many columns for values nothing is folded.
const NARROWEST: usize = 24;

/// The plan's text, `width` columns wide where it can be.
pub fn render(plan: &Plan, words: Words, width: usize) -> String {
    let mut out = headline(plan, words, width);
    if !plan.is_empty() {
        out.push('\n');
    }
    let names: Vec<String> = plan.changes.iter().map(|change| owner(change, &plan.zone)).collect();
    let columns = Columns {
        name: names.iter().map(|n| n.width()).filter(|w| *w <= NAMES).max().unwrap_or(1),
        rtype: plan.changes.iter().map(|c| c.key().rtype.to_string().len()).max().unwrap_or(1),
        ttl: plan.changes.iter().map(|c| ttl(c).len()).max().unwrap_or(1),
    };
    for (change, owner) in plan.changes.iter().zip(&names) {
        out.push_str(&one(change, owner, &columns, words, width));
    }
    if !plan.notes.is_empty() {
        out.push('\n');
    }
    for note in &plan.notes {
        for line in wrap(&words.text(&harmless(note)), width.saturating_sub(2)) {
            out.push_str(&format!("  {line}\n"));
        }
    }
    out
}

/// Where a change is, relative to the zone.
fn owner(change: &Change, zone: &str) -> String {
    let Some(set) = change.set() else { return String::new() };
    name::domain(zone).map_or_else(|_| name::show(&set.name), |apex| name::relative(&set.name, &apex))
}

/// How many record sets are written, in words.
fn counts(plan: &Plan) -> String {
    let count = |action: Action| plan.changes.iter().filter(|c| c.action() == action).count();
    let counts =
        [(count(Action::Add), "to add"), (count(Action::Change), "to change"), (count(Action::Remove), "to remove")];
    let parts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if parts.is_empty() { "nothing to do".into() } else { parts.join(", ") }
}

fn headline(plan: &Plan, words: Words, width: usize) -> String {
    let left = format!("{} on {}", plan.zone, plan.provider);
    let right = format!("{}, {} left alone", counts(plan), plan.untouched);
    let right = words.text(&right);
    let gap = width.saturating_sub(left.width() + right.width()).max(2);
    format!("{}{}{right}\n", Style::new().bold().apply_to(left), " ".repeat(gap))
}

/// Widths of the columns before the values.
struct Columns {
    name: usize,
    rtype: usize,
    ttl: usize,
}

fn ttl(change: &Change) -> String {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) if before.ttl != after.ttl => format!("{} -> {}", before.ttl, after.ttl),
        _ => change.set().map(|set| set.ttl.to_string()).unwrap_or_default(),
    }
}

fn one(change: &Change, owner: &str, columns: &Columns, words: Words, width: usize) -> String {
    let Some(set) = change.set() else { return String::new() };
    let (sign, style) = match change.action() {
        Action::Add => ("+", Style::new().green()),
        Action::Change => ("~", Style::new().yellow()),
        Action::Remove => ("-", Style::new().red()),
    };
    let head = format!(
        "{}  {}  {}   ",
        pad(&harmless(owner), columns.name),
        pad(&set.rtype.to_string(), columns.rtype),
        pad(&ttl(change), columns.ttl)
    );
    let indent = 4 + head.width();
    let room = width.saturating_sub(indent);
    let mut lines: Vec<String> = Vec::new();
    for what in difference(change) {
        let value = harmless(&told(change, what));
        lines.extend(if room < NARROWEST { vec![value] } else { wrap(&value, room) });
    }
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        if i == 0 {
            out.push_str(&format!("  {} {head}{line}\n", style.apply_to(sign)));
        } else {
            out.push_str(&format!("{}{line}\n", " ".repeat(indent)));
        }
    }
    for note in &change.notes {
        for line in wrap(&words.text(&harmless(note)), width.saturating_sub(6)) {
            out.push_str(&format!("      {line}\n"));
        }
    }
    out
}

/// One difference in a line.
fn told(change: &Change, what: Difference) -> String {
    match what {
        Difference::Gone(old) if change.after.is_some() => format!("[-{old}-]"),
        Difference::Come(new) if change.before.is_some() => format!("{{+{new}+}}"),
        Difference::Gone(value) | Difference::Come(value) | Difference::Told(value) => value,
        // Words make sense in texts; elsewhere the value is the unit.
        Difference::Became(old, new, true) => marked(&old, &new),
        Difference::Became(old, new, false) => format!("[-{old}-] {{+{new}+}}"),
    }
}

/// `new` with the words that `old` does not have in `{+ +}`, and those that went in `[- -]`.
fn marked(old: &str, new: &str) -> String {
    let diff = TextDiff::from_words(old, new);
    let mut runs: Vec<(ChangeTag, String)> = Vec::new();
    for change in diff.iter_all_changes() {
        match runs.last_mut() {
            Some((tag, text)) if *tag == change.tag() => text.push_str(change.value()),
            _ => runs.push((change.tag(), change.value().to_string())),
        }
    }
    let mut out = String::new();
    for (tag, text) in runs {
        let words = text.trim_end();
        let space = &text[words.len()..];
        match tag {
            ChangeTag::Insert => out.push_str(&format!("{{+{words}+}}{space}")),
            ChangeTag::Delete => out.push_str(&format!("[-{words}-]{space}")),
            ChangeTag::Equal => out.push_str(&text),
        }
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::snapshot::{Origin, RecordSet, parse_value};
    use crate::model::txt;
    use base64::Engine;
    use hickory_proto::rr::{RData, RecordType};

    /// A key record with an RSA modulus of 2048 bits that nobody has the other half of.
    fn key() -> String {
        let mut der = vec![0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d];
        der.extend([0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a]);
        der.extend([0x02, 0x82, 0x01, 0x01, 0x00]);
        der.extend([0xb5; 256]);
        der.extend([0x02, 0x03, 0x01, 0x00, 0x01]);
        format!("v=DKIM1; k=rsa; p={}", base64::engine::general_purpose::STANDARD.encode(der))
    }

    fn set(owner: &str, rtype: RecordType, ttl: u32, values: &[&str]) -> Option<RecordSet> {
        let value = |text: &&str| {
            if rtype == RecordType::TXT {
                RData::TXT(txt::split(text.as_bytes()))
            } else {
                parse_value(rtype, text).unwrap()
            }
        };
        let values: Vec<RData> = values.iter().map(value).collect();
        let name = name::domain(owner).unwrap();
        (!values.is_empty()).then_some(RecordSet { name, rtype, ttl, values, origin: Origin::Profile, reason: None })
    }

    fn change(owner: &str, rtype: RecordType, before: &[&str], after: &[&str], notes: &[&str]) -> Change {
        let change = Change::between(set(owner, rtype, 3600, before), set(owner, rtype, 3600, after)).unwrap();
        Change { notes: notes.iter().map(|n| (*n).to_string()).collect(), ..change }
    }

    /// A plan with one of each.
    pub fn sample() -> Plan {
        let key = key();
        Plan {
            version: 1,
            zone: "example.com".into(),
            provider: "powerdns".into(),
            digest: String::new(),
            partial: false,
            untouched: 14,
            changes: vec![
                change("mp202611._domainkey.example.com", RecordType::TXT, &[], &[&key], &[]),
                change(
                    "example.com",
                    RecordType::TXT,
                    &["v=spf1 include:_spf.google.com ~all", "site=1", "site=2"],
                    &["v=spf1 include:_spf.google.com ip4:192.0.2.10 ~all", "site=1", "site=2"],
                    &["kept: every address that passed still passes", "other TXT at this name (2) untouched"],
                ),
                change(
                    "example.com",
                    RecordType::MX,
                    &["10 old.example.", "20 b.example."],
                    &["0 new.example.", "20 b.example."],
                    &[],
                ),
                change(
                    "_dmarc.example.com",
                    RecordType::TXT,
                    &[],
                    &["v=DMARC1; p=none; rua=mailto:dmarc@example.com"],
                    &[],
                ),
                change("evil.example.com", RecordType::TXT, &["\u{1b}[31mred"], &[], &[]),
            ],
            notes: vec!["a note about the whole".into()],
        }
    }

    #[test]
    fn a_plan_as_people_see_it() {
        insta::assert_snapshot!(console::strip_ansi_codes(&render(&sample(), Words::default(), 80)));
    }

    #[test]
    fn differences() {
        let cases = [
            ("v=spf1 mx ~all", "v=spf1 mx a ~all", "v=spf1 mx {+a+} ~all"),
            ("v=spf1 mx ~all", "v=spf1 mx -all", "v=spf1 mx [-~all-]{+-all+}"),
            ("same", "same", "same"),
        ];
        for (old, new, want) in cases {
            assert_eq!(marked(old, new), want);
        }
    }
}
