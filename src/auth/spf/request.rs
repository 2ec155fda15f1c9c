//! What `check_host()` is asked.

use std::net::IpAddr;
use std::time::SystemTime;

/// The arguments of `check_host()` (RFC 7208 §4.1), and what the macros need besides.
#[derive(Clone, Debug)]
pub struct SpfRequest<'a> {
    /// The client's address. An IPv4-mapped IPv6 address is taken as the IPv4 address (§5).
    pub ip: IpAddr,
    /// The domain to check, as the client gave it.
    pub domain: &'a str,
    /// `local@domain`; with a null reverse-path `postmaster@<HELO>` (§2.4).
    pub sender: &'a str,
    /// What the client said in HELO or EHLO.
    pub helo: &'a str,
    /// Our own host name, for the macro `r`.
    pub receiver: &'a str,
    /// For the macro `t`.
    pub now: SystemTime,
}
