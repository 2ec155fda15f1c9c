//! Selector names: what they may look like, and dated ones for new keys.

use crate::keys::algorithm::Algorithm;

/// Whether `text` is a selector: one or several labels of letters, digits and inner hyphens (RFC 6376 §3.1).
///
/// # Errors
/// What is wrong with it, in a few words.
pub fn check(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("it is empty".into());
    }
    if text.ends_with("._domainkey") || text == "_domainkey" || text.contains("._domainkey.") {
        return Err("give only what stands before `._domainkey`".into());
    }
    if let Some(c) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))) {
        return Err(format!("`{c}` cannot stand in a selector, only letters, digits, hyphens and dots can"));
    }
    for label in text.split('.') {
        if label.is_empty() {
            return Err("it has an empty label (two dots, or a dot at an end)".into());
        }
        if label.len() > 63 {
            return Err(format!("a label has {} octets, at most 63 are allowed", label.len()));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("a label begins or ends with a hyphen".into());
        }
    }
    // `SELECTOR._domainkey.` and the shortest domain have to fit into 253 octets.
    if text.len() > 200 {
        return Err(format!("it has {} octets; keep it short", text.len()));
    }
    Ok(())
}

/// A selector for a key made in `year` and `month`: `mp202611`, and `mp202611-ed` for an Ed25519 key, so that both fit
/// beside each other; if that is `taken`, `mp202611b` and so on. The date tells when the key is due for rotation.
///
/// Returns `None` when all twenty-six are taken.
pub fn dated(year: i16, month: i8, algorithm: Algorithm, taken: impl Fn(&str) -> bool) -> Option<String> {
    let tail = if algorithm.is_rsa() { "" } else { "-ed" };
    std::iter::once(String::new())
        .chain(('b'..='z').map(String::from))
        .map(|letter| format!("mp{year:04}{month:02}{letter}{tail}"))
        .find(|selector| !taken(selector))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_people_type() {
        let long = "a".repeat(64);
        let longer = "abcdefghi.".repeat(21) + "x";
        for (text, want) in [
            ("mp202611", None),
            ("a.b-c", None),
            ("2024", None),
            ("", Some("empty")),
            ("s._domainkey", Some("before")),
            ("s._domainkey.example.com", Some("before")),
            ("a_b", Some("`_`")),
            ("a b", Some("` `")),
            ("a..b", Some("empty label")),
            ("a.", Some("empty label")),
            ("-a", Some("hyphen")),
            ("ключ", Some("cannot stand")),
            (long.as_str(), Some("at most 63")),
            (longer.as_str(), Some("short")),
        ] {
            match (check(text), want) {
                (Ok(()), None) => {}
                (Err(why), Some(words)) => assert!(why.contains(words), "{text}: {why}"),
                (got, want) => panic!("{text}: {got:?}, wanted {want:?}"),
            }
        }
    }

    #[test]
    fn the_next_free_one() {
        let taken = |names: &'static [&'static str]| move |s: &str| names.contains(&s);
        for (algorithm, names, want) in [
            (Algorithm::Rsa2048, &[][..], "mp202611"),
            (Algorithm::Ed25519, &["mp202611"][..], "mp202611-ed"),
            (Algorithm::Rsa4096, &["mp202611"][..], "mp202611b"),
            (Algorithm::Rsa2048, &["mp202611", "mp202611b"][..], "mp202611c"),
        ] {
            let got = dated(2026, 11, algorithm, taken(names)).unwrap();
            assert_eq!(got, want);
            assert_eq!(check(&got), Ok(()));
        }
        assert_eq!(dated(2026, 11, Algorithm::Rsa2048, |_| true), None);
    }
}
