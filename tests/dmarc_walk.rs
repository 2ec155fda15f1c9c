//! DMARC on constructed hierarchies: the record, the tag, the policy and the organisational domain that RFC 9989 says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::time::Duration;

use hickory_proto::rr::{RData, RecordType};
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use mail_auth::dmarc::Policy;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::{AuthenticatedMessage, MessageAuthenticator, SpfOutput, SpfResult};
use mailproof::auth::dmarc::{Identifiers, PolicyTag, RecordPlace, discover, evaluate_identifiers};
use mailproof::dns::lookup::LookupFailure;
use mailproof::dns::overlay::{Overlay, OverlayServer};
use mailproof::dns::table::TableLookup;
use mailproof::model::name::{Name, domain, show, shown};
use mailproof::model::snapshot::{Origin, Snapshot};
use mailproof::model::txt;

/// `records` are (domain, text) of `_dmarc` records; text `!` is a query that times out, `+` makes the domain exist.
fn table(records: &[(&str, &str)]) -> TableLookup {
    let mut table = TableLookup::new();
    for (at, text) in records {
        let owner = domain(&format!("_dmarc.{at}")).unwrap();
        match *text {
            "!" => table.fail(&owner, RecordType::TXT, LookupFailure::Timeout),
            "?" => table.fail(&domain(at).unwrap(), RecordType::A, LookupFailure::Timeout),
            "+" => table.exists(&domain(at).unwrap()),
            _ => table.add_text(&owner, text.as_bytes()),
        }
    }
    table
}

/// `spf=a dkim=b spf!=c dkim!=d`: what passed, and (`!`) what ended in a temporary error.
fn identifiers(text: &str) -> Identifiers {
    let mut out = Identifiers::default();
    for word in text.split_whitespace() {
        let (method, name) = word.split_once('=').unwrap();
        let name: Name = domain(name).unwrap();
        match method {
            "spf" => out.spf_pass = Some(name),
            "spf!" => out.spf_temperror = Some(name),
            "dkim" => out.dkim_pass.push(name),
            "dkim!" => out.dkim_temperror.push(name),
            other => panic!("{other}"),
        }
    }
    out
}

/// Section and reason, records, author domain, identifiers, and
/// `result policy policy-domain/tag organisational-domain`.
type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static str, &'static str);

