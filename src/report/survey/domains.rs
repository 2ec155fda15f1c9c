//! What the domains of a list publish, in every form, with the classes of mail.

use std::fmt::Write as _;

use serde_json::json;

use super::json::Classes;
use super::page::class;
use super::{human, words};
use crate::report::bars::{counted, grouped, percent};
use crate::report::csv_cell::csv_cell;
use crate::report::harmless::harmless;
use crate::report::markdown::cell;
use crate::report::page::{Badge, Column, Detail, Kind, Page, Table};
use crate::survey::{Class, Domain};
use crate::words::Lang;
use crate::words::wrap::{cut, pad};

/// Domains in the terminal, and in markdown; the other forms have all.
const SHOWN: usize = 20;
const ROWS: usize = 100;

/// Domains by class, in the order of [`Class::ALL`].
fn by_class(domains: &[Domain]) -> [u64; 8] {
    let mut out = [0; Class::ALL.len()];
    domains.iter().for_each(|d| out[d.class.index()] += 1);
    out
}

/// The policy, `-` without DMARC.
fn policy(domain: &Domain) -> &str {
    domain.policy.as_deref().unwrap_or("-")
}

fn keys(domain: &Domain) -> String {
    domain
        .keys
        .iter()
        .map(|(kind, n)| if *n > 1 { format!("{n} {kind}") } else { kind.clone() })
        .collect::<Vec<_>>()
        .join(", ")
}

/// For the terminal: in 80 columns, or in 40 with fewer figures.
pub fn domains_human(domains: &[Domain], columns: usize) -> String {
    let wide = columns >= 80;
    let (all, classes) = (domains.len() as u64, by_class(domains));
    let mut out = format!("{}\n\n", counted(all, "domain"));
    for class in Class::ALL.into_iter().filter(|c| *c != Class::Forged) {
        let n = classes[class.index()];
        match wide {
            true => out.push_str(&format!("{}\n", human::class_bar(class, n, all))),
            false => out.push_str(&human::class_line(class, n, all)),
        }
    }
    out.push_str(match wide {
        true => "\n  Domain                       SPF      DKIM     DMARC       key\n",
        false => "\n  Domain                    DMARC\n",
    });
    for domain in domains.iter().take(SHOWN) {
        let dmarc = domain.policy.as_deref().unwrap_or(&domain.dmarc);
        let name = harmless(&domain.domain);
        if !wide {
            out.push_str(&format!("  {} {dmarc}\n", pad(&cut(&name, 25), 25)));
            continue;
        }
        let line = format!(
            "  {} {} {} {} {}",
            pad(&cut(&name, 28), 28),
            pad(&domain.spf, 8),
            pad(&domain.dkim, 8),
            pad(dmarc, 11),
            cut(&harmless(&keys(domain)), 17)
        );
        out.push_str(line.trim_end());
        out.push('\n');
    }
    if domains.len() > SHOWN {
        out.push_str(&format!("  and {} more: --format csv has all\n", domains.len() - SHOWN));
    }
    out.push('\n');
    human::note("keys are looked for at selectors that many use; there may be others", columns, &mut out);
    out
}

/// `{"domains", "domains_by_class", "list": […]}`, in lines.
pub fn domains_json(domains: &[Domain]) -> String {
    let classes = by_class(domains);
    format!("{:#}", json!({"domains": domains.len(), "domains_by_class": Classes(&classes), "list": domains}))
}

