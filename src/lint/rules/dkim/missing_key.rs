//! No key where the profile signs.

use crate::lint::rules::prelude::*;
use crate::lint::run::decode;
use crate::model::dkim::KeyRecord;
use crate::profile::schema::KeyState;

rule! {
    /// There is no key at a selector that the profile names.
    ///
    /// # Why
    /// Signatures with that selector cannot be verified: the mail counts as not signed.
    ///
    /// # Bad
    /// ```profile
    /// profile: dkim: selector mp202611
    /// zone:    nothing at mp202611._domainkey
    /// ```
    ///
    /// # Good
    /// ```profile
    /// profile: dkim: selector mp202611
    /// zone:    mp202611._domainkey TXT "v=DKIM1; k=rsa; p=…"
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.2
    ///
    /// # Since
    /// 0.1.0
    "DKIM001", "missing-key", Error, Profile, ProfileOrLive(check, live)
}

/// Selectors that somebody named must be there.
fn live(view: &LiveView<'_>, out: &mut Sink<'_>) {
    for name in &view.live.selectors {
        let texts = match view.ask(name, RecordType::TXT) {
            Answer::Unknown(at) => {
                out.unseen(&at);
                continue;
            }
            // An alias that leads nowhere is DKIM020's.
            Answer::Nothing if !view.ask(name, RecordType::CNAME).records().is_empty() => continue,
            found => found.records().iter().filter_map(|k| decode(k.zone, k.entry)).collect::<Vec<_>>(),
        };
        if !texts.iter().any(|t| KeyRecord::is_key(&t.octets)) {
            out.report(view.spot(), format!("there is no key at {}", wire::show(name)))
                .at_name(name)
                .sees("permerror for every signature with this selector")
                .help("publish the key, or name the selector that the mail is signed with");
        }
    }
}

fn check(view: &ProfileView<'_>, out: &mut Sink<'_>) {
    let own = view.own.domain.dkim.iter().filter(|k| k.state == KeyState::Active).map(|k| &k.selector);
    let services = view.own.domain.senders.iter().flat_map(|s| &s.dkim_cnames).map(|c| &c.selector);
    for selector in own.chain(services) {
        let Some(name) = view.selector(selector) else { continue };
        let Some(texts) = view.texts(&name) else {
            out.unseen(&name);
            continue;
        };
        let key = texts.iter().any(|t| KeyRecord::is_key(&t.decoded.octets));
        if let Some(spot) = view.spot().filter(|_| !key) {
            out.report(spot, format!("there is no key at {}", wire::show(&name)))
                .sees("permerror for every signature with this selector")
                .help("publish it: mailproof push");
        }
    }
}
