use std::time::Duration;

use hickory_proto::rr::RecordType;
use mail_auth::common::crypto::Ed25519Key;
use mail_auth::common::headers::HeaderWriter as _;
use mail_auth::dkim::{DkimSigner, Done};

use super::*;
use crate::dns::lookup::LookupFailure;
use crate::dns::table::TableLookup;
use crate::keys::algorithm::Algorithm;
use crate::keys::pair::KeyPair;
use crate::model::name::domain;

const MESSAGE: &str = "From: a@example.com\r\nTo: b@example.net\r\nSubject: s\r\n\r\nhello  world\r\n\r\n";

struct Bench {
    key: KeyPair,
    table: TableLookup,
    now: SystemTime,
}

impl Bench {
    fn new() -> Self {
        let key = KeyPair::generate(Algorithm::Ed25519).unwrap();
        let table = TableLookup::new();
        let mut bench = Bench { key, table, now: SystemTime::UNIX_EPOCH };
        let record = bench.key.record();
        bench.publish("sel", &record);
        bench
    }

    fn publish(&mut self, selector: &str, text: &str) {
        self.table.add_text(&domain(&format!("{selector}._domainkey.example.com")).unwrap(), text.as_bytes());
    }

    fn signer(&self) -> DkimSigner<Ed25519Key, Done> {
        let key = Ed25519Key::from_pkcs8_maybe_unchecked_der(&self.key.pkcs8_der()).unwrap();
        DkimSigner::from_key(key).domain("example.com").selector("sel").headers(["From", "Subject", "From"])
    }

    fn signed(&self, signer: &DkimSigner<Ed25519Key, Done>) -> String {
        self.signed_message(signer, MESSAGE)
    }

    fn signed_message(&self, signer: &DkimSigner<Ed25519Key, Done>, message: &str) -> String {
        signer.sign(message.as_bytes()).unwrap().to_header() + message
    }

    async fn verify(&self, raw: &str) -> Vec<DkimOutcome> {
        verify(&self.table, &Message::read(raw.as_bytes()), self.now).await
    }

    async fn one(&self, raw: &str) -> (DkimResult, String) {
        let mut all = self.verify(raw).await;
        assert_eq!(all.len(), 1, "{raw}");
        let outcome = all.remove(0);
        (outcome.result, outcome.reason)
    }
}

#[tokio::test]
async fn messages_on_their_way() {
    use DkimResult::*;
    let bench = Bench::new();
    let signed = bench.signed(&bench.signer());
    let with_length = bench.signed_message(&bench.signer().body_length(true), "From: a@example.com\r\n\r\nhello\r\n");
    let rows: &[(String, DkimResult, &str)] = &[
        (signed.clone(), Pass, "the signature verifies"),
        (format!("Received: from x\r\n{signed}"), Pass, "verifies"), // fields in front are no change
        (signed.replace("Subject: s", "SUBJECT:  s "), Pass, "verifies"), // relaxed
        (signed.replace("hello  world", "hello world"), Pass, "verifies"), // relaxed
        (signed.replace("To: b", "To: c"), Pass, "verifies"),        // not signed
        (signed.replace("world", "there"), Fail, "the signed header fields are intact"),
        (signed.clone() + "a footer\r\n", Fail, "the body was changed"),
        (signed.replace("Subject: s", "Subject: t"), Fail, "a signed header field was changed"),
        (signed.replace("Subject: s", "Subject: t").replace("world", "there"), Fail, "the body was changed"),
        (signed.replace("To: b", "From: evil@example.net\r\nTo: b"), Fail, "header field was changed"), // oversigned
        (with_length.clone(), Pass, "would let anybody append"),
        (with_length.clone() + "a footer\r\n", Pass, "octets at the end of the body are not signed"),
        (with_length.replace("hello", "hel"), Fail, "the body was cut"),
    ];
    for (raw, result, reason) in rows {
        let got = bench.one(raw).await;
        assert!(got.0 == *result && got.1.contains(reason), "{got:?}, wanted {result:?} {reason}\n{raw}");
    }
    assert!(bench.verify(MESSAGE).await.is_empty());
}

