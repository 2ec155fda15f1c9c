//! The reports as a page.

use serde_json::json;

use super::words;
use crate::feedback::{Advice, Digest, Source, Standing, Step};
use crate::report::bars::{grouped, percent};
use crate::report::day::day;
use crate::report::page::{Badge, Column, Detail, Kind, Page, Table};
use crate::words::Lang;

/// Columns of the chart over time; more days than that come in weeks.
const COLUMNS: usize = 62;
/// How sources stand, with their colours, in the order of the badges.
const STANDINGS: [(Standing, usize); 5] = [
    (Standing::Aligned, 0),
    (Standing::Partly, 1),
    (Standing::Forwarded, 3),
    (Standing::Unaligned, 4),
    (Standing::Unknown, 6),
];

/// The page, one part a domain.
pub fn page(digests: &[Digest], lang: Lang) -> String {
    let mut page = Page::new(lang, lang.of("What receivers report", "受信側からのレポート"), &span(digests));
    for digest in digests {
        domain(&mut page, digest, lang);
    }
    page.finish()
}

fn span(digests: &[Digest]) -> String {
    let days = || digests.iter().flat_map(|d| d.days.keys());
    match (days().min(), days().max()) {
        (Some(first), Some(last)) => format!("{} – {}", day(*first), day(*last)),
        _ => String::new(),
    }
}

fn domain(page: &mut Page, digest: &Digest, lang: Lang) {
    let name = &digest.domain;
    page.notes(&format!("{name}  {}", policy(digest, lang)), &advice(digest, lang));
    if digest.reports > 0 {
        page.cards(&[
            (grouped(digest.messages), lang.of("messages", "メッセージ").into(), None),
            (percent(digest.passing, digest.messages), lang.of("pass DMARC", "DMARC 合格").into(), Some(0)),
            (percent(digest.dkim, digest.messages), lang.of("aligned DKIM", "DKIM 一致").into(), Some(1)),
            (percent(digest.spf, digest.messages), lang.of("aligned SPF", "SPF 一致").into(), Some(2)),
            (grouped(digest.reports), lang.of("reports", "レポート").into(), None),
        ]);
        let labels = [
            (lang.of("passes DMARC", "DMARC 合格").to_string(), 0),
            (lang.of("fails DMARC", "DMARC 不合格").to_string(), 6),
        ];
        page.columns(&format!("{name}: {}", lang.of("over time", "推移")), &labels, &time(digest));
        page.table(&format!("{name}: {}", lang.of("who sends", "送信元")), &sources(digest, lang));
    }
    if !digest.failures.is_empty() {
        let columns = vec![
            Column::new(lang.of("Address", "アドレス"), Kind::Text),
            Column::new(lang.of("Envelope sender's domain", "エンベロープ From のドメイン"), Kind::Text),
            Column::new(lang.of("Reports", "件数"), Kind::Num),
        ];
        let rows = digest.failures.iter().map(|(a, e, n)| vec![json!(a), json!(e), json!(n)]).collect();
        let table = Table { columns, rows, badges: Vec::new(), details: Vec::new(), sort: 2 };
        page.table(&format!("{name}: {}", lang.of("failure reports", "失敗レポート")), &table);
    }
    if !digest.tls.is_empty() {
        page.table(&format!("{name}: TLS"), &tls(digest, lang));
    }
}

/// Columns: days, or weeks where there are many.
fn time(digest: &Digest) -> Vec<(String, Vec<u64>)> {
    let step = if digest.days.len() > COLUMNS { 7 } else { 1 };
    let mut out: Vec<(i64, [u64; 2])> = Vec::new();
    for (day, (pass, fail)) in &digest.days {
        let begin = day - day.rem_euclid(step);
        match out.last_mut() {
            Some((last, sums)) if *last == begin => {
                sums[0] += pass;
                sums[1] += fail;
            }
            _ => out.push((begin, [*pass, *fail])),
        }
    }
    // So old a past that it makes too many weeks is left out.
    let skip = out.len().saturating_sub(COLUMNS * 4);
    out.into_iter().skip(skip).map(|(begin, sums)| (day(begin), sums.to_vec())).collect()
}

fn sources(digest: &Digest, lang: Lang) -> Table {
    let columns = vec![
        Column::new(lang.of("Address", "アドレス"), Kind::Text),
        Column::new(lang.of("Whose", "組織"), Kind::Text),
        Column::new(lang.of("Messages", "件数"), Kind::Num),
        Column::new(lang.of("How it stands", "状態"), Kind::Badge),
        Column::optional("DMARC", Kind::Pct),
        Column::optional("DKIM", Kind::Pct),
        Column::optional("SPF", Kind::Pct),
        Column::optional(lang.of("Stopped", "隔離・拒否"), Kind::Num),
    ];
    let rows = digest
        .sources
        .iter()
        .map(|s| {
            let share = |part: u64| json!(part as f64 / s.messages.max(1) as f64);
            let badge = STANDINGS.iter().position(|(standing, _)| *standing == s.standing).unwrap_or(0);
            vec![
                json!(s.address),
                json!(s.organization),
                json!(s.messages),
                json!(badge),
                share(s.passing),
                share(s.dkim),
                share(s.spf),
                json!(s.stopped),
            ]
        })
        .collect();
    let badges = STANDINGS.iter().map(|(s, color)| Badge { text: standing(*s, lang).into(), color: *color }).collect();
    let details = digest.sources.iter().map(|s| Some(detail(s, lang))).collect();
    Table { columns, rows, badges, details, sort: 2 }
}