/// The header, then a row a domain.
pub fn domains_csv(domains: &[Domain]) -> String {
    let mut out = String::from("domain,class,exists,spf,dkim,dmarc,policy,keys,mx,findings,unknown\n");
    for d in domains {
        let cells = [
            csv_cell(&d.domain),
            d.class.slug().into(),
            d.exists.to_string(),
            d.spf.clone(),
            d.dkim.clone(),
            d.dmarc.clone(),
            d.policy.clone().unwrap_or_default(),
            csv_cell(&keys(d)),
            d.mx.to_string(),
            csv_cell(&d.findings.join(" ")),
            d.unknown.to_string(),
        ];
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

/// The classes and the first domains.
pub fn domains_markdown(domains: &[Domain]) -> String {
    let (all, classes) = (domains.len() as u64, by_class(domains));
    let mut out = format!("## {}\n\n| class | domains | |\n|---|--:|--:|\n", counted(all, "domain"));
    for class in Class::ALL.into_iter().filter(|c| *c != Class::Forged) {
        let n = classes[class.index()];
        let _ = writeln!(out, "| {} | {} | {} |", words::class(class), grouped(n), percent(n, all));
    }
    out.push_str("\n| domain | class | SPF | DKIM | DMARC | policy | key |\n|---|---|---|---|---|---|---|\n");
    for d in domains.iter().take(ROWS) {
        let class = words::class(d.class);
        let (name, keys) = (cell(&d.domain), cell(&keys(d)));
        let _ = writeln!(out, "| {name} | {class} | {} | {} | {} | {} | {keys} |", d.spf, d.dkim, d.dmarc, policy(d));
    }
    if domains.len() > ROWS {
        let _ = writeln!(out, "\n… and {} more", domains.len() - ROWS);
    }
    out
}

/// The page.
pub fn domains_page(domains: &[Domain], lang: Lang) -> String {
    let (all, classes) = (domains.len() as u64, by_class(domains));
    let mut page = Page::new(lang, lang.of("Who publishes what", "送信ドメイン認証の設定状況"), "");
    let dmarc = domains.iter().filter(|d| d.dmarc == "ok").count() as u64;
    page.cards(&[
        (grouped(all), lang.of("domains", "ドメイン").into(), None),
        (percent(classes[Class::All.index()], all), class(Class::All, lang).into(), Some(0)),
        (percent(dmarc, all), lang.of("have DMARC", "DMARC あり").into(), Some(1)),
    ]);
    let parts: Vec<(String, u64, usize)> = Class::ALL
        .iter()
        .filter(|c| **c != Class::Forged)
        .map(|c| (class(*c, lang).to_string(), classes[c.index()], c.index()))
        .collect();
    page.bar(lang.of("Domains by class", "分類別のドメイン数"), &parts);
    let columns = vec![
        Column::new(lang.of("Domain", "ドメイン"), Kind::Text),
        Column::new(lang.of("Class", "分類"), Kind::Badge),
        Column::optional("SPF", Kind::Text),
        Column::optional("DKIM", Kind::Text),
        Column::optional("DMARC", Kind::Text),
        Column::optional(lang.of("Findings", "指摘"), Kind::Num),
    ];
    let row = |d: &Domain| {
        vec![
            json!(d.domain),
            json!(d.class.index()),
            json!(d.spf),
            json!(d.dkim),
            json!(d.policy.as_ref().unwrap_or(&d.dmarc)),
            json!(d.findings.len()),
        ]
    };
    let table = Table {
        columns,
        rows: domains.iter().map(row).collect(),
        badges: Class::ALL.iter().map(|c| Badge { text: class(*c, lang).into(), color: c.index() }).collect(),
        details: domains.iter().map(|d| Some(detail(d, lang))).collect(),
        sort: 5,
    };
    page.table(lang.of("Domains", "ドメイン"), &table);
    let note = lang.of(
        "A key counts that is found by a selector that many use; others may be there.",
        "DKIM は、よく使われるセレクタで見つかった鍵だけを数えています。",
    );
    page.notes(lang.of("About the figures", "数値について"), &[note.to_string()]);
    page.finish()
}

fn detail(d: &Domain, lang: Lang) -> Detail {
    let facts = [
        (lang.of("Keys", "鍵"), keys(d)),
        (lang.of("Mail hosts", "メールサーバー数"), d.mx.to_string()),
        (lang.of("Findings", "指摘"), d.findings.join(", ")),
        (lang.of("Open questions", "回答のなかった問い合わせ"), d.unknown.to_string()),
    ];
    let said = facts.into_iter().filter(|(_, value)| !value.is_empty() && value != "0");
    Detail { facts: said.map(|(name, value)| (name.to_string(), value)).collect(), months: Vec::new() }
}
