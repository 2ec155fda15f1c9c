//! The kinds of DKIM key (RFC 8301 §3.2, RFC 8463).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A kind of DKIM key that this program makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// RSA, 2048 bits: what every receiver verifies.
    #[default]
    Rsa2048,
    /// RSA, 3072 bits.
    Rsa3072,
    /// RSA, 4096 bits: the largest that verifiers must accept.
    Rsa4096,
    /// Ed25519: small and fast; not every receiver verifies it yet.
    Ed25519,
}

impl Algorithm {
    /// All of them, the default first.
    pub const ALL: [Algorithm; 4] = [Algorithm::Rsa2048, Algorithm::Rsa3072, Algorithm::Rsa4096, Algorithm::Ed25519];

    /// The name on the command line and in the profile.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Rsa2048 => "rsa2048",
            Algorithm::Rsa3072 => "rsa3072",
            Algorithm::Rsa4096 => "rsa4096",
            Algorithm::Ed25519 => "ed25519",
        }
    }

    /// The value of the key record's `k=` tag.
    pub fn key_type(self) -> &'static str {
        if self == Algorithm::Ed25519 { "ed25519" } else { "rsa" }
    }

    /// Whether it is an RSA kind.
    pub fn is_rsa(self) -> bool {
        self != Algorithm::Ed25519
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Algorithm::ALL
            .into_iter()
            .find(|a| a.name() == text)
            .ok_or_else(|| format!("`{text}` is not one of rsa2048, rsa3072, rsa4096, ed25519"))
    }
}
