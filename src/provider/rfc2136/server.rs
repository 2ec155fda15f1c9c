//! Where a name server is.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::error::{Error, Result};
use crate::model::name;
use crate::provider::NeverSent;

/// A name server as the profile names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// An address, or a host name in lower case.
    pub host: String,
    /// The port for DNS over TCP.
    pub port: u16,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            53 => f.write_str(&self.host),
            port if self.host.contains(':') => write!(f, "[{}]:{port}", self.host),
            port => write!(f, "{}:{port}", self.host),
        }
    }
}

impl Server {
    /// Reads an address or a host name, with a port or without.
    ///
    /// # Errors
    /// A configuration error that shows how it is written.
    pub fn parse(text: &str) -> Result<Self> {
        let bare = text.trim();
        if let Ok(addr) = address(bare) {
            return Ok(Server { host: addr.ip().to_string(), port: addr.port() });
        }
        let (host, port) = bare.split_once(':').unwrap_or((bare, "53"));
        match (name::domain(host), port.parse()) {
            (Ok(host), Ok(port)) if port != 0 => Ok(Server { host: name::show(&host), port }),
            _ => Err(Error::config(format!("`{text}` is not the address of a name server")).hint(HOW)),
        }
    }

    /// Its addresses.
    ///
    /// # Errors
    /// Unreachable when the host has none.
    pub async fn addresses(&self) -> Result<Vec<SocketAddr>> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found = found.map(Iterator::collect::<Vec<SocketAddr>>).and_then(|found| match found.is_empty() {
            true => Err(std::io::ErrorKind::AddrNotAvailable.into()),
            false => Ok(found),
        });
        found.map_err(|e| {
            Error::unreachable(format!("the name server {self} has no address")).because(NeverSent(e.into()))
        })
    }
}

const HOW: &str = "it is written 192.0.2.53, 192.0.2.53:5300, [2001:db8::53]:5300 or ns1.example.net:5300";

/// Reads addresses with a comma between them, each with a port or without.
///
/// # Errors
/// A configuration error that shows what is no address.
pub fn addresses(text: &str) -> Result<Vec<SocketAddr>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            address(part).map_err(|_| {
                Error::config(format!("`{part}` is not the address of a name server"))
                    .hint("it is written 192.0.2.53, 192.0.2.53:5300 or [2001:db8::53]:5300")
            })
        })
        .collect()
}

fn address(text: &str) -> Result<SocketAddr, std::net::AddrParseError> {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    text.parse().or_else(|_| bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        for (text, want) in [
            ("192.0.2.53", Some("192.0.2.53")),
            (" 127.0.0.1:5300", Some("127.0.0.1:5300")),
            ("127.0.0.1:53", Some("127.0.0.1")),
            ("2001:db8::53", Some("2001:db8::53")),
            ("[2001:db8::53]", Some("2001:db8::53")),
            ("[2001:db8::53]:5300", Some("[2001:db8::53]:5300")),
            ("NS1.example.net.", Some("ns1.example.net")),
            ("ns1.example.net:5300", Some("ns1.example.net:5300")),
            ("localhost:5300", Some("localhost:5300")),
            ("", None),
            ("ns1.example.net:", None),
            ("ns1.example.net:0", None),
            ("ns1.example.net:65536", None),
            ("https://ns1.example.net", None),
            ("a:b:c", None),
        ] {
            assert_eq!(Server::parse(text).ok().map(|s| s.to_string()).as_deref(), want, "{text}");
        }
    }

    #[tokio::test]
    async fn a_host_without_an_address() {
        // No name at all, so that nobody is asked.
        let error = Server { host: "a..b".into(), port: 53 }.addresses().await.unwrap_err();
        assert!(error.message().contains("a..b has no address"), "{error}");
        assert!(NeverSent::caused(&error), "so nothing can have been written");
    }

    #[test]
    fn lists() {
        let found = addresses("192.0.2.1, 127.0.0.1:5300,[2001:db8::53]:53 ,2001:db8::1,").unwrap();
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["192.0.2.1:53", "127.0.0.1:5300", "[2001:db8::53]:53", "[2001:db8::1]:53"]);
        let error = addresses("192.0.2.1, ns1.example.net").unwrap_err();
        assert!(error.message().contains("`ns1.example.net`"), "{error}");
    }
}
