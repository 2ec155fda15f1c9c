//! Answers in XML, as a tree that is easy to look things up in.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// How deep an answer may be nested: those of providers are less than ten deep.
const DEEPEST: usize = 64;

/// One element, its names without their prefixes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its attributes, in their order.
    pub attributes: Vec<(String, String)>,
    /// Its own text, references resolved.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Element>,
}

impl Element {
    /// Reads `text`; `None` when it is no XML, or nested deeper than any answer is.
    pub fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Element> = vec![Element::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    if open.len() > DEEPEST {
                        return None;
                    }
                    open.push(element(&start)?);
                }
                Event::Empty(start) => open.last_mut()?.children.push(element(&start)?),
                Event::End(_) => {
                    let done = open.pop()?;
                    open.last_mut()?.children.push(done);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text),
                Event::CData(text) => open.last_mut()?.text.push_str(&text),
                Event::GeneralRef(reference) => {
                    let resolved = match &*reference {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        _ => reference.resolve_char_ref().ok()??,
                    };
                    open.last_mut()?.text.push(resolved);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let mut root = open.pop()?;
        (open.is_empty() && root.children.len() == 1).then(|| root.children.pop()).flatten()
    }

    /// The first child called `name`.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Every child called `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element at the end of `path`, a child a step.
    pub fn at(&self, path: &[&str]) -> Option<&Element> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The text at the end of `path`.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(|element| element.text.trim())
    }

    /// The attribute `name`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn element(start: &BytesStart<'_>) -> Option<Element> {
    let mut out = Element { name: start.local_name().as_ref().to_string(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned();
        out.attributes.push((attribute.key.local_name().as_ref().to_string(), value));
    }
    Some(out)
}

/// `text` as it stands between tags.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees() {
        let text = "<?xml version=\"1.0\"?>\n<a xmlns=\"urn:x\"><b c=\"1 &amp; &quot;2&quot;\"/><b>x &lt;&#x41;&gt;</b><!-- --></a>";
        let root = Element::parse(text).unwrap();
        assert_eq!((root.name.as_str(), root.all("b").count()), ("a", 2));
        assert_eq!(root.child("b").unwrap().attribute("c"), Some("1 & \"2\""));
        assert_eq!(root.children[1].text, "x <A>");
        assert_eq!(root.text_at(&["b", "c"]), None);
        let deep = "<a>".repeat(100) + &"</a>".repeat(100);
        for bad in ["", "plain", "<a>", "<a></b>", "<a/><b/>", "<a>&unknown;</a>", &deep] {
            assert_eq!(Element::parse(bad), None, "{bad}");
        }
        assert_eq!(escape("a<b>&\""), "a&lt;b&gt;&amp;\"");
    }
}
