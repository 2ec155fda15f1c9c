//! An old key.

use crate::lint::rules::prelude::*;
use crate::profile::schema::KeyState;

rule! {
    /// A key of the profile is older than a year.
    ///
    /// # Why
    /// A key that is changed now and then is one that can be changed when it must be.
    ///
    /// # Bad
    /// ```profile
    /// profile: dkim: selector mp202401, created 2024-01-05
    /// ```
    ///
    /// # Good
    /// ```profile
    /// profile: dkim: selector mp202611, created 2026-11-05
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §8.2
    ///
    /// # Since
    /// 0.1.0
    "DKIM026", "key-past-rotation", Advice, Profile, Profile(check)
}

/// A year and a bit, so that a yearly habit is not nagged.
const DAYS: i32 = 400;

fn check(view: &ProfileView<'_>, out: &mut Sink<'_>) {
    let (Some(today), Some(spot)) = (view.profile.today, view.spot()) else { return };
    for key in view.own.domain.dkim.iter().filter(|k| k.state == KeyState::Active) {
        let Some(created) = key.created.as_deref().and_then(|d| d.parse::<jiff::civil::Date>().ok()) else { continue };
        let age = today.since(created).map_or(0, |span| span.get_days());
        if age > DAYS {
            out.report(spot, format!("the key {} is {age} days old", key.selector))
                .sees("nothing; whoever got hold of the key signs with it for that long")
                .help("change it: mailproof keys generate");
        }
    }
}
