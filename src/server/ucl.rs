//! UCL, the language of Rspamd's files, as far as settings need it: sections, lists, strings, comments. What `.include`
//! names is not read.

use crate::model::source::Span;

/// Deeper than anybody nests.
const DEPTH: usize = 32;

/// A value and the names of the sections around it. Objects in a list have their number as a name; the values of a list
/// all have the list's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The names, from the outside.
    pub path: Vec<String>,
    /// The value.
    pub value: String,
    /// From the name to the end of the value.
    pub span: Span,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ucl {
    /// The values, in their order; a later one of the same path counts.
    pub items: Vec<Item>,
    /// Where it stops making sense.
    pub broken: Option<Span>,
}

/// Reads `text`.
pub fn read(text: &str) -> Ucl {
    let mut reader = Reader { text, at: 0, items: Vec::new() };
    let whole = reader.object(&mut Vec::new(), 0);
    let broken = (!whole).then(|| {
        let at = reader.at.min(text.len());
        let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
        let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
        Span::new(start, end)
    });
    Ucl { items: reader.items, broken }
}

impl Ucl {
    /// The value at `path` that counts.
    pub fn get(&self, path: &[&str]) -> Option<&Item> {
        self.items.iter().rev().find(|i| i.path == path)
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    items: Vec<Item>,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn until(&mut self, stop: impl Fn(char) -> bool) -> &'t str {
        let rest = &self.text[self.at..];
        let found = &rest[..rest.find(stop).unwrap_or(rest.len())];
        self.at += found.len();
        found
    }

    /// White space, comments and what stands between values.
    fn blank(&mut self) {
        loop {
            self.until(|c| !c.is_whitespace() && c != ';' && c != ',');
            if self.peek() == Some('#') {
                self.until(|c| c == '\n');
            } else if self.text[self.at..].starts_with("/*") {
                let rest = &self.text[self.at + 2..];
                self.at += rest.find("*/").map_or(rest.len() + 2, |n| n + 4);
            } else {
                return;
            }
        }
    }

    /// A name or value: in quotes, or up to one of `stops`.
    fn word(&mut self, stops: &[char]) -> Option<String> {
        let quote = self.peek()?;
        if quote != '"' && quote != '\'' {
            let bare = self.until(|c| c == '\n' || stops.contains(&c)).trim().to_string();
            return (!bare.is_empty()).then_some(bare);
        }
        self.at += 1;
        let mut out = String::new();
        let mut escaped = false;
        let rest = &self.text[self.at..];
        for (i, c) in rest.char_indices() {
            match c {
                _ if escaped => {
                    out.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                _ if c == quote => {
                    self.at += i + 1;
                    return Some(out);
                }
                _ => out.push(c),
            }
        }
        self.at = self.text.len();
        None
    }

    /// What is in a section, or in the file when `depth` is 0. Whether it makes sense.
    fn object(&mut self, path: &mut Vec<String>, depth: usize) -> bool {
        if depth > DEPTH {
            return false;
        }
        loop {
            self.blank();
            match self.peek() {
                None => return depth == 0,
                Some('}') if depth > 0 => {
                    self.at += 1;
                    return true;
                }
                Some('.') => {
                    self.until(|c| c == '\n');
                }
                Some(_) => {
                    let outside = path.len();
                    let sound = self.entry(path, depth);
                    path.truncate(outside);
                    if !sound {
                        return false;
                    }
                }
            }
        }
    }

    /// `name = value`, `name value`, `name { … }` or `name "second name" { … }`.
    fn entry(&mut self, path: &mut Vec<String>, depth: usize) -> bool {
        const STOPS: &[char] = &[' ', '\t', '=', ':', '{', '}', '[', ']', ';', ',', '#'];
        let start = self.at;
        let Some(name) = self.word(STOPS) else { return false };
        path.push(name);
        loop {
            self.until(|c| !c.is_whitespace());
            match self.peek() {
                Some('=' | ':') => {
                    self.at += 1;
                    self.until(|c| !c.is_whitespace());
                    return self.value(path, start, depth);
                }
                Some('{' | '[') => return self.value(path, start, depth),
                Some(_) => {
                    let Some(word) = self.word(STOPS) else { return false };
                    let end = self.at;
                    self.until(|c| c != ' ' && c != '\t');
                    if self.peek() != Some('{') {
                        self.items.push(Item { path: path.clone(), value: word, span: Span::new(start, end) });
                        return true;
                    }
                    path.push(word);
                }
                None => return false,
            }
        }
    }

    fn value(&mut self, path: &mut Vec<String>, start: usize, depth: usize) -> bool {
        match self.peek() {
            Some('{') => {
                self.at += 1;
                self.object(path, depth + 1)
            }
            Some('[') => {
                self.at += 1;
                self.list(path, depth + 1)
            }
            _ => match self.word(&[';', ',', '}', ']', '#']) {
                Some(value) => {
                    self.items.push(Item { path: path.clone(), value, span: Span::new(start, self.at) });
                    true
                }
                None => false,
            },
        }
    }

    fn list(&mut self, path: &mut Vec<String>, depth: usize) -> bool {
        if depth > DEPTH {
            return false;
        }
        for number in 0.. {
            self.blank();
            let nested = match self.peek() {
                None => return false,
                Some(']') => {
                    self.at += 1;
                    return true;
                }
                Some(c) => c == '{' || c == '[',
            };
            let outside = path.len();
            if nested {
                path.push(number.to_string());
            }
            let sound = self.value(path, self.at, depth);
            path.truncate(outside);
            if !sound {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings() {
        let text = "# a\nuse = [\"x\", 'y'];\n.include(try=true) \"z\"\n/* b */ domain {\n  example.com {\n    selectors [\n      { selector: \"s1\"; path = /k/1; },\n      { path \"/k/2\" }\n    ];\n  }\n}\nworker \"proxy\" { milter = yes; }\na = 1\na = 2\n";
        let file = read(text);
        let shown: Vec<String> = file.items.iter().map(|i| format!("{}={}", i.path.join("/"), i.value)).collect();
        assert_eq!(
            shown,
            [
                "use=x",
                "use=y",
                "domain/example.com/selectors/0/selector=s1",
                "domain/example.com/selectors/0/path=/k/1",
                "domain/example.com/selectors/1/path=/k/2",
                "worker/proxy/milter=yes",
                "a=1",
                "a=2",
            ]
        );
        assert_eq!(file.broken, None);
        assert_eq!(file.get(&["a"]).unwrap().value, "2");
        let span = file.get(&["worker", "proxy", "milter"]).unwrap().span;
        assert_eq!(span.of(text.as_bytes()), b"milter = yes");
    }

    #[test]
    fn half_a_file() {
        for text in ["actions {\n  reject = \"reject\";\n", "a = \"b\n", "a = [1, 2\n", "a\n", "}\n", "a = ;\n"] {
            assert!(read(text).broken.is_some(), "{text:?}");
        }
        let deep = "a {".repeat(10_000);
        assert!(read(&deep).broken.is_some());
        assert_eq!(read("").broken, None);
    }
}
