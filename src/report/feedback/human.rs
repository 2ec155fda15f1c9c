//! For the terminal, in 80 columns.

use console::Style;

use super::{groups, words};
use crate::feedback::{Digest, Standing, Step};
use crate::report::bars::{bar, counted, grouped, percent};
use crate::report::day::day;
use crate::report::harmless::harmless;
use crate::words::wrap::{cut, pad, wrap};

/// Organisations shown, and addresses of each.
const GROUPS: usize = 12;
const ADDRESSES: usize = 3;
const WIDTH: usize = 80;

/// One domain.
pub fn human(digest: &Digest) -> String {
    let mut out = String::new();
    let head = format!("{}  {}", digest.domain, words::policy(digest));
    out.push_str(&format!("{head}\n"));
    if digest.reports > 0 {
        let span = match (digest.days.keys().next(), digest.days.keys().next_back()) {
            (Some(first), Some(last)) => format!("{} to {}", day(*first), day(*last)),
            _ => String::new(),
        };
        out.push_str(&format!(
            "  {span}, {} of {}\n",
            counted(digest.reports, "report"),
            counted(digest.reporters.len() as u64, "receiver")
        ));
        out.push_str(&format!(
            "  {}  {}  {} pass DMARC\n",
            counted(digest.messages, "message"),
            bar(digest.passing, digest.messages, 20),
            percent(digest.passing, digest.messages)
        ));
        out.push_str(&format!(
            "  aligned DKIM {}, aligned SPF {}\n",
            percent(digest.dkim, digest.messages),
            percent(digest.spf, digest.messages)
        ));
        sources(digest, &mut out);
    }
    failures(digest, &mut out);
    tls(digest, &mut out);
    if digest.reports > 0 {
        out.push('\n');
    }
    let style = match digest.advice.step {
        Step::Advance | Step::Done => Style::new().green(),
        Step::Wait => Style::new(),
        Step::Fix => Style::new().yellow(),
    };
    if digest.reports > 0 {
        for (i, sentence) in words::advice(digest).iter().enumerate() {
            for line in wrap(sentence, WIDTH - 4) {
                if i == 0 {
                    out.push_str(&format!("  {}\n", style.apply_to(harmless(&line))));
                } else {
                    out.push_str(&format!("  {}\n", harmless(&line)));
                }
            }
        }
    }
    out
}

fn sources(digest: &Digest, out: &mut String) {
    out.push_str("\n  Who sends                            messages  pass DMARC\n");
    let groups = groups(&digest.sources);
    for group in groups.iter().take(GROUPS) {
        let name = if group.organization.is_empty() { "nobody known" } else { group.organization };
        out.push_str(&format!(
            "  {} {}  {} {}\n",
            pad(&cut(&harmless(name), 34), 34),
            format_args!("{:>10}", grouped(group.messages)),
            bar(group.passing, group.messages, 10),
            percent(group.passing, group.messages)
        ));
        for source in group.sources.iter().take(ADDRESSES) {
            let (sign, style) = match source.standing {
                Standing::Aligned => ("ok", Style::new().green()),
                Standing::Partly | Standing::Forwarded => ("!", Style::new().yellow()),
                Standing::Unaligned => ("!!", Style::new().yellow()),
                Standing::Unknown => ("!!", Style::new().red()),
            };
            let label = source.name.as_ref().map_or(source.address.clone(), |n| format!("{} {n}", source.address));
            out.push_str(&format!(
                "    {} {:>10}  {} {}\n",
                pad(&cut(&harmless(&label), 32), 32),
                grouped(source.messages),
                style.apply_to(pad(sign, 2)),
                words::standing(source.standing)
            ));
        }
        if group.sources.len() > ADDRESSES {
            out.push_str(&format!("    and {} more\n", group.sources.len() - ADDRESSES));
        }
    }
    if groups.len() > GROUPS {
        out.push_str(&format!("  and {} more organisations\n", groups.len() - GROUPS));
    }
}

fn failures(digest: &Digest, out: &mut String) {
    if digest.failures.is_empty() {
        return;
    }
    let count: u64 = digest.failures.iter().map(|(.., n)| n).sum();
    out.push_str(&format!("\n  Failure reports  {}\n", grouped(count)));
    for (address, envelope, n) in digest.failures.iter().take(GROUPS) {
        let from = if envelope.is_empty() { String::new() } else { format!("  envelope sender at {envelope}") };
        let line = format!("    {} {:>6}{from}", pad(address, 39), grouped(*n));
        out.push_str(&format!("{}\n", cut(&harmless(&line), WIDTH)));
    }
}

fn tls(digest: &Digest, out: &mut String) {
    for line in &digest.tls {
        let kind = match line.kind.as_str() {
            "sts" => "MTA-STS",
            "tlsa" => "DANE",
            "no-policy-found" => "without policy",
            other => other,
        };
        let all = line.successes.saturating_add(line.failures);
        out.push_str(&format!(
            "\n  TLS, {}  {}  {}  {} as they should be\n",
            harmless(kind),
            counted(all, "session"),
            bar(line.successes, all, 20),
            percent(line.successes, all)
        ));
        for (kind, mx, sessions) in line.details.iter().take(GROUPS) {
            let at = if mx.is_empty() { String::new() } else { format!(" at {mx}") };
            let text = format!("    !! {}: {kind}{at}", counted(*sessions, "session"));
            out.push_str(&format!("{}\n", cut(&harmless(&text), WIDTH)));
        }
    }
}
