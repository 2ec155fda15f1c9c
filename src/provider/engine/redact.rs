//! Texts of others, made fit to be shown: without secrets, without control characters, and short.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

use crate::provider::engine::encode;

/// The longest text of a provider that is repeated to a person, in characters.
const LONGEST: usize = 300;
/// What stands in the place of a secret.
const STARS: &str = "***";

/// `text` without any of `secrets`, on one line.
pub fn redact(text: &str, secrets: &[SecretString]) -> String {
    let mut forms: Vec<String> = secrets.iter().flat_map(|s| forms(s.expose_secret())).collect();
    // A secret that holds another one goes first, so that no rest of it stays.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    let mut out = text.to_string();
    for form in forms {
        out = out.replace(&form, STARS);
    }
    let line: String = out.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

/// How a secret may come back in an answer: as it is, as it stood in a URL or a form, in JSON, in XML, in Base64.
fn forms(secret: &str) -> Vec<String> {
    if secret.is_empty() {
        return Vec::new();
    }
    let encoded = encode::form([("", secret)])[1..].to_string();
    let json = serde_json::Value::from(secret).to_string();
    let xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    vec![
        encode::segment(secret),
        encode::strict(secret),
        encoded,
        json.trim_matches('"').to_string(),
        xml.replace('"', "&quot;"),
        xml,
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        secret.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown() {
        let secrets = [SecretString::from("s3cret"), SecretString::from("")];
        assert_eq!(redact("bad key s3cret\n\x1b[31m!", &secrets), "bad key *** [31m!");
        assert_eq!(redact(&"é".repeat(400), &secrets).chars().count(), LONGEST + 2);
    }

    #[test]
    fn a_secret_in_another_dress() {
        let secrets = [SecretString::from("a/b \"c\"&d")];
        for dressed in [
            "a/b \"c\"&d",
            "a%2Fb+%22c%22%26d",
            "a%2Fb%20%22c%22%26d",
            "a/b \\\"c\\\"&d",
            "a/b &quot;c&quot;&amp;d",
            "YS9iICJjIiZk",
        ] {
            assert_eq!(redact(&format!("no: {dressed}!"), &secrets), "no: ***!", "{dressed}");
        }
    }
}
