//! Rspamd's own settings: what stands in `local.d` and `override.d`.

use std::collections::BTreeMap;

use crate::model::source::{Place, SourceId, Span};
use crate::server::setup::{Address, KeyEntry, Reader, listening};
use crate::server::ucl::{self, Include};

/// The files that say something of authentication.
const FILES: &[&str] =
    &["worker-proxy.inc", "dkim_signing.conf", "dmarc.conf", "force_actions.conf", "milter_headers.conf"];

/// How deep files may include files.
const DEPTH: usize = 8;

/// A value in one of the files, or in one that they include.
#[derive(Clone, Debug)]
struct Value {
    /// The names of its section, and its own.
    path: Vec<String>,
    /// The value.
    value: String,
    /// Where it stands.
    place: Place,
    /// `override.d` counts more than `local.d`, and each include as it says.
    priority: u8,
}

/// What Rspamd is told beside its defaults.
#[derive(Clone, Debug, Default)]
pub struct Rspamd {
    /// The values by file of `local.d` and `override.d`.
    values: BTreeMap<&'static str, Vec<Value>>,
    /// The texts by the same; what they include is not among them.
    texts: BTreeMap<&'static str, Vec<SourceId>>,
    /// The keys that it signs with.
    pub keys: Vec<KeyEntry>,
}

impl Rspamd {
    /// The value at `path` of a file.
    pub fn value(&self, file: &str, path: &[&str]) -> Option<&str> {
        self.item(file, path).map(|v| v.value.as_str())
    }

    /// Where it stands; or the beginning of the file, or of any if there is none.
    pub fn at(&self, file: &str, path: &[&str]) -> Option<Place> {
        let begins = |source: &SourceId| Place { source: *source, span: Span::new(0, 0) };
        self.item(file, path)
            .map(|v| v.place)
            .or_else(|| self.texts.get(file)?.last().map(begins))
            .or_else(|| self.texts.values().flatten().next().map(begins))
    }

    /// The value that counts: of the highest priority the last.
    fn item(&self, file: &str, path: &[&str]) -> Option<&Value> {
        self.values.get(file)?.iter().filter(|v| v.path == path).max_by_key(|v| v.priority)
    }

    /// Whether a list, or the value alone, has `word`.
    pub fn lists(&self, file: &str, path: &[&str], word: &str) -> bool {
        self.values.get(file).into_iter().flatten().any(|v| v.path == path && v.value == word)
    }

    /// Whether a rule of `force_actions.conf` refuses mail by `symbol`.
    pub fn refuses_by(&self, symbol: &str) -> bool {
        self.values.get("force_actions.conf").into_iter().flatten().any(|item| {
            let named = item.path.last().is_some_and(|n| n == "expression") && item.value.contains(symbol);
            let mut action: Vec<&str> = item.path.iter().map(String::as_str).collect();
            action.pop();
            action.push("action");
            named && self.value("force_actions.conf", &action) == Some("reject")
        })
    }

    /// Where its proxy listens for Postfix.
    pub fn socket(&self) -> Option<Address> {
        let text = self.value("worker-proxy.inc", &["bind_socket"]).unwrap_or("localhost:11332");
        let text = text.split_whitespace().next().unwrap_or_default();
        match text.rsplit_once(':') {
            Some((host, port)) if !text.starts_with('/') => {
                let host = if ["*", "0.0.0.0", "[::]"].contains(&host) { "localhost" } else { host };
                listening(&format!("inet:{port}@{host}"))
            }
            _ => listening(text),
        }
    }
}

