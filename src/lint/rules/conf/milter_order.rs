//! Daemons that Postfix does not ask, or asks in the wrong order.

use crate::lint::rules::prelude::*;
use crate::server::setup::listening;

rule! {
    /// The DMARC milter comes before the DKIM milter, or Postfix does not ask one of them, or not the SPF service.
    ///
    /// # Why
    /// OpenDMARC judges by what OpenDKIM wrote before it. In the other order it sees no signature; not asked at all, a
    /// daemon runs for nothing.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = unix:opendmarc/opendmarc.sock, unix:opendkim/opendkim.sock
    /// --- /etc/opendkim.conf
    /// Socket local:/var/spool/postfix/opendkim/opendkim.sock
    /// --- /etc/opendmarc.conf
    /// Socket local:/var/spool/postfix/opendmarc/opendmarc.sock
    /// ```
    ///
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = unix:opendkim/opendkim.sock
    /// --- /etc/opendkim.conf
    /// Socket local:/var/spool/postfix/opendkim/opendkim.sock
    /// --- /etc/opendmarc.conf
    /// Socket local:/var/spool/postfix/opendmarc/opendmarc.sock
    /// ```
    ///
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
    /// --- /etc/postfix/master.cf
    /// policyd-spf unix - n n - 0 spawn user=policyd-spf argv=/usr/bin/policyd-spf
    /// ```
    ///
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = inet:localhost:11333
    /// --- /etc/rspamd/local.d/worker-proxy.inc
    /// bind_socket = "127.0.0.1:11332";
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = inet:localhost:11332
    /// --- /etc/rspamd/local.d/worker-proxy.inc
    /// bind_socket = "127.0.0.1:11332";
    /// ```
    ///
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = unix:opendkim/opendkim.sock, unix:opendmarc/opendmarc.sock
    /// --- /etc/opendkim.conf
    /// Socket local:/var/spool/postfix/opendkim/opendkim.sock
    /// --- /etc/opendmarc.conf
    /// Socket local:/var/spool/postfix/opendmarc/opendmarc.sock
    /// ```
    ///
    /// # Reference
    /// MILTER_README of Postfix, SMTPD_POLICY_README of Postfix
    ///
    /// # Since
    /// 0.1.0
    "CONF006", "milter-order", Error, Server, Server(check)
}

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    let Some(postfix) = &server.setup.postfix else { return };
    let milters = postfix.smtpd_milters();
    let spot = server.at(postfix.at("smtpd_milters"));
    let place = |address| milters.iter().position(|(_, a)| a.as_ref() == Some(&address));
    // An address that is nobody's may be meant for a daemon: that is CONF001's.
    let stray = |name: &str| milters.iter().any(|(w, _)| w.to_ascii_lowercase().contains(name));
    let mut last_dkim = None;
    for signer in &server.setup.signers {
        let Some(address) = signer.conf.value("Socket").and_then(listening) else { continue };
        match place(address) {
            Some(at) if signer.verifies() => last_dkim = last_dkim.max(Some(at)),
            Some(_) => {}
            None if stray("dkim") && server.setup.signers.len() == 1 => {}
            None => {
                sink.report(spot, format!("smtpd_milters does not name the OpenDKIM of {}", signer.conf.path))
                    .sees("it signs and checks nothing that comes by SMTP")
                    .help("name it in smtpd_milters, before OpenDMARC");
            }
        }
    }
    if let Some(address) = server.setup.dmarc_socket() {
        match (place(address), last_dkim) {
            (Some(dmarc), Some(dkim)) if dmarc < dkim => {
                sink.report(spot, "OpenDMARC comes before OpenDKIM in smtpd_milters")
                    .sees("DMARC is judged without DKIM: mail that passes by its signature alone fails")
                    .help("put OpenDKIM first");
            }
            (None, _) if !stray("dmarc") => {
                sink.report(spot, "OpenDMARC is not in smtpd_milters")
                    .sees("DMARC is judged for no message: forged mail is delivered")
                    .help("name it in smtpd_milters, behind OpenDKIM");
            }
            _ => {}
        }
    }
    if let Some(rspamd) = &server.setup.rspamd
        && let Some(address) = rspamd.socket()
        && place(address.clone()).is_none()
    {
        sink.report(spot, format!("smtpd_milters does not name Rspamd, which listens at {address}"))
            .sees("it signs and judges nothing that comes by SMTP")
            .help("name it in smtpd_milters");
    }
    let service = postfix.master.iter().find(|s| s.command.iter().any(|w| w.contains("policyd-spf")));
    if let (Some(service), Some(source)) = (service, postfix.master_source)
        && !server.setup.asks_spf_service()
    {
        let place = crate::model::source::Place { source, span: service.span };
        sink.report(server.at(place), format!("no restriction asks the SPF service {}", service.name))
            .sees("SPF is not checked by it")
            .help(format!(
                "smtpd_recipient_restrictions = …, reject_unauth_destination, check_policy_service unix:private/{}",
                service.name
            ));
    }
}
