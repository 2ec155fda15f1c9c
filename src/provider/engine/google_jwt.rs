//! The signed assertion with which a service account of Google buys a token (RFC 7523 §2.1, RFC 7515).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::error::{Error, Result};

/// What such an assertion is called.
pub const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// How long an assertion holds, in seconds: the most that is taken.
const LIFETIME: u64 = 3600;

/// The key file of a service account, as far as it matters.
pub struct Account {
    /// Who signs.
    pub client_email: String,
    /// The key's id.
    pub private_key_id: Option<String>,
    /// The key, PKCS#8 in PEM.
    pub private_key: SecretString,
    /// Where tokens come from.
    pub token_uri: String,
    /// The project that the account belongs to.
    pub project_id: String,
}

#[derive(Deserialize)]
struct File {
    client_email: String,
    #[serde(default)]
    private_key_id: Option<String>,
    private_key: String,
    #[serde(default = "usual_token_uri")]
    token_uri: String,
    #[serde(default)]
    project_id: String,
}

fn usual_token_uri() -> String {
    "https://oauth2.googleapis.com/token".into()
}

impl Account {
    /// Reads a key: `text` is its JSON, or the path of the file that holds it.
    ///
    /// # Errors
    /// A configuration error that shows nothing of the key.
    pub fn read(text: &str) -> Result<Self> {
        let from_file;
        let json = if text.trim_start().starts_with('{') {
            text
        } else {
            from_file = std::fs::read_to_string(text).map_err(|e| {
                // What stands there may be the key in some other form: it is not repeated.
                Error::config("the key of the service account is neither JSON nor the path of a file that can be read")
                    .because(e)
            })?;
            &from_file
        };
        let file: File = serde_json::from_str(json).map_err(|e| {
            Error::config(format!("the key of the service account is not as Google gives it, at line {}", e.line()))
                .hint("make a JSON key for the service account in the Google Cloud console")
        })?;
        let File { client_email, private_key_id, private_key, token_uri, project_id } = file;
        Ok(Account { client_email, private_key_id, private_key: private_key.into(), token_uri, project_id })
    }

    /// The assertion that asks for `scope`, made at `now` (seconds of the Unix epoch).
    ///
    /// # Errors
    /// A configuration error for a key that is not an RSA key.
    pub fn assertion(&self, scope: &str, now: u64) -> Result<String> {
        let mut header = json!({"alg": "RS256", "typ": "JWT"});
        if let Some(id) = &self.private_key_id {
            header["kid"] = json!(id);
        }
        let claims = json!({
            "iss": self.client_email,
            "scope": scope,
            "aud": self.token_uri,
            "iat": now,
            "exp": now + LIFETIME,
        });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let unfit = || Error::config("the private key of the service account is not an RSA key in PEM (PKCS#8)");
        let body: String = self.private_key.expose_secret().lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(body.trim()).map_err(|_| unfit())?;
        let pair = KeyPair::from_pkcs8(&der).map_err(|_| unfit())?;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).map_err(|_| unfit())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_none() {
        for text in ["/nowhere/key.json", "{", "{\"client_email\": \"a\"}", "hunter2"] {
            let error = Account::read(text).err().unwrap();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
        let account =
            Account::read("{\"client_email\": \"a@b\", \"private_key\": \"-----BEGIN X-----\\nhunter2\\n\"}").unwrap();
        assert_eq!(account.token_uri, "https://oauth2.googleapis.com/token");
        let error = account.assertion("scope", 1).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
