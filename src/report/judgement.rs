//! A judgement as people read it.

use crate::auth::dkim::DkimOutcome;
use crate::auth::judge::Judgement;
use crate::auth::results::{Agreement, StatedResults, compare};
use crate::auth::spf::SpfEvaluation;
use crate::report::harmless::harmless;
use crate::words::wrap::wrap;

/// Where the sentences stand.
const COLUMN: usize = 20;
const WIDTH: usize = 80;

/// SPF, each signature and DMARC: the word first, then what was judged, then why.
pub fn render(judgement: &Judgement) -> String {
    let mut out = String::new();
    match &judgement.spf {
        Some(spf) => mechanism(&mut out, "SPF", spf.result.as_str(), &spf.domain, &spf.reason),
        None => {
            mechanism(&mut out, "SPF", "-", "", "not judged: the message alone does not say who sent it (give --ip)")
        }
    }
    if let Some(helo) = judgement.helo.as_ref().filter(|h| differs(judgement.spf.as_ref(), h)) {
        mechanism(&mut out, "HELO", helo.result.as_str(), &helo.domain, &helo.reason);
    }
    if judgement.dkim.is_empty() {
        mechanism(&mut out, "DKIM", "none", "", "the message is not signed");
    }
    for outcome in &judgement.dkim {
        mechanism(&mut out, "DKIM", outcome.result.as_str(), &signature(outcome), &outcome.reason);
    }
    let dmarc = &judgement.dmarc;
    let policy = match (&dmarc.policy, &dmarc.policy_domain) {
        (Some(policy), Some(at)) => format!("{}, policy {} at {at}", dmarc.domain, policy.as_str()),
        _ => dmarc.domain.clone(),
    };
    mechanism(&mut out, "DMARC", dmarc.result.as_str(), &policy, &dmarc.reason);
    out
}

/// Whether the HELO name was judged for itself, and not as the null sender's domain.
fn differs(spf: Option<&SpfEvaluation>, helo: &SpfEvaluation) -> bool {
    spf.is_none_or(|s| s.domain != helo.domain)
}

fn signature(outcome: &DkimOutcome) -> String {
    let bits = match (outcome.algorithm.as_str(), outcome.key_bits) {
        ("rsa-sha256", Some(bits)) => format!(" {bits}"),
        _ => String::new(),
    };
    format!("{}, selector {}, {}{bits}", outcome.domain, outcome.selector, outcome.algorithm)
}

fn mechanism(out: &mut String, name: &str, word: &str, about: &str, why: &str) {
    out.push_str(&format!("  {name:<6} {word:<9}"));
    let pad = " ".repeat(COLUMN);
    let mut lines = Vec::new();
    if !about.is_empty() {
        lines.extend(wrap(about, WIDTH - COLUMN));
    }
    lines.extend(wrap(why, WIDTH - COLUMN));
    for (i, line) in lines.iter().enumerate() {
        let line = harmless(line);
        out.push_str(&if i == 0 { format!("  {line}\n") } else { format!("{pad}{line}\n") });
    }
}

/// What the Authentication-Results fields of the message say, beside `judgement`; `trusted` is the receiver that is believed.
pub fn render_stated(stated: &[Result<StatedResults, String>], judgement: &Judgement, trusted: Option<&str>) -> String {
    let mut out = String::new();
    for field in stated {
        match field {
            Err(why) => {
                out.push_str(&format!("\n  An Authentication-Results field that cannot be read: {}\n", harmless(why)))
            }
            Ok(stated) => {
                let who = if stated.authserv_id.is_empty() { "a server without name" } else { &stated.authserv_id };
                let belief = match trusted {
                    Some(id) if stated.is_from(id) => "",
                    _ => " (anybody could have written it)",
                };
                out.push_str(&format!("\n  In the message, {} says{belief}:\n", harmless(who)));
                for result in &stated.results {
                    let beside = match compare(result, judgement) {
                        Agreement::Same => "we say the same".into(),
                        Agreement::Differs(ours) => format!("!!  we say {ours}"),
                        Agreement::NotJudged => "not judged here".into(),
                    };
                    let named = ["header.d", "header.from", "smtp.mailfrom", "smtp.helo"];
                    let about = named.iter().find_map(|n| result.property(n)).unwrap_or_default();
                    let left = harmless(&format!("{}={} {about}", result.method, result.result));
                    out.push_str(&format!("    {left:<44}  {beside}\n"));
                }
            }
        }
    }
    out
}
