//! A domain name in wire form in a buffer of its own: what the parser completes owners and data into, without allocating.

use std::fmt;

use crate::model::decoded::unescape;
use crate::model::name::Name;
use crate::model::wire;

/// The longest name in wire form (RFC 1035 §3.1), its root label counted.
pub const MAX_NAME: usize = 255;
/// The longest label (RFC 1035 §2.3.4).
pub const MAX_LABEL: usize = 63;

/// An absolute name: length octets and labels up to the root (RFC 1035 §3.1), in the case in which it was written.
#[derive(Clone, Copy)]
pub struct WireName {
    octets: [u8; MAX_NAME],
    len: u8,
}

/// Why a text is no domain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadName {
    /// Two dots in a row, or a dot in front.
    EmptyLabel,
    /// A label over 63 octets.
    LongLabel,
    /// Over 255 octets in wire form, the origin counted.
    LongName,
    /// `\` with nothing behind it, or `\DDD` over 255.
    Escape,
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadName::EmptyLabel => "it has an empty label",
            BadName::LongLabel => "it has a label over 63 octets",
            BadName::LongName => "it is longer than 255 octets",
            BadName::Escape => "it has an escape that means no octet",
        })
    }
}

impl WireName {
    /// The root.
    pub fn root() -> Self {
        WireName { octets: [0; MAX_NAME], len: 1 }
    }

    /// The same as `name`.
    pub fn from_name(name: &Name) -> Self {
        let mut wire = WireName::root();
        let octets = name.octets();
        if let Some(room) = wire.octets.get_mut(..octets.len()) {
            room.copy_from_slice(octets);
            wire.len = octets.len() as u8;
        }
        wire
    }

    /// Reads a name in master-file form; `@` is `origin`, and one without a last dot is completed with it
    /// (RFC 1035 §5.1).
    ///
    /// # Errors
    /// Why it is no name.
    pub fn read(&mut self, text: &[u8], origin: &WireName) -> Result<(), BadName> {
        match text {
            b"@" => {
                *self = *origin;
                return Ok(());
            }
            b"." => {
                self.octets[0] = 0;
                self.len = 1;
                return Ok(());
            }
            _ => {}
        }
        // `label` is where the length octet of the label that is being read goes; `end` is where its next octet goes.
        let (mut label, mut end, mut i) = (0usize, 1usize, 0usize);
        let close = |octets: &mut [u8; MAX_NAME], label: usize, end: usize| match end - label - 1 {
            0 => Err(BadName::EmptyLabel),
            n if n > MAX_LABEL => Err(BadName::LongLabel),
            n => {
                octets[label] = n as u8;
                Ok(())
            }
        };
        while let Some(&b) = text.get(i) {
            let octet = match b {
                b'.' => {
                    close(&mut self.octets, label, end)?;
                    label = end;
                    end += 1;
                    i += 1;
                    if end > MAX_NAME {
                        return Err(BadName::LongName);
                    }
                    continue;
                }
                b'\\' => {
                    let (octet, width) = unescape(text.get(i..).unwrap_or_default()).ok_or(BadName::Escape)?;
                    i += width;
                    octet
                }
                _ => {
                    i += 1;
                    b
                }
            };
            // One octet stays for the root.
            if end >= MAX_NAME - 1 {
                return Err(if end - label > MAX_LABEL { BadName::LongLabel } else { BadName::LongName });
            }
            self.octets[end] = octet;
            end += 1;
        }
        if end - label == 1 && label > 0 {
            // The text ended in a dot: it is absolute.
            self.octets[label] = 0;
            self.len = end as u8;
            return Ok(());
        }
        close(&mut self.octets, label, end)?;
        let tail = origin.wire();
        match self.octets.get_mut(end..end + tail.len()) {
            Some(slot) => {
                slot.copy_from_slice(tail);
                self.len = (end + tail.len()) as u8;
                Ok(())
            }
            None => Err(BadName::LongName),
        }
    }

    /// Takes the name at the start of `wire` without compression, and gives the octets behind it.
    pub fn split(wire: &[u8]) -> Option<(WireName, &[u8])> {
        let mut end = 0usize;
        loop {
            let len = usize::from(*wire.get(end)?);
            end += 1 + len;
            if len > MAX_LABEL || end > MAX_NAME {
                return None;
            }
            if len == 0 {
                break;
            }
        }
        let mut name = WireName { octets: [0; MAX_NAME], len: end as u8 };
        name.octets.get_mut(..end)?.copy_from_slice(wire.get(..end)?);
        Some((name, wire.get(end..)?))
    }

