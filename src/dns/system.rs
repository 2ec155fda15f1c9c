//! The name servers that this machine is set up to ask.

use std::net::{IpAddr, SocketAddr};

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

/// Reads an address with or without a port: `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]:5353`. The
/// port is 53 by default.
///
/// # Errors
/// A usage error for anything else; a host name is none, for who would resolve it?
pub fn parse_name_server(text: &str) -> Result<SocketAddr> {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, 53));
    }
    text.parse().map_err(|_| Error::usage("it is not an IP address, with or without a port, such as 192.0.2.1:5353"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_name_servers() {
        for (text, want) in [
            ("192.0.2.1", Some("192.0.2.1:53")),
            ("192.0.2.1:5353", Some("192.0.2.1:5353")),
            ("2001:db8::1", Some("[2001:db8::1]:53")),
            ("[2001:db8::1]", Some("[2001:db8::1]:53")),
            ("[2001:db8::1]:5353", Some("[2001:db8::1]:5353")),
            ("", None),
            ("ns.example.com", None),
            ("192.0.2.1:", None),
            ("192.0.2.1:65536", None),
            ("192.0.2.256", None),
        ] {
            let got = parse_name_server(text).map(|a| a.to_string()).ok();
            assert_eq!(got.as_deref(), want, "{text}");
        }
    }
}
