//! The pages in a real browser: sorted, filtered, light and dark, on a phone, without a word of complaint.

use std::collections::BTreeMap;
use std::path::Path;

use mailproof::auth::dkim::DkimResult;
use mailproof::auth::dmarc::{Disposition, DmarcResult};
use mailproof::auth::spf::SpfResult;
use mailproof::report::survey::{Witnesses, page};
use mailproof::survey::{Class, Seen, Tally};
use mailproof::words::Lang;
use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::{mailproof, told};

/// A tally of `senders` senders over a year.
fn tally(senders: usize) -> Tally {
    let mut tally = Tally::default();
    for i in 0..senders {
        let class = Class::ALL[[0, 0, 0, 1, 2, 3, 4, 5, 6, 7][i % 10]];
        let pass = class == Class::All;
        for n in 0..1 + (senders - i).ilog2() as i64 {
            let seen = Seen {
                sender: String::new(),
                at: Some(1_767_600_000 + n * 2_000_000),
                class,
                ours: (
                    Some(if pass { SpfResult::Pass } else { SpfResult::SoftFail }),
                    if pass { DkimResult::Pass } else { DkimResult::None },
                    if pass { DmarcResult::Pass } else { DmarcResult::Fail },
                ),
                stated: None,
                spf_aligned: pass,
                dkim_aligned: pass,
                policy: pass.then_some(Disposition::Reject),
                keys: if pass { vec![("rsa".into(), 2048)] } else { vec![] },
                key_gone: false,
                differs: false,
            };
            let name = if i == 7 { "<b>evil</b>.example".into() } else { format!("sender{i:05}.example") };
            tally.add(&name, &seen);
        }
    }
    tally
}

fn shot(browser: &mut Browser, name: &str) {
    let png = browser.screenshot();
    assert!(png.len() > 5000, "{name}");
    if let Some(folder) = std::env::var_os("MAILPROOF_SCREENSHOTS") {
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), png).unwrap();
    }
}

fn first(browser: &mut Browser) -> Value {
    browser.eval("document.querySelector('tbody td').textContent")
}