fn detail(source: &Source, lang: Lang) -> Detail {
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            facts.push((name.to_string(), value));
        }
    };
    fact(lang.of("Name", "ホスト名"), source.name.clone().unwrap_or_default());
    fact(lang.of("Service", "サービス"), source.service.clone().unwrap_or_default());
    fact(lang.of("DKIM passed for", "DKIM 合格ドメイン"), source.dkim_domains.join(", "));
    fact(lang.of("SPF passed for", "SPF 合格ドメイン"), source.spf_domains.join(", "));
    if source.forwarded > 0 {
        fact(lang.of("Forwarded", "転送"), grouped(source.forwarded));
    }
    fact(lang.of("Time", "期間"), format!("{} – {}", day(source.days.0), day(source.days.1)));
    Detail { facts, months: Vec::new() }
}

fn tls(digest: &Digest, lang: Lang) -> Table {
    let columns = vec![
        Column::new(lang.of("What", "内容"), Kind::Text),
        Column::new(lang.of("Policy", "ポリシー"), Kind::Text),
        Column::new(lang.of("Mail exchanger", "MX"), Kind::Text),
        Column::new(lang.of("Sessions", "セッション数"), Kind::Num),
    ];
    let mut rows = Vec::new();
    for line in &digest.tls {
        let good = lang.of("as it should be", "正常");
        rows.push(vec![json!(good), json!(line.kind), json!(""), json!(line.successes)]);
        for (kind, mx, sessions) in &line.details {
            rows.push(vec![json!(kind), json!(line.kind), json!(mx), json!(sessions)]);
        }
    }
    Table { columns, rows, badges: Vec::new(), details: Vec::new(), sort: 3 }
}

fn standing(standing: Standing, lang: Lang) -> &'static str {
    let japanese = match standing {
        Standing::Aligned => "一致",
        Standing::Partly => "一部一致",
        Standing::Unaligned => "別ドメインとして認証",
        Standing::Forwarded => "転送",
        Standing::Unknown => "認証なし",
    };
    lang.of(words::standing(standing), japanese)
}

fn policy(digest: &Digest, lang: Lang) -> String {
    match (lang, digest.policy.as_str()) {
        (Lang::En, _) => words::policy(digest),
        (Lang::Ja, "") => "ポリシー不明".into(),
        (Lang::Ja, p) if digest.testing => format!("p={p}（テスト中）"),
        (Lang::Ja, p) => format!("p={p}"),
    }
}

fn advice(digest: &Digest, lang: Lang) -> Vec<String> {
    if lang == Lang::En {
        return words::advice(digest);
    }
    let Advice { step, days, known_at_stake, unaligned_at_stake, forwarded_at_stake, unknown_at_stake, .. } =
        digest.advice;
    let next = digest.advice.next.as_deref().unwrap_or_default();
    let mut out = vec![match step {
        Step::Done => "最終段階です。認証されないメールは拒否されます。".to_string(),
        Step::Wait if digest.reports == 0 => "集計レポートがないため、助言できません。".into(),
        Step::Wait => format!("p={next} へ進むのは待ちましょう。レポートはまだ {days} 日分です（2 週間分が目安）。"),
        Step::Fix => {
            format!("まだ p={next} へ進めません。既知の送信元のメール {} 通が止まります。", grouped(known_at_stake))
        }
        Step::Advance => {
            format!("p={next} へ進めます。止まる既知の送信元のメールは {} 通です。", grouped(known_at_stake))
        }
    }];
    if !digest.advice.fix.is_empty() && step != Step::Done {
        let shown = digest.advice.fix.iter().take(5).cloned().collect::<Vec<_>>().join("、");
        out.push(format!("対処が必要な送信元: {shown}（{} の DKIM 署名、または SPF の一致）", digest.domain));
    }
    for (count, text) in [
        (unaligned_at_stake, "別のドメインとして認証されたメール（自社の送信元が含まれていないか確認）"),
        (forwarded_at_stake, "転送・メーリングリスト経由のメール（DKIM 署名が一致すれば影響なし）"),
        (unknown_at_stake, "認証のないメール（なりすまし、または把握していないサーバー）"),
    ] {
        if count > 0 {
            out.push(format!("{text}: {} 通", grouped(count)));
        }
    }
    out
}
