//! Values put into URLs and forms.

/// One value put into a path: as a whole segment (RFC 3986 §3.3).
pub fn segment(text: &str) -> String {
    encode(text, b"-._~*@")
}

/// Everything but what RFC 3986 §2.3 calls unreserved, as signatures want it.
pub fn strict(text: &str) -> String {
    encode(text, b"-._~")
}

/// Pairs as a form is sent (WHATWG URL, `application/x-www-form-urlencoded`).
pub fn form<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let one = |text: &str| encode(text, b"-._* ").replace(' ', "+");
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{}={}", one(name), one(value))).collect();
    pairs.join("&")
}

fn encode(text: &str, kept: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || kept.contains(&octet) {
            out.push(octet as char);
        } else {
            out.push_str(&format!("%{octet:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept() {
        assert_eq!(segment("a/b é*@"), "a%2Fb%20%C3%A9*@");
        assert_eq!(strict("a*b~c/d"), "a%2Ab~c%2Fd");
        assert_eq!(form([("a b", "c&d=+~"), ("x", "")]), "a+b=c%26d%3D%2B%7E&x=");
    }
}
