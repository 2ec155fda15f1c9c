//! For the terminal: in 80 columns, or in 40 without bars and with fewer figures.

use console::Style;

use super::{Witnesses, words};
use crate::report::bars::{bar, counted, grouped, percent};
use crate::report::harmless::harmless;
use crate::survey::{Class, Sender, Tally};
use crate::words::wrap::{cut, fold, pad};

/// Senders shown; the whole is in the other forms.
const SENDERS: usize = 20;
/// Months shown.
const MONTHS: usize = 12;

/// Columns that the whole tables take.
const WIDE: usize = 80;

/// The classes, the trend, the largest senders, and what is to be known about the figures, on a screen of so many
/// `columns`.
pub fn human(tally: &Tally, witnesses: Witnesses, columns: usize) -> String {
    let wide = columns >= WIDE;
    let total = tally.total();
    if total.messages == 0 {
        return "no message\n".into();
    }
    let mut out =
        format!("{} of {}\n\n", counted(total.messages, "message"), counted(tally.senders.len() as u64, "sender"));
    let senders = tally.senders_by_class();
    if wide {
        out.push_str("  Class                          messages                         senders\n");
    }
    for class in Class::ALL {
        let n = total.classes[class.index()];
        if !wide {
            out.push_str(&class_line(class, n, total.messages));
            continue;
        }
        out.push_str(&format!("{}  {:>6}\n", class_bar(class, n, total.messages), grouped(senders[class.index()])));
    }
    trend(&total, wide, &mut out);
    largest(tally, wide, &mut out);
    notes(&total, tally, witnesses, columns, &mut out);
    out
}

/// The line of a class with its bar, without its end.
pub(super) fn class_bar(class: Class, n: u64, of: u64) -> String {
    format!(
        "  {} {:>14}  {} {:>6}",
        pad(words::class(class), 24),
        grouped(n),
        style(class).apply_to(bar(n, of, 16)),
        percent(n, of)
    )
}

/// The line of a class where there is no room for a bar.
pub(super) fn class_line(class: Class, n: u64, of: u64) -> String {
    format!("  {} {:>7} {:>6}\n", style(class).apply_to(pad(words::class(class), 23)), grouped(n), percent(n, of))
}

fn style(class: Class) -> Style {
    match class {
        Class::All => Style::new().green(),
        Class::DmarcByOne | Class::SpfDkim => Style::new().cyan(),
        Class::SpfOnly | Class::DkimOnly => Style::new().yellow(),
        Class::Forged => Style::new().red(),
        Class::None | Class::Undecided => Style::new().dim(),
    }
}

fn trend(total: &Sender, wide: bool, out: &mut String) {
    if total.months.len() < 2 {
        return;
    }
    out.push_str(match wide {
        true => "\n  Month      messages  all three             DMARC passes   forged\n",
        false => "\n  Month    messages  DMARC   forged\n",
    });
    for (month, classes) in total.months.iter().rev().take(MONTHS).rev() {
        let all: u64 = classes.iter().sum();
        let dmarc = classes[Class::All.index()] + classes[Class::DmarcByOne.index()];
        if !wide {
            let (dmarc, forged) = (percent(dmarc, all), percent(classes[Class::Forged.index()], all));
            out.push_str(&format!("  {}  {:>8} {dmarc:>6}  {forged:>7}\n", words::month(*month), grouped(all)));
            continue;
        }
        out.push_str(&format!(
            "  {}  {:>10}  {} {:>6}     {:>7}  {:>7}\n",
            words::month(*month),
            grouped(all),
            bar(classes[Class::All.index()], all, 14),
            percent(classes[Class::All.index()], all),
            percent(dmarc, all),
            percent(classes[Class::Forged.index()], all)
        ));
    }
}