    /// The octets: each label with its length before it, then a zero.
    ///
    /// A length octet is never a letter, so this may be lower-cased octet by octet.
    pub fn wire(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Its labels from the leftmost, without the root's.
    pub fn labels(&self) -> impl Iterator<Item = &[u8]> {
        wire::labels(self.wire())
    }

    /// Whether it is `zone` or below it, whatever the case.
    pub fn is_in(&self, zone: &WireName) -> bool {
        let (mine, theirs) = (self.wire(), zone.wire());
        let Some(at) = mine.len().checked_sub(theirs.len()) else { return false };
        if !mine.get(at..).is_some_and(|tail| tail.eq_ignore_ascii_case(theirs)) {
            return false;
        }
        // The tail must begin at a label, not inside one.
        let mut i = 0;
        while i < at {
            i += 1 + mine.get(i).map_or(at, |len| usize::from(*len));
        }
        i == at
    }

    /// As a master file with this origin writes it: `@` for the origin itself, no last dot below it.
    pub fn relative_to(&self, origin: &WireName) -> String {
        let text = self.to_string();
        if !self.is_in(origin) {
            return text;
        }
        let below = origin.wire().len();
        if self.wire().len() == below {
            return "@".into();
        }
        // Names are equal but for case, so their texts are of one length.
        let tail = if below == 1 { 1 } else { origin.to_string().len() + 1 };
        text.get(..text.len().saturating_sub(tail)).map(str::to_string).unwrap_or(text)
    }
}

impl PartialEq for WireName {
    fn eq(&self, other: &Self) -> bool {
        self.wire().eq_ignore_ascii_case(other.wire())
    }
}

impl Eq for WireName {}

impl fmt::Display for WireName {
    /// In master-file form with its last dot (RFC 1035 §5.1).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.len <= 1 {
            return f.write_str(".");
        }
        for label in self.labels() {
            for &b in label {
                match b {
                    b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' => write!(f, "\\{}", b as char)?,
                    0x21..=0x7e => write!(f, "{}", b as char)?,
                    _ => write!(f, "\\{b:03}")?,
                }
            }
            f.write_str(".")?;
        }
        Ok(())
    }
}

impl fmt::Debug for WireName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WireName({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name;

    #[test]
    fn names_as_master_files_write_them() {
        let mut origin = WireName::root();
        origin.read(b"Example.com.", &WireName::root()).unwrap();
        let label63 = "a".repeat(63);
        let long = format!("{label63}.{label63}.{label63}.{}", "b".repeat(61));
        let fits = format!("{long}.");
        let cases: &[(&str, Result<&str, BadName>)] = &[
            ("@", Ok("Example.com.")),
            (".", Ok(".")),
            ("www", Ok("www.Example.com.")),
            ("www.example.net.", Ok("www.example.net.")),
            (r"a\.b", Ok(r"a\.b.Example.com.")),
            (r"\097\;", Ok(r"a\;.Example.com.")),
            (r"\@", Ok(r"\@.Example.com.")),
            ("*", Ok("*.Example.com.")),
            (&fits, Ok(&fits)),
            (&label63, Ok(&format!("{label63}.Example.com."))),
            ("a..b", Err(BadName::EmptyLabel)),
            (".a", Err(BadName::EmptyLabel)),
            ("a..", Err(BadName::EmptyLabel)),
            ("", Err(BadName::EmptyLabel)),
            (&"a".repeat(64), Err(BadName::LongLabel)),
            (&"a".repeat(400), Err(BadName::LongLabel)),
            (&long, Err(BadName::LongName)),
            (&format!("{long}b."), Err(BadName::LongName)),
            (&"a.".repeat(200), Err(BadName::LongName)),
            (r"a\", Err(BadName::Escape)),
            (r"a\256", Err(BadName::Escape)),
        ];
        for (text, want) in cases {
            let mut name = WireName::root();
            let got = name.read(text.as_bytes(), &origin).map(|()| name.to_string());
            assert_eq!(got.as_deref().map_err(|e| *e), *want, "{text}");
        }
    }

    #[test]
    fn containment_goes_by_labels() {
        let zone = WireName::from_name(&name::shown("example.com.").unwrap());
        for (name, inside) in [
            ("example.com.", true),
            ("a.b.EXAMPLE.com.", true),
            ("badexample.com.", false),
            ("com.", false),
            (r"a\007example.com.", false),
        ] {
            let mut wire = WireName::root();
            wire.read(name.as_bytes(), &zone).unwrap();
            assert_eq!(wire.is_in(&zone), inside, "{name}");
            assert!(wire.is_in(&WireName::root()));
        }
    }

    #[test]
    fn relative_names() {
        let read = |text: &str| {
            let mut name = WireName::root();
            name.read(text.as_bytes(), &WireName::root()).unwrap();
            name
        };
        for (name, origin, want) in [
            ("example.com.", "Example.com.", "@"),
            ("a.b.example.com.", "Example.COM.", "a.b"),
            (r"a\.b.example.com.", "example.com.", r"a\.b"),
            ("example.net.", "example.com.", "example.net."),
            ("com.", ".", "com"),
            (".", ".", "@"),
        ] {
            let text = read(name).relative_to(&read(origin));
            assert_eq!(text, want);
            let mut back = WireName::root();
            back.read(text.as_bytes(), &read(origin)).unwrap();
            assert_eq!(back, read(name));
        }
    }

    #[test]
    fn names_of_the_program_and_back() {
        for text in ["example.com.", ".", "a\\.b.example.com."] {
            let mut wire = WireName::root();
            wire.read(text.as_bytes(), &WireName::root()).unwrap();
            assert_eq!(WireName::from_name(&Name::from(&wire)), wire);
            let more = [wire.wire(), b"rest"].concat();
            let (name, rest) = WireName::split(&more).unwrap();
            assert_eq!((name, rest), (wire, &b"rest"[..]));
        }
        assert!(WireName::split(&[3, b'a']).is_none());
        assert!(WireName::split(&[0xc0, 0]).is_none());
    }
}
