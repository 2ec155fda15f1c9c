//! SVG Tiny Portable/Secure, the profile of BIMI indicators (draft-svg-tiny-ps-abrotman).

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde::Serialize;

use crate::model::reading::Fault;
use crate::model::source::Span;

/// The largest indicator, in octets (draft-brand-indicators-for-message-identification §4.4 asks for 32 kB at most).
pub const MAX_OCTETS: usize = 32 * 1024;
/// The longest title that the profile advises.
const MAX_TITLE: usize = 64;
/// So many faults are told.
const MAX_FAULTS: usize = 20;

/// Elements that SVG Tiny 1.2 has and the profile leaves out, and those of full SVG that people's editors write.
const FORBIDDEN: &[&str] = &[
    "a",
    "animate",
    "animateColor",
    "animateMotion",
    "animateTransform",
    "animation",
    "audio",
    "clipPath",
    "discard",
    "filter",
    "foreignObject",
    "handler",
    "iframe",
    "image",
    "listener",
    "marker",
    "mask",
    "mpath",
    "pattern",
    "prefetch",
    "script",
    "set",
    "style",
    "symbol",
    "video",
];

/// What keeps an image from being of the profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ProfileFault {
    /// It is larger than mailboxes take.
    #[error("{0} octets; mailboxes take {MAX_OCTETS}")]
    TooLarge(usize),
    /// It is no XML.
    #[error("it is no well-formed XML: {0}")]
    NotXml(String),
    /// The root element is not `svg` of the SVG namespace.
    #[error("the root element is not `svg` of http://www.w3.org/2000/svg")]
    NotSvg,
    /// `version` is not `1.2`.
    #[error("`version` is not \"1.2\"")]
    Version,
    /// `baseProfile` is not `tiny-ps`.
    #[error("`baseProfile` is not \"tiny-ps\"")]
    BaseProfile,
    /// The root has `x` or `y`.
    #[error("the root element has `{0}`")]
    RootAttribute(String),
    /// There is no title.
    #[error("there is no `title` with a text, right below `svg`")]
    NoTitle,
    /// The title is long.
    #[error("the title has {0} characters, over {MAX_TITLE}")]
    LongTitle(usize),
    /// Not square.
    #[error("it is not square: {0}")]
    NotSquare(String),
    /// There is no `viewBox`, so that nobody knows its form.
    #[error("there is no `viewBox`")]
    NoViewBox,
    /// An element that the profile does not have.
    #[error("the profile has no element `{0}`")]
    Element(String),
    /// A script in an attribute.
    #[error("the attribute `{0}` is a script")]
    Script(String),
    /// A reference to somewhere else.
    #[error("it refers to something outside: {0}")]
    Outside(String),
    /// A document type with declarations of its own.
    #[error("it declares entities")]
    Entities,
}

/// Everything that keeps `octets` from being an SVG Tiny PS image.
pub fn faults(octets: &[u8]) -> Vec<ProfileFault> {
    located(octets).into_iter().map(|fault| fault.kind).collect()
}

/// The same, each with its place: a point at the start for what is of the whole.
pub fn located(octets: &[u8]) -> Vec<Fault<ProfileFault>> {
    let mark = if octets.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut look = Look {
        found: Vec::new(),
        at: Span::default(),
        root_at: Span::default(),
        depth: 0,
        root: false,
        title: None,
        in_title: false,
    };
    if octets.len() > MAX_OCTETS {
        look.push(ProfileFault::TooLarge(octets.len()));
    }
    let Ok(text) = std::str::from_utf8(octets.get(mark..).unwrap_or_default()) else {
        look.push(ProfileFault::NotXml("it is not UTF-8".into()));
        return look.found;
    };
    let mut reader = Reader::from_str(text);
    loop {
        let start = mark + reader.buffer_position() as usize;
        let event = reader.read_event();
        look.at = Span::new(start, (mark + reader.buffer_position() as usize).clamp(start, octets.len()));
        match event {
            Ok(Event::Eof) => break,
            Ok(event) => look.event(&event),
            Err(e) => {
                look.push(ProfileFault::NotXml(e.to_string()));
                return look.found;
            }
        }
    }
    if !look.root || look.depth > 0 {
        look.push(if look.root { ProfileFault::NotXml("it ends too early".into()) } else { ProfileFault::NotSvg });
        return look.found;
    }
    look.at = look.root_at;
    match look.title.as_deref().map(str::trim) {
        None | Some("") => look.push(ProfileFault::NoTitle),
        Some(title) if title.chars().count() > MAX_TITLE => look.push(ProfileFault::LongTitle(title.chars().count())),
        Some(_) => {}
    }
    look.found
}

