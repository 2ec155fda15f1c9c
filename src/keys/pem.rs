//! PEM text (RFC 7468), and what a file that is no private key is instead.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretBox, SecretString};

use crate::error::{Error, Result};

/// More text than any key file has, in octets.
const MAX_TEXT: usize = 64 * 1024;

/// A private key's block.
pub struct Block {
    /// `RSA PRIVATE KEY` (PKCS#1) rather than `PRIVATE KEY` (PKCS#8).
    pub is_pkcs1: bool,
    /// The decoded octets.
    pub der: SecretBox<[u8]>,
}

/// Finds the one private key in `text`.
///
/// # Errors
/// A configuration error that says what the text is instead: a public key, a certificate, an encrypted key, …
pub fn private_key(text: &str) -> Result<Block> {
    if text.len() > MAX_TEXT {
        return Err(Error::config(format!("this is no key file: it has {} octets", text.len())));
    }
    let mut found: Option<Block> = None;
    let mut other: Option<Error> = None;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) = after.split_once("-----").ok_or_else(truncated)?;
        let is_pkcs1 = match label {
            "PRIVATE KEY" => false,
            "RSA PRIVATE KEY" => true,
            _ => {
                other.get_or_insert_with(|| not_a_private_key(label));
                rest = after;
                continue;
            }
        };
        let (body, after) = after.split_once(&format!("-----END {label}-----")).ok_or_else(truncated)?;
        // RFC 1421 §4.6.1.1: how OpenSSL marks an encrypted PKCS#1 key.
        if body.contains("Proc-Type:") {
            return Err(encrypted());
        }
        if found.is_some() {
            return Err(Error::config("the file holds several private keys").hint("keep one key in a file"));
        }
        let compact: SecretString = body.split_ascii_whitespace().collect::<String>().into();
        let der = STANDARD.decode(compact.expose_secret()).map_err(|_| {
            Error::config("the text between the BEGIN and END lines is not base64").hint("copy the key file again")
        })?;
        found = Some(Block { is_pkcs1, der: der.into() });
        rest = after;
    }
    found.ok_or_else(|| other.unwrap_or_else(|| no_pem(text)))
}

/// A PKCS#8 private key in PEM.
pub fn from_pkcs8(der: &[u8]) -> SecretString {
    let body: SecretString = STANDARD.encode(der).into();
    let mut text = String::with_capacity(der.len() * 3 / 2 + 64);
    text.push_str("-----BEGIN PRIVATE KEY-----\n");
    let mut line = body.expose_secret();
    while !line.is_empty() {
        // RFC 7468 §2: lines of 64 characters.
        let (head, tail) = line.split_at(line.len().min(64));
        text.push_str(head);
        text.push('\n');
        line = tail;
    }
    text.push_str("-----END PRIVATE KEY-----\n");
    text.into()
}

/// The error for a key that ends too early.
pub fn truncated() -> Error {
    Error::config("the private key is cut off: its end is missing").hint("copy the key file again, whole")
}

fn encrypted() -> Error {
    Error::config("the private key is protected by a passphrase, which no mail server can ask for")
        .hint("write it without one: openssl pkey -in KEY -out NEWKEY")
}

fn not_a_private_key(label: &str) -> Error {
    match label {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => Error::config("this is a public key, not a private key")
            .hint("name the private key's file; the public key goes to DNS"),
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
            Error::config("this is a certificate, not a private key").hint("DKIM needs no certificate, only a key")
        }
        "EC PRIVATE KEY" | "EC PARAMETERS" => elliptic(),
        "ENCRYPTED PRIVATE KEY" => encrypted(),
        "OPENSSH PRIVATE KEY" => Error::config("this is a key in OpenSSH's own form, not PKCS#8 or PKCS#1")
            .hint("make a key for DKIM: mailproof keys generate"),
        other => {
            let shown: String = other.chars().take(40).collect();
            Error::config(format!("this is a block of kind `{shown}`, not a private key"))
                .hint("a DKIM key file starts with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----")
        }
    }
}

/// The error for an ECDSA key.
pub fn elliptic() -> Error {
    Error::config("this is an ECDSA key, and DKIM has no such algorithm (RFC 8301 §3, RFC 8463 §3)")
        .hint("make an RSA or Ed25519 key: mailproof keys generate")
}

fn no_pem(text: &str) -> Error {
    let trimmed = text.trim();
    let message = if trimmed.is_empty() {
        "the key file is empty"
    } else if STANDARD.decode(trimmed).is_ok_and(|octets| octets.len() == 32) {
        "this is 32 bare octets in base64 (a public Ed25519 key, or dkimpy's form of a private one), not a PEM file"
    } else if trimmed.contains("v=DKIM1") {
        "this is a DNS record with a public key, not a private key"
    } else {
        "this is not a PEM file: no -----BEGIN PRIVATE KEY----- line in it"
    };
    Error::config(message).hint("name the file that `mailproof keys generate`, opendkim-genkey or openssl wrote")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_instead() {
        let pem = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        let cases = [
            (String::new(), "is empty"),
            ("hello".into(), "not a PEM file"),
            ("x._domainkey IN TXT ( \"v=DKIM1; k=rsa; \"".into(), "DNS record"),
            ("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n".into(), "32 bare octets"),
            (pem("PUBLIC KEY", "AAAA"), "public key"),
            (pem("RSA PUBLIC KEY", "AAAA"), "public key"),
            (pem("CERTIFICATE", "AAAA"), "certificate"),
            (pem("EC PRIVATE KEY", "AAAA"), "ECDSA"),
            (pem("ENCRYPTED PRIVATE KEY", "AAAA"), "passphrase"),
            (pem("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA"), "passphrase"),
            (pem("OPENSSH PRIVATE KEY", "AAAA"), "OpenSSH"),
            (pem("PGP MESSAGE", "AAAA"), "PGP MESSAGE"),
            (pem("PRIVATE KEY", "A*AA"), "not base64"),
            ("-----BEGIN PRIVATE KEY-----\nMIIE".into(), "cut off"),
            ("-----BEGIN PRIVATE".into(), "cut off"),
            ("x".repeat(70_000), "no key file"),
            (pem("PRIVATE KEY", "AAAA").repeat(2), "several"),
        ];
        for (text, want) in cases {
            let error = private_key(&text).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(error.contains(want), "{text:.60}: {error}");
        }
    }

    #[test]
    fn text_around_the_block_is_fine() {
        let cert = "-----BEGIN CERTIFICATE-----\r\nAAAA\r\n-----END CERTIFICATE-----\r\n";
        let text =
            format!("\u{feff}Key:\r\n{cert}-----BEGIN PRIVATE KEY-----\r\n AQI\r\nD\r\n-----END PRIVATE KEY-----");
        assert_eq!(private_key(&text).unwrap().der.expose_secret(), [1, 2, 3]);
    }
}