const ROWS: &[Row] = &[
    // -- where the record is found
    (
        "§4.10.1: the author domain's own",
        &[("example.com", "v=DMARC1; p=reject")],
        "example.com",
        "",
        "fail reject example.com/p example.com",
    ),
    (
        "§4.10.1: the organisational domain's, for a subdomain that exists",
        &[("example.com", "v=DMARC1; p=reject"), ("a.example.com", "+")],
        "a.example.com",
        "",
        "fail reject example.com/p example.com",
    ),
    (
        "§4.10.1: none anywhere, DMARC does not apply",
        &[("example.com", "+")],
        "a.example.com",
        "spf=a.example.com",
        "none - -/- a.example.com",
    ),
    (
        "§4.10.1: the author's own goes before the organisational domain's",
        &[("a.example.com", "v=DMARC1; p=none"), ("example.com", "v=DMARC1; p=reject")],
        "a.example.com",
        "",
        "fail none a.example.com/p example.com",
    ),
    (
        "§4.10.1: a record between author and organisational domain does not count",
        &[("b.example.com", "v=DMARC1; p=none; sp=none"), ("example.com", "v=DMARC1; p=reject")],
        "a.b.example.com",
        "",
        "fail reject example.com/p example.com",
    ),
    (
        "§4.10.1: the public suffix domain's, when the organisational domain has none",
        &[("com", "v=DMARC1; p=reject; psd=y")],
        "a.mail.example.com",
        "",
        "fail reject com/p example.com",
    ),
    (
        "§4.10.1: the public suffix policy is not for organisations that publish one",
        &[("com", "v=DMARC1; p=reject; psd=y"), ("example.com", "v=DMARC1; p=none")],
        "a.example.com",
        "",
        "fail none example.com/p example.com",
    ),
    (
        "§5.3.1: a public suffix is an author domain like any other",
        &[("bank", "v=DMARC1; p=reject; psd=y; np=none")],
        "bank",
        "",
        "fail reject bank/p bank",
    ),
    (
        "§4.10.1: upper case in the author domain",
        &[("example.com", "v=DMARC1; p=reject")],
        "Mail.EXAMPLE.com",
        "spf=MAIL.example.COM",
        "pass reject example.com/p example.com",
    ),
    // -- the walk
    (
        "§4.10: eight labels and more jump to seven, so h.g… is never asked for",
        &[("b.c.d.e.f.g.example.com", "v=DMARC1; p=reject; psd=n"), ("example.com", "v=DMARC1; p=none")],
        "mail.a.b.c.d.e.f.g.example.com",
        "",
        "fail none example.com/p example.com",
    ),
    (
        "§4.10: a name of nine labels has its own record asked for first",
        &[("a.b.c.d.e.f.g.example.com", "v=DMARC1; p=reject")],
        "a.b.c.d.e.f.g.example.com",
        "",
        "fail reject a.b.c.d.e.f.g.example.com/p a.b.c.d.e.f.g.example.com",
    ),
    (
        "§4.10: with eight labels nothing is skipped",
        &[("b.c.d.e.f.example.com", "v=DMARC1; p=reject; psd=n"), ("example.com", "v=DMARC1; p=none")],
        "a.b.c.d.e.f.example.com",
        "",
        "fail reject b.c.d.e.f.example.com/p b.c.d.e.f.example.com",
    ),
    (
        "§4.10: a label of seven from the end is the first that is asked for",
        &[("c.d.e.f.g.example.com", "v=DMARC1; p=quarantine")],
        "a.b.c.d.e.f.g.example.com",
        "",
        "fail quarantine c.d.e.f.g.example.com/p c.d.e.f.g.example.com",
    ),
    (
        "§4.10 step 2: several are all discarded, the walk goes on",
        &[
            ("a.example.com", "v=DMARC1; p=none"),
            ("a.example.com", "v=DMARC1; p=quarantine"),
            ("example.com", "v=DMARC1; p=reject"),
        ],
        "a.example.com",
        "",
        "fail reject example.com/p example.com",
    ),
    (
        "§4.10 step 2: several at the only place, none",
        &[("example.com", "v=DMARC1; p=none"), ("example.com", "v=DMARC1; p=reject")],
        "example.com",
        "spf=example.com",
        "none - -/- example.com",
    ),
    (
        "§4.10 step 6: several with psd=n do not stop the walk",
        &[
            ("b.example.com", "v=DMARC1; p=none; psd=n"),
            ("b.example.com", "v=DMARC1; p=reject; psd=n"),
            ("example.com", "v=DMARC1; p=quarantine"),
        ],
        "a.b.example.com",
        "",
        "fail quarantine example.com/p example.com",
    ),
    (
        "§4.10 step 2: other texts beside the record are dropped",
        &[
            ("example.com", "v=spf1 -all"),
            ("example.com", " v=DMARC1; p=none"),
            ("example.com", "v=DMARC1; p=reject"),
            ("example.com", "V=DMARC2; p=none"),
        ],
        "example.com",
        "",
        "fail reject example.com/p example.com",
    ),
    (
        "§4.7: `v` must be first and `DMARC1` exact",
        &[("example.com", "p=reject; v=DMARC1"), ("example.com", "v=dmarc1; p=reject")],
        "example.com",
        "",
        "none - -/- example.com",
    ),
    // -- psd
    (
        "§4.10.2: psd=n makes the organisational domain, and ends the walk",
        &[("b.example.com", "v=DMARC1; p=none; psd=n"), ("example.com", "v=DMARC1; p=reject")],
        "a.b.example.com",
        "",
        "fail none b.example.com/p b.example.com",
    ),
    (
        "§4.10.2: psd=n at the author domain",
        &[("a.example.com", "v=DMARC1; p=none; psd=n"), ("example.com", "v=DMARC1; p=reject")],
        "a.example.com",
        "dkim=example.com",
        "fail none a.example.com/p a.example.com",
    ),
    (
        "§4.10.2: one label below psd=y, even without a record there",
        &[("co.example", "v=DMARC1; p=reject; psd=y")],
        "a.b.co.example",
        "",
        "fail reject co.example/p b.co.example",
    ),
    (
        "§4.10.2: psd=y at the start does not count for itself",
        &[("co.example", "v=DMARC1; p=reject; psd=y"), ("example", "v=DMARC1; p=none")],
        "co.example",
        "",
        "fail reject co.example/p co.example",
    ),
    (
        "§4.10.2: records below the psd=y that are not at the organisational domain",
        &[("a.b.co.example", "v=DMARC1; p=none"), ("co.example", "v=DMARC1; p=reject; psd=y")],
        "a.b.co.example",
        "",
        "fail none a.b.co.example/p b.co.example",
    ),
    (
        "§4.10.1: a record below the organisational domain is not the author's: the suffix's counts",
        &[("x.b.co.example", "v=DMARC1; p=none"), ("co.example", "v=DMARC1; p=reject; psd=y")],
        "a.x.b.co.example",
        "",
        "fail reject co.example/p b.co.example",
    ),
    (
        "§4.10.2: psd=u is the default",
        &[("b.example.com", "v=DMARC1; p=none; psd=u"), ("example.com", "v=DMARC1; p=reject")],
        "a.b.example.com",
        "",
        "fail reject example.com/p example.com",
    ),
    (
        "§4.8: an invalid psd takes the default",
        &[("b.example.com", "v=DMARC1; p=none; psd=x"), ("example.com", "v=DMARC1; p=reject")],
        "a.b.example.com",
        "",
        "fail reject example.com/p example.com",
    ),
    (
        "§4.10.2: a top-level domain with a record but without psd=y is an organisational domain",
        &[("com", "v=DMARC1; p=quarantine")],
        "a.example.com",
        "dkim=other.com",
        "pass quarantine com/p com",
    ),
    // -- sp, np, t
    (
        "§4.10.1: sp for a subdomain that exists",
        &[("example.com", "v=DMARC1; p=reject; sp=quarantine; np=reject"), ("a.example.com", "+")],
        "a.example.com",
        "",
        "fail quarantine example.com/sp example.com",
    ),
    (
        "§4.10.1: np for a subdomain that does not exist",
        &[("example.com", "v=DMARC1; p=none; sp=none; np=reject")],
        "a.example.com",
        "",
        "fail reject example.com/np example.com",
    ),
    (
        "§4.7: without np, sp is for names that do not exist, too",
        &[("example.com", "v=DMARC1; p=reject; sp=none")],
        "a.example.com",
        "",
        "fail none example.com/sp example.com",
    ),
    (
        "§4.7: without sp, np is for names that do not exist, p for the others",
        &[("example.com", "v=DMARC1; p=none; np=reject"), ("a.example.com", "+")],
        "a.example.com",
        "",
        "fail none example.com/p example.com",
    ),
    (
        "§4.7: sp and np say nothing about the domain itself",
        &[("example.com", "v=DMARC1; p=none; sp=reject; np=reject")],
        "example.com",
        "",
        "fail none example.com/p example.com",
    ),
    (
        "§4.7: sp in the author's own record says nothing, though it is a subdomain",
        &[("a.example.com", "v=DMARC1; p=none; sp=reject"), ("example.com", "v=DMARC1; p=reject")],
        "a.example.com",
        "",
        "fail none a.example.com/p example.com",
    ),
    (
        "RFC 8020: a name with names below it exists",
        &[("example.com", "v=DMARC1; p=none; sp=quarantine; np=reject"), ("x.a.example.com", "+")],
        "a.example.com",
        "",
        "fail quarantine example.com/sp example.com",
    ),
    (
        "§4.10.1: np of a public suffix for an organisation that does not exist",
        &[("bank", "v=DMARC1; p=none; sp=none; np=reject; psd=y")],
        "forged.bank",
        "",
        "fail reject bank/np forged.bank",
    ),
    (
        "§4.7: t=y takes one step off",
        &[("example.com", "v=DMARC1; p=reject; t=y")],
        "example.com",
        "",
        "fail quarantine example.com/p example.com",
    ),
    (
        "§4.7: t=y on quarantine",
        &[("example.com", "v=DMARC1; p=none; sp=quarantine; t=y"), ("a.example.com", "+")],
        "a.example.com",
        "",
        "fail none example.com/sp example.com",
    ),
    (
        "§4.8: an invalid t takes the default",
        &[("example.com", "v=DMARC1; p=reject; t=yes")],
        "example.com",
        "",
        "fail reject example.com/p example.com",
    ),
    // -- p missing or invalid
    (
        "§4.10.1: no p, a valid rua: none",
        &[("example.com", "v=DMARC1; rua=mailto:r@example.com")],
        "example.com",
        "",
        "fail none example.com/recovered example.com",
    ),
    (
        "§4.10.1: no p, no rua: DMARC does not apply",
        &[("example.com", "v=DMARC1; adkim=s")],
        "example.com",
        "spf=example.com",
        "none - example.com/- example.com",
    ),
    (
        "§4.10.1: an invalid p, only an invalid rua",
        &[("example.com", "v=DMARC1; p=rejct; rua=r@example.com")],
        "example.com",
        "",
        "none - example.com/- example.com",
    ),
    (
        "§4.10.1: an invalid sp spoils the record, for the domain itself as well",
        &[("example.com", "v=DMARC1; p=reject; sp=rejct; rua=mailto:r@example.com")],
        "example.com",
        "",
        "fail none example.com/recovered example.com",
    ),
    (
        "§4.10.1: an invalid np and nobody to report to",
        &[("example.com", "v=DMARC1; p=reject; np=rejct")],
        "a.example.com",
        "",
        "none - example.com/- example.com",
    ),
    (
        "§4.10.1: the author's record that counts for nothing does not let the walk go on",
        &[("a.example.com", "v=DMARC1"), ("example.com", "v=DMARC1; p=reject")],
        "a.example.com",
        "",
        "none - a.example.com/- example.com",
    ),
    (
        "§4.8: policy values have no case; unknown tags are ignored; order is free",
        &[("example.com", "v=DMARC1; rua=mailto:r@example.com; x=y; P=none; p=REJECT ; pct=0")],
        "example.com",
        "",
        "fail reject example.com/p example.com",
    ),
    // -- alignment
    (
        "§4.4: relaxed, by the organisational domain",
        &[("example.com", "v=DMARC1; p=reject")],
        "news.example.com",
        "spf=bounce.example.com",
        "pass reject example.com/p example.com",
    ),
    (
        "§4.4: strict SPF, another subdomain",
        &[("example.com", "v=DMARC1; p=reject; aspf=s")],
        "example.com",
        "spf=bounce.example.com dkim=other.net",
        "fail reject example.com/p example.com",
    ),
    (
        "§4.4: strict SPF says nothing about DKIM",
        &[("example.com", "v=DMARC1; p=reject; aspf=s")],
        "example.com",
        "spf=bounce.example.com dkim=mail.example.com",
        "pass reject example.com/p example.com",
    ),
    (
        "§4.4: strict DKIM, the parent",
        &[("example.com", "v=DMARC1; p=reject; adkim=s")],
        "sub.example.com",
        "dkim=example.com",
        "fail reject example.com/p example.com",
    ),
    (
        "§4.4: strict DKIM, the same domain",
        &[("example.com", "v=DMARC1; p=reject; adkim=s")],
        "sub.example.com",
        "dkim=other.net dkim=SUB.example.com",
        "pass reject example.com/p example.com",
    ),
    (
        "§4.4.1: the public suffix never aligns",
        &[("example.com", "v=DMARC1; p=reject")],
        "example.com",
        "dkim=com",
        "fail reject example.com/p example.com",
    ),
    (
        "§4.10.2: psd=n below parts identifier and author",
        &[("example.com", "v=DMARC1; p=reject"), ("dept.example.com", "v=DMARC1; p=none; psd=n")],
        "example.com",
        "dkim=mail.dept.example.com",
        "fail reject example.com/p example.com",
    ),
    (
        "§4.10.2: siblings below a psd=y are different organisations",
        &[("co.example", "v=DMARC1; p=reject; psd=y"), ("one.co.example", "v=DMARC1; p=reject")],
        "one.co.example",
        "spf=two.co.example",
        "fail reject one.co.example/p one.co.example",
    ),
    (
        "§4.10.2: a deep identifier whose walk skips psd=n is aligned",
        &[("example.com", "v=DMARC1; p=reject"), ("b.c.d.e.f.g.example.com", "v=DMARC1; p=none; psd=n")],
        "example.com",
        "dkim=mail.a.b.c.d.e.f.g.example.com",
        "pass reject example.com/p example.com",
    ),
    (
        "a longer name that only ends alike is another domain",
        &[("example.com", "v=DMARC1; p=reject")],
        "example.com",
        "dkim=notexample.com",
        "fail reject example.com/p example.com",
    ),
    // -- DNS errors
    (
        "§4.10.1: no answer at the author domain, and the policy is unknown",
        &[("example.com", "!")],
        "example.com",
        "spf=example.com",
        "temperror - -/- -",
    ),
    (
        "§4.10.1: no answer above: the walk is not complete",
        &[("example.com", "v=DMARC1; p=reject"), ("a.example.com", "!")],
        "b.a.example.com",
        "",
        "temperror - -/- -",
    ),
    (
        "§4.10.1: the author's own record stands, whatever is unknown above",
        &[("example.com", "v=DMARC1; p=reject"), ("com", "!")],
        "example.com",
        "dkim=example.com",
        "pass reject example.com/p -",
    ),
    (
        "§5.3.6: alignment that cannot be decided is no fail",
        &[("example.com", "v=DMARC1; p=reject"), ("com", "!")],
        "example.com",
        "dkim=mail.example.com",
        "temperror reject example.com/p -",
    ),
    (
        "§5.3.6: strict alignment needs no walk",
        &[("example.com", "v=DMARC1; p=reject; adkim=s"), ("com", "!")],
        "example.com",
        "dkim=mail.example.com",
        "fail reject example.com/p -",
    ),
    (
        "§5.3.6: the walk of an identifier fails",
        &[("example.com", "v=DMARC1; p=reject"), ("mail.example.com", "!")],
        "example.com",
        "dkim=mail.example.com",
        "temperror reject example.com/p example.com",
    ),
    (
        "§5.3.6: another identifier passes all the same",
        &[("example.com", "v=DMARC1; p=reject"), ("mail.example.com", "!")],
        "example.com",
        "dkim=mail.example.com spf=bounce.example.com",
        "pass reject example.com/p example.com",
    ),
    (
        "§5.3.6: an aligned check that ended in a temporary error",
        &[("example.com", "v=DMARC1; p=reject")],
        "example.com",
        "dkim!=example.com spf=other.net",
        "temperror reject example.com/p example.com",
    ),
    (
        "§5.3.6: a temporary error of something that is not aligned changes nothing",
        &[("example.com", "v=DMARC1; p=reject")],
        "example.com",
        "spf!=other.net",
        "fail reject example.com/p example.com",
    ),
    (
        "§4.10.1: whether np applies is unknown",
        &[("example.com", "v=DMARC1; p=none; np=reject"), ("a.example.com", "?")],
        "a.example.com",
        "",
        "temperror - example.com/- example.com",
    ),
    (
        "§5.3.5: and yet an aligned identifier passes",
        &[("example.com", "v=DMARC1; p=none; np=reject"), ("a.example.com", "?")],
        "a.example.com",
        "spf=a.example.com",
        "pass - example.com/- example.com",
    ),
];

