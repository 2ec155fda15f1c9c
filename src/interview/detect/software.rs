//! The mail software of this machine, by its files: what is installed, and what of its settings the questions need.

use crate::server::setup::{self, Paths, Setup};
use crate::server::system::System;
use crate::server::tree::Tree;

/// Programs, and files of which one is there where the program is installed.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("Postfix", &["/usr/sbin/postfix", "/etc/postfix/main.cf"]),
    ("Exim", &["/usr/sbin/exim4", "/usr/sbin/exim", "/etc/exim4/update-exim4.conf.conf", "/etc/exim/exim.conf"]),
    ("OpenDKIM", &["/usr/sbin/opendkim", "/etc/opendkim.conf"]),
    ("OpenDMARC", &["/usr/sbin/opendmarc", "/etc/opendmarc.conf"]),
    ("policyd-spf", &["/usr/bin/policyd-spf", "/etc/postfix-policyd-spf-python/policyd-spf.conf"]),
    ("Rspamd", &["/usr/bin/rspamd", "/etc/rspamd/rspamd.conf"]),
    ("Dovecot", &["/usr/sbin/dovecot", "/etc/dovecot/dovecot.conf"]),
];

/// What is installed and how it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Software {
    /// The programs that are there.
    pub installed: Vec<&'static str>,
    /// Postfix's `myhostname`, as far as `main.cf` says it.
    pub host: Option<String>,
    /// `smtpd_milters` of Postfix.
    pub milters: Vec<String>,
    /// `non_smtpd_milters` of Postfix.
    pub other_milters: Vec<String>,
    /// Domains and selectors that OpenDKIM signs with.
    pub keys: Vec<(String, String)>,
    /// The id of its Authentication-Results, where a setting says one.
    pub authserv_id: Option<String>,
    /// The release, if it is one whose packages are known.
    pub system: Option<System>,
}

impl Software {
    /// Whether `program` is installed.
    pub fn has(&self, program: &str) -> bool {
        self.installed.contains(&program)
    }

    /// The id of the templates that suit it: Rspamd where Postfix asks it, where there is no other milter, or where it
    /// stands alone; Exim signs and judges by itself.
    pub fn template(&self) -> Option<&'static str> {
        if !self.has("Postfix") {
            return match (self.has("Exim"), self.has("Rspamd")) {
                (true, _) => Some("exim"),
                (false, true) => Some("rspamd"),
                (false, false) => None,
            };
        }
        let asked = self.milters.iter().any(|m| m.contains("rspamd") || m.ends_with(":11332"));
        let alone = self.has("Rspamd") && !self.has("OpenDKIM") && !self.has("OpenDMARC");
        Some(if asked || alone { "rspamd" } else { "postfix" })
    }

    /// The selectors that it signs mail of `domain` with.
    pub fn selectors(&self, domain: &str) -> Vec<&str> {
        let mine = self.keys.iter().filter(|(d, _)| d.eq_ignore_ascii_case(domain) || d == "%");
        mine.map(|(_, selector)| selector.as_str()).collect()
    }
}

/// Looks below `tree`. What cannot be read says nothing here: `mailproof config check` tells it.
pub fn software(tree: &dyn Tree) -> Software {
    let there = |path: &&&str| tree.stat(path).is_some();
    let installed = PROGRAMS.iter().filter(|(_, files)| files.iter().find(there).is_some()).map(|(name, _)| *name);
    let read = setup::read(tree, &Paths::default()).setup;
    let release = tree.read("/etc/os-release").ok().flatten().unwrap_or_default();
    let mut found = Software {
        installed: installed.collect(),
        system: System::from_os_release(&String::from_utf8_lossy(&release)),
        authserv_id: authserv_id(&read),
        ..Software::default()
    };
    if let Some(postfix) = &read.postfix {
        found.host = postfix.main.value("myhostname").filter(|h| h.contains('.')).map(|h| h.to_ascii_lowercase());
        found.milters = postfix.list("smtpd_milters");
        found.other_milters = postfix.list("non_smtpd_milters");
    }
    for key in read.signers.iter().filter(|s| s.signs()).flat_map(|s| &s.keys) {
        let entry = (key.domain.clone(), key.selector.clone());
        if !key.selector.is_empty() && !found.keys.contains(&entry) {
            found.keys.push(entry);
        }
    }
    found
}

