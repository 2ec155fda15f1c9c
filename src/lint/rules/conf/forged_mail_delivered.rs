//! A DMARC verdict without consequence.

use crate::lint::rules::prelude::*;

rule! {
    /// Mail that fails DMARC is delivered, though the author's domain asks to refuse it.
    ///
    /// # Why
    /// OpenDMARC refuses nothing by default, and Rspamd only counts some points. The verdict stands in a field that few
    /// readers look at.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/opendmarc.conf
    /// AuthservID mx.example.com
    /// RejectFailures false
    /// ```
    ///
    /// ```server
    /// --- /etc/opendmarc.conf
    /// AuthservID mx.example.com
    /// ```
    ///
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = inet:localhost:11332
    /// virtual_mailbox_domains = example.com
    /// --- /etc/rspamd/local.d/worker-proxy.inc
    /// bind_socket = "127.0.0.1:11332";
    /// --- /etc/rspamd/local.d/dmarc.conf
    /// actions = { quarantine = "add_header"; }
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/opendmarc.conf
    /// AuthservID mx.example.com
    /// RejectFailures true
    /// ```
    ///
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = inet:localhost:11332
    /// virtual_mailbox_domains = example.com
    /// --- /etc/rspamd/local.d/dmarc.conf
    /// actions = {
    ///   reject = "reject";
    /// }
    /// ```
    ///
    /// # Reference
    /// opendmarc.conf(5) RejectFailures, RFC 9989 §7
    ///
    /// # Since
    /// 0.1.0
    "CONF016", "forged-mail-delivered", Warning, Server, Server(check)
}

const SEES: &str = "forged mail is delivered under p=reject";

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    if let Some(dmarc) = &server.setup.dmarc
        && !dmarc.on("RejectFailures", false)
    {
        sink.report(server.at(dmarc.at("RejectFailures")), "OpenDMARC refuses nothing: RejectFailures is off")
            .sees(SEES)
            .help("RejectFailures true");
    }
    if let Some(rspamd) = server.setup.judging_rspamd()
        && rspamd.value("dmarc.conf", &["actions", "reject"]) != Some("reject")
        && !rspamd.refuses_by("DMARC_POLICY_REJECT")
        && let Some(place) = rspamd.at("dmarc.conf", &["actions", "reject"])
    {
        sink.report(server.at(place), "Rspamd does not refuse what fails DMARC, and only counts points")
            .sees(SEES)
            .help("local.d/dmarc.conf: actions = { reject = \"reject\"; }");
    }
}
