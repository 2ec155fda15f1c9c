//! The documentation of a rule, taken apart.

use crate::lint::rule::Rule;

/// The parts of a rule's doc comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    /// What it looks for: the first paragraph.
    pub what: String,
    /// Why that matters.
    pub why: String,
    /// Examples that it reports, each a piece of a zone file under `$ORIGIN example.com.`
    pub bad: Vec<Example>,
    /// Examples that it does not report.
    pub good: Vec<Example>,
    /// Where it is written.
    pub reference: String,
    /// The version that has it first.
    pub since: String,
}

/// An example of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Example {
    /// How it is to be read: `zone` is a master file under `$ORIGIN example.com.`; more words say more.
    pub form: String,
    /// Its text.
    pub text: String,
}

/// Takes the doc comment of a rule apart.
pub fn explain(rule: &Rule) -> Explained {
    let mut out = Explained::default();
    let mut section = String::new();
    let mut example: Option<Example> = None;
    for line in rule.doc.lines() {
        // A doc comment has a space after its slashes.
        let line = line.strip_prefix(' ').unwrap_or(line);
        if let Some(open) = &mut example {
            if line.trim() == "```" {
                let done = example.take().unwrap_or_default();
                match section.as_str() {
                    "Bad" => out.bad.push(done),
                    _ => out.good.push(done),
                }
            } else {
                open.text.push_str(line);
                open.text.push('\n');
            }
            continue;
        }
        if let Some(form) = line.trim().strip_prefix("```") {
            example = Some(Example { form: form.to_string(), text: String::new() });
        } else if let Some(heading) = line.strip_prefix("# ") {
            section = heading.trim().to_string();
        } else {
            let part = match section.as_str() {
                "" => &mut out.what,
                "Why" => &mut out.why,
                "Reference" => &mut out.reference,
                "Since" => &mut out.since,
                _ => continue,
            };
            let line = line.trim();
            if line.is_empty() {
                if !part.is_empty() {
                    part.push_str("\n\n");
                }
            } else {
                if !part.is_empty() && !part.ends_with('\n') {
                    part.push(' ');
                }
                part.push_str(line);
            }
        }
    }
    for part in [&mut out.what, &mut out.why, &mut out.reference, &mut out.since] {
        part.truncate(part.trim_end().len());
    }
    out
}

/// Where a rule is written: `RFC 7208 §5.5`.
pub fn reference(rule: &Rule) -> &'static str {
    let after = rule.doc.split_once("# Reference\n").map_or("", |(_, rest)| rest);
    after.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default()
}
