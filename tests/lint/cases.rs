//! Field cases: small inputs from the support threads of people who do this job, each with the answer that helps.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mailproof::lint::facts::Facts;
use mailproof::lint::gather;
use mailproof::lint::outcome::Outcome;
use mailproof::lint::registry::RULES;
use mailproof::lint::run::run;
use mailproof::lint::sorted::Sorted;
use mailproof::lint::zone_index::ZoneIndex;
use mailproof::model::dkim::{KeyRecord, RsaForm};
use mailproof::model::name;
use mailproof::zone::walk::{Limits, NoIncludes};

const SOA: &str = "@ SOA ns hostmaster 1 7200 900 1209600 300\n";

/// A finding as the tests look at it.
#[derive(Debug)]
struct Told {
    code: &'static str,
    severity: &'static str,
    line: usize,
    column: usize,
    message: String,
    /// The record's value once it is fixed.
    fixed: Option<String>,
}

fn lint(zones: Vec<ZoneIndex>) -> Vec<Told> {
    let facts = Facts::new(zones);
    let found = run(&facts, &Sorted::new(RULES), 1);
    let outcome = Outcome::new(facts, found.findings, &found.unseen, RULES);
    outcome
        .findings
        .iter()
        .map(|f| {
            let at = outcome.locate(f);
            Told {
                code: f.rule.code,
                severity: f.severity.word(),
                line: at.location.start.line,
                column: at.location.start.column,
                message: f.message.to_string(),
                fixed: f.fix.as_ref().and_then(|x| x.value.clone()).map(|v| String::from_utf8(v).unwrap()),
            }
        })
        .collect()
}

/// Lines of a zone under `example.com.`; the first is line 1.
fn zone(text: &str) -> Vec<Told> {
    zones(&[("example.com", text)])
}

fn zones(all: &[(&str, &str)]) -> Vec<Told> {
    let read = |(apex, text): &(&str, &str)| {
        let text = if text.contains("$TTL") { (*text).to_string() } else { text.replacen(' ', " 3600 ", 1) };
        gather::master_file("zone", text, &name::domain(apex).unwrap(), Limits::default(), &mut NoIncludes).unwrap()
    };
    lint(all.iter().map(read).collect())
}

fn record(text: &str) -> Vec<Told> {
    lint(vec![gather::record(text, None).unwrap()])
}

#[track_caller]
fn one<'t>(told: &'t [Told], code: &str) -> &'t Told {
    let all: Vec<&Told> = told.iter().filter(|t| t.code == code).collect();
    assert_eq!(all.len(), 1, "{code} once in {told:#?}");
    all[0]
}

