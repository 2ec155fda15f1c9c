//! Milters whose failure lets mail through.

use crate::lint::rules::prelude::*;

rule! {
    /// With a milter down, mail goes on unsigned and unjudged.
    ///
    /// # Why
    /// `milter_default_action = accept` turns authentication off without a word when a daemon stops. With `tempfail`,
    /// which is Postfix's default, mail waits and nothing is lost.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = inet:localhost:8891
    /// milter_default_action = accept
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = inet:localhost:8891
    /// milter_default_action = tempfail
    /// ```
    ///
    /// # Reference
    /// postconf(5) milter_default_action
    ///
    /// # Since
    /// 0.1.0
    "CONF008", "fails-open", Warning, Server, Server(check)
}

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    let Some(postfix) = &server.setup.postfix else { return };
    let asks = !postfix.list("smtpd_milters").is_empty() || !postfix.list("non_smtpd_milters").is_empty();
    let action = postfix.main.value("milter_default_action");
    if asks && action.is_some_and(|a| a == "accept") {
        sink.report(server.at(postfix.at("milter_default_action")), "with a milter down, mail goes on without it")
            .sees("while OpenDKIM is down mail leaves unsigned; while OpenDMARC is down forged mail is delivered")
            .help("milter_default_action = tempfail: mail waits with 451 until the daemon is back");
    }
}
