//! The messages of the set, and what a good server makes of each.

use serde::Serialize;

use crate::prove::inbound::expected::{Expected, Fate};

/// A message of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InboundProbe {
    /// Signed with RSA, from the right address.
    Authentic,
    /// Signed with Ed25519 alone.
    Ed25519,
    /// Not signed, from the right address.
    Unsigned,
    /// With the null reverse-path, as bounces have, and not signed: SPF on HELO alone speaks for it.
    NullSender,
    /// Signed with a key that was revoked.
    RevokedKey,
    /// Its body changed after signing.
    BodyChanged,
    /// Signed, and SPF fails: as a forwarder would send it on.
    Forwarded,
    /// From forged: SPF fails and nothing signs.
    Spoofed,
    /// A second From on top of a signed message.
    TwoFroms,
    /// Forged, and it brings Authentication-Results in the server's own name.
    ForgedResults,
    /// Forged, and it brings a Received-SPF that says pass.
    ForgedSpf,
}

impl InboundProbe {
    /// In the order in which they are sent: the authentic one first, whose failure explains all others.
    pub const ALL: [InboundProbe; 11] = [
        InboundProbe::Authentic,
        InboundProbe::Ed25519,
        InboundProbe::Unsigned,
        InboundProbe::NullSender,
        InboundProbe::RevokedKey,
        InboundProbe::BodyChanged,
        InboundProbe::Forwarded,
        InboundProbe::Spoofed,
        InboundProbe::TwoFroms,
        InboundProbe::ForgedResults,
        InboundProbe::ForgedSpf,
    ];

    /// Its name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            InboundProbe::Authentic => "authentic",
            InboundProbe::Ed25519 => "ed25519",
            InboundProbe::Unsigned => "unsigned",
            InboundProbe::NullSender => "null-sender",
            InboundProbe::RevokedKey => "revoked-key",
            InboundProbe::BodyChanged => "body-changed",
            InboundProbe::Forwarded => "forwarded",
            InboundProbe::Spoofed => "spoofed",
            InboundProbe::TwoFroms => "two-froms",
            InboundProbe::ForgedResults => "forged-results",
            InboundProbe::ForgedSpf => "forged-spf",
        }
    }

    /// What it is, for people.
    pub fn what(self) -> &'static str {
        match self {
            InboundProbe::Authentic => "authentic and aligned, signed with RSA",
            InboundProbe::Ed25519 => "authentic, signed with Ed25519 alone",
            InboundProbe::Unsigned => "from the right address, not signed",
            InboundProbe::NullSender => "null sender: SPF goes by the HELO name (RFC 7208 section 2.4)",
            InboundProbe::RevokedKey => "signed with a revoked key",
            InboundProbe::BodyChanged => "body changed after signing",
            InboundProbe::Forwarded => "signed, but SPF fails, as behind a forwarder",
            InboundProbe::Spoofed => "From forged: neither SPF nor DKIM",
            InboundProbe::TwoFroms => "a second From on top of a signed message",
            InboundProbe::ForgedResults => "forged, with Authentication-Results in this server's own name",
            InboundProbe::ForgedSpf => "forged, with its own Received-SPF: pass",
        }
    }

    /// What a good server makes of it; `software` is its, where that is known. The probe domain asks for `p=reject`.
    pub fn expected(self, software: Option<&str>) -> Expected {
        const NO_PASS: &[&str] = &["fail", "permerror", "policy", "neutral"];
        let (spf, dkim, dmarc, fate): (&[&str], &[&str], &[&str], Fate) = match self {
            InboundProbe::Authentic | InboundProbe::Ed25519 => (&["pass"], &["pass"], &["pass"], Fate::Delivered),
            InboundProbe::Unsigned | InboundProbe::NullSender => (&["pass"], &["none"], &["pass"], Fate::Delivered),
            // An empty `p=` is a key that was revoked, a permanent failure (RFC 6376 §6.1.2). `none` says that nobody signed
            // (RFC 8601 §2.7.1), which is untrue; but Rspamd, as its auth_results are made, keeps no result of a signature
            // whose key cannot be read, and then writes `none`.
            InboundProbe::RevokedKey => {
                let dkim: &[&str] = match software {
                    Some("rspamd") => &["fail", "permerror", "neutral", "none"],
                    _ => &["fail", "permerror", "neutral"],
                };
                (&["pass"], dkim, &["pass"], Fate::Delivered)
            }
            InboundProbe::BodyChanged => (&["pass"], NO_PASS, &["pass"], Fate::Delivered),
            InboundProbe::Forwarded => (&["fail"], &["pass"], &["pass"], Fate::Delivered),
            InboundProbe::Spoofed | InboundProbe::ForgedResults | InboundProbe::ForgedSpf => {
                (&["fail"], &["none"], &["fail"], Fate::Refused)
            }
            // Which From a reader would be shown nobody knows, so there is no author to judge.
            InboundProbe::TwoFroms => (&["pass"], NO_PASS, &["permerror", "none", "fail"], Fate::Refused),
        };
        Expected { spf, dkim, dmarc, fate }
    }
}
