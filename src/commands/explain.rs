//! `mailproof explain`

use console::Style;

use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};
use crate::lint::explain::{Explained, explain};
use crate::lint::registry::{self, RULES};
use crate::lint::rule::{Needs, Rule};
use crate::words::wrap::{pad, wrap};

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The code or name of a rule, such as SPF007 or unknown-mechanism; without one the rules are listed
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// Explains a rule, or lists all of them.
///
/// # Errors
/// A usage error for a code that there is not, with a guess.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    let width = context.screen.width().clamp(40, 100);
    let Some(code) = args.code else {
        context.screen.raw(&list(width));
        return Ok(Outcome::Clean);
    };
    let Some(rule) = registry::find(&code) else {
        let error = Error::usage(format!("`{code}` is no rule"));
        return Err(match registry::guess(&code) {
            Some(meant) => error.hint(format!("did you mean {meant}?")),
            None => error.hint("`mailproof explain` lists the rules"),
        });
    };
    context.screen.raw(&show(rule, width));
    Ok(Outcome::Clean)
}

fn list(width: usize) -> String {
    let mut out = String::new();
    let mut chapter = "";
    for rule in RULES {
        let letters = rule.code.trim_end_matches(|c: char| c.is_ascii_digit());
        if letters != chapter {
            if !chapter.is_empty() {
                out.push('\n');
            }
            chapter = letters;
        }
        let head = format!("{}  {}  {}", pad(rule.code, 8), pad(rule.severity.word(), 7), pad(rule.slug, 30));
        let what = explain(rule).what;
        let room = width.saturating_sub(head.len() + 2);
        let what = if room < 20 { String::new() } else { wrap(&what, room).into_iter().next().unwrap_or_default() };
        out.push_str(format!("{head}  {what}").trim_end());
        out.push('\n');
    }
    out
}

fn show(rule: &Rule, width: usize) -> String {
    let text: Explained = explain(rule);
    let bold = Style::new().bold();
    let mut out = format!("{}  {}\n", bold.apply_to(format!("{} {}", rule.code, rule.slug)), rule.severity.word());
    let mut paragraph = |text: &str| {
        for part in text.split("\n\n") {
            out.push('\n');
            for line in wrap(part, width) {
                out.push_str(&line);
                out.push('\n');
            }
        }
    };
    paragraph(&text.what);
    paragraph(&text.why);
    for (title, examples) in [("Bad", &text.bad), ("Good", &text.good)] {
        for (i, example) in examples.iter().enumerate() {
            if i == 0 {
                out.push_str(&format!("\n{}\n", bold.apply_to(title)));
            } else {
                out.push('\n');
            }
            for line in example.text.lines() {
                out.push_str(&format!("    {line}\n"));
            }
        }
    }
    let needs = match rule.needs {
        Needs::Record => "the record alone",
        Needs::Zone => "the other records of the zone",
        Needs::Text => "the text of the zone file",
        Needs::Live => "live DNS or a server: mailproof check",
        Needs::Profile => "a profile: mailproof lint --profile",
        Needs::Policy => "the policy file, mta-sts.txt",
        Needs::Indicator => "the logo, an SVG file",
        Needs::Server => "a mail server: mailproof config check",
    };
    out.push_str(&format!("\nReference  {}\nNeeds      {needs}\nSince      {}\n", text.reference, text.since));
    out
}
