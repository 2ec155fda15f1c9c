//! `t=s` on a key that signs for subdomains.

use crate::lint::rules::prelude::*;
use crate::model::dkim::KeyRecord;
use crate::profile::schema::KeyState;

rule! {
    /// The key forbids identities below its domain, and the profile has such domains.
    ///
    /// # Why
    /// A signature whose `i=` is in a subdomain is then invalid.
    ///
    /// # Bad
    /// ```profile
    /// profile: domains example.com and sub.example.com, the key of example.com signs for both
    /// zone:    s1._domainkey TXT "v=DKIM1; t=s; p=…"
    /// ```
    ///
    /// # Good
    /// ```profile
    /// zone:    s1._domainkey TXT "v=DKIM1; p=…"
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.1
    ///
    /// # Since
    /// 0.1.0
    "DKIM015", "strict-identity", Advice, Profile, Profile(check)
}

fn check(view: &ProfileView<'_>, out: &mut Sink<'_>) {
    let below = view.profile.domains.iter().find(|d| {
        d.name.len() > view.own.name.len()
            && wire::is_in(&d.name, &view.own.name)
            && !d.domain.parked
            && d.domain.dkim.is_empty()
    });
    let Some(below) = below else { return };
    for key in view.own.domain.dkim.iter().filter(|k| k.state == KeyState::Active) {
        let Some(texts) = view.selector(&key.selector).and_then(|name| view.texts(&name)) else { continue };
        for text in texts {
            if KeyRecord::read(&text.decoded.octets).record().is_some_and(|r| r.has_flag(b"s")) {
                out.report(text.spot(), format!("`t=s`, and {} has no key of its own", wire::show(&below.name)))
                    .sees("an invalid signature where `i=` is in the subdomain")
                    .help("remove `s` from `t=`, or give the subdomain a key");
            }
        }
    }
}
