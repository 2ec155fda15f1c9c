//! What people ask about: limits, void lookups, identities, explanations, the trace.

use std::net::IpAddr;
use std::time::UNIX_EPOCH;

use hickory_proto::rr::rdata::{A, CNAME, MX, PTR};
use hickory_proto::rr::{RData, RecordType};
use mailproof::auth::spf::{Outcome, SmtpClient, SpfEvaluation, check_helo, check_mail_from};
use mailproof::dns::lookup::LookupFailure;
use mailproof::dns::table::TableLookup;
use mailproof::model::name::Name;

use crate::scenario::name;

/// A table from lines `owner TYPE data`; the type `FAIL` makes every question there time out.
fn table(lines: &[&str]) -> TableLookup {
    let mut table = TableLookup::new();
    for line in lines {
        let mut words = line.splitn(3, ' ');
        let owner = name(words.next().unwrap());
        let (rtype, data) = (words.next().unwrap(), words.next().unwrap_or_default());
        match rtype {
            "TXT" => table.add_text(&owner, data.as_bytes()),
            "A" => table.add(&owner, RData::A(A(data.parse().unwrap()))),
            "MX" => table.add(&owner, RData::MX(MX::new(10, name(data).into()))),
            "PTR" => table.add(&owner, RData::PTR(PTR(name(data).into()))),
            "CNAME" => table.add(&owner, RData::CNAME(CNAME(name(data).into()))),
            "FAIL" => table.fail(&owner, RecordType::ANY, LookupFailure::Timeout),
            other => panic!("{other}"),
        }
    }
    table
}

async fn judge(lookup: &TableLookup, ip: &str, mail_from: &str) -> SpfEvaluation {
    let ip = ip.parse().unwrap();
    let client = SmtpClient { ip, helo: "helo.example", mail_from, receiver: "mx.receiver.example", now: UNIX_EPOCH };
    check_mail_from(lookup, &client).await
}

