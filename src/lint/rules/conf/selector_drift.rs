//! A key that is not the published one.

use crate::lint::rules::prelude::*;
use crate::model::dkim::KeyRecord;

rule! {
    /// The server signs with a selector or key that is not what DNS publishes, or not what the profile says.
    ///
    /// # Why
    /// Every signature fails: receivers fetch the key at the selector that the signature names.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode s
    /// KeyTable /etc/opendkim/key.table
    /// --- /etc/opendkim/key.table
    /// old._domainkey.example.com example.com:old:/etc/keys/old.private
    /// --- /etc/keys/old.private 0:0 0600
    /// --- profile
    /// example.com s1
    /// ```
    ///
    /// ```server
    /// --- /etc/rspamd/local.d/dkim_signing.conf
    /// domain { example.com { selectors = [ { selector = "old"; path = "/etc/keys/old.private"; } ]; } }
    /// --- profile
    /// example.com s1
    /// ```
    ///
    /// ```server
    /// --- /etc/exim4/mailproof/selectors
    /// example.com: old
    /// --- profile
    /// example.com s1
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode s
    /// KeyTable /etc/opendkim/key.table
    /// --- /etc/opendkim/key.table
    /// s1._domainkey.example.com example.com:s1:/etc/keys/s1.private
    /// --- /etc/keys/s1.private 0:0 0600
    /// --- profile
    /// example.com s1
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.2
    ///
    /// # Since
    /// 0.1.0
    "CONF010", "selector-drift", Error, Server, Server(check)
}

const SEES: &str = "the signature fails: no key, or another one, is found at its selector";

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    let setup = server.setup;
    for key in setup.keys() {
        let domain = key.domain.to_ascii_lowercase();
        let name = format!("{}._domainkey.{domain}", key.selector);
        match setup.published.get(&name).map(Vec::as_slice) {
            Some([]) => {
                sink.report(server.at(key.place), format!("the server signs with {name}, where DNS has no key"))
                    .sees(SEES)
                    .help("publish it: mailproof push; or sign with the published selector");
                continue;
            }
            Some(records) => {
                if let Some(own) = &key.record
                    && !records.iter().any(|r| same_key(r, own))
                {
                    sink.report(
                        server.at(key.place),
                        format!("the private key {} is not the one whose public half is at {name}", key.path),
                    )
                    .sees(SEES)
                    .help("put the right key file there, or publish this one's record: mailproof keys check");
                    continue;
                }
            }
            None => {}
        }
        if let Some(selectors) = setup.wish.as_ref().and_then(|w| w.domains.get(&domain))
            && !selectors.iter().any(|s| s.eq_ignore_ascii_case(&key.selector))
        {
            let list = if selectors.is_empty() { "none".to_string() } else { selectors.join(", ") };
            sink.report(
                server.at(key.place),
                format!(
                    "the server signs for {domain} with {}; the profile's active selectors are: {list}",
                    key.selector
                ),
            )
            .sees(SEES)
            .help("mailproof config render writes what the profile says");
        }
    }
}

fn same_key(published: &str, own: &str) -> bool {
    let read = |text: &str| KeyRecord::read(text.as_bytes()).into_record().and_then(|r| r.key);
    let (published, own) = (read(published), read(own));
    own.is_some() && published == own
}
