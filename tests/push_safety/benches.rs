//! What the scenarios are run against: stand-ins of every way in which providers take records.

use std::any::Any;

use mailproof::model::name::Name;
use mailproof::provider::Provider;

use crate::fake::Fake;
use crate::fakes::{self, Zone};
use crate::fakes_more;
use crate::journey::opened;

type Open = Box<dyn Fn(&Name) -> Box<dyn Provider> + Send>;

/// A server under test.
pub struct Bench {
    pub name: &'static str,
    pub open: Open,
    /// The scenarios that it cannot carry, and what the refusal says.
    pub refuses: &'static [(&'static str, &'static str)],
    /// Holds what a provider cannot see against what it was.
    pub untouched: Box<dyn Fn() + Send>,
    /// Kept running.
    _kept: Box<dyn Any + Send>,
}

/// Credentials of all stand-ins: what they are does not matter, that they are there does.
pub const CREDENTIALS: &[(&str, &str)] = &[
    ("CLOUDFLARE_API_TOKEN", "t0ken/cloudflare+secret"),
    ("SAKURACLOUD_ACCESS_TOKEN", "sakura-user"),
    ("SAKURACLOUD_ACCESS_TOKEN_SECRET", "s3cret&sakura"),
    ("VALUEDOMAIN_TOKEN", "t0ken-value-domain"),
    ("AZURE_TENANT_ID", "the-tenant"),
    ("AZURE_CLIENT_ID", "the-client"),
    ("AZURE_CLIENT_SECRET", "s3cret~azure/+="),
    ("AZURE_SUBSCRIPTION_ID", "a-subscription"),
    ("OVH_APPLICATION_KEY", "ovh-application"),
    ("OVH_APPLICATION_SECRET", "s3cret-ovh-application"),
    ("OVH_CONSUMER_KEY", "s3cret-ovh-consumer"),
    ("NETCUP_CUSTOMER_NUMBER", "12345"),
    ("NETCUP_API_KEY", "s3cret-netcup-key"),
    ("NETCUP_API_PASSWORD", "s3cret \"netcup\" password"),
    ("DPF_TOKEN", "t0ken-dpf-secret"),
    ("CONOHA_API_USER_ID", "conoha-user"),
    ("CONOHA_API_PASSWORD", "s3cret<conoha>"),
    ("CONOHA_TENANT_ID", "conoha-tenant"),
    ("NAMECHEAP_API_USER", "namecheap-user"),
    ("NAMECHEAP_API_KEY", "s3cret namecheap/key"),
    ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "s3cret/aws+key"),
    ("AWS_SESSION_TOKEN", "s3cret//aws==token"),
];

/// The settings that providers need.
pub fn settings(id: &str) -> &'static [(&'static str, &'static str)] {
    match id {
        "azure" => &[("resource_group", "mail")],
        "namecheap" => &[("client_ip", "192.0.2.1")],
        _ => &[],
    }
}

/// A service account's key, made for this run; its project is `a-project`.
pub fn google_key() -> &'static str {
    static KEY: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    KEY.get_or_init(|| {
        let pair = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        serde_json::json!({
            "type": "service_account",
            "project_id": "a-project",
            "private_key_id": "key-1",
            "private_key": pair.serialize_pem(),
            "client_email": "dns@a-project.iam.gserviceaccount.com",
            "token_uri": "https://oauth2.googleapis.com/token",
        })
        .to_string()
    })
}

/// All credentials there are.
pub fn credentials() -> Vec<(&'static str, &'static str)> {
    let mut all = CREDENTIALS.to_vec();
    all.push(("GOOGLE_APPLICATION_CREDENTIALS", google_key()));
    all
}

fn stand_in(
    id: &'static str,
    fake: Fake,
    refuses: &'static [(&'static str, &'static str)],
    untouched: impl Fn() + Send + 'static,
) -> Bench {
    let endpoint = fake.endpoint();
    Bench {
        name: id,
        open: Box::new(move |apex| opened(id, apex, Some(endpoint.clone()), settings(id), &credentials(), Vec::new())),
        refuses,
        untouched: Box::new(untouched),
        _kept: Box::new(fake),
    }
}

/// The stand-ins alone, each with a zone that has been lived in.
pub fn stand_ins() -> Vec<Bench> {
    let zone = fakes::lived_in;
    let (value_domain, text) = fakes::value_domain(&zone(), 1);
    let other_lines = move || {
        let text = text.lock().unwrap();
        let lines: Vec<&str> = text.split('\n').collect();
        for line in fakes::OTHER_LINES {
            assert!(lines.contains(line), "the line `{line}` is there to the letter in\n{text}");
        }
        assert!(text.ends_with('\n'), "the text ends as it did");
    };
    let (namecheap, hosts) = fakes_more::namecheap(&zone());
    let other_hosts = move || {
        let hosts = hosts.lock().unwrap();
        let odd = hosts.iter().find(|host| host.contains(&("Type".into(), "URL301".into()))).expect("it is there");
        for pair in [
            ("Address", "http://www.example.test/?a=1&b=<2>"),
            ("FriendlyName", "URL & \"more\""),
            ("HostId", "7"),
            ("TTL", "1800"),
        ] {
            assert!(odd.contains(&(pair.0.into(), pair.1.into())), "{pair:?} in {odd:?}");
        }
    };
    // What was written must be in effect, not only stored.
    let in_effect = |one: Zone, other: Zone| move || assert_eq!(*one.lock().unwrap(), *other.lock().unwrap());
    let written = zone();
    let (ovh, live) = fakes_more::ovh(&written);
    let ovh_in_effect = in_effect(written, live);
    let live = zone();
    let (iij, written) = fakes_more::iij_dpf(&live);
    let iij_in_effect = in_effect(written, live);
    vec![
        stand_in("cloudflare", fakes::cloudflare(&zone()), &[], || {}),
        stand_in(
            "sakuracloud",
            fakes::sakuracloud(&zone()),
            &[
                ("510 octets", "at most 500"),
                ("511 octets", "at most 500"),
                ("1000 octets", "at most 500"),
                ("quotes", "does not store `\"`"),
                ("backslashes", "does not store `\\`"),
            ],
            || {},
        ),
        stand_in("value-domain", value_domain, &[("an MX below the zone", "own name only")], other_lines),
        stand_in("azure", fakes::azure(&zone()), &[], || {}),
        stand_in("google", fakes_more::google(&zone()), &[], || {}),
        stand_in("ovh", ovh, &[], ovh_in_effect),
        stand_in("netcup", fakes_more::netcup(&zone()), &[], || {}),
        stand_in("iij-dpf", iij, &[], iij_in_effect),
        stand_in("conoha-v3", fakes_more::conoha_v3(&zone()), &[], || {}),
        stand_in("namecheap", namecheap, &[("quotes", "does not store `\"`")], other_hosts),
    ]
}