#[track_caller]
fn none(told: &[Told], codes: &[&str]) {
    let bad: Vec<&Told> = told.iter().filter(|t| codes.iter().any(|c| t.code.starts_with(c))).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[track_caller]
fn no_errors(told: &[Told]) {
    let bad: Vec<&Told> = told.iter().filter(|t| t.severity == "error").collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn case_1_neither_a_nor_mx_is_two_lookups_and_two_voids() {
    let told = zone(&format!("{SOA}@ TXT \"v=spf1 a mx -all\"\n"));
    none(&told, &["SPF021", "SPF022", "SPF023"]);
    let at: Vec<_> = told.iter().filter(|t| t.code == "SPF028").map(|t| (t.line, t.column)).collect();
    assert_eq!(at, [(2, 15), (2, 17)], "at `a`, and at `mx`");
}

#[test]
fn void_lookups_are_counted_by_term() {
    // RFC 7208 §4.6.4 limits the terms that find nothing: the same one again counts again.
    let again = |n: usize| zone(&format!("{SOA}@ TXT \"v=spf1 {}-all\"\n", "a:gone.example.com ".repeat(n)));
    none(&again(2), &["SPF023"]);
    let told = again(3);
    assert_eq!((one(&told, "SPF023").severity, one(&told, "SPF023").column), ("error", 8));
}

#[test]
fn a_string_that_is_too_long_hides_nothing() {
    let long = "ip4:8.8.4.0/24 ".repeat(20);
    let told = zone(&format!("{SOA}@ TXT \"v=spf1 {long}inlude:_spf.example.net ~all\"\n"));
    assert_eq!((one(&told, "ZONE003").line, one(&told, "ZONE003").column), (2, 7));
    assert_eq!((one(&told, "SPF007").line, one(&told, "SPF007").column), (2, 315));
    let told = zone(&format!("$TTL 60\n TXT \"v=spf1 {long}\"\n"));
    assert!(told.iter().any(|t| t.code == "ZONE002") && told.iter().any(|t| t.code == "ZONE003"), "{told:#?}");
    none(&told, &["SPF007"]);
}

#[test]
fn addresses_that_nobody_outside_has() {
    let host = |address: &str| zone(&format!("{SOA}@ MX 10 mail\nmail A {address}\nprinter A 10.0.0.9\n"));
    for address in ["10.0.0.25", "127.0.0.1", "100.64.0.1", "192.0.2.25", "198.51.100.1", "203.0.113.9"] {
        let told = host(address);
        assert_eq!(
            (one(&told, "HOST004").severity, one(&told, "HOST004").line, one(&told, "HOST004").column),
            ("error", 3, 8)
        );
    }
    none(&host("8.8.4.4"), &["HOST004"]);
    let told = record("v=spf1 a ip4:10.0.0.0/8 ip6:fd00::/8 ip4:8.8.4.0/24 -all");
    let at: Vec<_> = told.iter().filter(|t| t.code == "HOST004").map(|t| (t.severity, t.column)).collect();
    assert_eq!(at, [("error", 10), ("error", 25)]);
    // An address of an example in SPF lets nobody in.
    let told = record("v=spf1 ip4:192.0.2.0/24 -all");
    assert_eq!((one(&told, "HOST004").severity, one(&told, "HOST004").column), ("advice", 8));
}

#[test]
fn case_2_the_hosts_of_an_mx_are_no_lookups() {
    let hosts = "@ MX 10 a\n@ MX 20 b\n@ MX 30 c\na A 192.0.2.1\nb A 192.0.2.2\nc A 192.0.2.3\n";
    let terms: String = (0..8).map(|i| format!("a:h{i}.example.net ")).collect();
    let told = zone(&format!("{SOA}@ TXT \"v=spf1 mx {terms}-all\"\n{hosts}"));
    let at = one(&told, "SPF022");
    assert!(at.message.contains("9 of 10"), "one for mx, eight for a");
    assert_eq!((at.line, at.column), (2, 8 + "v=spf1 mx ".len() + 7 * terms.len() / 8), "at the ninth");
}

#[test]
fn case_3_redirect_beside_all() {
    let told = record("v=spf1 redirect=_spf.example.net -all");
    let at = one(&told, "SPF017");
    assert_eq!((at.severity, at.column), ("warning", 8));
    no_errors(&told);
}

#[test]
fn case_4_a_missing_space() {
    let told = record("v=spf1 ip4:203.0.113.7~all");
    let at = one(&told, "SPF008");
    assert_eq!((at.severity, at.line, at.column), ("error", 1, 23));
    assert_eq!(at.fixed.as_deref(), Some("v=spf1 ip4:203.0.113.7 ~all"));
    let told = zone(&format!("{SOA}@ TXT \"v=spf1 ip4:203.0.113.7~all\"\n"));
    assert_eq!((one(&told, "SPF008").line, one(&told, "SPF008").column), (2, 30));
}

#[test]
fn case_5_networks_without_their_mechanism() {
    let told = record("v=spf1 2001:db8::/64 -all");
    let at = one(&told, "SPF009");
    assert_eq!((at.column, at.fixed.as_deref()), (8, Some("v=spf1 ip6:2001:db8::/64 -all")));
    let told = record("v=spf1 ip6: 2001:db8::/48 -all");
    let at = one(&told, "SPF008");
    assert_eq!((at.column, at.fixed.as_deref()), (8, Some("v=spf1 ip6:2001:db8::/48 -all")));
    none(&told, &["SPF009"]);
}

#[test]
fn case_6_host_bits_and_lengths() {
    let told = record("v=spf1 ip4:192.0.2.98/29 -all");
    assert!(one(&told, "SPF010").message.contains("192.0.2.96/29"));
    no_errors(&told);
    for (text, column) in [
        ("v=spf1 ip4:192.0.2.0/33 -all", 21),
        ("v=spf1 ip6:2001:db8::/130 -all", 22),
        ("v=spf1 ip6:192.0.2.1 -all", 12),
    ] {
        let told = record(text);
        assert_eq!((one(&told, "SPF009").severity, one(&told, "SPF009").column), ("error", column), "{text}");
    }
}

#[test]
fn case_7_upper_case_macro_letters() {
    no_errors(&record("v=spf1 -all exp=%{S}.example.com"));
}

#[test]
fn case_8_two_records() {
    for (a, b) in
        [("v=spf1 mx -all", "v=spf1 a -all"), ("V=SPF1 -all", "v=spf1 mx -all"), ("v=spf1 mx -all", "V=SPF1 -all")]
    {
        let told = zone(&format!("{SOA}@ TXT \"{a}\"\n@ TXT \"{b}\"\n"));
        let at = one(&told, "SPF001");
        assert_eq!((at.severity, at.line, at.column), ("error", 3, 8), "{a} {b}");
    }
    none(&zone(&format!("{SOA}@ TXT \"v=spf10 -all\"\n@ TXT \"v=spf1 mx -all\"\n")), &["SPF001", "SPF002"]);
}

#[test]
fn case_9_spaces_before_and_behind() {
    let told = record(" v=spf1 -all");
    let at = one(&told, "SPF002");
    assert_eq!((at.severity, at.column, at.fixed.as_deref()), ("error", 1, Some("v=spf1 -all")));
    assert!(record("v=spf1 -all   ").is_empty());
}

#[test]
fn case_10_strings_that_join() {
    let told = record(r#""v=spf1 ip4:192.0.2.1" "1 -all""#);
    let at = one(&told, "SPF005");
    assert!(at.message.contains("ip4:192.0.2.11"), "{}", at.message);
    assert_eq!(at.column, 9);
    let told = record(r#""v=spf1 ip4:192.0.2.0/24" "include:_spf.example.net -all""#);
    let at = one(&told, "SPF005");
    assert_eq!(at.fixed.as_deref(), Some("v=spf1 ip4:192.0.2.0/24 include:_spf.example.net -all"));
}

#[test]
fn case_11_the_all_of_an_include_does_not_count() {
    let include = "@ TXT \"v=spf1 include:spf.example.net\"\n";
    let target = "spf TXT \"v=spf1 ip4:192.0.2.0/24 ~all\"\n";
    let told = zones(&[("example.com", include), ("example.net", target)]);
    let at = one(&told, "SPF013");
    assert_eq!((at.severity, at.line, at.column), ("warning", 1, 13));
    none(&told, &["SPF014", "SPF026"]);
}

#[test]
fn case_12_reporting_modifiers_are_legal() {
    let told = record("v=spf1 ra=postmaster -all");
    assert_eq!(one(&told, "SPF020").severity, "advice");
    assert_eq!(told.len(), 1);
}

#[test]
fn case_13_a_slip_of_include() {
    let told = record("v=spf1 inlude:spf.example.net -all");
    let at = one(&told, "SPF007");
    assert_eq!((at.column, at.fixed.as_deref()), (8, Some("v=spf1 include:spf.example.net -all")));
}

#[test]
fn case_14_an_alias_with_company() {
    for other in ["TXT \"v=spf1 -all\"", "MX 10 mail.example.net."] {
        let told = zone(&format!("{SOA}mail CNAME host.example.net.\nmail {other}\n"));
        let at = one(&told, "ZONE001");
        assert!(at.message.contains("mail.example.com"), "{}", at.message);
        assert_eq!((at.severity, at.line, at.column), ("error", 2, 1), "at the alias");
    }
}

#[test]
fn case_15_a_hash_with_its_algorithm() {
    let told = record("v=DKIM1; h=rsa-sha256; p=");
    let at = one(&told, "DKIM012");
    assert_eq!((at.severity, at.column, at.fixed.as_deref()), ("error", 12, Some("v=DKIM1; h=sha256; p=")));
}

#[test]
fn case_16_a_bare_key_with_spaces() {
    // A key of 1024 bits, taken out of its envelope of 22 octets.
    let spki = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4j\
                YfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUY\
                ckcQ2QIDAQAB";
    let bare = STANDARD.encode(&STANDARD.decode(spki).unwrap()[22..]);
    let spaced: Vec<&str> = bare.as_bytes().chunks(40).map(|c| std::str::from_utf8(c).unwrap()).collect();
    let text = format!("v=DKIM1; k=rsa; p={}", spaced.join("   "));
    let record_of = KeyRecord::read(text.as_bytes()).into_record().unwrap();
    assert_eq!(record_of.rsa_form, Some(RsaForm::Pkcs1));
    let told = record(&text);
    let at = one(&told, "DKIM007");
    assert_eq!(at.severity, "warning");
    none(&told, &["DKIM006"]);
    let fixed = at.fixed.clone().unwrap();
    let again = KeyRecord::read(fixed.as_bytes()).into_record().unwrap();
    assert_eq!((again.key, again.rsa_form), (record_of.key, Some(RsaForm::Spki)), "the same key in its envelope");
}

/// A key record with an RSA key of so many bits, which need not be a good one.
fn rsa(bits: usize) -> String {
    let der = |tag: u8, content: &[u8]| {
        let mut out = vec![tag, 0x82];
        out.extend_from_slice(&u16::try_from(content.len()).unwrap().to_be_bytes());
        out.extend_from_slice(content);
        out
    };
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    modulus[0] >>= 7 - (bits + 7) % 8;
    if modulus[0] & 0x80 != 0 {
        modulus.insert(0, 0);
    }
    let key = der(0x30, &[der(2, &modulus), vec![2, 3, 1, 0, 1]].concat());
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    let spki = der(0x30, &[algorithm.to_vec(), der(3, &[vec![0], key].concat())].concat());
    format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(spki))
}

#[test]
fn lengths_of_rsa_keys() {
    for (bits, code) in [(1023, "DKIM008"), (1024, "DKIM009"), (2047, "DKIM009"), (4097, "DKIM027"), (8192, "DKIM027")]
    {
        let told = record(&rsa(bits));
        assert_eq!(one(&told, code).column, 19, "{bits}");
        none(&told, &["DKIM006", "DKIM007"]);
    }
    for bits in [2048, 3072, 4096] {
        assert!(record(&rsa(bits)).is_empty(), "{bits}");
    }
}

#[test]
fn case_17_an_ed25519_key_in_an_envelope() {
    let told = record("v=DKIM1; k=ed25519; p=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    let at = one(&told, "DKIM010");
    assert_eq!(at.column, 23);
    assert_eq!(at.fixed.as_deref(), Some("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="));
}

#[test]
fn case_18_two_keys_at_one_selector() {
    let told = zone(&format!("{SOA}s1._domainkey TXT \"v=DKIM1; p=\"\ns1._domainkey TXT \"k=rsa; p=\"\n"));
    let at = one(&told, "DKIM017");
    assert_eq!((at.severity, at.line, at.column), ("error", 3, 20));
}

#[test]
fn case_19_what_a_key_record_may_leave_out() {
    for fine in ["k=rsa; p=", "v=DKIM1; s=*; p=", "v=DKIM1; s=email; p="] {
        no_errors(&record(fine));
    }
    let told = record("v=DKIM1; t=y; p=");
    assert_eq!((one(&told, "DKIM014").severity, one(&told, "DKIM014").column), ("warning", 10));
}

#[test]
fn case_20_a_missing_trailing_dot() {
    let told = zone("$ORIGIN example.com.\n$TTL 300\nmail._domainkey.example.com IN TXT \"v=DKIM1; p=\"\n");
    for code in ["ZONE004", "DKIM021"] {
        assert_eq!((one(&told, code).line, one(&told, code).column), (3, 1), "{code}");
    }
}

#[test]
fn case_21_a_value_cut_by_a_semicolon() {
    let told = zone(&format!("{SOA}s1._domainkey TXT v=DKIM1; k=rsa; p=\n"));
    let at = one(&told, "ZONE008");
    assert!(at.message.contains("`v=DKIM1` is what is published"), "{}", at.message);
    assert_eq!((at.severity, at.line, at.column), ("error", 2, 26));
    assert_eq!(at.fixed.as_deref(), Some("v=DKIM1; k=rsa; p="));
}

#[test]
fn case_22_p_behind_rua() {
    let told = record("v=DMARC1; rua=mailto:a@example.com; p=reject");
    let at = one(&told, "DMARC021");
    assert_eq!((at.severity, at.column), ("warning", 37));
    assert_eq!(at.fixed.as_deref(), Some("v=DMARC1; p=reject; rua=mailto:a@example.com"));
    no_errors(&told);
}

#[test]
fn case_23_an_address_without_a_scheme() {
    let told = record("v=DMARC1; p=reject; rua=reports@example.com");
    let at = one(&told, "DMARC013");
    assert_eq!((at.severity, at.column), ("error", 25));
    assert_eq!(at.fixed.as_deref(), Some("v=DMARC1; p=reject; rua=mailto:reports@example.com"));
    none(&told, &["DMARC006", "DMARC007"]);
}

#[test]
fn case_24_report_authorisations() {
    let policy = "_dmarc TXT \"v=DMARC1; p=none; rua=mailto:a@example.net\"\n";
    for authorisation in ["example.com._report._dmarc TXT \"v=DMARC1;\"\n", "*._report._dmarc TXT \"v=DMARC1\"\n"] {
        let told = zones(&[("example.com", policy), ("example.net", &format!("{SOA}{authorisation}"))]);
        none(&told, &["DMARC015", "DMARC006", "DMARC017", "DMARC002"]);
    }
    let told = zones(&[("example.com", policy), ("example.net", SOA)]);
    let at = one(&told, "DMARC015");
    assert_eq!((at.severity, at.line, at.column), ("error", 1, 40), "at the address");
    // A wildcard of the policy's own is never asked for by its star.
    let wild = "*._dmarc TXT \"v=DMARC1; p=none; rua=mailto:a@example.net\"\n";
    none(&zones(&[("example.com", wild), ("example.net", SOA)]), &["DMARC015"]);
}

#[test]
fn case_26_two_records_are_as_none() {
    for (name, text, code) in
        [("_mta-sts", "v=STSv1; id=1", "STS001"), ("_smtp._tls", "v=TLSRPTv1; rua=mailto:a@example.com", "RPT001")]
    {
        let told = zone(&format!("{SOA}{name} TXT \"{text}\"\n{name} TXT \"{text}2\"\n"));
        let at = one(&told, code);
        assert_eq!((at.severity, at.line, at.column), ("error", 3, name.len() + 7), "at the second");
    }
}

#[test]
fn case_27_policy_files() {
    let policy = |text: &str| lint(vec![gather::policy("mta-sts.txt", text, None).unwrap()]);
    assert!(policy("version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n").is_empty());
    let told = policy("version: STSv1\nmode: enforce\nnmx: mail.example.com\nmax_age: 604800\n");
    assert!(told.iter().any(|t| t.code == "STS003" && t.message.contains("no `mx`")), "{told:#?}");
    assert!(told.iter().any(|t| t.code == "STS003" && (t.line, t.column) == (3, 1)), "{told:#?}");
}

#[test]
fn other_slips_of_the_same_kinds() {
    for (text, code, column, fixed) in [
        ("v=spf1 include: _spf.example.org ~all", "SPF008", 8, Some("v=spf1 include:_spf.example.org ~all")),
        ("v=spf1 a mx ip4:198.51.100.5-all", "SPF008", 29, Some("v=spf1 a mx ip4:198.51.100.5 -all")),
        ("v=spf1 ipv6:2001:db8::1 -all", "SPF007", 8, Some("v=spf1 ip6:2001:db8::1 -all")),
        ("v=spf1 redirect:_spf.example.org", "SPF007", 8, Some("v=spf1 redirect=_spf.example.org")),
        ("v=spf1,mx,-all", "SPF002", 1, None),
        (
            "v=DMARC1; p=quarentine; rua=mailto:x@example.com",
            "DMARC007",
            13,
            Some("v=DMARC1; p=quarantine; rua=mailto:x@example.com"),
        ),
        (
            "v=DMARC1 p=none; rua=mailto:x@example.com",
            "DMARC003",
            3,
            Some("v=DMARC1; p=none; rua=mailto:x@example.com"),
        ),
        ("v=STSv1 id=1", "STS001", 1, None),
        ("v=TLSRPT1; rua=mailto:x@example.com", "RPT001", 1, None),
    ] {
        let told = record(text);
        let at = one(&told, code);
        assert_eq!((at.column, at.fixed.as_deref()), (column, fixed), "{text}");
        assert_eq!(told.iter().filter(|t| t.severity == "error").count(), 1, "{text}: {told:#?}");
    }
    // As many faults as a record can have, none of which may cost a stack or minutes.
    record(&format!("v=spf1 {}", "ip6: ".repeat(13_000)));
    record(&format!("\"v=spf1 \" {}", "\"a\" ".repeat(20_000)));
}
