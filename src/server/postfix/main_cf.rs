//! `main.cf` (postconf(5)): read with places, and edited as `postconf -e` would.

use crate::model::source::Span;

/// A parameter as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its value: the logical line's, continuation lines joined with one space.
    pub value: String,
    /// The whole logical line with its line end.
    pub whole: Span,
    /// From the name to the end of the value.
    pub span: Span,
}

/// A line that is neither a parameter nor a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// Where.
    pub span: Span,
    /// Its text.
    pub text: String,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MainCf {
    /// The parameters, in their order; a later one of the same name counts.
    pub entries: Vec<Entry>,
    /// Lines that Postfix would stumble over.
    pub strays: Vec<Stray>,
}

/// Reads `text`.
pub fn read(text: &str) -> MainCf {
    let mut file = MainCf::default();
    for (start, lines) in logical_lines(text) {
        let joined = lines.iter().map(|(_, l)| l.trim()).collect::<Vec<_>>().join(" ");
        let end = lines.last().map_or(start, |(at, l)| at + l.trim_end().len());
        let whole_end = lines.last().map_or(start, |(at, l)| at + l.len());
        let span = Span::new(start, end);
        match joined.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() && !name.trim().contains(char::is_whitespace) => {
                file.entries.push(Entry {
                    name: name.trim().to_string(),
                    value: value.trim().to_string(),
                    whole: Span::new(start, whole_end),
                    span,
                });
            }
            _ => file.strays.push(Stray { span, text: joined }),
        }
    }
    file
}

/// The logical lines of a Postfix file: the offset of each, and its physical lines with theirs. A line that begins with
/// white space goes on with the one before; comments and empty lines between do not end it (postconf(5)).
pub fn logical_lines(text: &str) -> Vec<(usize, Vec<(usize, &str)>)> {
    let mut out: Vec<(usize, Vec<(usize, &str)>)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        match out.last_mut() {
            Some((_, lines)) if line.starts_with([' ', '\t']) => lines.push((start, line)),
            _ => out.push((start, vec![(start, line)])),
        }
    }
    out
}

impl MainCf {
    /// The entry that counts for `name`.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|e| e.name == name)
    }

    /// The value of `name` with `$other` put in its place, as far as the file says; Postfix's own defaults are `$`
    /// names of the file's or stay as they are.
    pub fn value(&self, name: &str) -> Option<String> {
        self.get(name).map(|e| self.expand(&e.value, 0))
    }

    /// `value` with the parameters of this file in the place of `$name`, `${name}` and `$(name)`.
    pub fn expand(&self, value: &str, depth: usize) -> String {
        // Deeper than anybody nests, shallow enough for one that names itself.
        if depth > 8 {
            return value.to_string();
        }
        let mut out = String::new();
        let mut rest = value;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let (inner, used) = match after.chars().next() {
                Some(open @ ('{' | '(')) => {
                    let close = if open == '{' { '}' } else { ')' };
                    match after.find(close) {
                        Some(end) => (&after[1..end], end + 1),
                        None => ("", 0),
                    }
                }
                _ => {
                    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                    (&after[..end], end)
                }
            };
            match self.get(inner) {
                Some(entry) if !inner.is_empty() => out.push_str(&self.expand(&entry.value, depth + 1)),
                _ => out.push_str(&rest[at..at + 1 + used]),
            }
            rest = &after[used..];
        }
        out.push_str(rest);
        out
    }
}

/// `text` with the parameter `name` set to `value`: in its old place, or at the end.
pub fn set(text: &str, name: &str, value: &str) -> String {
    let file = read(text);
    let line = format!("{name} = {value}\n");
    let places: Vec<&Entry> = file.entries.iter().filter(|e| e.name == name).collect();
    let Some(last) = places.last() else {
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return format!("{text}{gap}{line}");
    };
    if last.value == value && places.len() == 1 {
        return text.to_string();
    }
    let mut out = text.to_string();
    for (i, entry) in places.iter().enumerate().rev() {
        let range = entry.whole.range();
        // What stands between the physical lines of one parameter, such as a comment, goes with it.
        out.replace_range(range, if i + 1 == places.len() { &line } else { "" });
    }
    out
}

/// A list of Postfix: split at commas and white space, braces kept together.
pub fn list(value: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut item = String::new();
    let mut depth = 0usize;
    for c in value.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && (c == ',' || c.is_whitespace()) {
            if !item.is_empty() {
                out.push(std::mem::take(&mut item));
            }
        } else {
            item.push(c);
        }
    }
    if !item.is_empty() {
        out.push(item);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a comment\nmyhostname = mx.example.com\nmilters = unix:a,\n# between\n  unix:b\n\nsmtpd_milters = $milters, ${milters} $(myhostname) $none\na=1\na=2\n";

    #[test]
    fn read_and_expanded() {
        let file = read(TEXT);
        assert_eq!(file.get("milters").unwrap().value, "unix:a, unix:b");
        assert_eq!(file.get("a").unwrap().value, "2", "the last one counts");
        assert_eq!(file.value("smtpd_milters").unwrap(), "unix:a, unix:b, unix:a, unix:b mx.example.com $none");
        assert!(file.strays.is_empty());
        assert_eq!(read("a = $a\n").value("a").unwrap(), "$a");
        assert_eq!(read("just words\n").strays[0].text, "just words");
        let span = file.get("myhostname").unwrap().span;
        assert_eq!(span.of(TEXT.as_bytes()), b"myhostname = mx.example.com");
    }

    #[test]
    fn set_as_postconf_does() {
        for (text, name, value, want) in [
            ("a = 1\nb = 2\n", "a", "3", "a = 3\nb = 2\n"),
            ("a = 1\n", "b", "2", "a = 1\nb = 2\n"),
            ("a = 1", "b", "2", "a = 1\nb = 2\n"),
            ("", "b", "2", "b = 2\n"),
            ("a = 1,\n  2\nb = 2\n", "a", "3", "a = 3\nb = 2\n"),
            ("a = 1\n#x\na = 2\n", "a", "3", "#x\na = 3\n"),
            ("#a = 1\n", "a", "3", "#a = 1\na = 3\n"),
            ("a=3\n", "a", "3", "a=3\n"),
        ] {
            assert_eq!(set(text, name, value), want, "{text:?}");
        }
    }

    #[test]
    fn lists() {
        assert_eq!(list("a, b c,{ d, e = f }  g"), ["a", "b", "c", "{ d, e = f }", "g"]);
        assert!(list(" , ").is_empty());
    }
}
