//! A language's texts, read from a gettext file.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::pattern::Pattern;

const JAPANESE: &str = include_str!("../../locales/ja.po");

/// How deep what is put into a text is looked up itself.
const DEPTH: usize = 3;
/// A pattern with less fixed text than this, in octets, is believed only where what it takes in is known, or one word.
const FEW: usize = 8;

/// English texts and what they are in another language.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    exact: HashMap<String, String>,
    /// Texts with places, those that say most first.
    patterns: Vec<(Pattern, Pattern)>,
    rules: HashMap<String, String>,
}

impl Catalogue {
    /// Japanese.
    pub(super) fn japanese() -> &'static Catalogue {
        static READ: OnceLock<Catalogue> = OnceLock::new();
        READ.get_or_init(|| Catalogue::read(JAPANESE))
    }

    fn read(text: &str) -> Self {
        let mut catalogue = Catalogue::default();
        for entry in entries(text) {
            match entry.context {
                Some(code) => drop(catalogue.rules.insert(code, entry.text)),
                None => {
                    let pattern = Pattern::read(&entry.id);
                    if pattern.is_fixed() {
                        catalogue.exact.insert(entry.id, entry.text);
                    } else {
                        catalogue.patterns.push((pattern, Pattern::read(&entry.text)));
                    }
                }
            }
        }
        catalogue.patterns.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.weight()));
        catalogue
    }

    pub(super) fn rule(&self, code: &str) -> Option<&str> {
        self.rules.get(code).map(String::as_str)
    }

    /// The text, whole; else clause by clause, where semicolons, commas or a colon part them.
    pub(super) fn find(&self, text: &str) -> Option<String> {
        self.at_depth(text, DEPTH)
    }

    fn at_depth(&self, text: &str, depth: usize) -> Option<String> {
        if let Some(found) = self.exact.get(text) {
            return Some(found.clone());
        }
        if depth == 0 || !text.contains(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        // What is known in all its clauses is meant so; a place of a pattern would take some of them in.
        if let Some(clauses) = self.clauses(text, depth, true) {
            return Some(clauses);
        }
        for (english, other) in &self.patterns {
            let Some(values) = english.fits(text) else { continue };
            let known: Vec<Option<String>> = values.iter().map(|value| self.at_depth(value, depth - 1)).collect();
            // A pattern that says little fits much that it does not mean.
            let plain = values.iter().all(|value| !value.contains(' '));
            if english.weight() < FEW && !(plain && english.has_words()) && known.iter().all(Option::is_none) {
                continue;
            }
            let value = |name: &str| {
                let at = english.names().iter().position(|n| n == name).unwrap_or_default();
                let value = values.get(at).copied().unwrap_or_default();
                known.get(at).cloned().flatten().unwrap_or_else(|| value.to_string())
            };
            return Some(other.fill(&value));
        }
        self.clauses(text, depth, false)
    }

    /// The text clause by clause, if all of them, or else any, are known.
    fn clauses(&self, text: &str, depth: usize, all: bool) -> Option<String> {
        [("; ", "、"), (", ", "、"), (": ", ": ")].iter().find_map(|(mark, between)| {
            let parts: Vec<&str> = text.split(mark).collect();
            if parts.len() < 2 {
                return None;
            }
            let found: Vec<Option<String>> = parts.iter().map(|part| self.at_depth(part, depth - 1)).collect();
            let known = if all { found.iter().all(Option::is_some) } else { found.iter().any(Option::is_some) };
            let clauses = found.into_iter().zip(&parts).map(|(f, part)| f.unwrap_or_else(|| (*part).to_string()));
            known.then(|| clauses.collect::<Vec<_>>().join(between))
        })
    }
}

/// An entry of a gettext file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Entry {
    context: Option<String>,
    id: String,
    text: String,
}

/// The entries of a gettext file: `msgctxt`, `msgid`, `msgstr`, each a string on its line; `#` begins a comment.
fn entries(text: &str) -> Vec<Entry> {
    let mut out = Vec::new();
    let mut entry = Entry::default();
    for line in text.lines() {
        let Some((word, rest)) = line.trim().split_once(' ') else { continue };
        let value = || unquoted(rest.trim());
        match word {
            "msgctxt" => entry.context = Some(value()),
            "msgid" => entry.id = value(),
            "msgstr" => {
                entry.text = value();
                out.push(std::mem::take(&mut entry));
            }
            _ => {}
        }
    }
    out
}

fn unquoted(text: &str) -> String {
    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    inner.replace("\\\"", "\"").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::words::{Lang, Words};

    #[test]
    fn texts_are_found() {
        let catalogue = Catalogue::read(
            "# what a person is asked\n\nmsgid \"Publish?\"\nmsgstr \"公開しますか?\"\n\n\
             msgid \"{n} of {most} lookups\"\nmsgstr \"参照は {most} 回中 {n} 回\"\n\
             msgid \"`{text}` {why}\"\nmsgstr \"`{text}` は{why}\"\n\
             msgid \"is empty\"\nmsgstr \"空です\"\n\
             msgid \"one record\"\nmsgstr \"1 レコード\"\n\
             msgctxt \"SPF007\"\nmsgid \"\"\nmsgstr \"不明な機構\"\n",
        );
        for (english, want) in [
            ("Publish?", Some("公開しますか?")),
            ("`a b` is empty", Some("`a b` は空です")),
            ("`a b` is odd", None),
            ("one record, 3 of 10 lookups", Some("1 レコード、参照は 10 回中 3 回")),
            ("example.com, example.net", None),
            ("www.example.com", None),
            ("", None),
        ] {
            assert_eq!(catalogue.find(english).as_deref(), want, "{english}");
        }
        assert_eq!(catalogue.rule("SPF007"), Some("不明な機構"));
    }

    #[test]
    fn both_languages_take_the_same_arguments_and_no_key_stands_twice() {
        let mut seen = BTreeSet::new();
        let all = entries(JAPANESE);
        assert!(all.len() > 300, "the catalogue is not read: {}", all.len());
        for entry in all {
            assert!(!entry.text.is_empty(), "nothing for `{}`", entry.id);
            assert!(seen.insert((entry.context.clone(), entry.id.clone())), "`{}` stands twice", entry.id);
            let names = |text: &str| Pattern::read(text).names().iter().cloned().collect::<BTreeSet<_>>();
            assert_eq!(names(&entry.id), names(&entry.text), "{}", entry.id);
        }
        assert_eq!(Words::new(Lang::En).find("Publish?"), None);
        assert_eq!(Words::new(Lang::Ja).text("Publish?"), "公開しますか?");
    }
}
