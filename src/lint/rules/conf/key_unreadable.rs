//! A private key that the signer cannot or will not read.

use crate::lint::rules::prelude::*;
use crate::server::setup::KeyEntry;

rule! {
    /// The signer cannot read a private key, or refuses it because others could exchange it.
    ///
    /// # Why
    /// OpenDKIM starts as if nothing were wrong and answers 451 when it has to sign. It refuses a key that group or
    /// others may read or write, and one below a folder that they may write to.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode s
    /// KeyTable /etc/opendkim/key.table
    /// --- /etc/opendkim/key.table
    /// s1._domainkey.example.com example.com:s1:/etc/keys/s1.private
    /// --- /etc/keys/ 0:0 0775
    /// --- /etc/keys/s1.private 0:0 0600
    /// ```
    ///
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode s
    /// UserID opendkim
    /// Domain example.com
    /// Selector s1
    /// KeyFile /etc/keys/s1.private
    /// --- /etc/passwd
    /// opendkim:x:110:115::/run/opendkim:/usr/sbin/nologin
    /// --- /etc/keys/s1.private 0:0 0600
    /// ```
    ///
    /// ```server
    /// --- /etc/rspamd/local.d/dkim_signing.conf
    /// domain { example.com { selectors = [ { selector = "s1"; path = "/etc/keys/s1.private"; } ]; } }
    /// --- /etc/passwd
    /// _rspamd:x:110:114::/var/lib/rspamd:/usr/sbin/nologin
    /// --- /etc/keys/s1.private 0:0 0600
    /// ```
    ///
    /// ```server
    /// --- /etc/exim4/mailproof/selectors
    /// example.com: s1:s2
    /// --- /etc/dkimkeys/example.com.s1.private 0:0 0640
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/rspamd/local.d/dkim_signing.conf
    /// domain { example.com { selectors = [ { selector = "s1"; path = "/etc/keys/s1.private"; } ]; } }
    /// --- /etc/passwd
    /// _rspamd:x:110:114::/var/lib/rspamd:/usr/sbin/nologin
    /// --- /etc/keys/s1.private 110:114 0600
    /// ```
    ///
    /// ```server
    /// --- /etc/opendkim.conf
    /// Mode s
    /// UserID opendkim
    /// KeyTable /etc/opendkim/key.table
    /// --- /etc/opendkim/key.table
    /// s1._domainkey.example.com example.com:s1:/etc/keys/s1.private
    /// --- /etc/passwd
    /// opendkim:x:110:115::/run/opendkim:/usr/sbin/nologin
    /// --- /etc/keys/ 110:115 0700
    /// --- /etc/keys/s1.private 110:115 0600
    /// ```
    ///
    /// # Reference
    /// opendkim.conf(5) RequireSafeKeys
    ///
    /// # Since
    /// 0.1.0
    "CONF002", "key-unreadable", Error, Server, Server(check)
}

const SEES: &str = "mail that is to be signed waits with 451, or leaves unsigned";

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    others(server, sink);
    for signer in server.setup.signers.iter().filter(|s| s.signs()) {
        let user = signer.conf.value("UserID").unwrap_or("root");
        let user = user.split(':').next().unwrap_or(user);
        let strict = signer.conf.on("RequireSafeKeys", true);
        for key in &signer.keys {
            if let Some((message, help)) = fault(key, user, server.setup.users.get(user).copied(), strict) {
                sink.report(server.at(key.place), message).sees(SEES).help(help);
            }
        }
    }
}

fn others(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    let rspamd = server.setup.rspamd.iter().flat_map(|r| &r.keys).map(|k| (k, "_rspamd"));
    for (key, user) in rspamd.chain(server.setup.exim_keys.iter().map(|k| (k, "Debian-exim"))) {
        if let Some((message, help)) = unreadable(key, user, server.setup.users.get(user).copied()) {
            sink.report(server.at(key.place), message).sees("mail leaves unsigned, or waits").help(help);
        }
    }
}

/// Rspamd and Exim ask for no modes: a key must be there, and their user's or open to a group.
fn unreadable(key: &KeyEntry, user: &str, number: Option<u32>) -> Option<(String, String)> {
    match key.stat {
        Some(stat) if stat.mode & 0o044 != 0 => None,
        _ => fault(key, user, number, false),
    }
}

/// What is wrong with a key, and the way out.
fn fault(key: &KeyEntry, user: &str, number: Option<u32>, strict: bool) -> Option<(String, String)> {
    let path = &key.path;
    let Some(stat) = key.stat else {
        return Some((format!("the private key {path} is not there"), "put it there, or correct the path".into()));
    };
    let own = format!("chown {user}: {path} && chmod 600 {path}");
    if strict && stat.mode & 0o077 != 0 {
        return Some((format!("the private key {path} is open to others (mode {:04o})", stat.mode), own));
    }
    if let Some(number) = number
        && number != 0
        && stat.owner != number
        && stat.mode & 0o004 == 0
    {
        return Some((
            format!("the private key {path} belongs to user {}, and {user} cannot read it", stat.owner),
            own,
        ));
    }
    if !strict {
        return None;
    }
    // The sticky bit, as on /tmp, keeps others from exchanging it.
    let open = key.folders.iter().find(|(_, s)| s.mode & 0o022 != 0 && s.mode & 0o1000 == 0);
    open.map(|(folder, stat)| {
        let who = if stat.mode & 0o002 != 0 { "everybody" } else { "its group" };
        (
            format!("{who} may write to {folder} (mode {:04o}), and so exchange the private key {path}", stat.mode),
            format!("chmod go-w {folder}"),
        )
    })
}
