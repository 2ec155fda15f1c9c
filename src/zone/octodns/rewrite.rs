//! One value of an octoDNS file written anew: everything around it stays to the letter.

use crate::model::source::Span;
use crate::zone::yaml::{Kind, Node, Style, Tree};

/// An octoDNS file whose values are to be replaced.
pub struct Rewriter<'t> {
    tree: Tree<'t>,
    /// The scalars that can be replaced, by where they begin.
    scalars: Vec<usize>,
}

impl<'t> Rewriter<'t> {
    /// Of the text of a file; none if it is no YAML.
    pub fn new(text: &'t str) -> Option<Self> {
        let (tree, root) = Tree::read(text).ok()?;
        // What an alias repeats stands for several records: to change it for one would change the others.
        let mut uses = vec![0u32; root? + 1];
        *uses.get_mut(root?)? = 1;
        let mut scalars = Vec::new();
        // The parts of a node were read before it.
        for number in (0..=root?).rev() {
            let used = uses.get(number).copied().unwrap_or_default();
            let mut part = |n: &usize| {
                if let Some(count) = uses.get_mut(*n) {
                    *count = count.saturating_add(used);
                }
            };
            match tree.node(number).map(|n| &n.kind) {
                Some(Kind::List(parts)) => parts.iter().for_each(part),
                Some(Kind::Map(pairs)) => pairs.iter().for_each(|(k, v)| [k, v].into_iter().for_each(&mut part)),
                Some(Kind::Scalar(..)) if used == 1 => scalars.push(number),
                _ => {}
            }
        }
        scalars.sort_by_key(|n| tree.span(*n));
        Some(Rewriter { tree, scalars })
    }

    /// The edit that makes the TXT value at `place` be `value`: what is replaced, and by what. None where the value
    /// cannot be written in the way in which this one is.
    pub fn text(&self, place: Span, value: &[u8]) -> Option<(Span, String)> {
        let number = self.at(place)?;
        let old = self.tree.scalar(number)?;
        let value = std::str::from_utf8(value).ok()?;
        // octoDNS strips quotes around a value, and has no way to write a backslash before a semicolon.
        if value.contains(['"', '\\']) || value.chars().any(char::is_control) {
            return None;
        }
        let bare = old.contains(';') && !old.contains("\\;");
        let value = if bare { value.to_string() } else { value.replace(';', "\\;") };
        self.scalar(number, &value)
    }

    /// The edit that makes the scalar at `place` be `value`.
    pub fn plain(&self, place: Span, value: &str) -> Option<(Span, String)> {
        self.scalar(self.at(place)?, value)
    }

    /// The scalar in which a place lies.
    fn at(&self, place: Span) -> Option<usize> {
        let behind = self.scalars.partition_point(|n| self.tree.span(*n).start <= place.start);
        let number = *self.scalars.get(behind.checked_sub(1)?)?;
        (place.end <= self.tree.span(number).end).then_some(number)
    }

    /// A scalar in the style that it has; plain ones get quotes where they come to need them.
    fn scalar(&self, number: usize, value: &str) -> Option<(Span, String)> {
        let Node { span, kind: Kind::Scalar(old, style) } = self.tree.node(number)? else { return None };
        let pieces = self.tree.pieces(number);
        let exact = |s: &Span| s.start >= span.start && s.end <= span.end;
        let last = pieces.last().map(|(_, s)| *s).filter(|s| exact(s) && (s != span || pieces.len() == 1))?;
        let quote = u32::from(matches!(style, Style::Single | Style::Double));
        let whole = Span { start: span.start, end: last.end + quote };
        let single = || format!("'{}'", value.replace('\'', "''"));
        let text = match style {
            Style::Plain if is_plain(value, old) => value.to_string(),
            Style::Plain | Style::Single => single(),
            Style::Double => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
            Style::Block => return None,
        };
        Some((whole, text))
    }
}

/// Whether a value may stand without quotes where `old` did: nothing in it can be taken for syntax that `old` had not.
fn is_plain(value: &str, old: &str) -> bool {
    let harmless = |c: char| c.is_ascii_alphanumeric() || " =;\\./-_+~:@%".contains(c) || old.contains(c);
    let first = |c: char| c.is_ascii_alphanumeric() || old.starts_with(c);
    let one_line = !old.contains(['\n', '#']) && !value.contains(['\n', '#']);
    value.starts_with(first)
        && !value.ends_with([' ', ':'])
        && !value.contains(": ")
        && one_line
        && value.chars().all(harmless)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_style_and_surroundings() {
        let rows = [
            ("a:\n  value: v=spf1 mx ~all # why\n", "v=spf1 mx -all", Some("a:\n  value: v=spf1 mx -all # why\n")),
            ("a: {value: v=x\\; p=1, ttl: 1}", "v=x; p=2", Some("a: {value: v=x\\; p=2, ttl: 1}")),
            ("a: {value: v=x}", "v=x, y", Some("a: {value: 'v=x, y'}")),
            ("a:\n  value: v=x, z\n", "v=x, y", Some("a:\n  value: v=x, y\n")),
            ("a: {value: 'v=x; p=1'}", "v=x; p=2", Some("a: {value: 'v=x; p=2'}")),
            ("a: {value: \"v=x\\\\; p=1\"}", "v=x; p=2", Some("a: {value: \"v=x\\\\; p=2\"}")),
            ("a: {value: 'v=x'}", "it's", Some("a: {value: 'it''s'}")),
            ("a: {value: v=x}", "#y: z", Some("a: {value: '#y: z'}")),
            ("a:\n  value: v=x\n    and more # why\nb: 1\n", "v=y", Some("a:\n  value: v=y # why\nb: 1\n")),
            ("a:\n  value: |\n    v=x\n", "v=y", None),
            ("a: {value: &v v=x}\nb: *v\n", "v=y", None),
            ("a: &r {value: v=x}\nb: *r\n", "v=y", None),
            ("a: {value: v=x}", "v=\"y\"", None),
        ];
        for (text, value, want) in rows {
            let at = text.find("v=").unwrap();
            let edit = Rewriter::new(text).unwrap().text(Span::new(at, at + 2), value.as_bytes());
            let got = edit.map(|(span, new)| {
                let range = span.range();
                format!("{}{new}{}", &text[..range.start], &text[range.end..])
            });
            assert_eq!(got.as_deref(), want, "{text}");
        }
    }
}