fn authserv_id(setup: &Setup) -> Option<String> {
    let named = setup.dmarc.iter().chain(setup.signers.iter().map(|s| &s.conf)).find_map(|c| c.value("AuthservID"));
    named.map(|id| id.trim().to_string()).filter(|id| id != "HOSTNAME" && !id.is_empty() && *id != setup.host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tree::Memory;

    const POSTFIX: &str = "--- /etc/postfix/main.cf
myhostname = Mail.example.com
smtpd_milters = unix:/run/opendkim/opendkim.sock, inet:127.0.0.1:8893
non_smtpd_milters = $smtpd_milters
--- /etc/opendkim.conf
Mode sv
KeyTable /etc/dkimkeys/keytable
SigningTable refile:/etc/dkimkeys/signingtable
AuthservID mx.example.com
--- /etc/dkimkeys/keytable
k1 example.com:mp1:/etc/dkimkeys/mp1.private
k2 example.com:mp2:/etc/dkimkeys/mp2.private
--- /etc/dkimkeys/signingtable
*@example.com k1
--- /etc/opendmarc.conf
Socket inet:8893@localhost
--- /etc/os-release
ID=debian
VERSION_ID=\"12\"
";

    #[test]
    fn what_is_installed() {
        let found = software(&Memory::parse(POSTFIX));
        assert_eq!(found.installed, ["Postfix", "OpenDKIM", "OpenDMARC"]);
        assert_eq!(found.host.as_deref(), Some("mail.example.com"));
        assert_eq!(found.milters, ["unix:/run/opendkim/opendkim.sock", "inet:127.0.0.1:8893"]);
        assert_eq!(found.other_milters, found.milters);
        assert_eq!(found.selectors("Example.com"), ["mp1", "mp2"]);
        assert_eq!(found.selectors("example.net"), Vec::<&str>::new());
        assert_eq!(found.authserv_id.as_deref(), Some("mx.example.com"));
        assert_eq!(found.system, Some(System::Debian12));
    }

    #[test]
    fn whose_templates() {
        for (files, want, why) in [
            ("", None, "nothing is installed"),
            ("--- /usr/sbin/dovecot\n", None, "it keeps mail, and sends none"),
            ("--- /usr/sbin/exim4\n--- /usr/sbin/dovecot\n", Some("exim"), "Exim"),
            ("--- /usr/sbin/exim4\n--- /usr/bin/rspamd\n", Some("exim"), "Exim signs, whatever Rspamd filters"),
            ("--- /usr/bin/rspamd\n", Some("rspamd"), "Rspamd, and the mail server elsewhere"),
            ("--- /etc/postfix/main.cf\nmyhostname = a.example\n", Some("postfix"), "Postfix alone"),
            ("--- /etc/postfix/main.cf\n\n--- /usr/bin/rspamd\n", Some("rspamd"), "Rspamd, and no other milter"),
            (
                "--- /etc/postfix/main.cf\nsmtpd_milters = inet:localhost:11332\n--- /etc/opendkim.conf\nMode v\n",
                Some("rspamd"),
                "OpenDKIM lies about, Rspamd is asked",
            ),
            (
                "--- /etc/postfix/main.cf\nsmtpd_milters = inet:localhost:8891\n--- /etc/opendkim.conf\nMode s\n\
                 --- /usr/bin/rspamd\n",
                Some("postfix"),
                "Rspamd lies about, OpenDKIM is asked",
            ),
        ] {
            assert_eq!(software(&Memory::parse(files)).template(), want, "{why}");
        }
    }

    #[test]
    fn selectors_of_the_authors_own_domain() {
        let files = "--- /etc/opendkim.conf\nDomain *\nSelector s1\nKeyFile /k\n";
        let found = software(&Memory::parse(files));
        assert_eq!(found.keys, [("*".to_string(), "s1".to_string())]);
    }
}
