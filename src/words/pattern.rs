//! A text with places in it: `Addresses that {host} sends from`.

/// A text as the code writes it, with `{name}` where something is put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// What stands before, between and behind the places: one more than these.
    literals: Vec<String>,
    /// The places' names; those without one in the code are numbered.
    names: Vec<String>,
}

impl Pattern {
    /// Reads a text in the notation of `format!`.
    pub(super) fn read(text: &str) -> Self {
        let mut pattern = Pattern { literals: vec![String::new()], names: Vec::new() };
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, after) = rest.split_at(at);
            pattern.push(before);
            let Some(end) = after.find('}') else { break };
            let name = after[1..end].split(':').next().unwrap_or_default();
            pattern.names.push(if name.is_empty() { pattern.names.len().to_string() } else { name.into() });
            pattern.literals.push(String::new());
            rest = &after[end + 1..];
        }
        pattern.push(rest);
        pattern
    }

    fn push(&mut self, text: &str) {
        if let Some(last) = self.literals.last_mut() {
            last.push_str(text);
        }
    }

    /// How much of it is fixed, in octets: of two that fit, the one that says more is meant.
    pub(super) fn weight(&self) -> usize {
        self.literals.iter().map(String::len).sum()
    }

    /// Whether any of it is a word.
    pub(super) fn has_words(&self) -> bool {
        self.literals.iter().any(|l| l.contains(|c: char| c.is_ascii_alphabetic()))
    }

    /// Whether it has no places.
    pub(super) fn is_fixed(&self) -> bool {
        self.names.is_empty()
    }

    /// The names of its places.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// What stands at the places of `text`, if it is of this pattern: each as little as possible, none of them empty, and
    /// none of them over two columns, which two spaces part.
    pub(super) fn fits<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, last) = (self.literals.first()?, self.literals.last()?);
        if self.is_fixed() {
            return (text == first).then(Vec::new);
        }
        let mut rest = text.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
        let mut found = Vec::with_capacity(self.names.len());
        for literal in &self.literals[1..self.literals.len() - 1] {
            let skip = rest.chars().next()?.len_utf8();
            let at = skip + rest[skip..].find(literal.as_str())?;
            found.push(&rest[..at]);
            rest = &rest[at + literal.len()..];
        }
        if rest.is_empty() {
            return None;
        }
        found.push(rest);
        found.iter().all(|value| !value.contains("  ") && value.trim() == *value).then_some(found)
    }

    /// The text with `value` put in for each name.
    pub(super) fn fill(&self, value: &dyn Fn(&str) -> String) -> String {
        let mut out = self.literals.first().cloned().unwrap_or_default();
        for (name, literal) in self.names.iter().zip(&self.literals[1..]) {
            out.push_str(&value(name));
            out.push_str(literal);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_patterns() {
        for (pattern, text, want) in [
            ("Publish?", "Publish?", Some(vec![])),
            ("Publish?", "Publish", None),
            ("Addresses that {host} sends from", "Addresses that a.example sends from", Some(vec!["a.example"])),
            ("Addresses that {host} sends from", "Addresses that  sends from", Some(vec![""])),
            ("{} of {n:>3} lookups", "3 of 10 lookups", Some(vec!["3", "10"])),
            ("`{text}` {why}", "`a` is empty", Some(vec!["a", "is empty"])),
            ("{a}, {b}", "x, y, z", Some(vec!["x", "y, z"])),
            ("{a} x", " x", None),
            ("{n} not judged", "1 not judged", Some(vec!["1"])),
            ("{n} not judged", "DMARC  not judged", None),
        ] {
            let want = want.filter(|found: &Vec<&str>| !found.contains(&""));
            assert_eq!(Pattern::read(pattern).fits(text), want, "{pattern} / {text}");
        }
        let pattern = Pattern::read("{b}の{0}");
        assert_eq!(pattern.names(), ["b", "0"]);
        assert_eq!(pattern.fill(&|name| format!("<{name}>")), "<b>の<0>");
    }
}
