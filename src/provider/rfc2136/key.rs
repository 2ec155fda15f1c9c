//! TSIG keys as people have them (RFC 8945): on one line, or in the file that `tsig-keygen` writes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hickory_proto::rr::rdata::tsig::TsigAlgorithm;

use crate::error::{Error, Result};
use crate::model::name::{self, Name};

/// A shared key. Its secret is never printed.
#[derive(Clone)]
pub struct TsigKey {
    /// Its name.
    pub name: Name,
    /// Its algorithm.
    pub algorithm: TsigAlgorithm,
    /// Its secret, decoded.
    pub secret: Vec<u8>,
}

impl TsigKey {
    /// Reads `algorithm:name:base64`; without an algorithm it is hmac-sha256.
    ///
    /// # Errors
    /// A configuration error that does not repeat the secret.
    pub fn from_line(text: &str) -> Result<Self> {
        let parts: Vec<&str> = text.trim().split(':').collect();
        match parts.as_slice() {
            [algorithm, name, secret] => Self::new(name, algorithm, secret),
            [name, secret] => Self::new(name, "hmac-sha256", secret),
            _ => Err(Error::config("the TSIG key is not of the form algorithm:name:base64")
                .hint("such as hmac-sha256:mailproof-key:c2VjcmV0…")),
        }
    }

    /// Reads the first `key "NAME" { algorithm …; secret "…"; };` of a BIND configuration.
    ///
    /// # Errors
    /// A configuration error that does not repeat the secret.
    pub fn from_bind(text: &str) -> Result<Self> {
        let bad = |what: &str| {
            Error::config(format!("the key file has no {what}")).hint("it is what `tsig-keygen NAME` writes")
        };
        let words = words(text);
        let start = words.iter().position(|w| w == "key").ok_or_else(|| bad("key statement"))?;
        let name = words.get(start + 1).ok_or_else(|| bad("name of a key"))?;
        let after = |what: &str| {
            let body = words[start..].iter().take_while(|w| *w != "}");
            body.skip_while(|w| *w != what).nth(1).filter(|w| *w != ";").ok_or_else(|| bad(what))
        };
        Self::new(name, after("algorithm")?, after("secret")?)
    }

    fn new(key_name: &str, algorithm: &str, secret: &str) -> Result<Self> {
        let algorithm = match algorithm.trim().trim_end_matches('.').to_ascii_lowercase().as_str() {
            "hmac-sha256" => TsigAlgorithm::HmacSha256,
            "hmac-sha384" => TsigAlgorithm::HmacSha384,
            "hmac-sha512" => TsigAlgorithm::HmacSha512,
            other => {
                return Err(Error::config(format!("TSIG keys of the algorithm `{other}` are not supported"))
                    .hint("hmac-sha256, hmac-sha384 and hmac-sha512 are: tsig-keygen -a hmac-sha256 NAME"));
            }
        };
        let secret = STANDARD
            .decode(secret.trim())
            .ok()
            .filter(|octets| !octets.is_empty())
            .ok_or_else(|| Error::config(format!("the secret of the TSIG key `{key_name}` is not base64")))?;
        Ok(TsigKey { name: name::domain(key_name)?, algorithm, secret })
    }
}

/// Words, quoted texts and punctuation of a BIND configuration, its comments left out.
fn words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let comment = ["//", "#", "/*"].iter().find(|mark| rest.starts_with(**mark));
        if let Some(mark) = comment {
            let end = if *mark == "/*" { "*/" } else { "\n" };
            rest = rest.split_once(end).map_or("", |(_, after)| after);
        } else if c.is_whitespace() {
            rest = &rest[c.len_utf8()..];
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (inside, after) = quoted.split_once('"').unwrap_or((quoted, ""));
            out.push(inside.to_string());
            rest = after;
        } else if matches!(c, '{' | '}' | ';') {
            out.push(c.to_string());
            rest = &rest[1..];
        } else {
            let end =
                rest.find(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | ';' | '"')).unwrap_or(rest.len());
            out.push(rest[..end].to_string());
            rest = &rest[end..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let cases: &[(&str, Result<(&str, TsigAlgorithm), &str>)] = &[
            ("hmac-sha256:k.example.:c2VjcmV0", Ok(("k.example", TsigAlgorithm::HmacSha256))),
            ("HMAC-SHA512:k:c2VjcmV0\n", Ok(("k", TsigAlgorithm::HmacSha512))),
            ("k:c2VjcmV0", Ok(("k", TsigAlgorithm::HmacSha256))),
            ("c2VjcmV0", Err("not of the form")),
            ("hmac-md5:k:c2VjcmV0", Err("`hmac-md5` are not supported")),
            ("hmac-sha256:k:sec ret", Err("not base64")),
            ("hmac-sha256:k:", Err("not base64")),
            ("hmac-sha256::c2VjcmV0", Err("empty")),
        ];
        for (line, want) in cases {
            match (TsigKey::from_line(line), want) {
                (Ok(key), Ok((name, algorithm))) => {
                    assert_eq!((name::show(&key.name).as_str(), &key.algorithm), (*name, algorithm), "{line}");
                    assert_eq!(key.secret, b"secret");
                }
                (Err(error), Err(message)) => {
                    assert!(error.message().contains(message), "{line}: {error}");
                    assert!(!error.to_string().contains("c2Vj") && !error.to_string().contains("sec ret"), "{error}");
                }
                (got, _) => panic!("{line}: {}", got.is_ok()),
            }
        }
    }

    #[test]
    fn files() {
        let good = [
            "key \"k\" {\n\talgorithm hmac-sha256;\n\tsecret \"c2VjcmV0\";\n};\n",
            "# old: key \"x\" {}\n/* another */ key k { secret c2VjcmV0; algorithm \"hmac-sha256\" ; }; // end",
        ];
        for text in good {
            let key = TsigKey::from_bind(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((name::show(&key.name).as_str(), key.secret.as_slice()), ("k", &b"secret"[..]), "{text}");
        }
        for (text, message) in [
            ("", "key statement"),
            ("key", "name"),
            ("key k { algorithm hmac-sha256; };", "secret"),
            ("key k { secret; };\nkey j { algorithm hmac-sha256; secret \"c2VjcmV0\"; };", "algorithm"),
            ("key \"k { algorithm hmac-sha256", "algorithm"),
        ] {
            let error = TsigKey::from_bind(text).err().unwrap();
            assert!(error.message().contains(message), "{text}: {error}");
        }
    }
}
