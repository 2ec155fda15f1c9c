//! SPF that has the last word.

use crate::lint::rules::prelude::*;

rule! {
    /// policyd-spf refuses mail before DKIM and DMARC can speak.
    ///
    /// # Why
    /// Forwarded mail fails SPF and passes by its signature; refused at RCPT it is never looked at. Debian's defaults do
    /// that.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/postfix-policyd-spf-python/policyd-spf.conf
    /// debugLevel = 1
    /// TestOnly = 1
    /// HELO_reject = Fail
    /// Mail_From_reject = Fail
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/postfix-policyd-spf-python/policyd-spf.conf
    /// HELO_reject = False
    /// Mail_From_reject = False
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §7.1, policyd-spf.conf(5)
    ///
    /// # Since
    /// 0.1.0
    "CONF013", "rejected-before-dmarc", Warning, Server, Server(check)
}

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    let Some(spf) = &server.setup.spf else { return };
    // Nobody asks it, so it refuses nothing.
    let asked = server.setup.postfix.is_none() || server.setup.asks_spf_service();
    if !spf.on("TestOnly", true) || !asked {
        return;
    }
    for name in ["HELO_reject", "Mail_From_reject"] {
        // Both default to Fail.
        let value = spf.value(name).unwrap_or("Fail");
        if !["False", "Null", "No_Check"].iter().any(|v| v.eq_ignore_ascii_case(value)) {
            sink.report(server.at(spf.at(name)), format!("policyd-spf refuses mail by {name} = {value}"))
                .sees("forwarded mail with a good signature is refused before DKIM and DMARC are asked")
                .help(format!("{name} = False: DMARC decides"));
        }
    }
}
