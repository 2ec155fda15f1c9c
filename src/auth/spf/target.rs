//! The domain of a request, made ready.

use crate::model::spf::target_name;

/// The `<domain>` of a request made ready (RFC 7208 §4.3): A-labels, no last dot; nothing if it is malformed, an
/// address, or a single label.
pub(super) fn initial(text: &str) -> Option<String> {
    let ascii = a_labels(text)?;
    let bare = ascii.strip_suffix('.').unwrap_or(&ascii);
    let visible = bare.bytes().all(|b| (0x21..=0x7e).contains(&b));
    let address = bare.starts_with('[') || bare.parse::<std::net::IpAddr>().is_ok();
    (visible && !address && bare.contains('.') && target_name(bare).is_some()).then(|| bare.to_string())
}

/// `text` with U-labels turned into A-labels (RFC 5890 §2.3); nothing if they cannot be.
pub(super) fn a_labels(text: &str) -> Option<String> {
    if text.is_ascii() { Some(text.to_string()) } else { idna::domain_to_ascii(text).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_to_check() {
        let long = format!("{}.example.com", "a".repeat(64));
        let many = format!("{}example.com", "abcdefghi.".repeat(25));
        for (text, want, why) in [
            ("Example.com.", Some("Example.com"), "the last dot goes, case stays"),
            ("bücher.example", Some("xn--bcher-kva.example"), "A-labels"),
            ("_spf.example.com", Some("_spf.example.com"), "underscores"),
            ("a..example.com", None, "an empty label"),
            (".example.com", None, "an empty first label"),
            (&long, None, "a long label"),
            (&many, None, "a long name"),
            ("localhost", None, "a single label"),
            ("com.", None, "a single label with a dot"),
            ("[192.0.2.1]", None, "an address literal"),
            ("192.0.2.1", None, "an address"),
            ("a b.example", None, "a space"),
            ("", None, "nothing"),
        ] {
            assert_eq!(initial(text).as_deref(), want, "{why}");
        }
    }
}
