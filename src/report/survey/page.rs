//! The survey as a page.

use serde_json::{Value, json};

use super::{Witnesses, words};
use crate::report::bars::{grouped, percent};
use crate::report::day::day;
use crate::report::page::{Badge, Column, Detail, Kind, Page, Table};
use crate::survey::{Class, Sender, Tally};
use crate::words::Lang;

/// Senders whose months are in the page; of the others the sum is.
const WITH_MONTHS: usize = 1000;

/// The page.
pub fn page(tally: &Tally, witnesses: Witnesses, lang: Lang) -> String {
    let total = tally.total();
    let title = lang.of("Who authenticates how", "送信ドメイン認証の実態");
    let lead = match total.span {
        Some((first, last)) => {
            format!("{} – {}", day(first.div_euclid(86_400)), day(last.div_euclid(86_400)))
        }
        None => String::new(),
    };
    let mut page = Page::new(lang, title, &lead);
    cards(&mut page, tally, &total, lang);
    let parts: Vec<(String, u64, usize)> =
        Class::ALL.iter().map(|c| (class(*c, lang).to_string(), total.classes[c.index()], c.index())).collect();
    page.bar(lang.of("Messages by class", "分類別のメッセージ数"), &parts);
    let labels: Vec<(String, usize)> = parts.iter().map(|(label, _, color)| (label.clone(), *color)).collect();
    let months: Vec<(String, Vec<u64>)> =
        total.months.iter().map(|(month, classes)| (words::month(*month), classes.to_vec())).collect();
    page.columns(lang.of("Month by month", "月別の推移"), &labels, &months);
    page.table(lang.of("Senders", "送信元"), &table(tally, lang));
    page.notes(lang.of("About the figures", "数値について"), &notes(&total, tally, witnesses, lang));
    page.finish()
}

fn cards(page: &mut Page, tally: &Tally, total: &Sender, lang: Lang) {
    let dmarc = total.classes[Class::All.index()] + total.classes[Class::DmarcByOne.index()];
    let forged = total.classes[Class::Forged.index()];
    page.cards(&[
        (grouped(total.messages), lang.of("messages", "メッセージ").into(), None),
        (grouped(tally.senders.len() as u64), lang.of("senders", "送信元").into(), None),
        (percent(dmarc, total.messages), lang.of("pass DMARC", "DMARC 合格").into(), Some(0)),
        (percent(forged, total.messages), lang.of("forged or broken", "なりすまし・破損").into(), Some(6)),
    ]);
}

fn table(tally: &Tally, lang: Lang) -> Table {
    let columns = vec![
        Column::new(lang.of("Sender", "送信元"), Kind::Text),
        Column::new(lang.of("Messages", "件数"), Kind::Num),
        Column::new(lang.of("Class", "分類"), Kind::Badge),
        Column::optional("SPF", Kind::Pct),
        Column::optional("DKIM", Kind::Pct),
        Column::optional("DMARC", Kind::Pct),
        Column::optional(lang.of("Policy", "ポリシー"), Kind::Text),
        Column::optional(lang.of("Key", "鍵"), Kind::Text),
        Column::optional(lang.of("Forged", "なりすまし"), Kind::Num),
    ];
    let ranked = tally.ranked();
    let rows = ranked
        .iter()
        .map(|(name, sender)| {
            vec![
                json!(name),
                json!(sender.messages),
                json!(sender.main_class().index()),
                share(&sender.spf),
                share(&sender.dkim),
                share(&sender.dmarc),
                json!(sender.policy),
                json!(words::keys(sender)),
                json!(sender.classes[Class::Forged.index()]),
            ]
        })
        .collect();
    let details =
        ranked.iter().enumerate().map(|(i, (_, sender))| Some(detail(sender, i < WITH_MONTHS, lang))).collect();
    let badges = Class::ALL.iter().map(|c| Badge { text: class(*c, lang).into(), color: c.index() }).collect();
    Table { columns, rows, badges, details, sort: 1 }
}

fn share(results: &std::collections::BTreeMap<String, u64>) -> Value {
    let judged: u64 = results.iter().filter(|(word, _)| *word != "unknown").map(|(_, n)| n).sum();
    if judged == 0 { Value::Null } else { json!(results.get("pass").copied().unwrap_or(0) as f64 / judged as f64) }
}

