//! A HELO name without SPF.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;
use crate::lint::run::kind_of;

rule! {
    /// The name that a server says in HELO has no SPF record of its own.
    ///
    /// # Why
    /// Bounces have no sender: receivers then check the HELO name, and some check it for every message.
    ///
    /// # Bad
    /// ```profile
    /// profile: hosts: mail.example.com
    /// zone:    mail A 192.0.2.10
    /// ```
    ///
    /// # Good
    /// ```profile
    /// profile: hosts: mail.example.com
    /// zone:    mail A 192.0.2.10
    ///          mail TXT "v=spf1 a -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §2.3
    ///
    /// # Since
    /// 0.1.0
    "SPF034", "helo-without-spf", Warning, Profile, Profile(check)
}

fn check(view: &ProfileView<'_>, out: &mut Sink<'_>) {
    for host in view.own.domain.hosts.iter().filter(|h| h.sends) {
        let helo = host.helo.as_ref().unwrap_or(&host.name);
        let Some(name) = wire::from_text(helo) else { continue };
        let Some(texts) = view.texts(&name) else {
            out.unseen(&name);
            continue;
        };
        let has = texts.iter().any(|t| kind_of(&t.decoded.octets, Role::Plain) == TextKind::Spf);
        if let Some(spot) = view.spot().filter(|_| !has) {
            out.report(spot, format!("the HELO name {helo} has no SPF record"))
                .sees("none for bounces, which have no other name to check")
                .help(format!("publish {helo} TXT \"v=spf1 a -all\""));
        }
    }
}
