//! Names replaced by pseudonyms.

use aws_lc_rs::hmac;

/// Replaces names and addresses by pseudonyms that stay the same as long as the secret does. Without the secret nobody
/// can try names until one fits.
#[derive(Clone)]
pub struct Mask(hmac::Key);

impl Mask {
    /// With a secret, which is not to be published.
    pub fn new(secret: &[u8]) -> Self {
        Mask(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// A pseudonym for `text`, with `kind` in front: `sender-3f9a1c0b72de`.
    pub fn hide(&self, kind: &str, text: &str) -> String {
        let tag = hmac::sign(&self.0, text.to_ascii_lowercase().as_bytes());
        let hex: String = tag.as_ref().iter().take(6).map(|b| format!("{b:02x}")).collect();
        format!("{kind}-{hex}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_has_the_same_pseudonym() {
        let (one, other) = (Mask::new(b"secret"), Mask::new(b"another"));
        assert_eq!(one.hide("sender", "Example.com"), one.hide("sender", "example.com"));
        assert_ne!(one.hide("sender", "example.com"), one.hide("sender", "example.net"));
        assert_ne!(one.hide("sender", "example.com"), other.hide("sender", "example.com"));
    }
}
