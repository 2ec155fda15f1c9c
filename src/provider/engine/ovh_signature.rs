//! The signature of a request that OVH's API asks for.

use aws_lc_rs::digest;
use secrecy::SecretString;

use crate::provider::definition::Method;
use crate::provider::engine::http::Request;

/// The three keys of an application that may act for an account.
pub struct Keys {
    /// The application's key.
    pub application: String,
    /// Its secret.
    pub secret: String,
    /// The key of the account's consent.
    pub consumer: String,
}

/// Signs `request` as it is, at `time`: the server's clock, in seconds of the Unix epoch.
pub fn sign(request: &mut Request, keys: &Keys, time: u64) {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    };
    let signature = signature(keys, method, request.url.as_str(), &request.body.text(), time);
    for (field, value) in [
        ("x-ovh-application", keys.application.clone()),
        ("x-ovh-consumer", keys.consumer.clone()),
        ("x-ovh-timestamp", time.to_string()),
        ("x-ovh-signature", signature),
    ] {
        request.headers.push((field.into(), SecretString::from(value)));
    }
}

/// `$1$` and the SHA-1 of what makes the request, in hexadecimal.
pub fn signature(keys: &Keys, method: &str, url: &str, body: &str, time: u64) -> String {
    let text = format!("{}+{}+{method}+{url}+{body}+{time}", keys.secret, keys.consumer);
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    let hex: String = hash.as_ref().iter().map(|octet| format!("{octet:02x}")).collect();
    format!("$1${hex}")
}
