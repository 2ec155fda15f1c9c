//! The name servers that this machine is set up to ask.

use std::net::SocketAddr;

use crate::error::{Error, Result};

/// The system's resolvers, in their order; at least one.
///
/// # Errors
/// A configuration error when there is none or the configuration cannot be read.
pub fn name_servers() -> Result<Vec<SocketAddr>> {
    let none = || {
        Error::config("this machine has no name server configured")
            .hint("name one with --nameserver, such as --nameserver 9.9.9.9")
    };
    let (config, _) = hickory_resolver::system_conf::read_system_conf().map_err(|e| none().because(e))?;
    // macOS and Windows list one server per transport; the address is what counts.
    let mut servers: Vec<SocketAddr> = Vec::new();
    for server in config.name_servers() {
        let port = server.connections.first().map_or(53, |c| c.port);
        let addr = SocketAddr::new(server.ip, port);
        if !servers.contains(&addr) {
            servers.push(addr);
        }
    }
    if servers.is_empty() { Err(none()) } else { Ok(servers) }
}
