//! A parked domain that may send.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;
use crate::lint::run::kind_of;

rule! {
    /// A domain that sends no mail does not say exactly `v=spf1 -all`.
    ///
    /// # Why
    /// Whoever forges it is then not told apart from a sender of its own.
    ///
    /// # Bad
    /// ```profile
    /// profile: domain: example.com, parked: true
    /// zone:    @ TXT "v=spf1 ~all"
    /// ```
    ///
    /// # Good
    /// ```profile
    /// profile: domain: example.com, parked: true
    /// zone:    @ TXT "v=spf1 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §10.1.2
    ///
    /// # Since
    /// 0.1.0
    "SPF036", "parked-sends", Warning, Profile, Profile(check)
}

fn check(view: &ProfileView<'_>, out: &mut Sink<'_>) {
    if !view.own.domain.parked {
        return;
    }
    let Some(texts) = view.texts(&view.own.name) else { return out.unseen(&view.own.name) };
    let records: Vec<_> = texts.iter().filter(|t| kind_of(&t.decoded.octets, Role::Plain) == TextKind::Spf).collect();
    let exact = records.iter().any(|t| t.decoded.octets.trim_ascii_end().eq_ignore_ascii_case(b"v=spf1 -all"));
    let Some(spot) = records.first().map(|t| t.spot()).or_else(|| view.spot()) else { return };
    if !exact || records.len() != 1 {
        out.report(spot, format!("{} is parked, and its SPF record is not `v=spf1 -all`", view.shown()))
            .sees("no clear fail for mail that forges it")
            .help("publish `v=spf1 -all`, alone");
    }
}
