//! The name server of a journey: a PowerDNS with its zones.

use std::sync::OnceLock;
use std::time::SystemTime;

use mailproof::keys::algorithm::Algorithm;
use mailproof::keys::pair::KeyPair;
use mailproof::mail::sign::{Signer, sign};

use crate::support::powerdns::PowerDns;

/// The top of the world: where walks up the tree end, and where services have their records.
const WORLD: &[(&str, &str)] = &[
    ("test", ""),
    ("google.com", "_spf TXT \"v=spf1 ip4:127.0.1.0/24 ~all\"\nsmtp A 127.0.1.1\n"),
    ("sendgrid.net", "@ TXT \"v=spf1 ip4:127.0.2.0/24 ~all\"\n"),
    ("127.in-addr.arpa", "11.0.0 PTR mail.known.test.\n"),
];

/// Zones of the journeys: the name, and its records beside SOA and NS, one a line.
const ZONES: &[(&str, &str)] = &[
    ("own.test", "@ TXT \"site-verification=4711\"\nwww A 198.51.100.80\n"),
    (
        "known.test",
        "@ MX 10 mail\nmail A 127.0.0.11\n@ TXT \"v=spf1 mx ~all\"\n@ TXT \"site-verification=4711\"\n\
         _dmarc TXT \"v=DMARC1; p=none; rua=mailto:dmarc@known.test\"\n",
    ),
    ("file.test", "@ TXT \"v=spf1 ip4:198.51.100.7 ~all\"\n"),
    ("mixed.test", "@ MX 1 smtp.google.com.\n@ TXT \"v=spf1 include:_spf.google.com ~all\"\n"),
    ("shop.test", "www A 198.51.100.80\n"),
    ("inbox.test", "@ MX 10 mail\nmail A 127.0.0.16\n@ TXT \"v=spf1 -all\"\n"),
    ("parked.test", "www A 198.51.100.80\n"),
    ("brand.test", "@ MX 10 mail\nmail A 127.0.0.18\n_dmarc TXT \"v=DMARC1; p=quarantine; rua=mailto:d@brand.test\"\n"),
    ("one.test", ""),
    ("two.test", "@ TXT \"v=spf1 ip4:198.51.100.7 ~all\"\n"),
    ("three.test", "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@three.test\"\n"),
    ("resumed.test", ""),
    ("nihongo.test", "@ MX 10 mail\nmail A 127.0.0.21\n@ TXT \"v=spf1 ip4:198.51.100.7 ~all\"\n"),
    ("back.test", ""),
    ("narrow.test", ""),
    ("dumb.test", ""),
    ("tmux.test", ""),
];

/// Records that receivers stumble over: see [`crate::broken`].
pub const BROKEN: &str = "\
@ MX 10 mail
mail CNAME www
www A 127.0.0.19
@ TXT \"v=spf1 mx include:a.broken.test include:b.broken.test include:c.broken.test ~all\"
@ TXT \"v=spf1 include:d.broken.test include:gone.broken.test ptr ~all\"
a TXT \"v=spf1 a:www.broken.test a:www.broken.test a:www.broken.test ~all\"
b TXT \"v=spf1 a:www.broken.test a:www.broken.test ~all\"
c TXT \"v=spf1 a:www.broken.test ~all\"
d TXT \"v=spf1 include:sendgrid.net ~all\"
_dmarc TXT \"v=DMARC1; p=quarantin; rua=mailto:dmarc@broken.test\"
default._domainkey TXT \"v=DKIM1; k=rsa; p=\"
";

/// A PowerDNS with the zones of a journey, and with those that everybody needs; `None` where it is not installed. Each
/// journey has its own: SQLite refuses writers that come at the same time.
pub fn lab(zones: &[&str]) -> Option<PowerDns> {
    let hosted = format!("@ MX 1 smtp.google.com.\ngoogle._domainkey TXT \"{}\"\n", google().record());
    let made = [("broken.test", BROKEN), ("hosted.test", &hosted)];
    let all = ZONES.iter().chain(&made).filter(|(zone, _)| zones.contains(zone)).chain(WORLD);
    let texts: Vec<(&str, String)> = all.map(|(zone, text)| (*zone, zone_text(zone, text))).collect();
    assert_eq!(texts.len(), zones.len() + WORLD.len(), "{zones:?}");
    PowerDns::start(&texts.iter().map(|(zone, text)| (*zone, text.as_str())).collect::<Vec<_>>())
}

/// A whole zone; its name server is on this machine.
pub fn zone_text(zone: &str, records: &str) -> String {
    format!(
        "$ORIGIN {zone}.\n$TTL 60\n@ SOA ns1 hostmaster 1 7200 900 1209600 60\n@ NS ns1\nns1 A 127.0.0.1\n{records}"
    )
}

/// The key that a service signs with.
fn google() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate(Algorithm::Ed25519).unwrap())
}

/// A message as the service sends it for `domain`.
pub fn sent_by_google(domain: &str) -> Vec<u8> {
    let message = format!(
        "From: Postmaster <postmaster@{domain}>\r\nTo: somebody@example.net\r\nSubject: hello\r\n\
         Date: Sat, 28 Nov 2026 01:00:00 +0000\r\nMessage-ID: <1@{domain}>\r\n\r\nhello\r\n"
    );
    let signer = Signer { domain, selector: "google", key: google() };
    sign(message.as_bytes(), &[signer], SystemTime::now()).unwrap()
}
