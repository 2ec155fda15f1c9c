//! A verifier that cannot ask.

use crate::lint::rules::prelude::*;

rule! {
    /// OpenDKIM on Debian and Ubuntu has no `Nameservers`.
    ///
    /// # Why
    /// It is built with a resolver of its own that does not read resolv.conf and asks the root servers. Where a firewall
    /// keeps it from them it waits, then lets mail pass without any DKIM result.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode v
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode v
    /// Nameservers 127.0.0.1
    /// ```
    ///
    /// # Reference
    /// opendkim.conf(5) Nameservers
    ///
    /// # Since
    /// 0.1.0
    "CONF012", "verifier-without-resolver", Error, Server, Server(check)
}

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    for signer in server.setup.signers.iter().filter(|s| s.verifies()) {
        let has =
            ["Nameservers", "TestDNSData", "ResolverConfiguration"].iter().any(|n| signer.conf.value(n).is_some());
        if !has {
            sink.report(server.at(signer.conf.at("Mode")), "OpenDKIM is not told which resolver to ask")
                .sees("where the root servers cannot be reached, mail passes without a DKIM result, and nobody is told")
                .help("Nameservers 127.0.0.1, or the address of your resolver");
        }
    }
}
