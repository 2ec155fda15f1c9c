//! The domain's own servers, as senders of test messages.

use std::net::IpAddr;
use std::path::Path;

use crate::error::Result;
use crate::keys::pair::KeyPair;
use crate::keys::store;
use crate::mail::sign::Signer;
use crate::model::name;
use crate::profile::schema::{Domain, KeyState};

/// A private key under its selector.
pub struct SigningKey {
    /// The selector.
    pub selector: String,
    /// The key.
    pub key: KeyPair,
}

/// What the domain signs with.
pub struct SigningKeys {
    /// The domain, the signatures' `d=`.
    pub domain: String,
    /// Every active key of the profile.
    pub keys: Vec<SigningKey>,
}

/// One address of one server that sends for the domain.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The domain after the @.
    pub domain: String,
    /// What the server says in EHLO.
    pub helo: String,
    /// The address that it sends from.
    pub ip: IpAddr,
}

impl SigningKeys {
    /// Reads the active keys of `domain`; paths are relative to `folder`, where the profile is.
    ///
    /// # Errors
    /// A configuration error when a key file is missing or no key.
    pub fn read(domain: &Domain, folder: &Path) -> Result<Self> {
        let mut keys = Vec::new();
        for entry in domain.dkim.iter().filter(|k| k.state == KeyState::Active) {
            let key = store::read(&folder.join(&entry.key))
                .map_err(|e| e.during(format!("reading the key of selector {}", entry.selector)))?;
            keys.push(SigningKey { selector: entry.selector.clone(), key });
        }
        Ok(SigningKeys { domain: name::show(&domain.name()?), keys })
    }

    /// The signers for a message.
    pub fn signers(&self) -> Vec<Signer<'_>> {
        self.keys.iter().map(|k| Signer { domain: &self.domain, selector: &k.selector, key: &k.key }).collect()
    }

    /// The selectors, for people.
    pub fn shown(&self) -> String {
        let selectors: Vec<&str> = self.keys.iter().map(|k| k.selector.as_str()).collect();
        if selectors.is_empty() { "nothing".into() } else { selectors.join(" and ") }
    }
}

/// Every address of every host of `domain` that sends.
///
/// # Errors
/// A configuration error when the domain is none.
pub fn senders(domain: &Domain) -> Result<Vec<Sender>> {
    let shown = name::show(&domain.name()?);
    let sending = domain.hosts.iter().filter(|h| h.sends && !domain.parked);
    Ok(sending
        .flat_map(|host| {
            let helo = host.helo.clone().unwrap_or_else(|| host.name.clone());
            host.addresses.iter().map(move |ip| (helo.clone(), *ip))
        })
        .map(|(helo, ip)| Sender { domain: shown.clone(), helo, ip })
        .collect())
}
