//! A server's configuration as it stands: read once, with places, for rules to judge.

mod address;
mod rspamd;
mod signer;

pub use address::{Address, QUEUE, listening, sought};
pub use rspamd::Rspamd;
pub use signer::{Conf, KeyEntry, Row, Signer};

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::model::source::{Place, Source, SourceId, Sources, Span};
use crate::server::key_value::Between;
use crate::server::postfix::main_cf::{self, MainCf};
use crate::server::postfix::master_cf::{self, Service};
use crate::server::tree::Tree;

/// What a server is configured to do.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Postfix, if it is there.
    pub postfix: Option<Postfix>,
    /// OpenDKIM's instances.
    pub signers: Vec<Signer>,
    /// OpenDMARC.
    pub dmarc: Option<Conf>,
    /// policyd-spf.
    pub spf: Option<Conf>,
    /// Rspamd's own settings, where there are any.
    pub rspamd: Option<Rspamd>,
    /// Exim's macros are there.
    pub exim: bool,
    /// The keys of Exim's macros.
    pub exim_keys: Vec<KeyEntry>,
    /// The numbers of the users, by name.
    pub users: BTreeMap<String, u32>,
    /// The host's name.
    pub host: String,
    /// What the profile wants of it, if there is one.
    pub wish: Option<Wish>,
    /// Key records as DNS has them, by name; a name without one has an empty list. Names not here were not asked for.
    pub published: BTreeMap<String, Vec<String>>,
}

/// What a profile wants of a server.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// The domains with their selectors that sign here.
    pub domains: BTreeMap<String, Vec<String>>,
}

/// Postfix's files.
#[derive(Clone, Debug)]
pub struct Postfix {
    /// `main.cf`.
    pub main: MainCf,
    /// Its text.
    pub main_source: SourceId,
    /// `master.cf`.
    pub master: Vec<Service>,
    /// Its text.
    pub master_source: Option<SourceId>,
}

impl Postfix {
    /// Where the parameter `name` is set, or the beginning of `main.cf`.
    pub fn at(&self, name: &str) -> Place {
        let span = self.main.get(name).map_or(Span::new(0, 0), |e| e.span);
        Place { source: self.main_source, span }
    }

    /// The items of a list, `$names` put in.
    pub fn list(&self, name: &str) -> Vec<String> {
        main_cf::list(&self.main.value(name).unwrap_or_default())
    }

    /// Whether it takes mail for a domain, beside the host's own name.
    pub fn receives(&self) -> bool {
        let own = |word: &String| {
            let host = self.main.value("myhostname").unwrap_or_default();
            word.starts_with(['$', '/']) || word.starts_with("localhost") || *word == host
        };
        ["virtual_mailbox_domains", "virtual_alias_domains", "relay_domains"].iter().any(|n| !self.list(n).is_empty())
            || self.list("mydestination").iter().any(|w| !own(w))
    }

    /// Whether the service lives in a chroot. Without `master.cf` Debian's own is meant, where it does.
    pub fn chroot(&self, service: &str) -> bool {
        let found = self.master.iter().find(|s| s.name == service || s.command.first().is_some_and(|c| c == service));
        found.is_none_or(|s| s.chroot)
    }

    /// The milters of SMTP clients: as written, and as an address.
    pub fn smtpd_milters(&self) -> Vec<(String, Option<Address>)> {
        let chroot = self.chroot("smtp");
        self.list("smtpd_milters").into_iter().map(|m| (m.clone(), sought(&m, chroot))).collect()
    }

    /// The milters of mail that does not come by SMTP.
    pub fn non_smtpd_milters(&self) -> Vec<(String, Option<Address>)> {
        let chroot = self.chroot("cleanup");
        self.list("non_smtpd_milters").into_iter().map(|m| (m.clone(), sought(&m, chroot))).collect()
    }
}

impl Setup {
    /// All keys that something signs with.
    pub fn keys(&self) -> impl Iterator<Item = &KeyEntry> {
        let signers = self.signers.iter().filter(|s| s.signs()).flat_map(|s| &s.keys);
        signers.chain(self.rspamd.iter().flat_map(|r| &r.keys)).chain(&self.exim_keys)
    }

    /// Rspamd, where Postfix asks it and takes strangers' mail.
    pub fn judging_rspamd(&self) -> Option<&Rspamd> {
        let rspamd = self.rspamd.as_ref()?;
        let postfix = self.postfix.as_ref()?;
        let socket = rspamd.socket()?;
        let asked = postfix.smtpd_milters().iter().any(|(_, a)| a.as_ref() == Some(&socket));
        (asked && postfix.receives()).then_some(rspamd)
    }

    /// Where OpenDMARC listens.
    pub fn dmarc_socket(&self) -> Option<Address> {
        self.dmarc.as_ref().and_then(|c| listening(c.value("Socket")?))
    }

    /// The authserv-id that a milter's setting means: `HOSTNAME` and nothing are the host's name.
    pub fn id(&self, value: Option<&str>) -> String {
        match value {
            None | Some("HOSTNAME") => self.host.clone(),
            Some(id) => id.trim().to_string(),
        }
    }

    /// The ids that OpenDMARC believes.
    pub fn trusted_ids(&self, dmarc: &Conf) -> Vec<String> {
        let own = self.id(dmarc.value("AuthservID"));
        match dmarc.value("TrustedAuthservIDs") {
            None => vec![own],
            Some(list) => list.split(',').map(|id| self.id(Some(id.trim()))).collect(),
        }
    }

