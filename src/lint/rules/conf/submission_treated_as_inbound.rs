//! One's own people judged as strangers.

use crate::lint::rules::prelude::*;

rule! {
    /// DMARC is applied to mail of clients that have logged in.
    ///
    /// # Why
    /// They send from anywhere, so SPF fails, and their mail is not signed yet: under p=reject a server refuses its own
    /// users.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = unix:opendmarc/opendmarc.sock
    /// --- /etc/postfix/master.cf
    /// submission inet n - y - - smtpd
    ///   -o smtpd_sasl_auth_enable=yes
    /// --- /etc/opendmarc.conf
    /// Socket local:/var/spool/postfix/opendmarc/opendmarc.sock
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = unix:opendmarc/opendmarc.sock
    /// --- /etc/postfix/master.cf
    /// submission inet n - y - - smtpd
    ///   -o smtpd_sasl_auth_enable=yes
    /// --- /etc/opendmarc.conf
    /// Socket local:/var/spool/postfix/opendmarc/opendmarc.sock
    /// IgnoreAuthenticatedClients true
    /// ```
    ///
    /// # Reference
    /// opendmarc.conf(5) IgnoreAuthenticatedClients
    ///
    /// # Since
    /// 0.1.0
    "CONF007", "submission-treated-as-inbound", Warning, Server, Server(check)
}

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    let (Some(postfix), Some(dmarc)) = (&server.setup.postfix, &server.setup.dmarc) else { return };
    if dmarc.on("IgnoreAuthenticatedClients", false) {
        return;
    }
    let everywhere = postfix.main.value("smtpd_sasl_auth_enable").is_some_and(|v| v == "yes");
    let door = postfix.master.iter().find(|s| {
        let logs_in = s.option("smtpd_sasl_auth_enable").map_or(everywhere, |v| v == "yes");
        // A door with milters of its own is asked for those alone.
        let judged = s.option("smtpd_milters").is_none_or(|m| m.contains("dmarc"));
        s.command.first().is_some_and(|c| c == "smtpd") && logs_in && judged
    });
    let asked = postfix.smtpd_milters().iter().any(|(_, a)| a.is_some() && *a == server.setup.dmarc_socket());
    if let Some(door) = door.filter(|_| asked) {
        sink.report(
            server.at(dmarc.at("IgnoreAuthenticatedClients")),
            format!("OpenDMARC judges mail of clients that log in at {}", door.name),
        )
        .sees("under p=reject the server refuses its own users' mail")
        .help("IgnoreAuthenticatedClients true");
    }
}
