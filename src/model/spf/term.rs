//! The terms of a record: directives and modifiers (RFC 7208 §4.6.1).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::Serialize;

use crate::model::source::Span;
use crate::model::spf::{DualCidr, MacroString};

/// One term and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Where it stands, qualifier included.
    pub span: Span,
    /// What it is.
    pub kind: TermKind,
}

/// A directive or a modifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// A mechanism with its qualifier.
    Directive(Directive),
    /// `name=value`.
    Modifier(Modifier),
}

/// A mechanism with what a match means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The qualifier; pass where none is written (§4.6.2).
    pub qualifier: Qualifier,
    /// What it matches.
    pub mechanism: Mechanism,
}

/// What a match means (§4.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Qualifier {
    /// `+` or nothing.
    Pass,
    /// `-`.
    Fail,
    /// `~`.
    SoftFail,
    /// `?`.
    Neutral,
}

impl Qualifier {
    /// Reads the character that stands before a mechanism.
    pub fn from_octet(octet: u8) -> Option<Self> {
        match octet {
            b'+' => Some(Qualifier::Pass),
            b'-' => Some(Qualifier::Fail),
            b'~' => Some(Qualifier::SoftFail),
            b'?' => Some(Qualifier::Neutral),
            _ => None,
        }
    }
}

/// What is matched against the client's address (§5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// Everything (§5.1).
    All,
    /// What another domain's record passes (§5.2).
    Include(MacroString),
    /// The addresses of a name, the domain itself where none is given (§5.3).
    A {
        /// The name.
        domain: Option<MacroString>,
        /// Prefix lengths.
        cidr: DualCidr,
    },
    /// The addresses of a name's mail exchangers (§5.4).
    Mx {
        /// The name.
        domain: Option<MacroString>,
        /// Prefix lengths.
        cidr: DualCidr,
    },
    /// The validated reverse names of the address (§5.5).
    Ptr {
        /// The name they must end in.
        domain: Option<MacroString>,
    },
    /// An IPv4 network (§5.6).
    Ip4 {
        /// The address as written, host bits kept.
        network: Ipv4Addr,
        /// The prefix length, 32 where none is written.
        prefix: u8,
    },
    /// An IPv6 network (§5.6).
    Ip6 {
        /// The address as written, host bits kept.
        network: Ipv6Addr,
        /// The prefix length, 128 where none is written.
        prefix: u8,
    },
    /// Whether a name has an A record (§5.7).
    Exists(MacroString),
}

impl Mechanism {
    /// Its name in lower case.
    pub fn name(&self) -> &'static str {
        match self {
            Mechanism::All => "all",
            Mechanism::Include(_) => "include",
            Mechanism::A { .. } => "a",
            Mechanism::Mx { .. } => "mx",
            Mechanism::Ptr { .. } => "ptr",
            Mechanism::Ip4 { .. } => "ip4",
            Mechanism::Ip6 { .. } => "ip6",
            Mechanism::Exists(_) => "exists",
        }
    }

    /// The domain-spec, where one is written.
    pub fn domain_spec(&self) -> Option<&MacroString> {
        match self {
            Mechanism::Include(d) | Mechanism::Exists(d) => Some(d),
            Mechanism::A { domain, .. } | Mechanism::Mx { domain, .. } | Mechanism::Ptr { domain } => domain.as_ref(),
            Mechanism::All | Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. } => None,
        }
    }

    /// Whether it counts against the ten (§4.6.4).
    pub fn costs_lookup(&self) -> bool {
        !matches!(self, Mechanism::All | Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. })
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Mechanism::Ip4 { network, prefix: 32 } => write!(f, ":{network}"),
            Mechanism::Ip4 { network, prefix } => write!(f, ":{network}/{prefix}"),
            Mechanism::Ip6 { network, prefix: 128 } => write!(f, ":{network}"),
            Mechanism::Ip6 { network, prefix } => write!(f, ":{network}/{prefix}"),
            _ => {
                if let Some(domain) = self.domain_spec() {
                    write!(f, ":{domain}")?;
                }
                match self {
                    Mechanism::A { cidr, .. } | Mechanism::Mx { cidr, .. } => write!(f, "{cidr}"),
                    _ => Ok(()),
                }
            }
        }
    }
}

/// `name=value` (§6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modifier {
    /// Whose record to use when nothing matches (§6.1).
    Redirect(MacroString),
    /// Where the explanation of a fail is (§6.2).
    Explanation(MacroString),
    /// Any other: ignored (§6).
    Unknown {
        /// The name as written.
        name: String,
        /// The value.
        value: MacroString,
    },
}
