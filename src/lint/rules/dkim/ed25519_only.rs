//! Ed25519 alone.

use crate::lint::rules::prelude::*;
use crate::lint::run::decode;
use crate::lint::zone_index::Door;
use crate::model::dkim::{KeyRecord, KeyType};

rule! {
    /// The domain has an Ed25519 key and no RSA key.
    ///
    /// # Why
    /// Many receivers verify RSA alone: for them the mail is not signed. Sign with both.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    /// s2._domainkey CNAME s2.dkim.example.net.
    /// ```
    ///
    /// # Reference
    /// RFC 8463 §6
    ///
    /// # Since
    /// 0.1.0
    "DKIM019", "ed25519-only", Warning, Zone, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    if key.record.key_type != KeyType::Ed25519 || key.record.revoked() || key.site.zone.door == Door::Record {
        return;
    }
    let zone = key.site.zone;
    // A selector of another service, behind a CNAME, may be of either kind.
    let other = zone.selectors(key.domain()).any(|id| {
        zone.of_type(id, RecordType::CNAME).next().is_some()
            || zone.of_type(id, RecordType::TXT).filter_map(|(_, e)| decode(zone, e)).any(|d| {
                KeyRecord::read(&d.octets).record().is_some_and(|r| r.key_type == KeyType::Rsa && !r.revoked())
            })
    });
    if !other {
        let k = key.record.tags.get("k").map_or(Span::new(0, key.octets().len()), |t| t.whole);
        out.report(key.at(k), "the domain has no RSA key beside this one")
            .sees("receivers that verify RSA alone see no signature")
            .help("sign with both: mailproof keys generate --algorithm rsa2048");
    }
}
