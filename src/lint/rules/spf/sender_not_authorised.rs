//! A sender that would not pass.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;
use crate::lint::run::kind_of;
use crate::lint::spf_verdict::{Verdict, verdict};

rule! {
    /// A server or service of the profile is not authorised by the domain's SPF record.
    ///
    /// # Why
    /// Its mail does not pass SPF, and without DKIM fails DMARC.
    ///
    /// # Bad
    /// ```profile
    /// profile: domain: example.com, hosts: mail.example.com at 192.0.2.10
    /// zone:    @ TXT "v=spf1 ip4:192.0.2.99 -all"
    /// ```
    ///
    /// # Good
    /// ```profile
    /// profile: domain: example.com, hosts: mail.example.com at 192.0.2.10
    /// zone:    @ TXT "v=spf1 ip4:192.0.2.10 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §4.6
    ///
    /// # Since
    /// 0.1.0
    "SPF033", "sender-not-authorised", Error, Profile, Profile(check)
}

fn check(view: &ProfileView<'_>, out: &mut Sink<'_>) {
    if view.own.domain.parked {
        return;
    }
    let Some(texts) = view.texts(&view.own.name) else { return out.unseen(&view.own.name) };
    let record = texts.iter().find(|t| kind_of(&t.decoded.octets, Role::Plain) == TextKind::Spf);
    let Some(spot) = record.map(|t| t.spot()).or_else(|| view.spot()) else { return };
    for host in view.own.domain.hosts.iter().filter(|h| h.sends) {
        for address in &host.addresses {
            let says = match verdict(&view.own.name, *address, view.facts) {
                Verdict::Matches(Qualifier::Pass) | Verdict::Unknown => continue,
                Verdict::Matches(Qualifier::Fail) => "fail",
                Verdict::Matches(Qualifier::SoftFail) => "softfail",
                Verdict::Matches(Qualifier::Neutral) | Verdict::Nothing => "neutral",
                Verdict::Broken if record.is_none() => "none",
                Verdict::Broken => "permerror",
            };
            out.report(spot, format!("{} at {address} sends for {} and would not pass", host.name, view.shown()))
                .sees(format!("{says} for {address}"))
                .help("add the address: mailproof plan shows the merged record");
        }
    }
    let Some(record) = record else { return };
    let Some(spf) = SpfRecord::read(&record.decoded.octets).into_record() else { return };
    let tree = crate::lint::spf_tree::ZoneTree::of(&spf, &view.own.name, view.facts.seen_from_outside());
    for sender in &view.own.domain.senders {
        let Some(include) = &sender.include else { continue };
        let wanted = include.trim_end_matches('.').to_ascii_lowercase();
        let there = tree
            .tree
            .terms()
            .any(|t| t.target.as_deref().is_some_and(|n| n.trim_end_matches('.').eq_ignore_ascii_case(&wanted)));
        if !there {
            out.report(spot, format!("{} sends for {} and is not included", sender.name, view.shown()))
                .sees("no pass for its mail")
                .help(format!("add include:{wanted}"));
        }
    }
}