#[tokio::test]
async fn hierarchies() {
    let mut wrong = Vec::new();
    for (why, records, author, passed, want) in ROWS {
        let table = table(records);
        let author = domain(author).unwrap();
        let verdict = evaluate_identifiers(&table, &author, &identifiers(passed)).await;
        let discovery = verdict.discovery.as_ref().unwrap();
        let tag = match discovery.tag {
            Some(PolicyTag::P) => "p",
            Some(PolicyTag::Sp) => "sp",
            Some(PolicyTag::Np) => "np",
            Some(PolicyTag::Recovered) => "recovered",
            None => "-",
        };
        let got = format!(
            "{} {} {}/{tag} {}",
            verdict.result,
            verdict.policy.map_or("-", |p| p.as_str()),
            verdict.policy_domain.as_deref().unwrap_or("-"),
            verdict.organizational_domain.as_deref().unwrap_or("-"),
        );
        if got != *want {
            wrong.push(format!("{why}\n  got  {got}\n  want {want}\n{verdict}"));
        }
        assert!(discovery.walk.steps.len() <= 8, "{why}");
        // A walk for the author, and within it one for each identifier: every name is asked for once.
        let mut asked = table.asked();
        let count = asked.len();
        asked.sort();
        asked.dedup();
        assert_eq!(asked.len(), count, "{why}: a question was asked twice");
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), ROWS.len(), wrong.join("\n\n"));
}

