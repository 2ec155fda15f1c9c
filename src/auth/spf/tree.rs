//! The trace as a tree of lines.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::auth::spf::{Outcome, QueryTrace, RecordTrace, SpfEvaluation, TermTrace};
use crate::model::spf::{MAX_LOOKUPS, MAX_VOID_LOOKUPS};

/// Column at which the outcome stands.
const COLUMN: usize = 44;

impl fmt::Display for SpfEvaluation {
    /// The tree of records and terms, one line each, then the sentence and the counts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        record(&mut out, &self.trace, 0)?;
        f.write_str(&out)?;
        writeln!(f, "{}: {}", self.result, self.reason)?;
        if let Some(text) = &self.explanation {
            writeln!(f, "  the domain explains: {text}")?;
        }
        write!(
            f,
            "  {} of {MAX_LOOKUPS} lookups, {} of {MAX_VOID_LOOKUPS} void lookups",
            self.lookups, self.void_lookups
        )
    }
}

fn record(out: &mut String, trace: &RecordTrace, depth: usize) -> fmt::Result {
    let pad = "  ".repeat(depth);
    match &trace.record {
        Some(text) => writeln!(out, "{pad}{}  {text}", trace.domain)?,
        None => {
            let why = trace.query.as_ref().map_or(Cow::Borrowed("not a domain name"), QueryTrace::outcome);
            let why = if why == "found" { Cow::Borrowed("no single SPF record") } else { why };
            writeln!(out, "{pad}{}  ({why})", trace.domain)?;
        }
    }
    for fault in &trace.faults {
        writeln!(out, "{pad}  !! `{}`: {}", fault.text, fault.message)?;
    }
    trace.terms.iter().try_for_each(|t| term(out, t, depth + 1))?;
    if trace.omitted > 0 {
        writeln!(out, "{pad}  ... {} more that do not match", trace.omitted)?;
    }
    Ok(())
}

fn term(out: &mut String, trace: &TermTrace, depth: usize) -> fmt::Result {
    let head = format!("{}{}", "  ".repeat(depth), trace.text);
    let outcome = match trace.outcome {
        Outcome::NotReached => "not reached",
        Outcome::NoMatch => "no match",
        Outcome::Match => "match",
        Outcome::Ignored => "ignored",
        Outcome::Used => "used",
        Outcome::Error => "error",
    };
    let mut line = format!("{head:<COLUMN$} {outcome:<11}");
    if trace.lookups > 0 {
        line.push_str(if trace.void_lookups > 0 { " 1 lookup, void" } else { " 1 lookup" });
    }
    if let Some(note) = &trace.note {
        write!(line, "  {note}")?;
    }
    if trace.decides {
        line.push_str("  <- decides");
    }
    writeln!(out, "{}", line.trim_end())?;
    trace.nested.as_ref().map_or(Ok(()), |nested| record(out, nested, depth + 1))
}
