//! The messages that are sent to prove something, and what each proves.

use serde::Serialize;

use crate::auth::judge::Judgement;

/// A kind of test message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// From the domain's own address, signed: must pass everything.
    Authentic,
    /// The same From, from a foreign address, unsigned: must pass nothing.
    Spoofed,
    /// From the domain's own address, its body changed after signing: DKIM must fail.
    Tampered,
    /// From a foreign address, signed in the domain's name with a key that it does not publish: must pass nothing.
    ForgedSignature,
}

impl Probe {
    /// What shows how mail is judged that claims to come from a domain without a server of its own.
    pub const FORGERIES: [Probe; 2] = [Probe::Spoofed, Probe::ForgedSignature];

    /// In the order in which they are sent.
    pub const ALL: [Probe; 3] = [Probe::Authentic, Probe::Spoofed, Probe::Tampered];

    /// Its name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Probe::Authentic => "authentic",
            Probe::Spoofed => "spoofed",
            Probe::Tampered => "tampered",
            Probe::ForgedSignature => "forged",
        }
    }
}

/// A probe with what a receiver said about it.
#[derive(Clone, Debug, Serialize)]
pub struct JudgedProbe {
    /// Which message.
    pub probe: Probe,
    /// How it came, for people: `from 127.0.0.10, signed with mp202611`.
    pub how: String,
    /// Whether it really went through SMTP.
    pub sent: bool,
    /// The receiver's judgement.
    pub judgement: Judgement,
}
