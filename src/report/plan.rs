//! A plan for people: one line a record set, what changes in it marked, what stays said.

use console::Style;
use hickory_proto::rr::RData;
use similar::{ChangeTag, TextDiff};
use unicode_width::UnicodeWidthStr;

use crate::model::dkim::{KeyRecord, PublicKey};
use crate::model::name;
use crate::model::snapshot::{RecordSet, canonical, show_value};
use crate::model::txt;
use crate::plan::Plan;
use crate::plan::change::{Action, Change};
use crate::report::harmless::harmless;
use crate::report::wrap::{pad, wrap};

/// The widest column of names; a longer name pushes its own line out.
const NAMES: usize = 24;
/// How much of a key is shown.
const KEY_SHOWN: usize = 8;
/// Below this many columns for values nothing is folded.
const NARROWEST: usize = 24;

/// The plan's text, `width` columns wide where it can be.
pub fn render(plan: &Plan, width: usize) -> String {
    let mut out = headline(plan, width);
    if !plan.is_empty() {
        out.push('\n');
    }
    let apex = plan.apex().ok();
    let shown = |set: &RecordSet| match &apex {
        Some(apex) => name::relative(&set.name, apex),
        None => name::show(&set.name),
    };
    let names: Vec<String> = plan.changes.iter().map(|c| c.set().map(shown).unwrap_or_default()).collect();
    let columns = Columns {
        name: names.iter().map(|n| n.width()).filter(|w| *w <= NAMES).max().unwrap_or(1),
        rtype: plan.changes.iter().map(|c| c.key().rtype.to_string().len()).max().unwrap_or(1),
        ttl: plan.changes.iter().map(|c| ttl(c).len()).max().unwrap_or(1),
    };
    for (change, owner) in plan.changes.iter().zip(&names) {
        out.push_str(&one(change, owner, &columns, width));
    }
    if !plan.notes.is_empty() {
        out.push('\n');
    }
    for note in &plan.notes {
        for line in wrap(&harmless(note), width.saturating_sub(2)) {
            out.push_str(&format!("  {line}\n"));
        }
    }
    out
}

fn headline(plan: &Plan, width: usize) -> String {
    let left = format!("{} on {}", plan.zone, plan.provider);
    let count = |action: Action| plan.changes.iter().filter(|c| c.action() == action).count();
    let counts =
        [(count(Action::Add), "to add"), (count(Action::Change), "to change"), (count(Action::Remove), "to remove")];
    let mut parts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if parts.is_empty() {
        parts.push("nothing to do".into());
    }
    parts.push(format!("{} left alone", plan.untouched));
    let right = parts.join(", ");
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

fn one(change: &Change, owner: &str, columns: &Columns, width: usize) -> String {
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
    let values = values(change);
    let mut lines: Vec<String> = Vec::new();
    for value in &values {
        let value = harmless(value);
        lines.extend(if room < NARROWEST { vec![value] } else { wrap(&value, room) });
    }
    if lines.is_empty() {
        lines.push("(the TTL alone)".into());
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
        for line in wrap(&harmless(note), width.saturating_sub(6)) {
            out.push_str(&format!("      {line}\n"));
        }
    }
    out
}

/// What of the values there is to see: all of a set that comes or goes, the difference in one that changes.
fn values(change: &Change) -> Vec<String> {
    let (before, after) = match (&change.before, &change.after) {
        (Some(before), Some(after)) => (before, after),
        (one, other) => {
            return one.iter().chain(other).flat_map(|set| &set.values).map(shown).collect();
        }
    };
    let lacks = |set: &RecordSet, value: &RData| !set.values.iter().any(|v| canonical(v) == canonical(value));
    let mut gone: Vec<&RData> = before.values.iter().filter(|v| lacks(after, v)).collect();
    let mut come: Vec<&RData> = after.values.iter().filter(|v| lacks(before, v)).collect();
    let mut out = Vec::new();
    while !gone.is_empty() && !come.is_empty() {
        let (old, new) = (gone.remove(0), come.remove(0));
        let (text, shown) = (matches!(new, RData::TXT(_)), (shown(old), shown(new)));
        // Words make sense in texts; elsewhere the value is the unit.
        out.push(if text { marked(&shown.0, &shown.1) } else { format!("[-{}-] {{+{}+}}", shown.0, shown.1) });
    }
    out.extend(gone.into_iter().map(|value| format!("[-{}-]", shown(value))));
    out.extend(come.into_iter().map(|value| format!("{{+{}+}}", shown(value))));
    if out.is_empty() && before.values.len() != after.values.len() {
        out.push(format!("{} values, some of them twice, become {}", before.values.len(), after.values.len()));
    }
    out
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

/// A value for people: TXT without quotes, a key by its beginning and its size.
fn shown(value: &RData) -> String {
    let RData::TXT(text) = value else { return show_value(value) };
    let octets = txt::joined(text);
    let text = String::from_utf8_lossy(&octets).into_owned();
    let reading = KeyRecord::read(&octets);
    let size = match reading.record().and_then(|record| record.key.as_ref()) {
        Some(PublicKey::Rsa(key)) => format!("{} bits", key.bits()),
        Some(PublicKey::Ed25519(_)) => "ed25519".into(),
        None => return text,
    };
    match text.split_once("p=") {
        Some((head, key)) if key.chars().count() > KEY_SHOWN + 8 => {
            let begin: String = key.chars().take(KEY_SHOWN).collect();
            format!("{head}p={begin}... ({size})")
        }
        _ => format!("{text} ({size})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::{Origin, parse_value};
    use base64::Engine;
    use hickory_proto::rr::RecordType;

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

    #[test]
    fn a_plan_as_people_see_it() {
        let key = key();
        let plan = Plan {
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
        };
        insta::assert_snapshot!(console::strip_ansi_codes(&render(&plan, 80)));
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