fn detail(sender: &Sender, months: bool, lang: Lang) -> Detail {
    let list = |map: &std::collections::BTreeMap<String, u64>| {
        map.iter().map(|(word, n)| format!("{word} {}", grouped(*n))).collect::<Vec<_>>().join(", ")
    };
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            facts.push((name.to_string(), value));
        }
    };
    fact("SPF", list(&sender.spf));
    fact("DKIM", list(&sender.dkim));
    fact("DMARC", list(&sender.dmarc));
    fact(lang.of("SPF, as received", "受信時の SPF"), list(&sender.stated_spf));
    fact(lang.of("DKIM, as received", "受信時の DKIM"), list(&sender.stated_dkim));
    fact(lang.of("DMARC, as received", "受信時の DMARC"), list(&sender.stated_dmarc));
    let aligned = format!("SPF {}, DKIM {}", grouped(sender.spf_aligned), grouped(sender.dkim_aligned));
    fact(lang.of("Aligned", "アラインメント一致"), aligned);
    fact(lang.of("Keys", "鍵"), list(&sender.keys));
    if sender.key_gone > 0 {
        fact(lang.of("Key is gone", "鍵が公開されていない"), grouped(sender.key_gone));
    }
    if let Some((first, last)) = sender.span {
        let span = format!("{} – {}", day(first.div_euclid(86_400)), day(last.div_euclid(86_400)));
        fact(lang.of("Time", "期間"), span);
    }
    let months = if months {
        sender.months.iter().map(|(month, classes)| (words::month(*month), classes.to_vec())).collect()
    } else {
        Vec::new()
    };
    Detail { facts, months }
}

/// A class in the reader's language.
pub(super) fn class(class: Class, lang: Lang) -> &'static str {
    let japanese = match class {
        Class::All => "SPF・DKIM・DMARC すべて",
        Class::DmarcByOne => "DMARC（SPF か DKIM の一方）",
        Class::SpfDkim => "SPF と DKIM（DMARC なし）",
        Class::SpfOnly => "SPF のみ",
        Class::DkimOnly => "DKIM のみ",
        Class::None => "なし",
        Class::Forged => "なりすまし・破損",
        Class::Undecided => "判定できない",
    };
    lang.of(words::class(class), japanese)
}

fn notes(total: &Sender, tally: &Tally, witnesses: Witnesses, lang: Lang) -> Vec<String> {
    let mut out = vec![
        lang.of(
            "A sender is the organisational domain of the author; its class is that of most of its messages.",
            "送信元は From の組織ドメインです。分類は、その送信元のメッセージで最も多いものです。",
        )
        .to_string(),
        lang.of(
            "DKIM and DMARC were verified again with what DNS says today: keys may have gone since.",
            "DKIM と DMARC は現在の DNS で再検証しています。受信後に鍵が削除されていることがあります。",
        )
        .to_string(),
    ];
    if !witnesses.border && !witnesses.stated {
        let text = lang.of(
            "SPF was not judged: the server that saw the clients was not named.",
            "SPF は判定していません（外部から受信したサーバーが指定されていないため）。",
        );
        out.push(text.into());
    }
    if total.key_gone > 0 {
        let n = grouped(total.key_gone);
        out.push(match lang {
            Lang::En => format!("Signatures whose key is gone: in {n} messages."),
            Lang::Ja => format!("鍵が公開されていない署名のあるメッセージ: {n} 件"),
        });
    }
    if total.differs > 0 {
        let n = grouped(total.differs);
        out.push(match lang {
            Lang::En => format!("In {n} messages the receiver saw otherwise than DNS says today."),
            Lang::Ja => format!("受信時の判定が現在の DNS による判定と異なるメッセージ: {n} 件"),
        });
    }
    if tally.cut > 0 {
        let n = grouped(tally.cut);
        out.push(match lang {
            Lang::En => format!("Too large to be judged whole: {n} messages."),
            Lang::Ja => format!("大きすぎて全体を判定できないメッセージ: {n} 件"),
        });
    }
    out
}
