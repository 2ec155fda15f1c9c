//! TSIG keys as people have them: on one line, or in the file that `tsig-keygen` writes.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, Result};
use crate::model::name::{self, Name};

/// The algorithms of RFC 8945 §6 that servers have; HMAC-MD5 must not be used any more.
const ALGORITHMS: [(&str, hmac::Algorithm); 5] = [
    ("hmac-sha256", hmac::HMAC_SHA256),
    ("hmac-sha384", hmac::HMAC_SHA384),
    ("hmac-sha512", hmac::HMAC_SHA512),
    ("hmac-sha224", hmac::HMAC_SHA224),
    ("hmac-sha1", hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
];

/// A key shared with a name server. Its secret is never printed.
#[derive(Clone)]
pub struct TsigKey {
    /// Its name, in lower case.
    pub name: Name,
    /// Its algorithm as RFC 8945 §6 writes it, such as `hmac-sha256`.
    pub algorithm: &'static str,
    secret: hmac::Key,
}

impl fmt::Debug for TsigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TsigKey({} {})", self.algorithm, name::show(&self.name))
    }
}

impl TsigKey {
    /// Reads `algorithm:name:base64`, as `dig -y` and `nsupdate -y` take it; without an algorithm it is hmac-sha256.
    ///
    /// # Errors
    /// A configuration error that never repeats the secret.
    pub fn from_line(text: &str) -> Result<Self> {
        match *text.trim().split(':').collect::<Vec<_>>() {
            [algorithm, name, secret] => Self::new(algorithm, name, secret),
            [name, secret] => Self::new("hmac-sha256", name, secret),
            _ => Err(Error::config("the TSIG key is not of the form algorithm:name:base64")
                .hint("it is written as `nsupdate -y` takes it, such as hmac-sha256:mailproof:BASE64")),
        }
    }

    /// Reads the one `key "NAME" { algorithm ...; secret "..."; };` of a BIND key file.
    ///
    /// # Errors
    /// A configuration error that never repeats the secret.
    pub fn from_bind(text: &str) -> Result<Self> {
        let words = words(text);
        let mut keys = words.iter().enumerate().filter(|(i, w)| *w == "key" && depth(&words[..*i]) == 0);
        let bad = |what: &str| {
            Error::config(format!("the key file has no {what}"))
                .hint("it is a file as `tsig-keygen NAME` writes it: key \"NAME\" { algorithm hmac-sha256; secret \"...\"; };")
        };
        let (start, _) = keys.next().ok_or_else(|| bad("`key` statement"))?;
        if keys.next().is_some() {
            return Err(
                Error::config("the key file has several keys").hint("put the one to use into a file of its own")
            );
        }
        let statement = words.get(start + 1..).unwrap_or_default();
        let name = statement.first().filter(|w| *w != "{").ok_or_else(|| bad("name of the key"))?;
        let value = |what: &str| {
            let mut body = statement.iter().skip(1).take_while(|w| *w != "}").skip_while(|w| *w != what);
            body.nth(1).filter(|w| *w != ";").ok_or_else(|| bad(&format!("`{what}` of the key {name}")))
        };
        Self::new(value("algorithm")?, name, value("secret")?)
    }

    fn new(algorithm: &str, key_name: &str, secret: &str) -> Result<Self> {
        let wanted = algorithm.trim().trim_end_matches('.').to_ascii_lowercase();
        let Some((algorithm, hmac)) = ALGORITHMS.iter().find(|(name, _)| *name == wanted) else {
            // What is there may be a secret in the wrong place: only what looks like an algorithm is repeated.
            let shown = if wanted.starts_with("hmac-") { format!("`{wanted}`") } else { "that is named".into() };
            let known: Vec<&str> = ALGORITHMS.iter().map(|(name, _)| *name).collect();
            return Err(Error::config(format!("the TSIG algorithm {shown} is not known here"))
                .hint(format!("it is one of {}; `tsig-keygen NAME` makes a key of the first", known.join(", "))));
        };
        let name =
            name::domain(key_name).map_err(|_| Error::config("the name of the TSIG key is not a domain name"))?;
        let secret = STANDARD.decode(secret.trim()).ok().filter(|octets| !octets.is_empty());
        let secret = secret.ok_or_else(|| {
            Error::config(format!("the secret of the TSIG key {} is not base64", name::show(&name)))
                .hint("copy it as a whole, with the = at its end")
        })?;
        Ok(TsigKey { name, algorithm, secret: hmac::Key::new(*hmac, &secret) })
    }

    /// The code for what the parts make up together.
    pub(super) fn mac(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.secret);
        parts.iter().for_each(|part| context.update(part));
        context.sign().as_ref().to_vec()
    }

    /// Whether `mac` is the code of what the parts make up together, in a time that tells nothing about it.
    pub(super) fn verifies(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        hmac::verify(&self.secret, &parts.concat(), mac).is_ok()
    }
}

