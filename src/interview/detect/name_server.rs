//! A name server on this machine that can be told what to publish: PowerDNS with its API, by its settings.

use crate::server::key_value::{self, Between};
use crate::server::tree::Tree;

/// Where PowerDNS has its settings on Debian and its kin, and elsewhere.
const FILES: &[&str] = &["/etc/powerdns/pdns.conf", "/etc/pdns/pdns.conf"];
/// Where its API listens if nothing else is set.
const USUAL: (&str, &str) = ("127.0.0.1", "8081");

/// An API of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsApi {
    /// The provider that it is, by its id.
    pub provider: &'static str,
    /// Its address.
    pub endpoint: String,
}

/// Reads PowerDNS's settings below `tree`; the API key among them is nobody's business here.
pub fn dns_api(tree: &dyn Tree) -> Option<DnsApi> {
    let read = |path: &str| Some(String::from_utf8_lossy(&tree.read(path).ok()??).into_owned());
    let mut text = FILES.iter().find_map(|path| read(path))?;
    if let Some(folder) = key_value::read(&text, Between::Equals).value("include-dir") {
        for file in tree.list(folder).iter().filter(|file| file.ends_with(".conf")) {
            text.push('\n');
            text.push_str(&read(&format!("{folder}/{file}")).unwrap_or_default());
        }
    }
    let settings = key_value::read(&text, Between::Equals);
    if !matches!(settings.value("api"), Some("yes" | "true" | "1" | "on")) {
        return None;
    }
    let address = match settings.value("webserver-address").unwrap_or(USUAL.0) {
        "0.0.0.0" | "::" => USUAL.0.to_string(),
        v6 if v6.contains(':') => format!("[{v6}]"),
        other => other.to_string(),
    };
    let port = settings.value("webserver-port").unwrap_or(USUAL.1);
    Some(DnsApi { provider: "powerdns", endpoint: format!("http://{address}:{port}/api/v1") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tree::Memory;

    #[test]
    fn where_it_listens() {
        for (files, want, why) in [
            ("", None, "not installed"),
            ("--- /etc/powerdns/pdns.conf\napi-key=x\n", None, "no API"),
            ("--- /etc/powerdns/pdns.conf\n# api=yes\n", None, "a comment"),
            ("--- /etc/powerdns/pdns.conf\napi=no\n", None, "switched off"),
            ("--- /etc/powerdns/pdns.conf\napi=yes\n", Some("http://127.0.0.1:8081/api/v1"), "as usual"),
            (
                "--- /etc/pdns/pdns.conf\napi = yes\nwebserver-address=0.0.0.0\nwebserver-port = 8082 # ours\n",
                Some("http://127.0.0.1:8082/api/v1"),
                "everywhere, and so here",
            ),
            (
                "--- /etc/powerdns/pdns.conf\ninclude-dir=/etc/powerdns/pdns.d\n--- /etc/powerdns/pdns.d/api.conf\napi=yes\n\
                 webserver-address=::1\n--- /etc/powerdns/pdns.d/notes.txt\napi=no\n",
                Some("http://[::1]:8081/api/v1"),
                "in a file of its own",
            ),
        ] {
            assert_eq!(dns_api(&Memory::parse(files)).map(|api| api.endpoint).as_deref(), want, "{why}");
        }
    }
}
