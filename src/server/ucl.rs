//! UCL, the language of Rspamd's files, as far as settings need it: sections, lists, strings, comments, and where another
//! file is included.

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

/// `.include(try=true, priority=1) "file"`: the other file's values stand in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The names of the sections around it.
    pub path: Vec<String>,
    /// How many values of this file stand before it.
    pub after: usize,
    /// The file as it is named.
    pub file: String,
    /// The file may be missing.
    pub optional: bool,
    /// Of two values at one path that of the higher priority counts, of equals the later one.
    pub priority: u8,
    /// The line.
    pub span: Span,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ucl {
    /// The values, in their order; a later one of the same path counts.
    pub items: Vec<Item>,
    /// The files that are included, in their order.
    pub includes: Vec<Include>,
    /// Where it stops making sense.
    pub broken: Option<Span>,
}

/// Reads `text`.
pub fn read(text: &str) -> Ucl {
    let mut reader = Reader { text, at: 0, items: Vec::new(), includes: Vec::new() };
    let whole = reader.object(&mut Vec::new(), 0);
    let broken = (!whole).then(|| {
        let at = reader.at.min(text.len());
        let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
        let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
        Span::new(start, end)
    });
    Ucl { items: reader.items, includes: reader.includes, broken }
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
    includes: Vec<Include>,
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
                    let start = self.at;
                    let line = self.until(|c| c == '\n').trim_end();
                    let span = Span::new(start, start + line.len());
                    self.includes.extend(include(line, path, self.items.len(), span));
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

/// Reads a line that begins with a dot. Other commands of UCL set no value.
fn include(line: &str, path: &[String], after: usize, span: Span) -> Option<Include> {
    let rest = line.strip_prefix(".includes").or_else(|| line.strip_prefix(".include"))?.trim_start();
    let (options, rest) = match rest.strip_prefix('(') {
        Some(inside) => inside.split_once(')')?,
        None => ("", rest),
    };
    let file = rest.trim().trim_end_matches(';').trim_matches(['"', '\'']).to_string();
    let option = |name: &str| {
        let all = options.split([',', ';']).filter_map(|o| o.split_once('='));
        all.map(|(n, v)| (n.trim(), v.trim())).find(|(n, _)| *n == name).map(|(_, v)| v)
    };
    let optional = option("try").is_some_and(|v| v == "true");
    let priority = option("priority").and_then(|v| v.parse().ok()).unwrap_or(0);
    Some(Include { path: path.to_vec(), after, file, optional, priority, span })
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
        let [one] = &file.includes[..] else { panic!("{:?}", file.includes) };
        assert_eq!((one.file.as_str(), one.after, one.optional, one.priority), ("z", 2, true, 0));
        assert_eq!(one.span.of(text.as_bytes()), b".include(try=true) \"z\"");
    }

    #[test]
    fn includes() {
        for (line, want) in [
            (".include \"/a\"", Some(("/a", false, 0))),
            (".include(priority=5; try=true) '$CONFDIR/b';", Some(("$CONFDIR/b", true, 5))),
            (".includes(try=false,duplicate=merge,priority=10) \"c\"", Some(("c", false, 10))),
            (".load(try=true) \"d\"", None),
            (".include(try=true \"e\"", None),
        ] {
            let file = read(&format!("s {{\n  {line}\n}}\n"));
            assert_eq!(file.broken, None, "{line}");
            let got = file.includes.first().map(|i| (i.file.as_str(), i.optional, i.priority));
            assert_eq!(got, want, "{line}");
            assert!(file.includes.iter().all(|i| i.path == ["s"]), "{line}");
        }
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
