//! Two kinds of key in one instance.

use crate::lint::rules::prelude::*;

rule! {
    /// An Ed25519 and an RSA key are in one OpenDKIM instance.
    ///
    /// # Why
    /// One instance signs with one algorithm: it answers 451 for the other key. Two instances in a row make both
    /// signatures.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode s
    /// KeyTable csl:a=example.com:a:/etc/keys/rsa.private,b=example.com:b:/etc/keys/ed25519.private
    /// --- /etc/keys/rsa.private 0:0 0600
    /// @rsa
    /// --- /etc/keys/ed25519.private 0:0 0600
    /// @ed25519
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode s
    /// KeyTable csl:a=example.com:a:/etc/keys/rsa.private
    /// --- /etc/opendkim-ed25519.conf
    /// Mode s
    /// SignatureAlgorithm ed25519-sha256
    /// KeyTable csl:b=example.com:b:/etc/keys/ed25519.private
    /// --- /etc/keys/rsa.private 0:0 0600
    /// @rsa
    /// --- /etc/keys/ed25519.private 0:0 0600
    /// @ed25519
    /// ```
    ///
    /// # Reference
    /// RFC 8463 §3, opendkim.conf(5) SignatureAlgorithm
    ///
    /// # Since
    /// 0.1.0
    "CONF015", "one-algorithm", Advice, Server, Server(check)
}

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    for signer in server.setup.signers.iter().filter(|s| s.signs()) {
        let written = signer.conf.value("SignatureAlgorithm").unwrap_or("rsa-sha256");
        let wrong = signer.keys.iter().find(|k| {
            let is_ed25519 = k.record.as_ref().map(|r| r.contains("k=ed25519"));
            is_ed25519.is_some_and(|ed| ed != written.starts_with("ed25519"))
        });
        if let Some(key) = wrong {
            let kind = if written.starts_with("ed25519") { "an RSA" } else { "an Ed25519" };
            sink.report(
                server.at(key.place),
                format!("{} is {kind} key in an instance that signs with {written}", key.path),
            )
            .sees("mail that is to be signed with it waits with 451")
            .help("a second instance, with its own SignatureAlgorithm, behind this one: mailproof config render");
        }
    }
}
