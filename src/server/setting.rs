//! What templates are given: the profile's answers and what follows from them.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Error, Result};
use crate::profile::schema::{Domain, Host, KeyState, Server};
use crate::server::side::Direction;
use crate::server::system::System;

/// What a server is configured for.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// It signs.
    pub sending: bool,
    /// It judges.
    pub receiving: bool,
    /// The release.
    pub system: System,
    /// The release's name for people.
    pub system_name: &'static str,
    /// The host's name.
    pub host: String,
    /// What it says in EHLO.
    pub helo: String,
    /// The id in its Authentication-Results.
    pub authserv_id: String,
    /// The domains that it signs for or receives for.
    pub domains: Vec<DomainSetting>,
    /// Whether a key of that kind signs.
    pub rsa: bool,
    /// Whether a key of that kind signs.
    pub ed25519: bool,
    /// The resolvers, by address.
    pub resolvers: Vec<String>,
    /// Whether the resolver has to be installed first.
    pub needs_resolver: bool,
    /// Networks beside loopback whose mail it sends.
    pub networks: Vec<String>,
    /// Refuse what the author's domain asks to refuse.
    pub reject: bool,
}

/// One domain of a server.
#[derive(Clone, Debug, Serialize)]
pub struct DomainSetting {
    /// The domain.
    pub domain: String,
    /// The keys that sign for it.
    pub keys: Vec<KeySetting>,
}

/// A key of a domain.
#[derive(Clone, Debug, Serialize)]
pub struct KeySetting {
    /// The selector.
    pub selector: String,
    /// `rsa` or `ed25519`.
    pub kind: &'static str,
    /// Where it is on the server.
    pub path: String,
    /// Where it is now.
    #[serde(skip)]
    pub source: PathBuf,
}

/// What the command line adds to the profile.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Which direction.
    pub direction: Direction,
    /// The host, where the profile has several.
    pub host: Option<String>,
    /// The release.
    pub system: Option<System>,
    /// Resolvers in place of the profile's.
    pub resolvers: Vec<IpAddr>,
    /// Networks that the server relays for, as its present configuration says.
    pub networks: Vec<String>,
}

/// Where private keys go on the server.
pub const KEY_FOLDER: &str = "/etc/dkimkeys";

/// Makes the setting for `domains` of a profile whose folder is `folder`.
///
/// # Errors
/// A usage error when no host does what is asked, or several do and none is named; a configuration error when nothing
/// is there to sign with.
pub fn setting(domains: &[&Domain], folder: &Path, wishes: &Wishes) -> Result<Setting> {
    let Wishes { direction, .. } = *wishes;
    let host = pick_host(domains, wishes)?;
    let mine: Vec<&Domain> = domains
        .iter()
        .copied()
        .filter(|d| !d.parked && d.hosts.iter().any(|h| h.name == host.name && does(h, direction)))
        .collect();
    let servers: Vec<&Server> = mine.iter().filter_map(|d| d.server.as_ref()).collect();
    let system = match (wishes.system, servers.iter().find_map(|s| s.system.as_deref())) {
        (Some(system), _) => system,
        (None, Some(id)) => System::find(id).ok_or_else(|| {
            Error::config(format!("the profile names the system `{id}`"))
                .hint(format!("known are {}", System::IDS.join(", ")))
        })?,
        (None, None) => System::default(),
    };
    let own: Vec<IpAddr> = servers.iter().flat_map(|s| s.resolvers.iter().copied()).collect();
    let named = if wishes.resolvers.is_empty() { &own } else { &wishes.resolvers };
    let mut resolvers: Vec<String> = named.iter().map(ToString::to_string).collect();
    resolvers.dedup();
    let needs_resolver = resolvers.is_empty() && system.lacks_resolver();
    if resolvers.is_empty() {
        resolvers.push(system.resolver().into());
    }
    let mut networks: Vec<String> = Vec::new();
    for network in servers.iter().flat_map(|s| &s.networks).chain(&wishes.networks) {
        if !networks.contains(network) {
            networks.push(network.clone());
        }
    }
    let domains: Vec<DomainSetting> = mine.iter().map(|d| domain_setting(d, folder, direction)).collect();
    let signs_with = |kind: &str| domains.iter().flat_map(|d| &d.keys).any(|k| k.kind == kind);
    let (rsa, ed25519) = (signs_with("rsa"), signs_with("ed25519"));
    if direction.sends() && !rsa && !ed25519 {
        return Err(Error::config(format!("the profile has no active key that {} could sign with", host.name))
            .hint("make one with `mailproof keys generate`, or render --side receiving alone"));
    }
    Ok(Setting {
        sending: direction.sends(),
        receiving: direction.receives(),
        system,
        system_name: system.name(),
        helo: host.helo.clone().unwrap_or_else(|| host.name.clone()),
        authserv_id: servers.iter().find_map(|s| s.authserv_id.clone()).unwrap_or_else(|| host.name.clone()),
        host: host.name.clone(),
        domains,
        rsa,
        ed25519,
        resolvers,
        needs_resolver,
        networks,
        reject: servers.iter().all(|s| s.reject),
    })
}

fn does(host: &Host, direction: Direction) -> bool {
    (!direction.sends() || host.sends) && (!direction.receives() || host.mx.is_some())
}

/// The one host that does what is asked.
fn pick_host<'a>(domains: &[&'a Domain], wishes: &Wishes) -> Result<&'a Host> {
    let mut fit: Vec<&Host> = Vec::new();
    for host in domains.iter().filter(|d| !d.parked).flat_map(|d| &d.hosts).filter(|h| does(h, wishes.direction)) {
        if !fit.iter().any(|f| f.name == host.name) {
            fit.push(host);
        }
    }
    let names = || fit.iter().map(|h| h.name.as_str()).collect::<Vec<_>>().join(", ");
    let word = wishes.direction.word();
    match (&wishes.host, fit.as_slice()) {
        (Some(name), _) => fit.iter().find(|h| h.name.eq_ignore_ascii_case(name)).copied().ok_or_else(|| {
            let hint = match names() {
                none if none.is_empty() => "see `hosts` in the profile: `sends` and `mx` say what a host does".into(),
                names => format!("these do: {names}"),
            };
            Error::usage(format!("the profile has no host {name} for {word} mail")).hint(hint)
        }),
        (None, [one]) => Ok(one),
        (None, []) => Err(Error::usage(format!("the profile has no host for {word} mail"))
            .hint("choose the direction with --side; `sends` and `mx` of `hosts` say what a host does")),
        (None, _) => {
            Err(Error::usage(format!("several hosts are for {word} mail: {}", names())).hint("choose one with --host"))
        }
    }
}

/// One key of each kind signs: a milter makes one signature an algorithm.
fn domain_setting(domain: &Domain, folder: &Path, direction: Direction) -> DomainSetting {
    let mut keys: Vec<KeySetting> = Vec::new();
    for key in domain.dkim.iter().filter(|k| k.state == KeyState::Active && direction.sends()) {
        let kind = if key.algorithm.is_rsa() { "rsa" } else { "ed25519" };
        if !keys.iter().any(|k| k.kind == kind) {
            keys.push(KeySetting {
                path: format!("{KEY_FOLDER}/{}.{}.private", domain.domain, key.selector),
                selector: key.selector.clone(),
                kind,
                source: folder.join(&key.key),
            });
        }
    }
    DomainSetting { domain: domain.domain.clone(), keys }
}