fn largest(tally: &Tally, wide: bool, out: &mut String) {
    out.push_str(match wide {
        true => "\n  Sender                   messages    SPF   DKIM  DMARC  policy     key\n",
        false => "\n  Sender                messages  DMARC\n",
    });
    let ranked = tally.ranked();
    for (name, sender) in ranked.iter().take(SENDERS) {
        let (name, dmarc) = (harmless(name), words::passing(&sender.dmarc).replace(" %", "%"));
        if !wide {
            out.push_str(&format!("  {} {:>8} {dmarc:>6}\n", pad(&cut(&name, 21), 21), grouped(sender.messages)));
            continue;
        }
        let line = format!(
            "  {} {:>9} {:>6} {:>6} {dmarc:>6}  {} {}",
            pad(&cut(&name, 23), 23),
            grouped(sender.messages),
            words::passing(&sender.spf).replace(" %", "%"),
            words::passing(&sender.dkim).replace(" %", "%"),
            pad(words::policy(sender), 10),
            // Ed25519 has one size.
            cut(&harmless(&words::keys(sender)).replace("ed25519 256", "ed25519"), 11)
        );
        out.push_str(line.trim_end());
        out.push('\n');
    }
    if ranked.len() > SENDERS {
        out.push_str(&format!("  and {} more: --format csv has all\n", ranked.len() - SENDERS));
    }
}

fn notes(total: &Sender, tally: &Tally, witnesses: Witnesses, columns: usize, out: &mut String) {
    let mut notes = Vec::new();
    if !witnesses.border && !witnesses.stated {
        notes.push("SPF was not judged: --border names your server that saw the clients".to_string());
    } else if let Some(n) = total.spf.get("unknown").filter(|_| witnesses.border) {
        notes.push(format!("{} messages show no hop over the border: SPF was not judged", grouped(*n)));
    }
    if total.key_gone > 0 {
        notes.push(format!("{} messages have a signature whose key is gone", grouped(total.key_gone)));
    }
    if witnesses.stated {
        let stated: u64 = total.stated_dmarc.values().sum();
        notes.push(format!("the receiver's own results stand in {} messages", grouped(stated)));
    }
    if total.differs > 0 {
        notes.push(format!("in {} of them it saw otherwise than DNS says today", grouped(total.differs)));
    }
    if tally.cut > 0 {
        notes.push(format!("{} messages are too large to be judged whole", grouped(tally.cut)));
    }
    if !notes.is_empty() {
        out.push('\n');
    }
    for note in notes {
        self::note(&note, columns, out);
    }
}

/// A remark below the tables, in as many lines as it needs.
pub(super) fn note(text: &str, columns: usize, out: &mut String) {
    fold(&format!("  note: {text}"), columns.min(WIDE)).iter().for_each(|line| out.push_str(&format!("{line}\n")));
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::report::survey::domains_human;
    use crate::survey::Domain;

    #[test]
    fn fits_a_small_screen() {
        let mut tally = Tally { cut: 1_000, ..Tally::default() };
        for i in 0..1_200_u64 {
            let mut sender = Sender { messages: 1_000 + i, key_gone: 1_234, differs: 1, ..Sender::default() };
            sender.classes[usize::try_from(i % 8).unwrap()] = 1_000 + i;
            sender.spf.insert("unknown".into(), 1_000);
            sender.months.insert(670 + i32::try_from(i % 3).unwrap(), sender.classes);
            tally.senders.insert(format!("sender-{i}.an-organisation-with-a-long-name.example"), sender);
        }
        let domain = |i: usize| Domain {
            domain: format!("d{i}.an-organisation-with-a-long-name.example"),
            class: Class::Undecided,
            exists: true,
            spf: "missing".into(),
            dkim: "unknown".into(),
            dmarc: "ok".into(),
            policy: Some("quarantine".into()),
            keys: [("rsa 2048".to_string(), 12)].into(),
            mx: 1,
            findings: Vec::new(),
            unknown: 3,
        };
        let domains: Vec<Domain> = (0..1_200).map(domain).collect();
        for columns in [40, 80] {
            let mut text = domains_human(&domains, columns);
            for (border, stated) in [(true, true), (false, false)] {
                text.push_str(&human(&tally, Witnesses { border, stated }, columns));
            }
            let plain = console::strip_ansi_codes(&text);
            assert_eq!(plain.lines().filter(|line| line.width() > columns).collect::<Vec<_>>(), Vec::<&str>::new());
        }
    }
}
