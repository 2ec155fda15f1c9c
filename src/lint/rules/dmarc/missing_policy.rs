//! No policy.

use crate::lint::records::TextKind;
use crate::lint::rules::dmarc::organisation::registrable;
use crate::lint::rules::prelude::*;
use crate::lint::run::{decode, kind_of};

rule! {
    /// The domain sends or receives mail and has no DMARC record.
    ///
    /// # Why
    /// Receivers have nothing to go by when somebody forges the domain, large ones ask for a record before they take bulk mail,
    /// and no reports come.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ MX 10 mail.example.net.
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ MX 10 mail.example.net.
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.10
    ///
    /// # Since
    /// 0.1.0
    "DMARC001", "missing-policy", Error, Zone, Zone(check)
}

fn check(view: &ZoneView<'_>, out: &mut Sink<'_>) {
    if let Some(live) = view.facts.live.as_ref().filter(|live| live.domain == view.zone.apex) {
        return walk(&LiveView { facts: view.facts, live }, out);
    }
    let Some(apex) = view.apex().filter(|_| view.is_whole()) else { return };
    // Below a registrable domain the walk may find a policy in a zone that is not here.
    if registrable(apex.name).as_deref() != Some(apex.name) || !mails(view) || has_policy(view) {
        return;
    }
    let domain = apex.shown();
    out.report(view.spot(), format!("{domain} has no DMARC record"))
        .sees("no policy, unless a public suffix above has one; forged mail is treated as the receiver pleases")
        .help(format!("begin with _dmarc.{domain} TXT \"v=DMARC1; p=none; rua=mailto:...\""));
}

/// Whether the apex has to do with mail: an exchange, or an SPF record.
/// Live DNS can be asked all that the tree walk asks (RFC 9989 §4.10).
fn walk(view: &LiveView<'_>, out: &mut Sink<'_>) {
    let mut at = view.live.domain.as_slice();
    while at != wire::ROOT {
        if let Some(name) = wire::child(b"_dmarc", at) {
            match view.ask(&name, RecordType::TXT) {
                Answer::Unknown(at) => return out.unseen(&at),
                Answer::Nothing => {}
                // Several discard each other; that is DMARC004's.
                Answer::Found(known) => {
                    let policy = |octets: &[u8]| kind_of(octets, Role::Dmarc) == TextKind::Dmarc;
                    if known.iter().filter_map(|k| decode(k.zone, k.entry)).any(|d| policy(&d.octets)) {
                        return;
                    }
                }
            }
        }
        // §4.10 step 4: from eight labels or more to seven.
        let skipped = wire::depth(at).saturating_sub(7).max(1);
        at = wire::ancestors(at).nth(skipped).unwrap_or(wire::ROOT);
    }
    let domain = view.shown();
    out.report(view.spot(), format!("no DMARC record is found at {domain} or above it"))
        .at_name(&view.live.domain)
        .sees("no policy: mail that fails is delivered, and large receivers ask senders for one")
        .help(format!("begin with _dmarc.{domain} TXT \"v=DMARC1; p=none; rua=mailto:...\""));
}

fn mails(view: &ZoneView<'_>) -> bool {
    let Some(apex) = view.apex() else { return false };
    let spf = |octets: &[u8]| kind_of(octets, Role::Plain) == TextKind::Spf;
    apex.of_type(RecordType::MX).next().is_some()
        || apex.of_type(RecordType::TXT).filter_map(|(_, e)| decode(view.zone, e)).any(|d| spf(&d.octets))
}

/// Whether there is a policy at the apex, an alias to one, or one below it that walks may stop at.
fn has_policy(view: &ZoneView<'_>) -> bool {
    let Some(name) = wire::child(b"_dmarc", &view.zone.apex) else { return false };
    let policy = |octets: &[u8]| kind_of(octets, Role::Dmarc) == TextKind::Dmarc;
    match view.facts.seen_from(view.zone_number).lookup(&name, RecordType::TXT) {
        Answer::Unknown(_) => true,
        Answer::Nothing => false,
        Answer::Found(known) => known.iter().filter_map(|k| decode(k.zone, k.entry)).any(|d| policy(&d.octets)),
    }
}
