//! A key where nobody looks.

use crate::lint::rules::prelude::*;

rule! {
    /// A key record does not stand under `_domainkey`, or stands at `_domainkey` itself.
    ///
    /// # Why
    /// Verifiers look at `SELECTOR._domainkey.DOMAIN` and nowhere else.
    ///
    /// # Bad
    /// ```zone
    /// s1 TXT "v=DKIM1; k=rsa; p="
    /// ```
    /// ```zone
    /// _domainkey TXT "v=DKIM1; k=rsa; p="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.2.1
    ///
    /// # Since
    /// 0.1.0
    "DKIM022", "key-in-wrong-place", Error, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    let at = match key.site.role {
        Role::Selector | Role::Unsaid => return,
        // Services keep the keys that their customers' selectors are aliases of at names of their own.
        Role::Plain if is_alias_target(key) => return,
        Role::DomainKey => "at `_domainkey` itself, without a selector",
        _ => "not under `_domainkey`",
    };
    out.report(key.whole(), format!("a key record {at}"))
        .sees("no key: verifiers look at SELECTOR._domainkey.DOMAIN")
        .help("publish it at the selector that signs");
}

/// Whether the name is at the end of an alias, or is called as such names are.
fn is_alias_target(key: &DkimText<'_>) -> bool {
    let called_so = wire::labels(key.site.name).any(|l| matches!(l, b"dkim" | b"domainkey" | b"_dkim" | b"dkimkeys"));
    called_so || key.site.facts.zones.iter().any(|z| z.is_alias_target(key.site.name))
}
