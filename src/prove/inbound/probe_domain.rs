//! The domain that the messages of the set come from: a name below one's own with records for this alone.

use std::net::IpAddr;
use std::path::Path;

use crate::error::Result;
use crate::keys::algorithm::Algorithm;
use crate::keys::pair::KeyPair;
use crate::keys::store::{self, KeyFiles};

/// The selector of the RSA key.
pub const RSA: &str = "rsa";
/// The selector of the Ed25519 key.
pub const ED25519: &str = "ed";
/// The selector whose key is revoked.
pub const REVOKED: &str = "revoked";

/// A probe domain with its keys.
pub struct ProbeDomain {
    /// Its name.
    pub domain: String,
    /// The address that the messages come from.
    pub ip: IpAddr,
    /// The RSA key.
    pub rsa: KeyPair,
    /// The Ed25519 key.
    pub ed25519: KeyPair,
}

/// One record to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeRecord {
    /// Its name, without the last dot.
    pub name: String,
    /// `A`, `AAAA` or `TXT`.
    pub rtype: &'static str,
    /// Its value; of a TXT the octets, not quoted.
    pub value: String,
}

impl ProbeDomain {
    /// Reads the keys in `folder`, or makes them there.
    ///
    /// # Errors
    /// A configuration error when a key cannot be read or written.
    pub fn open(domain: &str, ip: IpAddr, folder: &Path) -> Result<Self> {
        let key = |selector: &str, algorithm: Algorithm| -> Result<KeyPair> {
            let files = KeyFiles::of(folder, domain, selector);
            if files.key.exists() {
                return store::read(&files.key);
            }
            let pair = KeyPair::generate(algorithm)?;
            store::save(&files, &pair, &format!("{selector}._domainkey.{domain}. IN TXT \"{}\"\n", pair.record()))?;
            Ok(pair)
        };
        Ok(ProbeDomain {
            domain: domain.to_string(),
            ip,
            rsa: key(RSA, Algorithm::Rsa2048)?,
            ed25519: key(ED25519, Algorithm::Ed25519)?,
        })
    }

    /// What the messages' sender says in EHLO.
    pub fn helo(&self) -> String {
        format!("helo.{}", self.domain)
    }

    /// A domain from which nobody may send.
    pub fn nobody(&self) -> String {
        format!("nobody.{}", self.domain)
    }

    /// Everything that has to be in DNS.
    pub fn records(&self) -> Vec<ProbeRecord> {
        let (d, ip) = (&self.domain, self.ip);
        let (address, mechanism) = if ip.is_ipv4() { ("A", "ip4") } else { ("AAAA", "ip6") };
        let record = |name: String, rtype, value: String| ProbeRecord { name, rtype, value };
        let spf = format!("v=spf1 {mechanism}:{ip} -all");
        let mut out = Vec::new();
        // Servers refuse senders whose domain has neither MX nor address.
        for name in [d.clone(), self.helo(), self.nobody()] {
            out.push(record(name, address, ip.to_string()));
        }
        out.push(record(d.clone(), "TXT", spf.clone()));
        out.push(record(self.helo(), "TXT", spf));
        out.push(record(self.nobody(), "TXT", "v=spf1 -all".into()));
        // Readers of RFC 7489 look at the name itself and at the organisation's, not between.
        for name in [d.clone(), self.nobody()] {
            out.push(record(format!("_dmarc.{name}"), "TXT", "v=DMARC1; p=reject".into()));
        }
        out.push(record(format!("{RSA}._domainkey.{d}"), "TXT", self.rsa.record()));
        out.push(record(format!("{ED25519}._domainkey.{d}"), "TXT", self.ed25519.record()));
        out.push(record(format!("{REVOKED}._domainkey.{d}"), "TXT", "v=DKIM1; k=rsa; p=".into()));
        out
    }

    /// The records as lines of a zone file.
    pub fn zone_text(&self) -> String {
        let lines = self.records().into_iter().map(|r| match r.rtype {
            "TXT" => {
                // 255 octets a string (RFC 1035 §3.3.14).
                let octets: Vec<char> = r.value.chars().collect();
                let strings: Vec<String> =
                    octets.chunks(250).map(|c| format!("\"{}\"", c.iter().collect::<String>())).collect();
                format!("{}. 300 IN TXT {}\n", r.name, strings.join(" "))
            }
            other => format!("{}. 300 IN {other} {}\n", r.name, r.value),
        });
        lines.collect()
    }
}