#[test]
fn a_survey_of_twenty_thousand_senders() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let tally = tally(20_000);
    let witnesses = Witnesses { border: true, stated: false };
    for lang in [Lang::En, Lang::Ja] {
        let path = folder.path().join(format!("{}.html", lang.tag()));
        std::fs::write(&path, page(&tally, witnesses, lang)).unwrap();
        browser.size(1280, 900);
        browser.media("light", "screen");
        browser.open(&path);
        let load = browser.eval("performance.timing.loadEventStart - performance.timing.navigationStart");
        eprintln!("{}: {load} ms until loaded, {} kB", lang.tag(), std::fs::metadata(&path).unwrap().len() / 1000);
        assert_eq!(browser.eval("document.querySelectorAll('tbody tr').length"), 100);
        assert_eq!(browser.eval("document.querySelectorAll('svg').length"), 2);
        shot(&mut browser, &format!("survey-{}-light", lang.tag()));
        // Sorted by messages, then by name, either way.
        assert_eq!(first(&mut browser), "<b>evil</b>.example", "text, not markup");
        browser.eval("document.querySelectorAll('th button')[1].click()");
        assert_eq!(first(&mut browser), "sender19999.example");
        browser.eval("document.querySelectorAll('th button')[0].click()");
        assert_eq!(first(&mut browser), "<b>evil</b>.example");
        browser.eval("document.querySelectorAll('th button')[0].click()");
        assert_eq!(first(&mut browser), "sender19999.example");
        assert_eq!(browser.eval("document.querySelector('th').getAttribute('aria-sort')"), "descending");
        // Filtered by class, and searched.
        browser.eval(
            "{ const s = document.querySelector('select'); s.value = '6'; s.dispatchEvent(new Event('change')); }",
        );
        assert_eq!(browser.eval("document.querySelector('[role=status]').textContent"), "2,000 / 20,000");
        browser.eval(
            "{ const s = document.querySelector('select'); s.value = ''; s.dispatchEvent(new Event('change')); }",
        );
        browser.eval("{ const s = document.querySelector('input'); s.value = 'SENDER00123'; s.dispatchEvent(new Event('input')); }");
        std::thread::sleep(std::time::Duration::from_millis(250));
        assert_eq!(browser.eval("document.querySelector('[role=status]').textContent"), "1 / 20,000");
        // A sender in detail, and closed again.
        browser.eval("document.querySelector('td.key button').click()");
        assert_eq!(browser.eval("document.querySelectorAll('tr.detail svg rect').length > 3"), true);
        shot(&mut browser, &format!("survey-{}-detail", lang.tag()));
        browser.eval("document.querySelector('td.key button').click()");
        assert_eq!(browser.eval("document.querySelectorAll('tr.detail').length"), 0);
        // Dark, by the system's wish and by the button.
        let ground = "getComputedStyle(document.body).backgroundColor";
        let light = browser.eval(ground);
        browser.media("dark", "screen");
        let dark = browser.eval(ground);
        assert_ne!(light, dark);
        browser.eval("document.querySelector('.theme').click()");
        assert_eq!(browser.eval(ground), light);
        browser.eval("document.querySelector('.theme').click()");
        assert_eq!(browser.eval(ground), dark);
        browser
            .eval("{ const s = document.querySelector('input'); s.value = ''; s.dispatchEvent(new Event('input')); }");
        std::thread::sleep(std::time::Duration::from_millis(250));
        shot(&mut browser, &format!("survey-{}-dark", lang.tag()));
        // On a phone nothing stands out over the edge.
        browser.size(400, 800);
        assert_eq!(browser.eval("document.documentElement.scrollWidth"), 400);
        shot(&mut browser, &format!("survey-{}-phone", lang.tag()));
        browser.eval("document.querySelector('[data-table]').scrollIntoView()");
        shot(&mut browser, &format!("survey-{}-phone-table", lang.tag()));
        browser.size(800, 1100);
        browser.media("light", "print");
        assert_eq!(browser.eval("getComputedStyle(document.querySelector('.tools')).display"), "none");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn reports_of_months() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mail = folder.path().join("mail");
    std::fs::create_dir(&mail).unwrap();
    for day in 0..120 {
        let begin = 1_767_571_200 + day * 86_400;
        let rows: BTreeMap<&str, (i64, &str)> = [
            ("192.0.2.10", (500 + day, "pass")),
            ("203.0.113.5", (7 + day % 5, "fail")),
            ("2001:db8::25", (day % 3, "fail")),
        ]
        .into();
        let rows: String = rows
            .iter()
            .map(|(ip, (count, result))| {
                format!("<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><disposition>none</disposition>\
                         <dkim>{result}</dkim><spf>fail</spf></policy_evaluated></row><auth_results><dkim><domain>example.com</domain>\
                         <result>{result}</result></dkim></auth_results></record>")
            })
            .collect();
        let text = format!(
            "<feedback><report_metadata><org_name>&lt;script&gt;alert(1)&lt;/script&gt;</org_name><report_id>{day}</report_id><date_range>\
             <begin>{begin}</begin><end>{}</end></date_range></report_metadata><policy_published><domain>example.com</domain><p>none</p>\
             </policy_published>{rows}</feedback>",
            begin + 86_399
        );
        std::fs::write(mail.join(format!("{day}.xml")), text).unwrap();
    }
    for lang in ["en", "ja"] {
        let output = mailproof().args(["reports", "--format", "html", "--lang", lang]).arg(&mail).output().unwrap();
        assert!(output.status.success(), "{}", told(&output));
        let path = folder.path().join(format!("{lang}.html"));
        std::fs::write(&path, &output.stdout).unwrap();
        browser.size(1280, 1000);
        browser.media("light", "screen");
        browser.open(&path);
        assert_eq!(browser.eval("document.querySelectorAll('tbody tr').length"), 3);
        assert_eq!(browser.eval("document.querySelectorAll('svg').length"), 1);
        assert_eq!(first(&mut browser), "192.0.2.10");
        shot(&mut browser, &format!("reports-{lang}-light"));
        browser.eval("document.querySelectorAll('td.key button')[1].click()");
        assert_eq!(browser.eval("document.querySelectorAll('tr.detail').length"), 1);
        browser.media("dark", "screen");
        browser.size(400, 900);
        assert_eq!(browser.eval("document.documentElement.scrollWidth"), 400);
        shot(&mut browser, &format!("reports-{lang}-phone-dark"));
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
