//! The sentences that all forms share.

use crate::feedback::{Digest, Standing, Step};
use crate::report::bars::counted;

/// How a source stands, in a few words.
pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Aligned => "aligned",
        Standing::Partly => "partly aligned",
        Standing::Unaligned => "authenticates as another domain",
        Standing::Forwarded => "forwarded",
        Standing::Unknown => "nothing authenticates",
    }
}

/// The policy in a few words.
pub(super) fn policy(digest: &Digest) -> String {
    match digest.policy.as_str() {
        "" => "no policy reported".into(),
        p if digest.testing => format!("p={p}, in test"),
        p => format!("p={p}"),
    }
}

/// The advice, a sentence a line: what to do, what is at stake, what to put right.
pub(super) fn advice(digest: &Digest) -> Vec<String> {
    let advice = &digest.advice;
    let mut out = Vec::new();
    let next = match &advice.next {
        Some(next) if *next == advice.stage => format!("{next} without test mode"),
        Some(next) => format!("p={next}"),
        None => String::new(),
    };
    out.push(match advice.step {
        Step::Done => "The last stage is reached: unauthenticated mail is refused.".into(),
        Step::Wait if digest.reports == 0 => "There is no aggregate report to advise from.".into(),
        Step::Wait if next.is_empty() => "The reports do not say which policy is published.".into(),
        Step::Wait => format!(
            "Wait with {next}: the reports cover {}, and two weeks show what comes weekly.",
            counted(advice.days as u64, "day")
        ),
        Step::Fix => format!(
            "Not yet {next}: it would stop {} of senders that you know.",
            counted(advice.known_at_stake, "message")
        ),
        Step::Advance => {
            format!(
                "Go on to {next}: of the senders that you know it would stop {}.",
                counted(advice.known_at_stake, "message")
            )
        }
    });
    if !advice.fix.is_empty() && advice.step != Step::Done {
        let shown = advice.fix.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let more = advice.fix.len().saturating_sub(5);
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        let when = if advice.step == Step::Fix { "Put right first" } else { "Look after" };
        out.push(format!("{when}: {shown}{tail}: sign with DKIM for {}, or align SPF.", digest.domain));
    }
    if advice.unaligned_at_stake > 0 {
        out.push(format!(
            "Authenticated as another domain: {}. If one of those senders is yours, align it first.",
            counted(advice.unaligned_at_stake, "message")
        ));
    }
    if advice.forwarded_at_stake > 0 {
        out.push(format!(
            "Forwarded or sent over lists: {}; an aligned DKIM signature survives that.",
            counted(advice.forwarded_at_stake, "message")
        ));
    }
    if advice.unknown_at_stake > 0 {
        out.push(format!(
            "Not authenticated at all: {}, forged or from a server that was forgotten.",
            counted(advice.unknown_at_stake, "message")
        ));
    }
    out
}