/// The example of RFC 9989 §4.10, and the one of its §5.1.
#[tokio::test]
async fn eight_queries() {
    for (author, want) in [
        (
            "a.b.c.d.e.f.g.h.i.j.mail.example.com",
            vec![
                "_dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com",
                "_dmarc.g.h.i.j.mail.example.com",
                "_dmarc.h.i.j.mail.example.com",
                "_dmarc.i.j.mail.example.com",
                "_dmarc.j.mail.example.com",
                "_dmarc.mail.example.com",
                "_dmarc.example.com",
                "_dmarc.com",
            ],
        ),
        ("example.com", vec!["_dmarc.example.com", "_dmarc.com"]),
        ("com", vec!["_dmarc.com"]),
    ] {
        let table = TableLookup::new();
        let discovery = discover(&table, &shown(author).unwrap()).await;
        let shown: Vec<&str> = discovery.walk.steps.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(shown, want);
        let asked: Vec<String> = table.asked().iter().map(|k| show(&k.name)).collect();
        assert_eq!(asked, want, "the trace is what was asked");
    }
}

#[tokio::test]
async fn the_trace_says_what_was_kept_and_what_not() {
    let long = format!("junk {}", "x".repeat(5000));
    let table = table(&[
        ("a.example.com", "v=DMARC1; p=none"),
        ("a.example.com", "v=DMARC1; p=reject"),
        ("example.com", "v=DMARC1; p=reject; psd=n"),
        ("example.com", " v=DMARC1; p=none"),
        ("example.com", &long),
    ]);
    let discovery = discover(&table, &domain("a.example.com").unwrap()).await;
    assert_eq!(discovery.place, Some(RecordPlace::OrganizationalDomain));
    let [first, second] = discovery.walk.steps.as_slice() else { panic!("{:?}", discovery.walk) };
    assert_eq!((first.record.as_deref(), first.dropped.len(), first.stops), (None, 2, false));
    assert!(first.dropped[0].why.contains("all are discarded"));
    assert_eq!(second.record.as_deref(), Some("v=DMARC1; p=reject; psd=n"));
    assert!(second.stops);
    assert!(second.dropped[0].why.contains("does not begin"), "{:?}", second.dropped);
    assert!(second.dropped[1].text.len() < 600, "long texts are shortened");
    let json = serde_json::to_value(&discovery).unwrap();
    assert_eq!(json["walk"]["steps"][1]["name"], "_dmarc.example.com");
    assert_eq!(json["place"], "organizational_domain");
}

