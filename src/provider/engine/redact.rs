//! Texts of others, made fit to be shown: without secrets, without control characters, and short.

use secrecy::{ExposeSecret, SecretString};

/// The longest text of a provider that is repeated to a person, in characters.
const LONGEST: usize = 300;
/// What stands in the place of a secret.
const STARS: &str = "***";

/// `text` without any of `secrets`, on one line.
pub fn redact(text: &str, secrets: &[SecretString]) -> String {
    let mut out = text.to_string();
    for secret in secrets.iter().map(ExposeSecret::expose_secret).filter(|s| !s.is_empty()) {
        out = out.replace(secret, STARS);
    }
    let line: String = out.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
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
}
