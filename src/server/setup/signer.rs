//! An OpenDKIM instance and the files that its configuration names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::keys::pair::KeyPair;
use crate::model::dkim::PublicKey;
use crate::model::source::{Place, SourceId, Span};
use crate::server::key_value::{self, Between, KeyValue};
use crate::server::setup::Reader;
use crate::server::tree::Stat;

/// A configuration file of names and values.
#[derive(Clone, Debug)]
pub struct Conf {
    /// Its text.
    pub source: SourceId,
    /// Its path.
    pub path: String,
    /// What it says.
    pub says: KeyValue,
}

impl Conf {
    /// Where `name` is set, or the beginning of the file.
    pub fn at(&self, name: &str) -> Place {
        let span = self.says.get(name).map_or(Span::new(0, 0), |e| e.span);
        Place { source: self.source, span }
    }

    /// The value of `name`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.says.value(name)
    }

    /// Whether a switch is on.
    pub fn on(&self, name: &str, default: bool) -> bool {
        self.says.on(name, default)
    }
}

/// An OpenDKIM instance.
#[derive(Clone, Debug)]
pub struct Signer {
    /// Its configuration.
    pub conf: Conf,
    /// The rows of its SigningTable, where it has one.
    pub signing: Option<Vec<Row>>,
    /// Its keys.
    pub keys: Vec<KeyEntry>,
    /// Hosts whose mail it signs; `None` where it does not say.
    pub internal: Option<Vec<String>>,
}

/// A row of a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where.
    pub place: Place,
    /// What comes first.
    pub key: String,
    /// What comes after.
    pub value: String,
}

/// A private key that an instance signs with.
#[derive(Clone, Debug)]
pub struct KeyEntry {
    /// Where it is named.
    pub place: Place,
    /// The domain, `%` where it is the author's.
    pub domain: String,
    /// The selector.
    pub selector: String,
    /// The file.
    pub path: String,
    /// Its owner and mode; `None` if it is not there.
    pub stat: Option<Stat>,
    /// The same of each folder above it, the nearest first.
    pub folders: Vec<(String, Stat)>,
    /// The record that belongs to it, where it could be read.
    pub record: Option<String>,
}

impl Signer {
    /// Whether it signs.
    pub fn signs(&self) -> bool {
        self.mode().contains('s')
    }

    /// Whether it verifies.
    pub fn verifies(&self) -> bool {
        self.mode().contains('v')
    }

    fn mode(&self) -> &str {
        self.conf.value("Mode").unwrap_or("sv")
    }

    /// Whether it signs mail whose author's domain is `domain`.
    pub fn signs_for(&self, domain: &str) -> bool {
        match &self.signing {
            Some(rows) => rows.iter().any(|r| covers(&r.key, domain)),
            None => {
                let domains = self.conf.value("Domain").unwrap_or_default();
                domains.split(',').any(|d| d.trim() == "*" || d.trim().eq_ignore_ascii_case(domain))
            }
        }
    }
}

/// Whether a SigningTable's pattern takes an author at `domain`.
fn covers(pattern: &str, domain: &str) -> bool {
    let at = pattern.rsplit_once('@').map_or(pattern, |(_, d)| d);
    match at.strip_prefix("*.") {
        Some(parent) => domain.to_ascii_lowercase().ends_with(&format!(".{}", parent.to_ascii_lowercase())),
        None => at == "*" || at.eq_ignore_ascii_case(domain),
    }
}