    /// Whether policyd-spf is asked about strangers' mail.
    pub fn asks_spf_service(&self) -> bool {
        let Some(postfix) = &self.postfix else { return false };
        [
            "smtpd_recipient_restrictions",
            "smtpd_relay_restrictions",
            "smtpd_sender_restrictions",
            "smtpd_client_restrictions",
            "smtpd_data_restrictions",
        ]
        .iter()
        .any(|name| postfix.list(name).iter().any(|w| w.contains("spf")))
    }
}

/// Files other than the usual ones.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// In place of the instances' configuration files of `/etc`.
    pub opendkim: Vec<String>,
    /// In place of `/etc/opendmarc.conf`.
    pub opendmarc: Option<String>,
    /// In place of `policyd-spf.conf`.
    pub policyd_spf: Option<String>,
    /// In place of `main.cf`.
    pub main_cf: Option<String>,
    /// In place of `master.cf`.
    pub master_cf: Option<String>,
}

impl Paths {
    /// Whether any is named; then only the named ones are looked at.
    pub fn any(&self) -> bool {
        !self.opendkim.is_empty()
            || self.opendmarc.is_some()
            || self.policyd_spf.is_some()
            || self.main_cf.is_some()
            || self.master_cf.is_some()
    }
}

/// What was read.
#[derive(Debug, Default)]
pub struct ReadSetup {
    /// What it says.
    pub setup: Setup,
    /// The texts.
    pub sources: Sources,
    /// What could not be read, and lines that nothing can be made of.
    pub errors: Vec<Error>,
}

/// Reads everything below `tree`.
pub fn read(tree: &dyn Tree, paths: &Paths) -> ReadSetup {
    let mut reader = Reader { tree, out: ReadSetup::default() };
    let usual = |path: &str| (!paths.any()).then(|| path.to_string());
    let main = paths.main_cf.clone().or_else(|| usual("/etc/postfix/main.cf"));
    if let Some((main_source, text)) = main.and_then(|p| reader.text(&p, None)) {
        let main = main_cf::read(&text);
        for stray in &main.strays {
            reader.half(Place { source: main_source, span: stray.span }, "is no parameter: is the file half written?");
        }
        let master = paths.master_cf.clone().or_else(|| usual("/etc/postfix/master.cf"));
        let master = master.and_then(|p| reader.text(&p, None));
        let master_source = master.as_ref().map(|(source, _)| *source);
        let master = master.map(|(_, text)| master_cf::read(&text)).unwrap_or_default();
        reader.out.setup.host = main.value("myhostname").unwrap_or_default();
        reader.out.setup.postfix = Some(Postfix { main, main_source, master, master_source });
    }
    if reader.out.setup.host.is_empty() {
        let name = tree.read("/etc/hostname").ok().flatten().unwrap_or_default();
        reader.out.setup.host = String::from_utf8_lossy(&name).trim().to_string();
    }
    let instances = if paths.any() {
        paths.opendkim.clone()
    } else {
        let named = |n: &String| n.starts_with("opendkim") && n.ends_with(".conf") && !n.contains("unbound");
        tree.list("/etc").into_iter().filter(named).map(|n| format!("/etc/{n}")).collect()
    };
    for path in instances {
        let signer = reader.signer(&path);
        reader.out.setup.signers.extend(signer);
    }
    let dmarc = paths.opendmarc.clone().or_else(|| usual("/etc/opendmarc.conf"));
    reader.out.setup.dmarc = dmarc.and_then(|p| reader.conf(&p, Between::Blank));
    let spf = paths.policyd_spf.clone().or_else(|| usual("/etc/postfix-policyd-spf-python/policyd-spf.conf"));
    reader.out.setup.spf = spf.and_then(|p| reader.conf(&p, Between::Equals));
    if !paths.any() {
        reader.out.setup.rspamd = reader.rspamd();
        reader.out.setup.exim = tree.stat("/etc/exim4/exim4.conf.localmacros").is_some();
        reader.out.setup.exim_keys = reader.exim_keys();
    }
    let users = tree.read("/etc/passwd").ok().flatten().unwrap_or_default();
    for line in String::from_utf8_lossy(&users).lines() {
        let mut parts = line.split(':');
        if let (Some(name), Some(number)) = (parts.next(), parts.nth(1).and_then(|n| n.parse().ok())) {
            reader.out.setup.users.insert(name.to_string(), number);
        }
    }
    reader.out
}

/// Reads files, and keeps their texts and what is wrong with them.
struct Reader<'t> {
    tree: &'t dyn Tree,
    out: ReadSetup,
}

impl Reader<'_> {
    /// The text at `path`. A file that `named` names must be there.
    fn text(&mut self, path: &str, named: Option<(&Conf, &str)>) -> Option<(SourceId, String)> {
        match self.try_text(path) {
            Ok(None) => {
                if let Some((conf, name)) = named {
                    self.half(conf.at(name), &format!("names {path}, which is not there"));
                }
                None
            }
            Ok(found) => found,
            Err(e) => {
                self.out.errors.push(e);
                None
            }
        }
    }

    fn try_text(&mut self, path: &str) -> Result<Option<(SourceId, String)>> {
        let Some(octets) = self.tree.read(path)? else { return Ok(None) };
        let text = String::from_utf8(octets).map_err(|e| {
            let line = e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
            Error::config(format!("{path}:{line}: not text in UTF-8"))
        })?;
        let source = self.out.sources.add(Source::new(path, text.clone())?);
        Ok(Some((source, text)))
    }

    /// Keeps the error that the line at `place` is of no use.
    fn half(&mut self, place: Place, what: &str) {
        let at = self.out.sources.locate(place);
        let line = String::from_utf8_lossy(self.out.sources.slice(place)).into_owned();
        let shown: String = line.chars().filter(|c| !c.is_control()).take(60).collect();
        self.out.errors.push(Error::config(format!("{}:{}: `{shown}` {what}", at.path, at.start.line)));
    }
}
