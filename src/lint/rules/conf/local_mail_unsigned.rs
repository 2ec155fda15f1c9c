//! One's own mail that nobody signs.

use crate::lint::rules::prelude::*;

rule! {
    /// Mail of this machine, or of a network that it relays for, leaves unsigned.
    ///
    /// # Why
    /// OpenDKIM signs for InternalHosts alone; a list of one's own replaces the default, which was loopback. Mail made by
    /// the sendmail command passes by every milter but `non_smtpd_milters`.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/postfix/main.cf
    /// mynetworks = 127.0.0.0/8 192.0.2.0/24
    /// smtpd_milters = inet:localhost:8891
    /// --- /etc/opendkim.conf
    /// Mode s
    /// Socket inet:8891@localhost
    /// InternalHosts 192.0.2.1
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/postfix/main.cf
    /// mynetworks = 127.0.0.0/8 192.0.2.0/24
    /// smtpd_milters = inet:localhost:8891
    /// non_smtpd_milters = $smtpd_milters
    /// --- /etc/opendkim.conf
    /// Mode s
    /// Socket inet:8891@localhost
    /// InternalHosts 127.0.0.1,::1,192.0.2.0/24
    /// ```
    ///
    /// # Reference
    /// opendkim.conf(5) InternalHosts, postconf(5) non_smtpd_milters
    ///
    /// # Since
    /// 0.1.0
    "CONF014", "local-mail-unsigned", Error, Server, Server(check)
}

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    let mut signers = server.setup.signers.iter().filter(|s| s.signs()).peekable();
    if signers.peek().is_none() {
        return;
    }
    if let Some(postfix) = &server.setup.postfix
        && !postfix.list("smtpd_milters").is_empty()
        && postfix.list("non_smtpd_milters").is_empty()
    {
        sink.report(server.at(postfix.at("non_smtpd_milters")), "non_smtpd_milters is not set")
            .sees("mail made by the sendmail command, such as that of cron and web programs, is not signed")
            .help("non_smtpd_milters with the same OpenDKIM as smtpd_milters");
    }
    let relayed: Vec<String> = server.setup.postfix.iter().flat_map(|p| p.list("mynetworks")).collect();
    for signer in signers {
        let default = vec!["127.0.0.1".to_string()];
        let internal = signer.internal.as_ref().unwrap_or(&default);
        let has = |network: &str| internal.iter().any(|i| i == network);
        let spot = server.at(signer.conf.at("InternalHosts"));
        if !has("127.0.0.1") && !has("127.0.0.0/8") {
            sink.report(spot, "InternalHosts has no 127.0.0.1")
                .sees("mail of this machine is not signed")
                .help("add 127.0.0.1 to InternalHosts");
        }
        for network in relayed.iter().map(|n| n.replace(['[', ']'], "")) {
            let local = network.starts_with("127.") || network.starts_with("::1") || network.starts_with("::ffff:127.");
            if local || network.contains(['$', '!']) || network.contains(":/") || network.starts_with('/') {
                continue;
            }
            if !has(&network) {
                sink.report(spot, format!("Postfix relays for {network}, which InternalHosts lacks"))
                    .sees(format!("mail of {network} is sent on unsigned"))
                    .help(format!("add {network} to InternalHosts"));
            }
        }
    }
}