/// What a reader of RFC 7489 concludes, and why: result, policy, percent, policy domain, organisational domain.
#[tokio::test]
async fn older_readers() {
    type LegacyRow = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static str, &'static str);
    let rows: &[LegacyRow] = &[
        (
            "§6.6.3: the organisational domain by the public suffix list",
            &[("example.co.uk", "v=DMARC1; p=reject; sp=none; np=reject")],
            "a.b.example.co.uk",
            "",
            "fail none 100 example.co.uk example.co.uk",
        ),
        (
            "§6.6.3 step 5: several records end it",
            &[
                ("a.example.com", "v=DMARC1; p=none"),
                ("a.example.com", "v=DMARC1; p=reject"),
                ("example.com", "v=DMARC1; p=reject"),
            ],
            "a.example.com",
            "",
            "none - 100 - example.com",
        ),
        (
            "§6.3: pct; t and psd are not known",
            &[("example.com", "v=DMARC1; p=reject; pct=25; t=y; psd=n")],
            "example.com",
            "",
            "fail reject 25 example.com example.com",
        ),
        (
            "a record between is never seen",
            &[("b.example.com", "v=DMARC1; p=none; psd=n"), ("example.com", "v=DMARC1; p=reject")],
            "a.b.example.com",
            "dkim=example.com",
            "pass reject 100 example.com example.com",
        ),
        (
            "a public suffix's record is never seen",
            &[("bank", "v=DMARC1; p=reject; psd=y")],
            "example.bank",
            "",
            "none - 100 - example.bank",
        ),
        (
            "a private suffix of the list parts organisations that the walk joins",
            &[("github.io", "v=DMARC1; p=reject")],
            "one.github.io",
            "spf=two.github.io",
            "none - 100 - one.github.io",
        ),
        (
            "§6.6.3 step 6: no p, a valid rua",
            &[("example.com", "v=DMARC1; rua=mailto:r@example.com")],
            "example.com",
            "",
            "fail none 100 example.com example.com",
        ),
        (
            "an unknown top-level domain has two labels",
            &[("example.test", "v=DMARC1; p=reject")],
            "a.b.example.test",
            "spf=c.example.test",
            "pass reject 100 example.test example.test",
        ),
        ("no answer", &[("example.com", "!")], "a.example.com", "", "temperror - 100 - example.com"),
    ];
    for (why, records, author, passed, want) in rows {
        let verdict = evaluate_identifiers(&table(records), &domain(author).unwrap(), &identifiers(passed)).await;
        let old = verdict.legacy.unwrap();
        let got = format!(
            "{} {} {} {} {}",
            old.result,
            old.policy.map_or("-", |p| p.as_str()),
            old.percent,
            old.policy_domain.as_deref().unwrap_or("-"),
            old.organizational_domain
        );
        assert_eq!(got, *want, "{why}: {}", old.reason);
    }
}

