//! Mail without one author.

use crate::lint::rules::prelude::*;

rule! {
    /// Mail with two From fields is not refused.
    ///
    /// # Why
    /// DMARC has no domain to judge; mail programs show one of the two, and which one nobody knows. A forger puts the
    /// name to be shown into one, and a domain of his own into the other.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/opendmarc.conf
    /// AuthservID mx.example.com
    /// RequiredHeaders false
    /// ```
    ///
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = inet:localhost:11332
    /// mydestination = example.com
    /// --- /etc/rspamd/local.d/force_actions.conf
    /// rules { A { expression = "MULTIPLE_FROM"; action = "add header"; } }
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/opendmarc.conf
    /// AuthservID mx.example.com
    /// RequiredHeaders true
    /// ```
    ///
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = inet:localhost:11332
    /// mydestination = example.com
    /// --- /etc/rspamd/local.d/force_actions.conf
    /// rules { A { expression = "MULTIPLE_FROM"; action = "reject"; } }
    /// ```
    ///
    /// # Reference
    /// RFC 5322 §3.6, RFC 9989 §5, opendmarc.conf(5) RequiredHeaders
    ///
    /// # Since
    /// 0.1.0
    "CONF017", "two-authors-accepted", Warning, Server, Server(check)
}

const SEES: &str = "a message with two From fields is delivered, and readers may see the one that nobody checked";

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    if let Some(dmarc) = &server.setup.dmarc
        && !dmarc.on("RequiredHeaders", false)
    {
        let message = "OpenDMARC accepts mail with two From fields: RequiredHeaders is off";
        sink.report(server.at(dmarc.at("RequiredHeaders")), message).sees(SEES).help("RequiredHeaders true");
    }
    if let Some(rspamd) = server.setup.judging_rspamd()
        && !rspamd.refuses_by("MULTIPLE_FROM")
        && let Some(place) = rspamd.at("force_actions.conf", &[])
    {
        sink.report(server.at(place), "Rspamd accepts mail with two From fields")
            .sees(SEES)
            .help("local.d/force_actions.conf: a rule with expression = \"MULTIPLE_FROM\" and action = \"reject\"");
    }
}
