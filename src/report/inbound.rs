//! How a server judged the set of messages: expected, the server's word, ours.

use std::fmt::Write as _;

use console::Style;

use crate::auth::judge::Judgement;
use crate::prove::inbound::answer::Answer;
use crate::prove::inbound::diagnosis::Diagnosis;
use crate::prove::inbound::expected::{Expected, Fate};
use crate::prove::inbound::table::InboundTable;
use crate::report::harmless::harmless;
use crate::words::wrap::{pad, wrap};

const WIDTH: usize = 80;
const NAME: usize = 18;
/// `pass fail pass  in` and a gap; `pass neutral pass  in` and a gap.
const EXPECTED: usize = 20;
const COLUMN: usize = 22;

/// The table, then the causes; a line feed after each line.
pub fn render(table: &InboundTable) -> String {
    let mut out = String::new();
    let head = ["expected", &table.host, "we say"];
    let _ = writeln!(out, "{}{}{}{}", pad("", NAME), pad(head[0], EXPECTED), pad(&clip(head[1]), COLUMN), head[2]);
    let _ = writeln!(out, "{}spf dkim dmarc", pad("", NAME));
    for row in &table.rows {
        let (sign, style) = if row.met { ("ok", Style::new().green()) } else { ("!!", Style::new().red().bold()) };
        let server = pad(&answer(&row.server), COLUMN);
        let _ = writeln!(
            out,
            "{} {}{}{}{}",
            style.apply_to(sign),
            pad(row.probe.name(), NAME - 3),
            pad(&expected(&row.expected), EXPECTED),
            if row.met { server } else { style.apply_to(server).to_string() },
            ours(&row.ours)
        );
        if let Some(reply) = row.server.reply.as_deref().filter(|_| !row.met) {
            for line in wrap(&harmless(reply), WIDTH - NAME) {
                let _ = writeln!(out, "{}{line}", pad("", NAME));
            }
        }
    }
    if !table.diagnoses.is_empty() {
        out.push('\n');
    }
    for diagnosis in &table.diagnoses {
        let paint = Style::new().red().bold();
        let codes = if diagnosis.codes.is_empty() { "fault".to_string() } else { diagnosis.codes.join(" or ") };
        let _ = writeln!(out, "{}", paint.apply_to(codes));
        for line in wrap(&harmless(&diagnosis.message), WIDTH - 2) {
            let _ = writeln!(out, "  {line}");
        }
    }
    if let Some(code) = table.diagnoses.iter().flat_map(|d: &Diagnosis| &d.codes).next() {
        let _ = writeln!(out, "\nNext: mailproof config check on the server; mailproof explain {code}");
    }
    out
}

fn clip(text: &str) -> String {
    if text.chars().count() < COLUMN { text.into() } else { text.chars().take(COLUMN - 2).chain(['…']).collect() }
}

fn expected(all: &Expected) -> String {
    let first = |list: &[&'static str]| list.first().copied().unwrap_or("-");
    match all.fate {
        Fate::Refused => "refused".to_string(),
        fate => format!("{} {} {}  {}", first(all.spf), first(all.dkim), first(all.dmarc), fate.word()),
    }
}

fn answer(answer: &Answer) -> String {
    let word = |one: &Option<String>| harmless(one.as_deref().unwrap_or("-"));
    match answer.fate {
        Fate::Delivered => {
            let words = [word(&answer.spf), word(&answer.dkim), word(&answer.dmarc)];
            format!("{}  {}", words.join(" "), answer.fate.word())
        }
        fate => fate.word().to_string(),
    }
}

fn ours(judgement: &Judgement) -> String {
    let spf = judgement.spf.as_ref().map_or("-", |s| s.result.as_str());
    let dkim = judgement.dkim.first().map_or("none", |d| d.result.as_str());
    format!("{spf} {dkim} {}", judgement.dmarc.result.as_str())
}
