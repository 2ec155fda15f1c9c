//! The hole in the common recipe: results that the sender wrote himself.

use crate::lint::rules::prelude::*;

rule! {
    /// DMARC is judged by results that stand in the message as it came: a forger writes `spf=pass` there himself.
    ///
    /// # Why
    /// In the usual set-up policyd-spf writes a header and OpenDMARC reads it. It reads the sender's own
    /// `Received-SPF: pass`, or `Authentication-Results` with this server's id, as well: forged mail gets dmarc=pass and is
    /// delivered, even under p=reject. RFC 8601 §5 demands that a border server takes such fields out.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode v
    /// AuthservID mx.example.com
    /// --- /etc/opendmarc.conf
    /// AuthservID mx.example.com
    /// TrustedAuthservIDs mx.example.com
    /// SPFIgnoreResults false
    /// ```
    ///
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = inet:localhost:11332
    /// mydestination = example.com
    /// --- /etc/rspamd/local.d/milter_headers.conf
    /// use = ["x-spam-status"];
    /// ```
    ///
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = inet:localhost:11332
    /// mydestination = example.com
    /// --- /etc/rspamd/local.d/milter_headers.conf
    /// use = ["authentication-results"];
    /// routines { authentication-results { remove = 1; } }
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = inet:localhost:11332
    /// mydestination = example.com
    /// --- /etc/rspamd/local.d/milter_headers.conf
    /// use = ["x-spam-status", "authentication-results"];
    /// ```
    ///
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode v
    /// AuthservID mx.example.com
    /// RemoveARAll yes
    /// RemoveARFrom mx.example.com
    /// --- /etc/opendmarc.conf
    /// AuthservID mx.example.com
    /// SPFIgnoreResults true
    /// SPFSelfValidate true
    /// ```
    ///
    /// # Reference
    /// RFC 8601 §5, opendmarc.conf(5) SPFIgnoreResults, opendkim.conf(5) RemoveARAll
    ///
    /// # Since
    /// 0.1.0
    "CONF005", "forged-results-believed", Error, Server, Server(check)
}

const SEES: &str = "forged mail that brings its own `pass` passes DMARC and is delivered, even under p=reject";

/// Rspamd believes nothing that stands in a message; mail programs behind it do.
fn rspamd(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    const FILE: &str = "milter_headers.conf";
    let remove = ["routines", "authentication-results", "remove"];
    let Some(rspamd) = server.setup.judging_rspamd() else { return };
    let fault = if !rspamd.lists(FILE, &["use"], "authentication-results") {
        Some((&["use"][..], "Rspamd takes no Authentication-Results out of a message, nor writes its own"))
    } else if rspamd.value(FILE, &remove).is_some_and(|n| n != "0") {
        Some((
            &remove[..],
            "Rspamd takes one Authentication-Results out of a message; a second one in this server's name stays",
        ))
    } else {
        None
    };
    if let Some((path, message)) = fault
        && let Some(place) = rspamd.at(FILE, path)
    {
        sink.report(server.at(place), message)
            .sees("mail programs and filters believe what a stranger wrote in this server's name")
            .help("local.d/milter_headers.conf: use = [\"authentication-results\"]; remove = 0 takes out every one");
    }
}

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    rspamd(server, sink);
    let Some(dmarc) = &server.setup.dmarc else { return };
    if !dmarc.on("SPFIgnoreResults", false) {
        sink.report(
            server.at(dmarc.at("SPFIgnoreResults")),
            "OpenDMARC reads SPF results from the message, where the sender can write them: Received-SPF, and \
             Authentication-Results with this server's id",
        )
        .sees(SEES)
        .help("SPFIgnoreResults true, and SPFSelfValidate true, so that it checks SPF itself");
    }
    let trusted = server.setup.trusted_ids(dmarc);
    for signer in server.setup.signers.iter().filter(|s| s.verifies()) {
        let removed = signer.conf.value("RemoveARFrom").unwrap_or_default();
        // By default fields of the host's own name go, and of those only the ones with a DKIM result.
        let goes = |id: &str| {
            signer.conf.on("RemoveARAll", false)
                && (removed.split(',').any(|r| takes(r.trim(), id)) || removed.is_empty() && id == server.setup.host)
        };
        let left: Vec<&str> = trusted.iter().map(String::as_str).filter(|id| !goes(id)).collect();
        if !left.is_empty() {
            let name = if signer.conf.value("RemoveARAll").is_some() { "RemoveARAll" } else { "AuthservID" };
            let list = left.join(",");
            sink.report(
                server.at(signer.conf.at(name)),
                format!("a stranger's Authentication-Results in the name of {} stays in the message", left.join(", ")),
            )
            .sees(SEES)
            .help(format!("RemoveARAll yes, RemoveARFrom {list}; policyd-spf then needs Header_Type = SPF"));
        }
    }
}

fn takes(pattern: &str, id: &str) -> bool {
    match pattern.strip_prefix('.') {
        Some(domain) => {
            id.eq_ignore_ascii_case(domain) || id.to_ascii_lowercase().ends_with(&pattern.to_ascii_lowercase())
        }
        None => pattern == "*" || pattern.eq_ignore_ascii_case(id),
    }
}