/// Lines of the zone, the result, lookups, void lookups, and a piece of the reason; the client is 192.0.2.1.
#[tokio::test]
async fn counts_and_reasons() {
    let hosts = |n: usize| (0..n).map(|i| format!("a.example MX h{i}.example")).collect::<Vec<_>>();
    let many = hosts(11);
    let mut eleven = vec!["a.example TXT v=spf1 mx -all", "h0.example A 192.0.2.1"];
    eleven.extend(many.iter().map(String::as_str));
    let ten = &[&eleven[..2], &eleven[2..12]].concat();
    let voids = |n: usize| format!("a.example TXT v=spf1 {}-all", "a:nowhere.example ".repeat(n));
    let (two_voids, three_voids) = (voids(2), voids(3));
    let lookups = |n: usize| format!("a.example TXT v=spf1 {}-all", "a:h.example ".repeat(n));
    let (ten_lookups, eleven_lookups) = (lookups(10), lookups(11));
    type Row<'a> = (&'a str, &'a [&'a str], &'a str, u32, u32, &'a str);
    let rows: &[Row<'_>] = &[
        ("a and mx without records", &["a.example TXT v=spf1 a mx -all"], "fail", 2, 2, "not listed anywhere"),
        (
            "three hosts are one lookup",
            &[
                "a.example TXT v=spf1 mx -all",
                "a.example MX h1.example",
                "a.example MX h2.example",
                "a.example MX h3.example",
                "h3.example A 192.0.2.1",
            ],
            "pass",
            1,
            0,
            "`mx` at a.example lists 192.0.2.1, an address of h3.example",
        ),
        ("ten hosts", ten, "pass", 1, 0, "h0.example"),
        ("eleven hosts, though the first one matches", &eleven, "permerror", 1, 0, "11 mail exchangers"),
        ("two voids", &[&two_voids], "fail", 2, 2, "`-all` at a.example says fail"),
        ("three voids", &[&three_voids], "permerror", 3, 3, "finds nothing in DNS, and only 2"),
        ("ten lookups", &[&ten_lookups, "h.example A 192.0.2.9"], "fail", 10, 0, "`-all`"),
        ("eleven lookups", &[&eleven_lookups, "h.example A 192.0.2.9"], "permerror", 11, 0, "one lookup too many"),
        (
            "the limit is for all records together",
            &[
                "a.example TXT v=spf1 include:b.example include:b.example include:b.example -all",
                "b.example TXT v=spf1 a:h.example a:h.example a:h.example ~all",
                "h.example A 192.0.2.9",
            ],
            "permerror",
            11,
            0,
            "(through `include:b.example` at a.example)",
        ),
        (
            "redirect beside all",
            &["a.example TXT v=spf1 redirect=b.example -all", "b.example TXT v=spf1 +all"],
            "fail",
            0,
            0,
            "`-all` at a.example",
        ),
        (
            "an included all does not count",
            &["a.example TXT v=spf1 include:b.example", "b.example TXT v=spf1 ip4:203.0.113.1 ~all"],
            "neutral",
            1,
            0,
            "no term matches, and there is no `all`",
        ),
        ("a leading space", &["a.example TXT  v=spf1 -all"], "none", 0, 0, "publishes no SPF record"),
        ("trailing spaces", &["a.example TXT v=spf1 -all   "], "fail", 0, 0, "`-all`"),
        (
            "two records, one in upper case",
            &["a.example TXT V=SPF1 -all", "a.example TXT v=spf1 mx -all"],
            "permerror",
            0,
            0,
            "publishes 2 SPF records",
        ),
        ("v=spf10 beside the record", &["a.example TXT v=spf10 -all", "a.example TXT v=spf1 -all"], "fail", 0, 0, ""),
        ("ra=", &["a.example TXT v=spf1 ra=postmaster -all"], "fail", 0, 0, ""),
        (
            "a mistyped include",
            &["a.example TXT v=spf1 inlude:b.example moo -all"],
            "permerror",
            0,
            0,
            "unknown mechanism `inlude` (and 1 more)",
        ),
        (
            "a missing space",
            &["a.example TXT v=spf1 ip4:192.0.2.1~all"],
            "permerror",
            0,
            0,
            "broken at `~all`: a space is missing",
        ),
        ("no answer is not none", &["a.example FAIL"], "temperror", 0, 0, "the TXT records of a.example are unknown"),
        (
            "no answer for a host of mx",
            &["a.example TXT v=spf1 mx -all", "a.example MX h.example", "h.example FAIL"],
            "temperror",
            1,
            0,
            "the A records of h.example are unknown: no answer in time",
        ),
        (
            "no answer behind a match is of no account",
            &["a.example TXT v=spf1 ip4:192.0.2.0/24 include:b.example", "b.example FAIL"],
            "pass",
            0,
            0,
            "`ip4:192.0.2.0/24` at a.example lists 192.0.2.1",
        ),
        (
            "an included record that is missing",
            &["a.example TXT v=spf1 include:b.example -all"],
            "permerror",
            1,
            0,
            "`include:b.example` at a.example leads nowhere: b.example publishes no SPF record",
        ),
        (
            "no PTR is no error, but a void lookup",
            &["a.example TXT v=spf1 ptr -all"],
            "fail",
            1,
            1,
            "not listed anywhere",
        ),
        (
            "a PTR that does not answer is a plain no",
            &["a.example TXT v=spf1 ptr -all", "1.2.0.192.in-addr.arpa FAIL"],
            "fail",
            1,
            0,
            "",
        ),
        (
            "a record behind a CNAME",
            &["a.example CNAME b.example", "b.example TXT v=spf1 a -all", "b.example A 192.0.2.1"],
            "pass",
            1,
            0,
            "`a` at a.example lists 192.0.2.1",
        ),
    ];
    for (why, lines, result, lookups, voids, reason) in rows {
        let evaluation = judge(&table(lines), "192.0.2.1", "user@a.example").await;
        assert_eq!(evaluation.result.as_str(), *result, "{why}\n{evaluation}");
        assert_eq!((evaluation.lookups, evaluation.void_lookups), (*lookups, *voids), "{why}\n{evaluation}");
        assert!(evaluation.reason.contains(reason), "{why}: {}", evaluation.reason);
    }
}

/// One term asks for one family: A for IPv4 clients, AAAA for the others.
#[tokio::test]
async fn voids_are_counted_for_the_family_of_the_client() {
    let zone = table(&[
        "a.example TXT v=spf1 a a:b.example a:c.example -all",
        "a.example A 192.0.2.9",
        "b.example A 192.0.2.9",
        "c.example A 192.0.2.9",
    ]);
    for (ip, result, voids) in
        [("192.0.2.1", "fail", 0), ("::ffff:192.0.2.9", "pass", 0), ("2001:db8::1", "permerror", 3)]
    {
        let evaluation = judge(&zone, ip, "user@a.example").await;
        assert_eq!((evaluation.result.as_str(), evaluation.void_lookups), (result, voids), "{ip}");
    }
}

