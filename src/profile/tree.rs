//! YAML text as a tree, bounded, and the way from a place in the tree back to its line and column.
//!
//! The YAML library tells a position only with an error. Both halves of this file lean on that: the reader stops with
//! an error at a key given twice, and [`locate`] walks to a place just to fail there. So positions come from the parser
//! itself, and hold for flow style, quotes and anchors alike.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_yaml::{Mapping, Value};

/// The most values a profile may have, aliases expanded: a thousand domains fit, a bomb of aliases does not.
const MAX_VALUES: usize = 100_000;

/// The most brackets and braces that open: the library's time grows with the square of how deep they nest.
const MAX_BRACKETS: usize = 10_000;

/// One step from a value to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value of a key.
    Key(String),
    /// An entry of a list, from 0.
    Index(usize),
}

/// A line and a column, both from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// Why a text is no tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Where, if that is known.
    pub position: Option<Position>,
    /// What is wrong, in plain words.
    pub message: String,
}

/// Reads `text` as one YAML document.
///
/// # Errors
/// Broken syntax, a key given twice, a key that is no text, a tag, too many values or too deep nesting.
pub fn read(text: &str) -> Result<Value, Broken> {
    if text.bytes().filter(|b| matches!(b, b'[' | b'{')).count() > MAX_BRACKETS {
        return Err(Broken { position: None, message: format!("more than {MAX_BRACKETS} opening brackets") });
    }
    let reader = Reader { left: Cell::new(MAX_VALUES), said: RefCell::new(None) };
    reader.deserialize(serde_yaml::Deserializer::from_str(text)).map_err(|error| Broken {
        position: position(&error),
        message: reader.said.take().unwrap_or_else(|| plain(&error.to_string())),
    })
}

/// Where the value at `path` begins or, with `key`, the key that leads to it; `None` where there is no such place.
pub fn locate(text: &str, path: &[Step], key: bool) -> Option<Position> {
    let error = Locator { path, key }.deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
    position(&error)
}

fn position(error: &serde_yaml::Error) -> Option<Position> {
    error.location().map(|at| Position { line: at.line(), column: at.column() })
}

/// The library's message without the position, which is told apart from it, and without its own terms.
fn plain(message: &str) -> String {
    if message.contains("recursion limit") {
        return "nested too deeply".into();
    }
    if message.contains("repetition limit") {
        return "its aliases repeat too much".into();
    }
    if message.contains("expected a key that is a word") {
        return "a key must be a word".into();
    }
    if message.contains("more than one document") {
        return "more than one YAML document; a profile is a single one, without `---` inside".into();
    }
    let what = message.split(" at line ").next().unwrap_or(message);
    let what = what.strip_prefix("invalid type: ").unwrap_or(what);
    format!("not valid YAML: {what}")
}

/// Builds the tree, and keeps the words of its own errors apart from the library's frame around them.
struct Reader {
    left: Cell<usize>,
    said: RefCell<Option<String>>,
}

