//! DMARC without SPF.

use crate::lint::rules::prelude::*;

rule! {
    /// No SPF result reaches DMARC.
    ///
    /// # Why
    /// Mail that passes by SPF alone fails DMARC, and is refused under p=reject.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/opendmarc.conf
    /// SPFIgnoreResults true
    /// ```
    ///
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
    /// --- /etc/opendmarc.conf
    /// SPFSelfValidate false
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/opendmarc.conf
    /// SPFIgnoreResults true
    /// SPFSelfValidate true
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.4, opendmarc.conf(5) SPFSelfValidate
    ///
    /// # Since
    /// 0.1.0
    "CONF009", "spf-not-checked", Error, Server, Server(check)
}

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    let Some(dmarc) = &server.setup.dmarc else { return };
    if dmarc.on("SPFSelfValidate", false) {
        return;
    }
    let ignores = dmarc.on("SPFIgnoreResults", false);
    let message = match (ignores, &server.setup.postfix) {
        (true, _) => "OpenDMARC neither checks SPF itself nor reads anybody's result",
        (false, Some(_)) if !server.setup.asks_spf_service() => {
            "OpenDMARC does not check SPF itself, and Postfix asks no SPF service"
        }
        _ => return,
    };
    let name = if ignores { "SPFIgnoreResults" } else { "SPFSelfValidate" };
    sink.report(server.at(dmarc.at(name)), message)
        .sees("mail that passes by SPF alone fails DMARC")
        .help("SPFSelfValidate true");
}