#[tokio::test]
async fn identities() {
    let zone = table(&[
        "helo.example TXT v=spf1 exists:%{l}.%{o}.%{h}.ok.example -all",
        "postmaster.helo.example.helo.example.ok.example A 127.0.0.2",
        "a.example TXT v=spf1 exists:%{l}.%{o}.%{h}.ok.example ~all",
        "postmaster.a.example.helo.example.ok.example A 127.0.0.2",
        "xn--bcher-kva.example TXT v=spf1 +all",
    ]);
    for (mail_from, domain, result, why) in [
        ("", "helo.example", "pass", "a null sender is postmaster at the HELO name (§2.4)"),
        ("@a.example", "a.example", "pass", "no local part is postmaster (§4.3)"),
        ("a.example", "a.example", "pass", "no @ either"),
        ("user@a.example", "a.example", "softfail", "the sender as it is"),
        ("user@bücher.example", "xn--bcher-kva.example", "pass", "A-labels are asked for (§4.3)"),
        ("user@localhost", "localhost", "none", "one label (§4.3)"),
    ] {
        let evaluation = judge(&zone, "192.0.2.1", mail_from).await;
        assert_eq!((evaluation.domain.as_str(), evaluation.result.as_str()), (domain, result), "{why}\n{evaluation}");
    }
    let client = SmtpClient {
        ip: IpAddr::from([192, 0, 2, 1]),
        helo: "helo.example",
        mail_from: "user@a.example",
        receiver: "",
        now: UNIX_EPOCH,
    };
    assert_eq!(check_helo(&zone, &client).await.domain, "helo.example", "HELO in its own right (§2.3)");
}

/// Tree and JSON of one evaluation: what `check` shows.
#[tokio::test]
async fn the_trace() {
    let zone = table(&[
        "a.example TXT v=spf1 include:b.example a:h.example ra=x redirect=c.example exp=none.example",
        "b.example TXT v=spf1 ip4:203.0.113.0/24 ~all mx",
        "h.example A 198.51.100.1",
        "c.example TXT v=spf1 exists:%{ir}.x.example -all exp=why.example",
        "why.example TXT %{i} may not send for %{d}, says %{r}",
    ]);
    let evaluation = judge(&zone, "198.51.100.7", "user@a.example").await;
    assert_eq!(
        evaluation.to_string(),
        "\
a.example  v=spf1 include:b.example a:h.example ra=x redirect=c.example exp=none.example
  include:b.example                          no match    1 lookup
    b.example  v=spf1 ip4:203.0.113.0/24 ~all mx
      ip4:203.0.113.0/24                     no match
      ~all                                   match        <- decides
      mx                                     not reached
  a:h.example                                no match    1 lookup
  ra=x                                       ignored
  redirect=c.example                         used        1 lookup  <- decides
    c.example  v=spf1 exists:%{ir}.x.example -all exp=why.example
      exists:%{ir}.x.example                 no match    1 lookup, void
      -all                                   match        <- decides
      exp=why.example                        used
  exp=none.example                           ignored
fail: `-all` at c.example says fail: 198.51.100.7 is not listed anywhere (through `redirect=c.example` at a.example)
  the domain explains: 198.51.100.7 may not send for c.example, says mx.receiver.example
  4 of 10 lookups, 1 of 2 void lookups"
    );
    let json = serde_json::to_value(&evaluation).unwrap();
    assert_eq!(json["result"], "fail");
    assert_eq!(json["trace"]["terms"][0]["nested"]["result"], "softfail");
    assert_eq!(json["trace"]["terms"][1]["queries"][0]["answers"][0], "198.51.100.1");
    assert_eq!(json["trace"]["terms"][3]["nested"]["terms"][0]["target"], "7.100.51.198.x.example");
    assert_eq!(json["trace"]["terms"][3]["outcome"], "used");
    let text = evaluation.trace.record.as_deref().unwrap();
    assert!(evaluation.trace.terms.iter().all(|t| text[t.span.clone()] == t.text), "spans are places in the record");
}

#[tokio::test]
async fn long_and_hostile_records_are_bounded() {
    let networks: Vec<String> = (0..4000).map(|i| format!("ip4:10.0.{}.{}", i / 250, i % 250)).collect();
    let long = format!("a.example TXT v=spf1 {} mx -all", networks.join(" "));
    let evaluation = judge(&table(&[&long]), "192.0.2.1", "user@a.example").await;
    assert_eq!(evaluation.result.as_str(), "fail");
    assert!(evaluation.trace.omitted > 2000 && evaluation.trace.terms.len() < 1100);
    assert_eq!(evaluation.trace.terms.last().unwrap().outcome, Outcome::Match, "what decides is always there");
    let hostile = format!("a.example TXT v=spf1 {}-all", "exists:%{s}%{d}%{s}%{d}%{s}.example ".repeat(1500));
    let evaluation = judge(&table(&[&hostile]), "192.0.2.1", &format!("{}@a.example", "x".repeat(200))).await;
    assert_eq!(evaluation.result.as_str(), "permerror");
    let names = Name::from(IpAddr::from([192, 0, 2, 1])).to_string();
    let mut zone = vec!["a.example TXT v=spf1 ptr -all".to_string()];
    zone.extend((0..200).map(|i| format!("{names} PTR h{i}.example")));
    let zone = table(&zone.iter().map(String::as_str).collect::<Vec<_>>());
    judge(&zone, "192.0.2.1", "user@a.example").await;
    assert_eq!(zone.asked().len(), 12, "TXT, PTR, and ten names (§4.6.4)");
}
