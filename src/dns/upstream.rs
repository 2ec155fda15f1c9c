//! Whom a resolver asks, and how: in clear over UDP and TCP, over TLS (DoT, RFC 7858), over HTTPS (DoH, RFC 8484).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use reqwest::Url;
use rustls::pki_types::ServerName;
use serde::{Serialize, Serializer};

use crate::dns::system::parse_name_server;
use crate::error::{Error, Result};

/// The port of DNS over TLS (RFC 7858 §3.1).
const TLS_PORT: u16 = 853;
/// Where DoH servers answer unless they say otherwise (RFC 8484 §4.1.1 has it in its examples).
const DOH_PATH: &str = "/dns-query";

/// One server that answers questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// Over UDP, and TCP where an answer does not fit.
    Plain(SocketAddr),
    /// Over TLS.
    Tls {
        /// Its address, or a name that the system's resolver knows.
        host: String,
        /// Its port.
        port: u16,
        /// The name or address that its certificate is for.
        name: String,
    },
    /// Over HTTPS, by POST.
    Https(Url),
}

impl Upstream {
    /// The address, where the server is asked in clear.
    pub fn plain(&self) -> Option<SocketAddr> {
        match self {
            Upstream::Plain(server) => Some(*server),
            Upstream::Tls { .. } | Upstream::Https(_) => None,
        }
    }

    /// Whether nobody between can change what it says: it is on this machine, or its certificate is looked at.
    pub fn is_safe_way(&self) -> bool {
        self.plain().is_none_or(|server| server.ip().to_canonical().is_loopback())
    }

    fn tls(text: &str) -> Result<Self> {
        let bad = || {
            Error::usage("it is not tls://ADDRESS, with or without a port and the name of the certificate, such as")
                .hint("tls://192.0.2.1:853#dns.example.net")
        };
        let (at, name) = match text.split_once('#') {
            Some((at, name)) => (at, Some(name)),
            None => (text, None),
        };
        let at = at.strip_suffix('/').unwrap_or(at);
        let (host, port) = match parse_name_server(at) {
            Ok(server) => {
                let bare = at.trim_start_matches('[').trim_end_matches(']');
                let port = if bare.parse::<IpAddr>().is_ok() { TLS_PORT } else { server.port() };
                (server.ip().to_string(), port)
            }
            Err(_) => match at.split_once(':') {
                Some((host, port)) => (host.to_string(), port.parse().map_err(|_| bad())?),
                None => (at.to_string(), TLS_PORT),
            },
        };
        let name = name.unwrap_or(&host).trim_end_matches('.').to_string();
        let named = |text: &str| ServerName::try_from(text.to_string()).is_ok();
        if port == 0 || !named(&host) || !named(&name) {
            return Err(bad());
        }
        Ok(Upstream::Tls { host, port, name })
    }

    fn https(text: &str) -> Result<Self> {
        let bad = || Error::usage("it is not an address of DNS over HTTPS, such as https://dns.example.net/dns-query");
        let mut url = Url::parse(text).map_err(|e| bad().because(e))?;
        if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(bad());
        }
        if url.path() == "/" && url.query().is_none() {
            url.set_path(DOH_PATH);
        }
        Ok(Upstream::Https(url))
    }
}

impl From<SocketAddr> for Upstream {
    fn from(server: SocketAddr) -> Self {
        Upstream::Plain(server)
    }
}

impl FromStr for Upstream {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once("://") {
            None => parse_name_server(text).map(Upstream::Plain),
            Some(("tls", rest)) => Self::tls(rest),
            Some(("https", _)) => Self::https(text),
            Some(_) => Err(Error::usage("a name server is an address, tls://ADDRESS, or https://HOST/dns-query")),
        }
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Upstream::Plain(server) => server.fmt(f),
            Upstream::Tls { host, port, name } => {
                if host.contains(':') {
                    write!(f, "tls://[{host}]:{port}")?;
                } else {
                    write!(f, "tls://{host}:{port}")?;
                }
                if name == host { Ok(()) } else { write!(f, "#{name}") }
            }
            Upstream::Https(url) => url.fmt(f),
        }
    }
}

impl Serialize for Upstream {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_write_them() {
        for (text, want) in [
            ("192.0.2.1", Some("192.0.2.1:53")),
            ("[2001:db8::1]:5353", Some("[2001:db8::1]:5353")),
            ("tls://192.0.2.1", Some("tls://192.0.2.1:853")),
            ("tls://192.0.2.1:8853", Some("tls://192.0.2.1:8853")),
            ("tls://192.0.2.1#dns.example.net", Some("tls://192.0.2.1:853#dns.example.net")),
            ("tls://192.0.2.1:8853#dns.example.net.", Some("tls://192.0.2.1:8853#dns.example.net")),
            ("tls://2001:db8::1", Some("tls://[2001:db8::1]:853")),
            ("tls://[2001:db8::1]:8853#dns.example.net", Some("tls://[2001:db8::1]:8853#dns.example.net")),
            ("tls://dns.example.net", Some("tls://dns.example.net:853")),
            ("tls://dns.example.net:8853/", Some("tls://dns.example.net:8853")),
            ("https://dns.example.net/dns-query", Some("https://dns.example.net/dns-query")),
            ("https://dns.example.net", Some("https://dns.example.net/dns-query")),
            ("https://192.0.2.1:8443/q", Some("https://192.0.2.1:8443/q")),
            ("https://[2001:db8::1]/dns-query", Some("https://[2001:db8::1]/dns-query")),
            ("", None),
            ("dns.example.net", None),
            ("tls://", None),
            ("tls://192.0.2.1#", None),
            ("tls://192.0.2.1:0", None),
            ("tls://192.0.2.1:x", None),
            ("tls://a b", None),
            ("https://", None),
            ("https://user:secret@dns.example.net/", None),
            ("http://dns.example.net/dns-query", None),
            ("quic://192.0.2.1", None),
        ] {
            let got = text.parse::<Upstream>();
            assert_eq!(got.as_ref().map(ToString::to_string).ok().as_deref(), want, "{text}");
            // What is shown can be given again: one verb hands it to another.
            if let Ok(upstream) = got {
                assert_eq!(upstream.to_string().parse::<Upstream>().unwrap(), upstream, "{text}");
            }
        }
    }

    #[test]
    fn where_nobody_stands_between() {
        for (text, safe) in [
            ("127.0.0.53", true),
            ("[::1]:5353", true),
            ("::ffff:127.0.0.1", true),
            ("192.168.1.1", false),
            ("8.8.8.8", false),
            ("tls://8.8.8.8", true),
            ("https://dns.google/dns-query", true),
        ] {
            assert_eq!(text.parse::<Upstream>().unwrap().is_safe_way(), safe, "{text}");
        }
    }
}