/// mail-auth's verdict on the same hierarchies, those without DNS errors and DKIM: `result policy`.
async fn ask_mail_auth(records: &[(&str, &str)], author: &str, spf: Option<&Name>) -> String {
    let mut zone = Snapshot::new(Name::root());
    for (at, text) in records {
        let owner = if *text == "+" { (*at).to_string() } else { format!("_dmarc.{at}") };
        zone.add(&domain(&owner).unwrap(), 300, RData::TXT(txt::split(text.as_bytes())), Origin::Profile);
    }
    let server = OverlayServer::start(Overlay { zones: vec![zone], ..Overlay::default() }).await.unwrap();
    let mut name_server = NameServerConfig::udp_and_tcp(server.addr().ip());
    name_server.connections.iter_mut().for_each(|c| c.port = server.addr().port());
    let mut options = ResolverOpts::default();
    options.use_hosts_file = ResolveHosts::Never;
    options.timeout = Duration::from_secs(2);
    let peer =
        MessageAuthenticator::new(ResolverConfig::from_parts(None, Vec::new(), vec![name_server]), options).unwrap();
    let text = format!("From: a@{author}\r\n\r\n");
    let message = AuthenticatedMessage::parse(text.as_bytes()).unwrap();
    let mail_from = spf.map_or_else(String::new, show);
    let result = if spf.is_some() { SpfResult::Pass } else { SpfResult::None };
    let spf = SpfOutput::new(mail_from.clone()).with_result(result);
    let output = peer.verify_dmarc(DmarcParameters::new(&message, &[], &mail_from, &spf)).await;
    if output.dmarc_record().is_none() {
        return "none -".into();
    }
    let result = match output.spf_result() {
        mail_auth::DmarcResult::Pass => "pass",
        _ => "fail",
    };
    let policy = match output.policy() {
        Policy::None => "none",
        Policy::Quarantine => "quarantine",
        Policy::Reject => "reject",
        Policy::Unspecified => "-",
    };
    format!("{result} {policy}")
}

