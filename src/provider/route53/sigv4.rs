//! Signature Version 4 of Amazon's APIs: a request signed with a key that is derived for a day, a region and a service.

use aws_lc_rs::{digest, hmac};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::provider::engine::encode;
use crate::zone::print::hex;

/// The keys of an account or a role.
#[derive(Clone)]
pub struct Keys {
    /// The access key's id.
    pub access: String,
    /// The secret.
    pub secret: SecretString,
    /// The token that temporary keys come with.
    pub token: Option<SecretString>,
}

/// What a signature is good for.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The region, such as `us-east-1`.
    pub region: &'a str,
    /// The service, such as `route53`.
    pub service: &'a str,
}

/// What is signed.
#[derive(Clone)]
pub struct Signed<'a> {
    /// The method.
    pub method: &'a str,
    /// Where it goes; its query is encoded as `encode::strict` does.
    pub url: &'a Url,
    /// The header fields that are signed, besides host, date and token.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a str,
    /// The time, as `20261127T230000Z`.
    pub time: &'a str,
}

/// The header fields that sign `request`: authorization, date, and the token if there is one.
pub fn sign(keys: &Keys, place: &Place<'_>, request: &Signed<'_>) -> Vec<(String, SecretString)> {
    let mut headers: Vec<(String, String)> =
        request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    headers.push(("host".into(), host(request.url)));
    headers.push(("x-amz-date".into(), request.time.into()));
    if let Some(token) = &keys.token {
        headers.push(("x-amz-security-token".into(), token.expose_secret().into()));
    }
    headers.sort();
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", one_line(value))).collect();
    let canonical = format!(
        "{}\n{}\n{}\n{lines}\n{names}\n{}",
        request.method,
        path(request.url),
        query(request.url),
        sha256(request.body.as_bytes())
    );
    let day = request.time.split('T').next().unwrap_or_default();
    let scope = format!("{day}/{}/{}/aws4_request", place.region, place.service);
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", request.time, sha256(canonical.as_bytes()));
    let mut key = format!("AWS4{}", keys.secret.expose_secret()).into_bytes();
    for part in [day, place.region, place.service, "aws4_request"] {
        key = mac(&key, part);
    }
    let signature = hex(&mac(&key, &text));
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", keys.access);
    let mut out = vec![
        ("authorization".to_string(), SecretString::from(authorization)),
        ("x-amz-date".to_string(), SecretString::from(request.time.to_string())),
    ];
    out.extend(keys.token.clone().map(|token| ("x-amz-security-token".to_string(), token)));
    out
}

/// Host and port as they stand in the header field.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"))
}

/// The path, its segments encoded once more: it is encoded already, and a signature wants it twice.
fn path(url: &Url) -> String {
    let segments: Vec<String> = url.path().split('/').map(encode::strict).collect();
    segments.join("/")
}

/// The query in the order of its encoded names and values.
fn query(url: &Url) -> String {
    let mut pairs: Vec<(&str, &str)> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// A field's value, blanks at the ends gone and several of them one.
fn one_line(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sha256(octets: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, octets).as_ref())
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}
