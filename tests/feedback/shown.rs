//! What people see, over months of reports that a store keeps.

use std::path::Path;
use std::process::{Command, Output, Stdio};

const DAY: i64 = 86_400;
/// 2026-01-05.
const START: i64 = 1_767_571_200;

fn row(ip: &str, count: u32, dkim: &str, spf: &str, auth: &str, reason: &str) -> String {
    format!(
        "<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><disposition>none</disposition>\
         <dkim>{dkim}</dkim><spf>{spf}</spf>{reason}</policy_evaluated></row><identifiers><header_from>example.com\
         </header_from></identifiers><auth_results>{auth}</auth_results></record>"
    )
}

fn report(folder: &Path, day: i64, org: &str, rows: &str) {
    let begin = START + day * DAY;
    let text = format!(
        "<feedback><report_metadata><org_name>{org}</org_name><email>dmarc@{org}</email><report_id>{org}-{day}</report_id>\
         <date_range><begin>{begin}</begin><end>{}</end></date_range></report_metadata><policy_published>\
         <domain>example.com</domain><p>none</p></policy_published>{rows}</feedback>",
        begin + DAY - 1
    );
    std::fs::write(folder.join(format!("{org}-{day}.xml")), text).unwrap();
}

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mailproof"))
        .arg("reports")
        .args(args)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn reports(folder: &Path) {
    let own = "<dkim><domain>example.com</domain><selector>s</selector><result>pass</result></dkim>\
               <spf><domain>example.com</domain><result>pass</result></spf>";
    let service = "<spf><domain>bounce.sendgrid.net</domain><result>pass</result></spf>";
    let other = "<spf><domain>news.other.example</domain><result>pass</result></spf>";
    let nobody = "<spf><domain>example.com</domain><result>softfail</result></spf>";
    let list = "<reason><type>mailing_list</type><comment>l</comment></reason>";
    for day in 0..30 {
        let rows = [
            row("192.0.2.10", 500, "pass", "pass", own, ""),
            row("198.51.100.20", 40, "fail", "fail", service, ""),
            row("203.0.113.5", 7, "fail", "fail", nobody, ""),
            row("203.0.113.77", 3, "fail", "fail", other, ""),
            row("2001:db8::25", 2, "fail", "fail", "", list),
        ];
        report(folder, day, "receiver.example", &rows.concat());
    }
    report(folder, 3, "other.example", &row("192.0.2.10", 100, "pass", "fail", own, ""));
}

#[test]
fn months_in_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let mail = folder.path().join("mail");
    std::fs::create_dir(&mail).unwrap();
    reports(&mail);
    std::fs::write(mail.join("broken.xml"), "<feedback><report_metadata>").unwrap();
    let store = folder.path().join("store.sqlite");
    let (mail, store) = (mail.to_str().unwrap(), store.to_str().unwrap());

    let first = run(&["--store", store, mail]);
    let told = String::from_utf8_lossy(&first.stderr).replace(mail, "MAIL");
    assert_eq!(first.status.code(), Some(1), "{told}");
    insta::assert_snapshot!("first_run", format!("{}---\n{told}", out(&first)));

    // What reports name is nobody else's business on this machine.
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(store).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }

    // The same once more: everything is known, and counted once.
    let again = run(&["--store", store, mail]);
    assert_eq!(out(&again), out(&first));
    assert!(String::from_utf8_lossy(&again.stderr).contains("31 known already"));

    // The store alone, and a part of it.
    assert_eq!(out(&run(&["--store", store])), out(&first));
    let week = run(&["--store", store, "--since", "2026-01-12", "--until", "2026-01-19", "--format", "json"]);
    let week: serde_json::Value = serde_json::from_slice(&week.stdout).unwrap();
    let domain = &week["domains"][0];
    assert_eq!((&domain["reports"], &domain["messages"]), (&7.into(), &(7 * 552).into()));
    assert_eq!(domain["advice"]["known_at_stake"], 7 * 40);
    let none = run(&["--store", store, "--domain", "nobody.example"]);
    assert_eq!((none.status.code(), out(&none).as_str()), (Some(0), "no report of this time and domain\n"));

    insta::assert_snapshot!("csv", out(&run(&["--store", store, "--format", "csv"])));
    insta::assert_snapshot!("markdown", out(&run(&["--store", store, "--format", "markdown"])));

    let hidden = out(&run(&["--store", store, "--format", "json", "--anonymise"]));
    for name in ["192.0.2.10", "198.51.100.20", "2001:db8::25", "bounce.sendgrid.net", "other.example\""] {
        assert!(!hidden.replace("\"other.example\",", "").contains(name), "{name} in {hidden}");
    }
    assert!(hidden.contains("\"example.com\"") && hidden.contains("\"source-") && hidden.contains("SendGrid"));

    // Once the known sender is put right, the way is free.
    let mended = folder.path().join("mended");
    std::fs::create_dir(&mended).unwrap();
    let own = "<dkim><domain>example.com</domain><selector>s</selector><result>pass</result></dkim>";
    for day in 0..20 {
        report(&mended, day, "receiver.example", &row("198.51.100.20", 40, "pass", "fail", own, ""));
    }
    let free = run(&[mended.to_str().unwrap()]);
    assert_eq!(free.status.code(), Some(0), "{}", out(&free));
    assert!(out(&free).contains("Go on to p=quarantine"), "{}", out(&free));
    std::fs::remove_file(mended.join("receiver.example-7.xml")).unwrap();
    (10..20).for_each(|day| std::fs::remove_file(mended.join(format!("receiver.example-{day}.xml"))).unwrap());
    let short = run(&[mended.to_str().unwrap()]);
    assert!(out(&short).contains("Wait with p=quarantine: the reports cover 9 days"), "{}", out(&short));
}

#[test]
fn what_is_no_store_or_path() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    std::fs::write(&text, "this is no database, however long it is\n".repeat(100)).unwrap();
    let text = text.to_str().unwrap();
    for (args, want) in [
        (vec!["--store", text], "opening the store"),
        (vec!["/nowhere/at/all"], "/nowhere/at/all cannot be read"),
        (vec![], "required arguments"),
        (vec![text, "--since", "yesterday"], "neither a day"),
    ] {
        let output = run(&args);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && told.contains(want), "{args:?}: {told}");
    }
}
