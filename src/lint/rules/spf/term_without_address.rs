//! A term that names nobody.

use crate::lint::rules::prelude::*;
use crate::lint::spf_tree::ZoneTree;

rule! {
    /// The name of an `a` or `mx` term has no address, or no MX.
    ///
    /// # Why
    /// The term authorises nobody, costs one of ten look-ups and one of the two that may find nothing.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ TXT "v=spf1 a:old.example.com -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ TXT "v=spf1 a:mail.example.com -all"
    /// mail A 192.0.2.10
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §5.3
    ///
    /// # Since
    /// 0.1.0
    "SPF028", "term-without-address", Warning, Zone, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for term in spf.tree().into_iter().flat_map(ZoneTree::terms).filter(|t| t.nested.is_none()) {
        let name = term.text.trim_start_matches(['+', '-', '~', '?']).to_ascii_lowercase();
        let nothing = term.void_v4 == Some(true) && term.void_v6 == Some(true);
        let message = match (name.starts_with("mx"), nothing) {
            (true, true) => format!("`{}` has no MX record", term.text),
            (false, true) => format!("`{}` has no address", term.text),
            (true, false) if unreachable(spf, &term.hosts) => {
                format!("none of the hosts of `{}` has an address", term.text)
            }
            _ => continue,
        };
        out.report(spf.at(Span::new(term.span.start, term.span.end)), message)
            .sees("no sender, at the price of a look-up; more than two that find nothing are a permerror")
            .help("remove the term, or publish the name it needs");
    }
}

/// Whether it is certain that none of these hosts has an address.
fn unreachable(spf: &SpfText<'_>, hosts: &[String]) -> bool {
    let none = |host: &String| {
        wire::from_text(host).is_some_and(|name| {
            spf.ask(&name, RecordType::A).is_nothing() && spf.ask(&name, RecordType::AAAA).is_nothing()
        })
    };
    !hosts.is_empty() && hosts.iter().all(none)
}
