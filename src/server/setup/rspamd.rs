//! Rspamd's own settings: what stands in `local.d` and `override.d`.

use std::collections::BTreeMap;

use crate::model::source::{Place, SourceId, Span};
use crate::server::setup::{Address, KeyEntry, Reader, listening};
use crate::server::ucl::{self, Ucl};

/// The files that say something of authentication.
const FILES: &[&str] =
    &["worker-proxy.inc", "dkim_signing.conf", "dmarc.conf", "force_actions.conf", "milter_headers.conf"];

/// What Rspamd is told beside its defaults.
#[derive(Clone, Debug, Default)]
pub struct Rspamd {
    /// The files by name; that of `override.d`, which counts more, behind that of `local.d`.
    files: BTreeMap<&'static str, Vec<(SourceId, Ucl)>>,
    /// The keys that it signs with.
    pub keys: Vec<KeyEntry>,
}

impl Rspamd {
    /// The value at `path` of a file.
    pub fn value(&self, file: &str, path: &[&str]) -> Option<&str> {
        self.item(file, path).map(|(value, _)| value)
    }

    /// Where it stands; or the beginning of the file, or of any if there is none.
    pub fn at(&self, file: &str, path: &[&str]) -> Option<Place> {
        let begins = |source: SourceId| Place { source, span: Span::new(0, 0) };
        self.item(file, path)
            .map(|(_, place)| place)
            .or_else(|| self.files.get(file)?.last().map(|(source, _)| begins(*source)))
            .or_else(|| self.files.values().flatten().next().map(|(source, _)| begins(*source)))
    }

    fn item(&self, file: &str, path: &[&str]) -> Option<(&str, Place)> {
        self.files.get(file)?.iter().rev().find_map(|(source, says)| {
            says.get(path).map(|i| (i.value.as_str(), Place { source: *source, span: i.span }))
        })
    }

    /// Whether a list, or the value alone, has `word`.
    pub fn lists(&self, file: &str, path: &[&str], word: &str) -> bool {
        let says = self.files.get(file).into_iter().flatten();
        says.flat_map(|(_, says)| &says.items).any(|i| i.path == path && i.value == word)
    }

    /// Whether a rule of `force_actions.conf` refuses mail by `symbol`.
    pub fn refuses_by(&self, symbol: &str) -> bool {
        let all = self.files.get("force_actions.conf").into_iter().flatten();
        all.clone().flat_map(|(_, says)| &says.items).any(|item| {
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
            for folder in ["local.d", "override.d"] {
                let Some((source, text)) = self.text(&format!("/etc/rspamd/{folder}/{name}"), None) else { continue };
                let says = ucl::read(&text);
                if let Some(span) = says.broken {
                    self.half(Place { source, span }, "is not closed or has no value: is the file half written?");
                }
                out.files.entry(name).or_default().push((source, says));
            }
        }
        if out.files.is_empty() {
            return None;
        }
        let signing: Vec<_> = out.files.get("dkim_signing.conf").cloned().unwrap_or_default();
        for (source, says) in &signing {
            for item in says.items.iter().filter(|i| i.path.last().is_some_and(|n| n == "path")) {
                let [section, domain, ..] = item.path.as_slice() else { continue };
                let mut beside: Vec<&str> = item.path.iter().map(String::as_str).collect();
                beside.pop();
                beside.push("selector");
                // With `$` in it the path depends on the message.
                if section == "domain"
                    && !item.value.contains('$')
                    && let Some(selector) = says.get(&beside)
                {
                    let place = Place { source: *source, span: item.span };
                    out.keys.push(self.key(place, domain, &selector.value, &item.value));
                }
            }
        }
        Some(out)
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