/// How many braces are open after `words`.
fn depth(words: &[String]) -> usize {
    words.iter().fold(0, |depth: usize, word| match word.as_str() {
        "{" => depth + 1,
        "}" => depth.saturating_sub(1),
        _ => depth,
    })
}

/// Words, quoted texts and punctuation of a BIND configuration, without its comments.
fn words(text: &str) -> Vec<String> {
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some(c) = rest.chars().next() {
        let comment = [("//", "\n"), ("#", "\n"), ("/*", "*/")].into_iter().find(|(mark, _)| rest.starts_with(mark));
        if let Some((_, end)) = comment {
            rest = rest.split_once(end).map_or("", |(_, after)| after);
        } else if c.is_whitespace() {
            rest = rest.trim_start();
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (inside, after) = quoted.split_once('"').unwrap_or((quoted, ""));
            out.push(inside.to_string());
            rest = after;
        } else {
            let ends = |c: char| c.is_whitespace() || "{};\"".contains(c);
            let end = rest.find(ends).unwrap_or(rest.len()).max(c.len_utf8());
            out.push(rest[..end].to_string());
            rest = &rest[end..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(got: Result<TsigKey>, want: &Result<(&str, &str), &str>, input: &str) {
        match (got, want) {
            (Ok(key), Ok((name, algorithm))) => {
                assert_eq!((name::show(&key.name).as_str(), key.algorithm), (*name, *algorithm), "{input}");
                assert!(!format!("{key:?}").contains("c2Vj"), "{key:?}");
            }
            (Err(error), Err(message)) => {
                assert!(error.message().contains(message), "{input}: {error}");
                let told = format!("{error} {:?}", error.hint_text());
                assert!(!told.contains("c2Vj") && !told.contains("hunter"), "{input}: {told}");
            }
            (got, want) => panic!("{input}: {got:?}, wanted {want:?}"),
        }
    }

    #[test]
    fn lines() {
        let cases: &[(&str, Result<(&str, &str), &str>)] = &[
            ("hmac-sha256:k.example.:c2VjcmV0", Ok(("k.example", "hmac-sha256"))),
            ("HMAC-SHA512.:K:c2VjcmV0\n", Ok(("k", "hmac-sha512"))),
            ("k:c2VjcmV0", Ok(("k", "hmac-sha256"))),
            ("hmac-sha1:k:c2VjcmV0", Ok(("k", "hmac-sha1"))),
            ("hmac-sha384:k:c2VjcmV0", Ok(("k", "hmac-sha384"))),
            ("c2VjcmV0", Err("not of the form")),
            ("a:b:c:d", Err("not of the form")),
            ("hmac-md5:k:c2VjcmV0", Err("`hmac-md5` is not known")),
            ("c2VjcmV0:k:hmac-sha256", Err("that is named is not known")),
            ("hmac-sha256:c2VjcmV0=:k", Err("name of the TSIG key")),
            ("hmac-sha256:k:hunter2!", Err("not base64")),
            ("hmac-sha256:k:", Err("not base64")),
            ("hmac-sha256::c2VjcmV0", Err("name of the TSIG key")),
        ];
        for (line, want) in cases {
            check(TsigKey::from_line(line), want, line);
        }
    }

    #[test]
    fn files() {
        let cases: &[(&str, Result<(&str, &str), &str>)] = &[
            ("key \"k\" {\n\talgorithm hmac-sha256;\n\tsecret \"c2VjcmV0\";\n};\n", Ok(("k", "hmac-sha256"))),
            (
                "# key \"x\" {}\n/* key y */ key k { secret c2VjcmV0; algorithm \"hmac-sha512\" ; }; // end",
                Ok(("k", "hmac-sha512")),
            ),
            ("controls { keys { key; }; }; key k{algorithm hmac-sha1;secret\"c2VjcmV0\";};", Ok(("k", "hmac-sha1"))),
            ("", Err("no `key` statement")),
            ("hmac-sha256:k:c2VjcmV0", Err("no `key` statement")),
            ("key", Err("no name")),
            ("key { secret \"c2VjcmV0\"; };", Err("no name")),
            ("key k { algorithm hmac-sha256; };", Err("no `secret` of the key k")),
            ("key k { algorithm hmac-sha256; secret", Err("no `secret` of the key k")),
            ("key k { secret; algorithm hmac-sha256; };", Err("no `secret` of the key k")),
            ("key k { secret \"c2VjcmV0\"; };", Err("no `algorithm` of the key k")),
            ("key k { algorithm hmac-sha256; secret \"c2VjcmV0", Ok(("k", "hmac-sha256"))),
            ("key k { secret a; }; key j { algorithm hmac-sha256; secret \"c2VjcmV0\"; };", Err("several keys")),
        ];
        for (text, want) in cases {
            check(TsigKey::from_bind(text), want, text);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r#"[key "{};#/*\n日:a-z0-9=]{0,80}"#) {
            let _ = TsigKey::from_line(&text);
            let _ = TsigKey::from_bind(&text);
        }
    }
}