#[tokio::test]
async fn signatures_that_cannot_pass() {
    use DkimResult::*;
    let bench = Bench::new();
    let good = bench.signed(&bench.signer());
    let h = |names: &str| good.replace("h=Subject:From:From", &format!("h={names}"));
    let many = "a:".repeat(300) + "from";
    let rows: &[(String, DkimResult, &str)] = &[
        (good.replace("v=1;", ""), Neutral, "no `v=`"),
        (good.replace("v=1;", "v=2;"), Neutral, "of version `2`"),
        (good.replace("v=1;", "v=1; v=1;"), Neutral, "each once: `v=1`"),
        (good.replace("v=1;", "v=1; junk;"), Neutral, "each once: `junk`"),
        (good.replace("a=ed25519-sha256", "a=rsa-sha1"), PermError, "rsa-sha1"),
        (good.replace("a=ed25519-sha256", "a=dsa-sha256"), Neutral, "`dsa-sha256` is not known"),
        (good.replace("c=relaxed/relaxed", "c=wild"), Neutral, "`c=wild` is not known"),
        (good.replace("d=example.com", "d=exa mple..com"), Neutral, "do not make a domain name"),
        (good.replace("s=sel", "s=sel; q=dns/other"), Neutral, "not in DNS"),
        (good.replace("s=sel", "s=sel; q=x:dns/txt"), Fail, "header field was changed"), // one method is known
        (good.replace("s=sel", "s=sel; x=soon"), Neutral, "`x=soon` is not a number"),
        (good.replace("; bh=", "; bh=;n="), Neutral, "a tag that it must have is empty"),
        (h("Subject"), PermError, "From field is not signed"),
        (h(&many), Neutral, "more than 250"),
        (bench.signed(&bench.signer().agent_user_identifier("a@sub.example.com")), Pass, "verifies"),
        (bench.signed(&bench.signer().agent_user_identifier("a@other.com")), PermError, "not within"),
        (bench.signed(&bench.signer().agent_user_identifier("a@badexample.com")), PermError, "not within"),
    ];
    for (raw, result, reason) in rows {
        let got = bench.one(raw).await;
        assert!(got.0 == *result && got.1.contains(reason), "{got:?}, wanted {result:?} {reason}\n{raw}");
    }
}

#[tokio::test]
async fn keys_in_dns() {
    use DkimResult::*;
    let mut bench = Bench::new();
    let record = bench.key.record();
    let with = |tags: &str| record.replace("k=ed25519", &format!("k=ed25519; {tags}"));
    let rsa = KeyPair::generate(Algorithm::Rsa2048).unwrap().record();
    let other = KeyPair::generate(Algorithm::Ed25519).unwrap().record();
    let rows: &[(&str, &[&str], DkimResult, &str)] = &[
        ("nothing", &[], PermError, "there is no key at nothing._domainkey.example.com"),
        ("none", &["v=spf1 -all"], PermError, "is no DKIM key"),
        ("beside", &["v=spf1 -all", &record], Pass, "verifies"),
        ("two", &[&record, &other], PermError, "has 2 keys"),
        ("revoked", &["v=DKIM1; p="], PermError, "is revoked"),
        ("version", &[&record.replace("DKIM1", "DKIM2")], PermError, "not of version DKIM1"),
        ("noversion", &[&record.replace("v=DKIM1; ", "")], Pass, "verifies"),
        ("garbage", &["v=DKIM1; k=ed25519; p=*"], PermError, "not base64"),
        ("cut", &[&record[..record.len() - 8]], PermError, "not the 32 octets"),
        ("kind", &[&rsa], PermError, "of another kind"),
        ("unknown", &[&record.replace("ed25519", "ed448")], PermError, "kind that is not known"),
        ("sha1", &[&with("h=sha1")], PermError, "SHA-256"),
        ("both", &[&with("h=sha1:sha256")], Pass, "verifies"),
        ("tlsrpt", &[&with("s=tlsrpt")], PermError, "not for e-mail"),
        ("star", &[&with("s=*")], Pass, "verifies"),
        ("testing", &[&with("t=y")], Pass, "testing (t=y)"),
        ("wrong", &[&other], Fail, "published key is not the signer's"),
        ("wrongtest", &[&other.replace("k=ed", "t=y; k=ed")], Fail, "treat the message as unsigned"),
    ];
    for (selector, texts, ..) in rows {
        texts.iter().for_each(|text| bench.publish(selector, text));
    }
    for (selector, _, result, reason) in rows {
        let mut signer = bench.signer();
        signer.template.s = selector.to_string();
        let got = bench.one(&bench.signed(&signer)).await;
        assert!(got.0 == *result && got.1.contains(reason), "{selector}: {got:?}, wanted {result:?} {reason}");
    }

    bench.publish("strict", &with("t=s"));
    for (identity, result) in [("a@example.com", Pass), ("a@sub.example.com", PermError)] {
        let mut signer = bench.signer().agent_user_identifier(identity);
        signer.template.s = "strict".into();
        assert_eq!(bench.one(&bench.signed(&signer)).await.0, result, "t=s and i={identity}");
    }

    bench.table.fail(&domain("dead._domainkey.example.com").unwrap(), RecordType::TXT, LookupFailure::Timeout);
    let mut signer = bench.signer();
    signer.template.s = "dead".into();
    let (result, reason) = bench.one(&bench.signed(&signer)).await;
    assert!(result == TempError && reason.contains("no answer in time"), "{reason}");
}

