//! Where a daemon listens, and where Postfix looks for it.

use std::fmt;

/// The directory that Postfix's chroot is in on Debian and Ubuntu.
pub const QUEUE: &str = "/var/spool/postfix";

/// A socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A path, seen from outside every chroot.
    Path(String),
    /// A port of a host.
    Port(String, u16),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Path(path) => f.write_str(path),
            Address::Port(host, port) => write!(f, "{host}, port {port}"),
        }
    }
}

/// As a milter's `Socket` writes it: `local:/path`, `inet:8891@localhost`.
pub fn listening(text: &str) -> Option<Address> {
    match text.split_once(':') {
        Some(("inet" | "inet6", rest)) => {
            let (port, host) = rest.split_once('@').unwrap_or((rest, "localhost"));
            Some(Address::Port(same_host(host), port.trim().parse().ok()?))
        }
        Some(("local" | "unix", path)) => Some(Address::Path(path_of(path))),
        None if text.starts_with('/') => Some(Address::Path(path_of(text))),
        _ => None,
    }
}

/// As Postfix writes it: `unix:path`, `inet:host:port`; `chroot` says whether the process lives in one.
pub fn sought(text: &str, chroot: bool) -> Option<Address> {
    let text = text.trim().trim_start_matches('{').split([',', ' ']).next().unwrap_or_default();
    match text.split_once(':') {
        Some(("inet", rest)) => {
            let (host, port) = rest.rsplit_once(':')?;
            Some(Address::Port(same_host(host.trim_matches(['[', ']'])), port.parse().ok()?))
        }
        Some(("unix" | "local", path)) => {
            let inside = chroot || !path.starts_with('/');
            let path = if inside { format!("{QUEUE}/{}", path.trim_start_matches('/')) } else { path.to_string() };
            Some(Address::Path(path_of(&path)))
        }
        _ => None,
    }
}

fn same_host(host: &str) -> String {
    match host {
        "localhost" | "127.0.0.1" | "::1" | "" => "localhost".into(),
        other => other.to_ascii_lowercase(),
    }
}

fn path_of(path: &str) -> String {
    match path.strip_prefix("/var/run/") {
        Some(rest) => format!("/run/{rest}"),
        None => path.replace("//", "/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_written_two_ways() {
        for (daemon, postfix, chroot, same) in [
            ("local:/var/spool/postfix/opendkim/opendkim.sock", "unix:opendkim/opendkim.sock", true, true),
            ("local:/var/spool/postfix/opendkim/opendkim.sock", "local:/opendkim/opendkim.sock", true, true),
            ("local:/var/spool/postfix/opendkim/opendkim.sock", "unix:opendkim/opendkim.sock", false, true),
            // Outside the chroot, which Postfix does not see.
            ("local:/run/opendkim/opendkim.sock", "unix:/run/opendkim/opendkim.sock", true, false),
            ("local:/run/opendkim/opendkim.sock", "unix:/var/run/opendkim/opendkim.sock", false, true),
            ("inet:8891@localhost", "inet:127.0.0.1:8891", true, true),
            ("inet:8891@127.0.0.1", "inet:localhost:8892", true, false),
            ("inet:8891", "inet:localhost:8891", true, true),
        ] {
            let (a, b) = (listening(daemon).unwrap(), sought(postfix, chroot).unwrap());
            assert_eq!(a == b, same, "{daemon} {postfix}: {a} {b}");
        }
        assert_eq!(listening("inet:port@localhost"), None);
        assert_eq!(sought("$opendkim", true), None);
    }
}
