//! What one directive of an SPF record lets pass, beside another.

use std::net::IpAddr;

use crate::model::spf::{Directive, Mechanism, Qualifier, within};

/// A mechanism so that two are equal exactly when they match the same: the domain itself left out, names without case
/// and last dot. Upper-case macro letters mean something (RFC 7208 §7.3).
pub fn key(owner: &str, directive: &Directive) -> String {
    let mechanism = &directive.mechanism;
    let text = mechanism.to_string();
    let Some(domain) = mechanism.domain_spec() else { return text };
    let bare = domain.text.strip_suffix('.').unwrap_or(&domain.text);
    let shown = if bare.contains('%') { bare.to_string() } else { bare.to_ascii_lowercase() };
    let optional = !matches!(mechanism, Mechanism::Include(_) | Mechanism::Exists(_));
    if optional && shown == owner.to_ascii_lowercase() {
        return text.replacen(&format!(":{}", domain.text), "", 1);
    }
    text.replacen(&domain.text, &shown, 1)
}

/// Whether `have` lets pass all that `wanted` lets pass.
pub fn covers(owner: &str, have: &Directive, wanted: &Directive) -> bool {
    if have.qualifier != Qualifier::Pass {
        return false;
    }
    match (network(have), network(wanted)) {
        (Some(h), Some(w)) => h.holds(&w),
        _ => key(owner, have) == key(owner, wanted),
    }
}

/// Whether `before` may match an address that `wanted` names, as far as the record alone says.
pub fn shadows(owner: &str, before: &Directive, wanted: &Directive) -> bool {
    match (network(before), network(wanted)) {
        (Some(b), Some(w)) => b.holds(&w) || w.holds(&b),
        _ => key(owner, before) == key(owner, wanted),
    }
}

/// An address range.
struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    fn holds(&self, other: &Network) -> bool {
        self.prefix <= other.prefix && within(other.address, self.address, self.prefix)
    }
}

fn network(directive: &Directive) -> Option<Network> {
    match directive.mechanism {
        Mechanism::Ip4 { network, prefix } => Some(Network { address: network.into(), prefix }),
        Mechanism::Ip6 { network, prefix } => Some(Network { address: network.into(), prefix }),
        _ => None,
    }
}
