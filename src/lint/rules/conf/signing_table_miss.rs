//! A domain that nothing signs for.

use crate::lint::rules::prelude::*;

rule! {
    /// A domain of the profile has keys and no entry in SigningTable or Domain.
    ///
    /// # Why
    /// Its mail leaves unsigned, and nobody is told.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode sv
    /// SigningTable refile:/etc/opendkim/signing.table
    /// --- /etc/opendkim/signing.table
    /// *@example.org s1._domainkey.example.org
    /// --- profile
    /// example.com s1
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode sv
    /// SigningTable refile:/etc/opendkim/signing.table
    /// --- /etc/opendkim/signing.table
    /// *@example.com s1._domainkey.example.com
    /// --- profile
    /// example.com s1
    /// ```
    ///
    /// # Reference
    /// opendkim.conf(5) SigningTable
    ///
    /// # Since
    /// 0.1.0
    "CONF003", "signing-table-miss", Error, Server, Server(check)
}

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    let Some(wish) = &server.setup.wish else { return };
    let signers: Vec<_> = server.setup.signers.iter().filter(|s| s.signs()).collect();
    let Some(first) = signers.first() else { return };
    for domain in wish.domains.iter().filter(|(_, selectors)| !selectors.is_empty()).map(|(d, _)| d) {
        if !signers.iter().any(|s| s.signs_for(domain)) {
            let name = if first.signing.is_some() { "SigningTable" } else { "Domain" };
            sink.report(server.at(first.conf.at(name)), format!("no entry of {name} signs for {domain}"))
                .sees(format!("mail from {domain} is not signed"))
                .help(format!("add a row `*@{domain} SELECTOR._domainkey.{domain}`, or render it anew"));
        }
    }
}