impl Reader<'_> {
    /// Reads what was set; nothing, where all is as the package has it.
    pub(super) fn rspamd(&mut self) -> Option<Rspamd> {
        let mut out = Rspamd::default();
        for name in FILES {
            // Rspamd's own files include these two with these priorities.
            for (folder, priority) in [("local.d", 1), ("override.d", 10)] {
                let Some((source, text)) = self.text(&format!("/etc/rspamd/{folder}/{name}"), None) else { continue };
                out.texts.entry(name).or_default().push(source);
                let values = out.values.entry(name).or_default();
                self.ucl(source, &text, &[], priority, 0, values);
            }
        }
        if out.texts.is_empty() {
            return None;
        }
        let signing = out.values.get("dkim_signing.conf").cloned().unwrap_or_default();
        for item in signing.iter().filter(|i| i.path.last().is_some_and(|n| n == "path")) {
            let [section, domain, ..] = item.path.as_slice() else { continue };
            let mut beside: Vec<&str> = item.path.iter().map(String::as_str).collect();
            beside.pop();
            beside.push("selector");
            // With `$` in it the path depends on the message.
            if section == "domain"
                && !item.value.contains('$')
                && let Some(selector) = out.item("dkim_signing.conf", &beside)
            {
                let key = self.key(item.place, domain, &selector.value, &item.value);
                out.keys.push(key);
            }
        }
        Some(out)
    }

    /// Puts the values of a text, and of the files that it includes, behind those of `out`; `section` is around them.
    fn ucl(
        &mut self,
        source: SourceId,
        text: &str,
        section: &[String],
        priority: u8,
        depth: usize,
        out: &mut Vec<Value>,
    ) {
        let says = ucl::read(text);
        if let Some(span) = says.broken {
            self.half(Place { source, span }, "is not closed or has no value: is the file half written?");
        }
        let inside = |path: &[String]| [section, path].concat();
        let mut items = says.items.iter().enumerate().peekable();
        let mut includes = says.includes.iter().peekable();
        loop {
            let number = items.peek().map_or(usize::MAX, |(n, _)| *n);
            if let Some(include) = includes.next_if(|i| i.after <= number) {
                self.included(Place { source, span: include.span }, include, &inside(&include.path), depth, out);
            } else if let Some((_, item)) = items.next() {
                let place = Place { source, span: item.span };
                out.push(Value { path: inside(&item.path), value: item.value.clone(), place, priority });
            } else {
                return;
            }
        }
    }

    /// The values of what `include`, at `place`, names.
    fn included(&mut self, place: Place, include: &Include, section: &[String], depth: usize, out: &mut Vec<Value>) {
        if depth >= DEPTH {
            self.half(place, "is included too deep: does a file include itself?");
            return;
        }
        let path = rspamd_path(&include.file);
        // A folder that depends on the installation is not looked into.
        if path.contains('$') || !path.starts_with('/') {
            return;
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let files = match name.split_once('*') {
            Some((first, last)) => {
                let fits = |n: &String| n.len() >= name.len() - 1 && n.starts_with(first) && n.ends_with(last);
                self.tree.list(folder).into_iter().filter(fits).map(|n| format!("{folder}/{n}")).collect()
            }
            None => vec![path.clone()],
        };
        for file in files {
            match self.text(&file, None) {
                Some((source, text)) => self.ucl(source, &text, section, include.priority, depth + 1, out),
                None if !include.optional && self.tree.stat(&file).is_none() => {
                    self.half(place, "names a file that is not there");
                }
                None => {}
            }
        }
    }

    /// The keys of Exim's macros as they are rendered: one file a domain and selector.
    pub(super) fn exim_keys(&mut self) -> Vec<KeyEntry> {
        let Some((source, text)) = self.text("/etc/exim4/mailproof/selectors", None) else { return Vec::new() };
        let mut out = Vec::new();
        for (span, line) in crate::server::key_value::lines(&text) {
            let place = Place { source, span };
            let Some((domain, selectors)) = line.split_once(':') else {
                self.half(place, "is not `domain: selectors`");
                continue;
            };
            for selector in selectors.split(':').map(str::trim) {
                let path = format!("{}/{domain}.{selector}.private", crate::server::setting::KEY_FOLDER);
                out.push(self.key(place, domain, selector, &path));
            }
        }
        out
    }
}

/// A path with the folders that Rspamd's own variables stand for.
fn rspamd_path(named: &str) -> String {
    let folders = [("LOCAL_CONFDIR", "/etc/rspamd"), ("CONFDIR", "/etc/rspamd"), ("DBDIR", "/var/lib/rspamd")];
    folders.iter().fold(named.to_string(), |path, (name, folder)| {
        path.replace(&format!("${{{name}}}"), folder).replace(&format!("${name}"), folder)
    })
}
