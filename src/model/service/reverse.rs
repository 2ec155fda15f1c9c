//! Reverse DNS of a host that may send.

use std::net::IpAddr;

use serde::Serialize;

/// What reverse DNS says about a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReverseName {
    /// The host.
    pub address: IpAddr,
    /// Its names (RFC 1035 §3.5).
    pub names: Vec<String>,
    /// The first of them that leads back to the address.
    pub confirmed: Option<String>,
    /// Why that is not known.
    pub failure: Option<String>,
}
