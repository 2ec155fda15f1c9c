//! Another key than the one that signs.

use crate::lint::rules::prelude::*;
use crate::model::dkim::KeyRecord;
use crate::profile::schema::KeyState;

rule! {
    /// The published key is not the public half of the profile's private key.
    ///
    /// # Why
    /// Every signature fails.
    ///
    /// # Bad
    /// ```profile
    /// profile: dkim: selector mp202611, key mp202611.pem
    /// zone:    the key of last year
    /// ```
    ///
    /// # Good
    /// ```profile
    /// zone:    what mailproof records prints
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §6.1.3
    ///
    /// # Since
    /// 0.1.0
    "DKIM018", "key-pair-mismatch", Error, Profile, Profile(check)
}

fn check(view: &ProfileView<'_>, out: &mut Sink<'_>) {
    for key in view.own.domain.dkim.iter().filter(|k| k.state != KeyState::Revoked) {
        let Some(mine) = view.own.keys.get(&key.selector) else { continue };
        let Some(texts) = view.selector(&key.selector).and_then(|name| view.texts(&name)) else { continue };
        for text in texts {
            let published = KeyRecord::read(&text.decoded.octets).into_record().and_then(|r| r.key);
            if published.is_some_and(|p| p != *mine) {
                out.report(text.spot(), format!("this is not the public half of the private key of {}", key.selector))
                    .sees("fail for every signature with this selector")
                    .help("publish the right key: mailproof push; or sign with the key that belongs to this record");
            }
        }
    }
}
