//! A new policy under the old id.

use crate::lint::rules::prelude::*;
use crate::lint::zone_index::Door;
use crate::model::mta_sts::{StsPolicy, StsRecord};
use crate::model::source::{Place, SourceId};
use crate::profile::desired::mta_sts;

rule! {
    /// The policy file is not the one that the profile means, and `id` is the same for both.
    ///
    /// # Why
    /// Senders fetch the file again only when the id changes: they go on with the policy that they have. A changed policy needs a
    /// new id in the profile and in the record.
    ///
    /// # Bad
    /// ```profile
    /// profile: domain: example.com, mta_sts: {mode: enforce, id: 1}
    /// zone:    _mta-sts TXT "v=STSv1; id=1"
    /// policy:  version: STSv1, mode: testing, …
    /// ```
    ///
    /// # Good
    /// ```profile
    /// profile: domain: example.com, mta_sts: {mode: enforce, id: 2}
    /// zone:    _mta-sts TXT "v=STSv1; id=1"
    /// policy:  version: STSv1, mode: testing, …
    /// ```
    ///
    /// # Reference
    /// RFC 8461 §3.1
    ///
    /// # Since
    /// 0.1.0
    "STS007", "id-unchanged", Warning, Profile, Profile(check)
}

fn check(view: &ProfileView<'_>, out: &mut Sink<'_>) {
    let (Some(own), Some(desired)) = (&view.own.domain.mta_sts, mta_sts::policy(&view.own.domain)) else { return };
    let Some(name) = wire::child(b"_mta-sts", &view.own.name) else { return };
    let Some(texts) = view.texts(&name) else { return out.unseen(&name) };
    let same_id = texts.iter().any(|t| {
        StsRecord::read(&t.decoded.octets)
            .record()
            .and_then(|r| r.id)
            .is_some_and(|id| id.of(&t.decoded.octets) == own.id.as_bytes())
    });
    if !same_id {
        return;
    }
    let zones = view.facts.zones.iter();
    let alone = zones.clone().filter(|z| z.door.is_zone()).count() == 1;
    let meant = StsPolicy::read(desired.as_bytes()).into_record();
    for (number, zone) in zones.enumerate().filter(|(_, z)| z.door == Door::Policy) {
        // A policy without a name belongs to the one zone that was given with it.
        if zone.apex != view.own.name && !(zone.apex == wire::ROOT && alone) {
            continue;
        }
        let given = StsPolicy::read(zone.text(SourceId(0))).into_record();
        let same = match (&given, &meant) {
            (Some(a), Some(b)) => a.says_the_same(b),
            _ => false,
        };
        if !same {
            let spot =
                crate::lint::finding::Spot { zone: number as u32, record: None, place: Place::default(), octets: None };
            out.report(spot, format!("this is not the policy of the profile, and both have the id `{}`", own.id))
                .sees("the old policy: senders do not fetch the file again")
                .help("change `id` in the profile with the policy, and publish file and record together");
        }
    }
}
