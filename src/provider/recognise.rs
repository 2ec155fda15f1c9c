//! Which provider keeps a zone, by the names of its name servers.

use crate::provider::definition::Definition;

/// Whether `host` is one that `pattern` stands for: `*` is any text, `?` one character; case does not count.
pub fn fits(pattern: &str, host: &str) -> bool {
    let pattern: Vec<u8> = pattern.to_ascii_lowercase().into_bytes();
    let host = host.trim_end_matches('.').to_ascii_lowercase().into_bytes();
    // The last `*`, and where the text that it stands for may end at the earliest.
    let (mut p, mut h, mut star) = (0, 0, None);
    while h < host.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, h));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == host[h] => {
                p += 1;
                h += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, h) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// The provider of most of the servers `hosts`, if any is known.
pub fn keeper<'d>(definitions: &'d [Definition], hosts: &[String]) -> Option<&'d Definition> {
    let served = |definition: &Definition| {
        hosts.iter().filter(|host| definition.nameservers.iter().any(|pattern| fits(pattern, host))).count()
    };
    let counted = definitions.iter().map(|definition| (served(definition), definition)).filter(|(count, _)| *count > 0);
    // The first of those with most: definitions of a person's own stand before the others.
    counted.rev().max_by_key(|(count, _)| *count).map(|(_, definition)| definition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::builtin;

    #[test]
    fn patterns() {
        for (pattern, host, want) in [
            ("*.ns.cloudflare.com", "ada.ns.cloudflare.com", true),
            ("*.ns.cloudflare.com", "ADA.NS.cloudflare.com.", true),
            ("*.ns.cloudflare.com", "ns.cloudflare.com", false),
            ("*.ns.cloudflare.com", "ada.ns.cloudflare.com.evil.example", false),
            ("ns?.linode.com", "ns1.linode.com", true),
            ("ns?.linode.com", "ns12.linode.com", false),
            ("ns?.linode.com", "ns.linode.com", false),
            ("ns*.ui-dns.*", "ns1045.ui-dns.biz", true),
            ("dns?.p*.nsone.net", "dns1.p08.nsone.net", true),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbX", false),
            ("", "", true),
            ("*", "anything", true),
        ] {
            assert_eq!(fits(pattern, host), want, "{pattern} {host}");
        }
    }

    #[test]
    fn zones_of_known_providers() {
        let all = builtin::definitions().unwrap();
        let cases: &[(&[&str], Option<&str>)] = &[
            (&["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"], Some("cloudflare")),
            (&["ns1.desec.io", "ns2.desec.org"], Some("desec")),
            (&["dns1.p08.nsone.net"], Some("ns1")),
            (&["ns09.domaincontrol.com"], Some("godaddy")),
            (&["hydrogen.ns.hetzner.com", "helium.ns.hetzner.de"], Some("hetzner-cloud")),
            (&["kiki.bunny.net", "coco.bunny.net"], Some("bunny")),
            (&["ns0.dom.scw.cloud"], Some("scaleway")),
            (&["ns1.digitalocean.com"], Some("digitalocean")),
            (&["ns1045.ui-dns.biz"], Some("ionos")),
            // Of the two versions of its API, the one that is sold today.
            (&["ns-a1.conoha.io"], Some("conoha-v3")),
            // A zone that moves: most of its servers count.
            (&["ns1.linode.com", "dns1.p08.nsone.net", "dns2.p08.nsone.net"], Some("ns1")),
            (&["ns1.example.net"], None),
            (&[], None),
        ];
        for (hosts, want) in cases {
            let hosts: Vec<String> = hosts.iter().map(|h| (*h).to_string()).collect();
            assert_eq!(keeper(&all, &hosts).map(|d| d.id.as_str()), *want, "{hosts:?}");
        }
    }
}