/// Where mail-auth 0.13 decides otherwise, and what it says.
const MAIL_AUTH_DIFFERS: &[(&str, &str)] = &[
    // The first of several records counts.
    ("§4.10 step 2: several are all discarded, the walk goes on", "fail none"),
    ("§4.10 step 2: several at the only place, none", "pass none"),
    ("§4.10 step 6: several with psd=n do not stop the walk", "fail none"),
    // A leading space and any case of the version are accepted.
    ("§4.10 step 2: other texts beside the record are dropped", "fail none"),
    ("§4.7: `v` must be first and `DMARC1` exact", "fail reject"),
    // A value that is not valid makes it no record.
    ("§4.10.1: an invalid sp spoils the record, for the domain itself as well", "none -"),
    // A single label is not looked at.
    ("§5.3.1: a public suffix is an author domain like any other", "none -"),
];

#[tokio::test]
async fn mail_auth_beside_it() {
    let mut different = BTreeMap::new();
    let mut compared = 0;
    for (why, records, author, passed, want) in ROWS {
        if passed.contains("dkim") || passed.contains('!') || records.iter().any(|(_, t)| ["!", "?"].contains(t)) {
            continue;
        }
        compared += 1;
        let want: Vec<&str> = want.split(' ').take(2).collect();
        let theirs = ask_mail_auth(records, author, identifiers(passed).spf_pass.as_ref()).await;
        if theirs != want.join(" ") {
            different.insert((*why).to_string(), theirs);
        }
    }
    assert!(compared > 40);
    let known: BTreeMap<String, String> =
        MAIL_AUTH_DIFFERS.iter().map(|(why, theirs)| ((*why).into(), (*theirs).into())).collect();
    assert_eq!(different, known);
}
