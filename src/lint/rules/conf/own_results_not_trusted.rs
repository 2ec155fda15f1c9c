//! A daemon's results that the next one does not believe.

use crate::lint::rules::prelude::*;

rule! {
    /// OpenDMARC does not trust the id under which OpenDKIM, or the SPF service, writes its results.
    ///
    /// # Why
    /// A good signature is not seen: mail that passes by DKIM alone, such as forwarded mail, fails DMARC.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode v
    /// AuthservID mx.example.com
    /// --- /etc/opendmarc.conf
    /// AuthservID mail.example.com
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode v
    /// AuthservID mx.example.com
    /// --- /etc/opendmarc.conf
    /// AuthservID mail.example.com
    /// TrustedAuthservIDs mx.example.com,mail.example.com
    /// ```
    ///
    /// # Reference
    /// opendmarc.conf(5) TrustedAuthservIDs, RFC 8601 §5
    ///
    /// # Since
    /// 0.1.0
    "CONF004", "own-results-not-trusted", Error, Server, Server(check)
}

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    let Some(dmarc) = &server.setup.dmarc else { return };
    let trusted = server.setup.trusted_ids(dmarc);
    let name = if dmarc.value("TrustedAuthservIDs").is_some() { "TrustedAuthservIDs" } else { "AuthservID" };
    let mut writers: Vec<(&str, String)> = Vec::new();
    for signer in server.setup.signers.iter().filter(|s| s.verifies()) {
        writers.push(("OpenDKIM", server.setup.id(signer.conf.value("AuthservID"))));
    }
    if let Some(spf) = &server.setup.spf
        && spf.value("Header_Type").is_some_and(|t| t.eq_ignore_ascii_case("AR"))
        && !dmarc.on("SPFIgnoreResults", false)
    {
        // Without an id it writes the bare host name.
        let bare = server.setup.host.split('.').next().unwrap_or_default().to_string();
        writers.push(("policyd-spf", spf.value("Authserv_Id").map_or(bare, |id| server.setup.id(Some(id)))));
    }
    for (writer, id) in writers {
        if !trusted.iter().any(|t| t.eq_ignore_ascii_case(&id)) {
            let list = trusted.join(", ");
            sink.report(server.at(dmarc.at(name)), format!("{writer} writes as {id}; OpenDMARC believes {list}"))
                .sees("DMARC is judged as if the check had not been made: mail that passes by it alone fails")
                .help(format!("TrustedAuthservIDs {id}"));
        }
    }
}