#[tokio::test]
async fn time_and_numbers() {
    let mut bench = Bench::new();
    let signed = bench.signed(&bench.signer().expiration(3600));
    let outcome = bench.verify(&signed).await.remove(0);
    assert_eq!(outcome.result, DkimResult::Pass);
    bench.now += Duration::from_secs(outcome.expires_at.unwrap() + 2 * 86_400 + 5);
    let (result, reason) = bench.one(&signed).await;
    assert!(result == DkimResult::Fail && reason.contains("expired 2 days ago"), "{reason}");

    let field = bench.signer().sign(MESSAGE.as_bytes()).unwrap().to_header();
    let outcomes = bench.verify(&(field.repeat(50) + MESSAGE)).await;
    assert_eq!(outcomes.len(), MAX_SIGNATURES);
    assert!(outcomes.iter().all(|o| o.result == DkimResult::Pass));
    let first = &outcomes[0];
    assert_eq!(
        (first.domain.as_str(), first.selector.as_str(), first.algorithm.as_str(), first.key_bits),
        ("example.com", "sel", "ed25519-sha256", Some(256))
    );
    assert_eq!(first.signature_start.len(), 8);
    assert_eq!(first.signed_fields, ["subject", "from", "from"]);
}

#[tokio::test]
async fn small_rsa_keys() {
    // The 512-bit key of the record cannot have made the signature: it is refused before that would show.
    let mut bench = Bench::new();
    bench.publish(
        "small",
        "p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAPRhJm55hbDzoiL3VKPw/icDbDmISIDbh8qkqMfjJJpc0Ip2GVKvqUSBuPlCVDWh0q0GZbYVnS6nzVsnB9V+1l8CAwEAAQ==",
    );
    let mut signer = bench.signer();
    signer.template.s = "small".into();
    let raw = bench.signed(&signer).replace("ed25519-sha256", "rsa-sha256");
    let outcome = bench.verify(&raw).await.remove(0);
    assert_eq!((outcome.result, outcome.key_bits), (DkimResult::PermError, Some(512)), "{}", outcome.reason);
    assert!(outcome.reason.contains("has 512 bits"), "{}", outcome.reason);
}

/// A cheap source of octets, the same every time.
fn noise(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    }
}

#[tokio::test]
async fn mangled_signatures() {
    let bench = Bench::new();
    let good = bench.signed(&bench.signer().agent_user_identifier("a@example.com").body_length(true)).into_bytes();
    let tokens: &[&[u8]] = &[
        b";",
        b"=",
        b":",
        b"\r\n ",
        b"\0",
        b"\xff",
        b"l=",
        b"b=",
        b"bh=",
        b"99999999999999999999",
        b"=3D",
        b"h=",
        b"c=simple/",
    ];
    let mut next = noise(8463);
    for _ in 0..2000 {
        let mut raw = good.clone();
        for _ in 0..=next(4) {
            let at = next(raw.len());
            let cut = next(20).min(raw.len() - at);
            let token = tokens[next(tokens.len())];
            raw.splice(at..at + cut, token.iter().copied());
        }
        for outcome in verify(&bench.table, &Message::read(&raw), bench.now).await {
            assert!(!outcome.reason.is_empty());
        }
    }
}
