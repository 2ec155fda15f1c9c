//! For the terminal: in 80 columns, or in fewer without bars and with fewer words.

use console::Style;

use super::{groups, words};
use crate::feedback::{Digest, Standing, Step};
use crate::report::bars::{bar, counted, grouped, percent};
use crate::report::day::day;
use crate::report::harmless::harmless;
use crate::words::wrap::{cut, fold, pad, wrap};

/// Organisations shown, and addresses of each.
const GROUPS: usize = 12;
const ADDRESSES: usize = 3;

/// Columns that the whole tables take, and those that the small ones do.
const WIDE: usize = 80;
const NARROW: usize = 40;

/// One domain, on a screen of so many `columns`.
pub fn human(digest: &Digest, columns: usize) -> String {
    let columns = columns.clamp(NARROW, WIDE);
    let mut out = String::new();
    let head = format!("{}  {}", digest.domain, words::policy(digest));
    out.push_str(&format!("{head}\n"));
    if digest.reports > 0 {
        let span = match (digest.days.keys().next(), digest.days.keys().next_back()) {
            (Some(first), Some(last)) => format!("{} to {}", day(*first), day(*last)),
            _ => String::new(),
        };
        let (reports, receivers) =
            (counted(digest.reports, "report"), counted(digest.reporters.len() as u64, "receiver"));
        line(&format!("  {span}, {reports} of {receivers}"), columns, &mut out);
        let passing = percent(digest.passing, digest.messages);
        let bar = sized_bar(digest.passing, digest.messages, 20, columns);
        out.push_str(&format!("  {}{bar}  {passing} pass DMARC\n", counted(digest.messages, "message")));
        let (dkim, spf) = (percent(digest.dkim, digest.messages), percent(digest.spf, digest.messages));
        let aligned = format!("  aligned DKIM {dkim}, aligned SPF {spf}\n");
        out.push_str(&if columns < WIDE { aligned.replace(" %", "%") } else { aligned });
        sources(digest, columns, &mut out);
    }
    failures(digest, columns, &mut out);
    tls(digest, columns, &mut out);
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
            for line in wrap(sentence, columns - 4) {
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

/// `text` in as many lines as it needs.
fn line(text: &str, columns: usize, out: &mut String) {
    fold(text, columns).iter().for_each(|line| out.push_str(&format!("{line}\n")));
}

/// A bar behind two spaces, where there is room for one.
fn sized_bar(part: u64, of: u64, width: usize, columns: usize) -> String {
    if columns < WIDE { String::new() } else { format!("  {}", bar(part, of, width)) }
}

fn sources(digest: &Digest, columns: usize, out: &mut String) {
    let wide = columns >= WIDE;
    out.push_str(match wide {
        true => "\n  Who sends                            messages  pass DMARC\n",
        false => "\n  Who sends             messages   DMARC\n",
    });
    let groups = groups(&digest.sources);
    for group in groups.iter().take(GROUPS) {
        let name = if group.organization.is_empty() { "nobody known" } else { group.organization };
        if !wide {
            out.push_str(&format!(
                "  {} {:>9}  {:>6}\n",
                pad(&cut(&harmless(name), 20), 20),
                grouped(group.messages),
                percent(group.passing, group.messages)
            ));
        } else {
            out.push_str(&format!(
                "  {} {}  {} {}\n",
                pad(&cut(&harmless(name), 34), 34),
                format_args!("{:>10}", grouped(group.messages)),
                bar(group.passing, group.messages, 10),
                percent(group.passing, group.messages)
            ));
        }
        for source in group.sources.iter().take(ADDRESSES) {
            let (sign, style) = match source.standing {
                Standing::Aligned => ("ok", Style::new().green()),
                Standing::Partly | Standing::Forwarded => ("!", Style::new().yellow()),
                Standing::Unaligned => ("!!", Style::new().yellow()),
                Standing::Unknown => ("!!", Style::new().red()),
            };
            if !wide {
                let address = pad(&cut(&harmless(&source.address), 18), 18);
                out.push_str(&format!("    {address} {:>9}  {}\n", grouped(source.messages), style.apply_to(sign)));
                continue;
            }
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

fn failures(digest: &Digest, columns: usize, out: &mut String) {
    if digest.failures.is_empty() {
        return;
    }
    let count: u64 = digest.failures.iter().map(|(.., n)| n).sum();
    out.push_str(&format!("\n  Failure reports  {}\n", grouped(count)));
    for (address, envelope, n) in digest.failures.iter().take(GROUPS) {
        let from = if envelope.is_empty() { String::new() } else { format!("  envelope sender at {envelope}") };
        // Room for any address; on a small screen for one of IPv4, and the envelope sender below it.
        let text = if columns >= WIDE {
            format!("    {} {:>6}{from}", pad(address, 39), grouped(*n))
        } else {
            let below = if from.is_empty() { from } else { format!("\n    {from}") };
            format!("    {} {:>6}{below}", pad(&cut(address, 28), 28), grouped(*n))
        };
        text.lines().for_each(|line| out.push_str(&format!("{}\n", cut(&harmless(line), columns))));
    }
}

fn tls(digest: &Digest, columns: usize, out: &mut String) {
    for line in &digest.tls {
        let kind = match line.kind.as_str() {
            "sts" => "MTA-STS",
            "tlsa" => "DANE",
            "no-policy-found" => "without policy",
            other => other,
        };
        let all = line.successes.saturating_add(line.failures);
        let (sessions, bar) = (counted(all, "session"), sized_bar(line.successes, all, 20, columns));
        let text =
            format!("  TLS, {}  {sessions}{bar}  {} as they should be", harmless(kind), percent(line.successes, all));
        out.push('\n');
        self::line(&text, columns, out);
        for (kind, mx, sessions) in line.details.iter().take(GROUPS) {
            let at = if mx.is_empty() { String::new() } else { format!(" at {mx}") };
            let text = format!("    !! {}: {kind}{at}", counted(*sessions, "session"));
            out.push_str(&format!("{}\n", cut(&harmless(&text), columns)));
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::feedback::{Advice, Source, TlsLine};

    #[test]
    fn fits_a_small_screen() {
        let source = |address: &str, organization: &str, messages, standing| Source {
            address: address.into(),
            organization: organization.into(),
            standing,
            messages,
            passing: if standing == Standing::Aligned { messages } else { 0 },
            ..Source::default()
        };
        let digest = Digest {
            domain: "example.com".into(),
            policy: "none".into(),
            reports: 1400,
            reporters: vec![("a.example".into(), 1), ("b.example".into(), 2)],
            messages: 1_234_567,
            passing: 1_200_001,
            dkim: 1_100_000,
            spf: 900_000,
            days: [(20_000, (1, 1)), (20_090, (1, 1))].into(),
            sources: vec![
                source("192.0.2.123", "example.com", 1_200_001, Standing::Aligned),
                source(
                    "2001:db8:1234:5678:9abc:def0:1234:5678",
                    "A Service With a Long Name",
                    4567,
                    Standing::Unaligned,
                ),
            ],
            failures: vec![("2001:db8:1234:5678:9abc:def0:1234:5678".into(), "bounce.mail.sender.example".into(), 12)],
            tls: vec![TlsLine {
                kind: "sts".into(),
                successes: 5_629,
                failures: 200,
                details: vec![("starttls-not-supported".into(), "mx2.mail.company.example".into(), 200)],
            }],
            advice: Advice { stage: "none".into(), next: Some("quarantine".into()), days: 91, ..Advice::default() },
            ..Digest::default()
        };
        let text = human(&digest, NARROW);
        let plain = console::strip_ansi_codes(&text);
        assert_eq!(plain.lines().filter(|line| line.width() > NARROW).collect::<Vec<_>>(), Vec::<&str>::new());
        insta::assert_snapshot!("narrow", plain);
    }
}