impl Reader<'_> {
    /// Reads the instance whose configuration is at `path`.
    pub(super) fn signer(&mut self, path: &str) -> Option<Signer> {
        let conf = self.conf(path, Between::Blank)?;
        let signing = conf.value("SigningTable").map(str::to_string);
        let signing = signing.map(|dataset| self.rows(&conf, "SigningTable", &dataset));
        let mut keys = Vec::new();
        if let Some(dataset) = conf.value("KeyTable").map(str::to_string) {
            for row in self.rows(&conf, "KeyTable", &dataset) {
                let mut parts = row.value.splitn(3, ':');
                if let (Some(domain), Some(selector), Some(file)) = (parts.next(), parts.next(), parts.next()) {
                    keys.push(self.key(row.place, domain, selector, file));
                } else {
                    self.half(row.place, "is not `name domain:selector:key`");
                }
            }
        }
        let lone = ["Domain", "Selector", "KeyFile"].map(|n| conf.value(n).map(str::to_string));
        if let [domain, selector, Some(file)] = lone {
            let (domain, selector) = (domain.unwrap_or_default(), selector.unwrap_or_default());
            keys.push(self.key(conf.at("KeyFile"), &domain, &selector, &file));
        }
        let internal = conf.value("InternalHosts").map(str::to_string);
        let internal =
            internal.map(|dataset| self.rows(&conf, "InternalHosts", &dataset).into_iter().map(|r| r.key).collect());
        Some(Signer { conf, signing, keys, internal })
    }

    pub(super) fn key(&mut self, place: Place, domain: &str, selector: &str, file: &str) -> KeyEntry {
        let path = file.trim().to_string();
        let stat = self.tree.stat(&path);
        let mut folders = Vec::new();
        let mut rest = path.as_str();
        while let Some((folder, _)) = rest.rsplit_once('/') {
            let shown = if folder.is_empty() { "/" } else { folder };
            folders.extend(self.tree.stat(shown).map(|s| (shown.to_string(), s)));
            rest = folder;
        }
        let octets = self.tree.read(&path).ok().flatten();
        let record = octets.and_then(|o| {
            let text = String::from_utf8(o).ok()?;
            KeyPair::from_pem(&text).map(|k| k.record()).ok().or_else(|| in_base64(&text))
        });
        KeyEntry { place, domain: domain.into(), selector: selector.into(), path, stat, folders, record }
    }

    /// The rows of a data set: `file:`, `refile:` or a path name a file, all else is the list itself.
    fn rows(&mut self, conf: &Conf, name: &str, dataset: &str) -> Vec<Row> {
        let file = ["refile:", "file:"].iter().find_map(|p| dataset.strip_prefix(p));
        let file = file.or_else(|| dataset.starts_with(['/', '.']).then_some(dataset));
        let Some(file) = file else {
            let list = dataset.trim_start_matches("csl:");
            // Other kinds, such as a database, are not looked into.
            if list.contains(':') && !list.contains(',') && list.split(':').next().is_some_and(is_database) {
                return Vec::new();
            }
            let place = conf.at(name);
            return list
                .split(',')
                .map(|item| item.split_once('=').unwrap_or((item, "")))
                .map(|(key, value)| Row { place, key: key.trim().into(), value: value.trim().into() })
                .collect();
        };
        // A path of its own kind: beside the file that names it.
        let folder = conf.path.rsplit_once('/').map_or("", |(f, _)| f);
        let file = if file.starts_with('/') { file.to_string() } else { format!("{folder}/{file}") };
        let Some((source, text)) = self.text(&file, Some((conf, name))) else { return Vec::new() };
        let row = |(span, line): (Span, &str)| {
            let (key, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            Row { place: Place { source, span }, key: key.into(), value: value.trim().into() }
        };
        key_value::lines(&text).map(row).collect()
    }

    /// Reads a file of names and values.
    pub(super) fn conf(&mut self, path: &str, between: Between) -> Option<Conf> {
        let (source, text) = self.text(path, None)?;
        let says = key_value::read(&text, between);
        for stray in &says.strays {
            self.half(Place { source, span: *stray }, "has a name and no value: is the file half written?");
        }
        Some(Conf { source, path: path.to_string(), says })
    }
}

/// The record of an Ed25519 key in Rspamd's form, whose second half is the public key.
fn in_base64(text: &str) -> Option<String> {
    let octets = STANDARD.decode(text.trim()).ok().filter(|o| o.len() == 64)?;
    Some(PublicKey::Ed25519(octets[32..].try_into().ok()?).record())
}

fn is_database(kind: &str) -> bool {
    ["db", "dsn", "ldap", "lua", "mdb", "memcache", "erlang", "repute", "socket"].contains(&kind)
}
