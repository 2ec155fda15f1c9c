//! A From that somebody can add.

use crate::lint::rules::prelude::*;

rule! {
    /// The signer does not sign that there is no second From.
    ///
    /// # Why
    /// Somebody can put a From of his own on top of a signed message, and the signature still passes. Oversigned, the
    /// field is counted once more than it is there, and an added one breaks the signature.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode sv
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode sv
    /// OversignHeaders From
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §8.15
    ///
    /// # Since
    /// 0.1.0
    "CONF011", "unsigned-headers", Warning, Server, Server(check)
}

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    for signer in server.setup.signers.iter().filter(|s| s.signs()) {
        let over = signer.conf.value("OversignHeaders").unwrap_or_default();
        if !over.split(',').any(|h| h.trim().eq_ignore_ascii_case("from") || h.trim() == "*") {
            sink.report(server.at(signer.conf.at("OversignHeaders")), "From is not oversigned")
                .sees("a message with a second From on top still has a good signature")
                .help("OversignHeaders From");
        }
    }
}
