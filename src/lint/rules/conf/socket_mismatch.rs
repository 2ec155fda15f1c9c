//! Postfix looks for a milter where none listens.

use crate::lint::rules::prelude::*;
use crate::server::setup::{Address, listening};

rule! {
    /// Postfix connects to a milter at another address than the one at which the daemon listens, the chroot counted.
    ///
    /// # Why
    /// No message is signed or judged: each waits with a 451, or passes by without a word where
    /// `milter_default_action` is `accept`. Debian's smtpd lives in a chroot at /var/spool/postfix and sees no /run.
    ///
    /// # Bad
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = unix:/run/opendkim/opendkim.sock
    /// --- /etc/opendkim.conf
    /// Socket local:/run/opendkim/opendkim.sock
    /// ```
    ///
    /// # Good
    /// ```server
    /// --- /etc/postfix/main.cf
    /// smtpd_milters = unix:opendkim/opendkim.sock
    /// --- /etc/opendkim.conf
    /// Socket local:/var/spool/postfix/opendkim/opendkim.sock
    /// ```
    ///
    /// # Reference
    /// MILTER_README of Postfix, opendkim.conf(5) Socket
    ///
    /// # Since
    /// 0.1.0
    "CONF001", "socket-mismatch", Error, Server, Server(check)
}

fn check(server: &ServerView<'_>, sink: &mut Sink<'_>) {
    let Some(postfix) = &server.setup.postfix else { return };
    let mut daemons: Vec<(&str, Address)> = Vec::new();
    for signer in &server.setup.signers {
        daemons.extend(signer.conf.value("Socket").and_then(listening).map(|a| ("OpenDKIM", a)));
    }
    daemons.extend(server.setup.dmarc_socket().map(|a| ("OpenDMARC", a)));
    let smtpd = postfix.smtpd_milters();
    for (parameter, milters) in [("smtpd_milters", &smtpd), ("non_smtpd_milters", &postfix.non_smtpd_milters())] {
        for (written, address) in milters {
            let Some(address) = address else { continue };
            if daemons.iter().any(|(_, a)| a == address) {
                continue;
            }
            // Of the daemons that nobody has asked for yet, the one that was most likely meant.
            let free = daemons.iter().filter(|(_, a)| !smtpd.iter().any(|(_, s)| s.as_ref() == Some(a)));
            let meant = free.max_by_key(|(name, a)| likeness(written, address, name, a));
            let Some((name, other)) = meant.filter(|(name, a)| likeness(written, address, name, a) > 0) else {
                continue;
            };
            let chroot = match address {
                Address::Path(path) if !written.contains(path.as_str()) => {
                    format!(" (`{written}` from inside its chroot)")
                }
                _ => String::new(),
            };
            sink.report(
                server.at(postfix.at(parameter)),
                format!("Postfix looks for {name} at {address}{chroot}; it listens at {other}"),
            )
            .sees("no message is signed or judged; each waits with 451, or passes unjudged where milters fail open")
            .help(match other {
                Address::Path(path) => match path.strip_prefix("/var/spool/postfix/") {
                    Some(inside) => format!("write `unix:{inside}` in {parameter}"),
                    None => {
                        format!("move the socket into the chroot: `Socket local:/var/spool/postfix/{}`", inside(name))
                    }
                },
                Address::Port(host, port) => format!("write `inet:{host}:{port}` in {parameter}"),
            });
        }
    }
}

fn inside(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    format!("{name}/{name}.sock")
}

/// How much speaks for `written` being meant for a daemon: its name, or the same kind of address.
fn likeness(written: &str, address: &Address, name: &str, other: &Address) -> u8 {
    let named = written.to_ascii_lowercase().contains(&name.to_ascii_lowercase());
    let end = |path: &str| path.rsplit('/').next().map(str::to_string);
    let alike = match (address, other) {
        (Address::Path(a), Address::Path(b)) => end(a) == end(b),
        (Address::Port(a, p), Address::Port(b, q)) => a == b && p.abs_diff(*q) < 10,
        _ => false,
    };
    u8::from(named) * 2 + u8::from(alike)
}
