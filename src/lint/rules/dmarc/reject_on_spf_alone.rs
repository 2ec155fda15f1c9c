//! Enforced without DKIM.

use crate::lint::rules::prelude::*;
use crate::model::dmarc::Policy;

rule! {
    /// The policy is enforced, and the zone has no DKIM key.
    ///
    /// # Why
    /// SPF breaks when mail is forwarded. Without a signature forwarded mail of the domain is rejected or lands in the spam folder.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ MX 10 mail.example.net.
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ MX 10 mail.example.net.
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// s1._domainkey CNAME s1.dkim.example.net.
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §5.1.2
    ///
    /// # Since
    /// 0.1.0
    "DMARC023", "reject-on-spf-alone", Warning, Zone, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    let domain = dmarc.domain();
    let enforced = dmarc.record.policy.is_some_and(|p| p > Policy::None);
    if dmarc.site.role != Role::Dmarc || !enforced || !dmarc.site.whole_zone() || !dmarc.site.zone.governs(domain) {
        return;
    }
    // A parked domain sends nothing that could be forwarded.
    let mails = match dmarc.ask(domain, RecordType::MX) {
        Answer::Found(known) => known.iter().any(|k| k.entry.target.is_some_and(|t| k.zone.name(t) != wire::ROOT)),
        _ => false,
    };
    // Keys of subdomains sign for the domain too.
    let keys = dmarc.site.zone.has_selectors_in(domain);
    if mails && !keys {
        let p = dmarc.record.tags.get("p").map_or(Span::new(0, dmarc.octets().len()), |t| t.whole);
        out.report(dmarc.at(p), "the policy is enforced, and the zone has no DKIM key")
            .sees("forwarded mail fails: SPF does not survive forwarding")
            .help("sign with DKIM before enforcing: mailproof keys generate");
    }
}