struct Look {
    found: Vec<Fault<ProfileFault>>,
    /// Where the event stands that is looked at.
    at: Span,
    root_at: Span,
    depth: usize,
    root: bool,
    title: Option<String>,
    in_title: bool,
}

impl Look {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(start) => {
                self.element(start);
                self.depth += 1;
            }
            Event::Empty(start) => {
                self.element(start);
                self.in_title = false;
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                self.in_title = false;
            }
            Event::Text(text) if self.in_title => self.title.get_or_insert_default().push_str(text),
            Event::CData(text) if self.in_title => self.title.get_or_insert_default().push_str(text),
            // An entity stands for at least one character of the title.
            Event::GeneralRef(_) if self.in_title => self.title.get_or_insert_default().push('&'),
            Event::DocType(text) if text.contains("<!") || text.contains('[') => self.push(ProfileFault::Entities),
            _ => {}
        }
    }

    fn push(&mut self, fault: ProfileFault) {
        if self.found.len() < MAX_FAULTS && self.found.iter().all(|f| f.kind != fault) {
            self.found.push(Fault { kind: fault, span: self.at });
        }
    }

    fn element(&mut self, start: &BytesStart<'_>) {
        let name = start.local_name().as_ref().to_string();
        if self.depth == 0 && !self.root {
            self.root_element(start, &name);
        }
        if FORBIDDEN.iter().any(|f| f.eq_ignore_ascii_case(&name)) {
            self.push(ProfileFault::Element(name.clone()));
        }
        self.in_title = self.depth == 1 && name == "title" && self.title.is_none();
        for attribute in start.attributes() {
            let Ok(attribute) = attribute else {
                self.push(ProfileFault::NotXml(format!("an attribute of `{name}` is malformed")));
                return;
            };
            let (key, value) = (attribute.key.as_ref().to_string(), attribute.value.to_string());
            self.attribute(&key, &value);
        }
    }

    fn root_element(&mut self, start: &BytesStart<'_>, name: &str) {
        self.root = true;
        self.root_at = self.at;
        let value = |key: &str| {
            let found = start.attributes().flatten().find(|a| a.key.as_ref() == key)?;
            Some(found.value.trim().to_string())
        };
        let prefix = start.name().as_ref().split_once(':').map(|(prefix, _)| format!("xmlns:{prefix}"));
        let namespace = value(prefix.as_deref().unwrap_or("xmlns"));
        if name != "svg" || namespace.as_deref() != Some("http://www.w3.org/2000/svg") {
            self.push(ProfileFault::NotSvg);
        }
        if value("version").as_deref() != Some("1.2") {
            self.push(ProfileFault::Version);
        }
        if value("baseProfile").as_deref() != Some("tiny-ps") {
            self.push(ProfileFault::BaseProfile);
        }
        for key in ["x", "y"] {
            if value(key).is_some() {
                self.push(ProfileFault::RootAttribute(key.into()));
            }
        }
        let sides = match value("viewBox") {
            None => {
                self.push(ProfileFault::NoViewBox);
                None
            }
            Some(text) => {
                let numbers: Vec<f64> = text
                    .split([' ', ',', '\t', '\n', '\r'])
                    .filter(|n| !n.is_empty())
                    .filter_map(|n| n.parse().ok())
                    .collect();
                match numbers.as_slice() {
                    [_, _, width, height] => Some((*width, *height)),
                    _ => {
                        self.push(ProfileFault::NoViewBox);
                        None
                    }
                }
            }
        };
        let length = |key: &str| value(key)?.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse::<f64>().ok();
        for (width, height) in sides.into_iter().chain(length("width").zip(length("height"))) {
            if (width - height).abs() > width.abs().max(height.abs()) * 0.001 || width <= 0.0 {
                self.push(ProfileFault::NotSquare(format!("{width} by {height}")));
            }
        }
    }

    fn attribute(&mut self, key: &str, value: &str) {
        let local = key.rsplit_once(':').map_or(key, |(_, local)| local);
        let value = value.trim();
        let lower = value.to_ascii_lowercase();
        if (local.starts_with("on") && local.len() > 2) || lower.starts_with("javascript:") {
            self.push(ProfileFault::Script(key.into()));
        } else if matches!(local, "href" | "src" | "base") && !value.starts_with('#') {
            self.push(ProfileFault::Outside(value.chars().take(80).collect()));
        } else if let Some((_, inside)) = lower.split_once("url(")
            && !inside.trim_start_matches(['\'', '"', ' ']).starts_with('#')
        {
            self.push(ProfileFault::Outside(value.chars().take(80).collect()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ProfileFault::*;
    use super::*;

    const GOOD: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64" width="64" height="64">
  <title>Example &amp; Sons</title>
  <desc>A square</desc>
  <defs><linearGradient id="g"><stop offset="0" stop-color="#fff"/></linearGradient></defs>
  <rect width="64" height="64" fill="url(#g)"/>
  <use xlink:href="#g"/>
</svg>"##;

    #[test]
    fn what_mailboxes_do_not_show() {
        let outside = || Outside("https://example.com/x.png".into());
        for (from, to, want, why) in [
            ("", "", vec![], "all of it is right"),
            ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "", vec![], "no declaration"),
            ("version=\"1.2\"", "version=\"1.1\"", vec![Version], "SVG 1.1"),
            (" baseProfile=\"tiny-ps\"", "", vec![BaseProfile], "no profile"),
            ("tiny-ps", "tiny", vec![BaseProfile], "SVG Tiny"),
            (
                "width=\"64\" height=\"64\">",
                "x=\"0\" y=\"0\">",
                vec![RootAttribute("x".into()), RootAttribute("y".into())],
                "what Illustrator writes",
            ),
            ("<title>Example &amp; Sons</title>", "", vec![NoTitle], "no title"),
            ("Example &amp; Sons", " ", vec![NoTitle], "an empty title"),
            ("Example &amp; Sons", "<![CDATA[Example]]>", vec![], "a title in CDATA"),
            ("Example &amp; Sons", &"x".repeat(65), vec![LongTitle(65)], "a long title"),
            ("0 0 64 64\" width=\"64\" height=\"64\"", "0 0 64 32\"", vec![NotSquare("64 by 32".into())], "wide"),
            (
                "0 0 64 64\" width=\"64\" height=\"64\"",
                "0,0,64,64\" width=\"64px\" height=\"60px\"",
                vec![NotSquare("64 by 60".into())],
                "square inside, not outside",
            ),
            ("viewBox=\"0 0 64 64\"", "", vec![NoViewBox], "no viewBox"),
            ("xmlns=\"http://www.w3.org/2000/svg\"", "", vec![NotSvg], "no namespace"),
            ("<desc>A square</desc>", "<script>alert(1)</script>", vec![Element("script".into())], "a script"),
            ("<desc>A square</desc>", "<rect onclick=\"x()\"/>", vec![Script("onclick".into())], "a handler"),
            (
                "<desc>A square</desc>",
                "<animate attributeName=\"x\"/>",
                vec![Element("animate".into())],
                "an animation",
            ),
            ("<desc>A square</desc>", "<style>*{}</style>", vec![Element("style".into())], "a style sheet"),
            ("#g\"/>\n</svg>", "https://example.com/x.png\"/>\n</svg>", vec![outside()], "a reference outside"),
            (
                "url(#g)",
                "url('https://example.com/x.png')",
                vec![Outside("url('https://example.com/x.png')".into())],
                "a fill from outside",
            ),
            (
                "<desc>A square</desc>",
                "<image xlink:href=\"https://example.com/x.png\"/>",
                vec![Element("image".into()), outside()],
                "a raster image",
            ),
            ("<svg ", "<!DOCTYPE svg [<!ENTITY a \"b\">]>\n<svg ", vec![Entities], "entities"),
            ("</svg>", "", vec![NotXml("it ends too early".into())], "cut"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_eq!(faults(text.as_bytes()), want, "{why}");
        }
        assert_eq!(faults(b"<html><title>x</title></html>")[0], NotSvg, "HTML");
        assert!(matches!(faults(b"<svg")[..], [NotXml(_)]), "cut in a tag");
        assert!(matches!(faults(b"\xff\xd8\xff")[..], [NotXml(_)]), "a photograph");
        assert_eq!(faults(b""), [NotSvg], "nothing");
        let large = GOOD.replace("A square", &"x".repeat(MAX_OCTETS));
        assert_eq!(faults(large.as_bytes()), [TooLarge(large.len())], "large");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[<>/a-z\"'=!\\[\\]& #:-]{0,200}", at in 0..GOOD.len()) {
            let _ = faults(text.as_bytes());
            let _ = faults([&GOOD.as_bytes()[..at], text.as_bytes()].concat().as_slice());
        }
    }
}