impl Reader {
    fn fail<E: serde::de::Error>(&self, message: String) -> E {
        self.said.replace(Some(message));
        E::custom("")
    }

    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(self.fail(format!("more than {MAX_VALUES} values, aliases counted"))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for &Reader {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: serde::de::Error>(self, v: bool) -> Result<Value, E> {
        self.count()?;
        Ok(Value::Bool(v))
    }

    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Value, E> {
        self.count()?;
        Ok(Value::Number(v.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Value, E> {
        self.count()?;
        Ok(Value::Number(v.into()))
    }

    fn visit_i128<E: serde::de::Error>(self, _: i128) -> Result<Value, E> {
        Err(self.fail("a number out of all range".into()))
    }

    fn visit_u128<E: serde::de::Error>(self, _: u128) -> Result<Value, E> {
        Err(self.fail("a number out of all range".into()))
    }

    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Value, E> {
        self.count()?;
        Ok(Value::Number(v.into()))
    }

    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Value, E> {
        self.count()?;
        Ok(Value::String(v.into()))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        self.count()?;
        Ok(Value::Null)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        self.count()?;
        let mut out = Vec::new();
        while let Some(value) = seq.next_element_seed(self)? {
            out.push(value);
        }
        Ok(Value::Sequence(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        self.count()?;
        let mut out = Mapping::new();
        while let Some(key) = map.next_key_seed(Key { reader: self, seen: &out })? {
            let value = map.next_value_seed(self)?;
            out.insert(Value::String(key), value);
        }
        Ok(Value::Mapping(out))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Value, A::Error> {
        Err(self.fail("YAML tags (`!…`) have no meaning here".into()))
    }
}

/// Reads a key; fails at one that was seen before, so that the error stands at the second.
struct Key<'a> {
    reader: &'a Reader,
    seen: &'a Mapping,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<String, D::Error> {
        d.deserialize_any(KeyVisitor(self))
    }
}

struct KeyVisitor<'a>(Key<'a>);

impl<'de> Visitor<'de> for KeyVisitor<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that is a word")
    }

    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<String, E> {
        if self.0.seen.contains_key(v) {
            return Err(self.0.reader.fail(format!("`{}` is given twice", clip(v))));
        }
        self.0.reader.count()?;
        Ok(v.into())
    }
}

/// Goes to a place and fails there, for the sake of the position that the library adds to the error.
struct Locator<'a> {
    path: &'a [Step],
    key: bool,
}

impl<'de> DeserializeSeed<'de> for Locator<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl Locator<'_> {
    fn scalar<E: serde::de::Error>(&self) -> Result<(), E> {
        if self.path.is_empty() { Err(E::custom("here")) } else { Ok(()) }
    }
}

impl<'de> Visitor<'de> for Locator<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.scalar()
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.scalar()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.scalar()
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        self.scalar()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.path.split_first() else { return Err(A::Error::custom("here")) };
        let mut index = 0;
        loop {
            let found = if *first == Step::Index(index) {
                seq.next_element_seed(Locator { path: rest, key: self.key })?.is_some()
            } else {
                seq.next_element::<IgnoredAny>()?.is_some()
            };
            if !found {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.path.split_first() else { return Err(A::Error::custom("here")) };
        let stop_at_key = self.key && rest.is_empty();
        while let Some(hit) = map.next_key_seed(KeyLocator { wanted: first, stop: stop_at_key })? {
            if hit {
                map.next_value_seed(Locator { path: rest, key: self.key })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct KeyLocator<'a> {
    wanted: &'a Step,
    stop: bool,
}

impl<'de> DeserializeSeed<'de> for KeyLocator<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<bool, D::Error> {
        d.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeyLocator<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<bool, E> {
        let hit = matches!(self.wanted, Step::Key(key) if key == v);
        if hit && self.stop { Err(E::custom("here")) } else { Ok(hit) }
    }
}

/// What a person typed, short enough for a message and without control characters.
pub fn clip(text: &str) -> String {
    let mut out: String = text.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(k: &str) -> Step {
        Step::Key(k.into())
    }

    #[test]
    fn places() {
        let text = "a: 1\nb:\n  - c: {d: x, 'e': [1, 2]}\n  - f:\n      g: |\n        long\n";
        for (path, on_key, line, column) in [
            (vec![key("a")], false, 1, 4),
            (vec![key("a")], true, 1, 1),
            (vec![key("b"), Step::Index(0)], false, 3, 5),
            (vec![key("b"), Step::Index(0), key("c"), key("d")], false, 3, 12),
            (vec![key("b"), Step::Index(0), key("c"), key("e")], true, 3, 15),
            (vec![key("b"), Step::Index(0), key("c"), key("e"), Step::Index(1)], false, 3, 24),
            (vec![key("b"), Step::Index(1), key("f"), key("g")], true, 5, 7),
        ] {
            assert_eq!(locate(text, &path, on_key), Some(Position { line, column }), "{path:?}");
        }
        assert_eq!(locate(text, &[key("z")], false), None);
    }

    #[test]
    fn broken_texts() {
        for (text, at, words) in [
            ("a: 1\nb: 2\na: 3\n", Some((3, 1)), "`a` is given twice"),
            ("a: [1\nb: 2\n", Some((2, 2)), "not valid YAML"),
            ("a: 'open\n", Some((2, 1)), "not valid YAML"),
            ("a: !thing 1\n", Some((1, 4)), "tags"),
            ("[1, 2]: x\n", Some((1, 1)), "a key"),
            ("1: x\n", Some((1, 1)), "a key"),
            ("a: *nowhere\n", Some((1, 4)), "anchor"),
            ("a: 1\n---\nb: 2\n", None, "more than one"),
            ("\tx: 1\n", Some((1, 1)), "not valid YAML"),
        ] {
            let broken = read(text).unwrap_err();
            assert!(broken.message.contains(words), "{text}: {}", broken.message);
            if let Some((line, column)) = at {
                assert_eq!(broken.position, Some(Position { line, column }), "{text}: {}", broken.message);
            }
        }
    }

    #[test]
    fn hostile_texts_end_soon() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let item = format!("*a{}", i - 1);
            bomb.push_str(&format!("a{i}: &a{i} [{}]\n", vec![item; 10].join(", ")));
        }
        assert!(read(&bomb).is_err());
        for piece in ["[", "{", "- ", "? ", "{a: ", "&a ", "*a ", "a: ", "- - ", "[a, "] {
            assert!(read(&piece.repeat(1_000_000 / piece.len())).is_err(), "{piece}");
        }
    }
}
