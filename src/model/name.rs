//! Domain names, as people type them and as people read them.

use std::cmp::Ordering;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// The type of names within a record's data.
pub use hickory_proto::rr::Name as RecordName;

use crate::error::{Error, Result};
use crate::model::wire;
use crate::model::wire_name::{MAX_NAME, WireName};

/// Labels that a name can have, the root's not counted: each takes two octets at least.
const MAX_LABELS: usize = MAX_NAME / 2;

/// An absolute name in lower case (RFC 4343). Clones share their octets.
///
/// Names are compared, hashed and copied by the million: hickory's own type does that label by label and octet by octet.
/// It stays the type of names within a record's data, and [`Name::from`] leads here and back.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Arc<[u8]>);

impl Name {
    /// The root.
    pub fn root() -> Self {
        Name(wire::ROOT.into())
    }

    /// Of `labels`, leftmost first; nothing where that is longer than a name or a label may be.
    pub fn from_labels<'l>(labels: impl IntoIterator<Item = &'l [u8]>) -> Option<Self> {
        let (mut octets, mut end) = ([0; MAX_NAME], 0);
        for label in labels {
            // The root's label stands behind them.
            let room = octets.get_mut(end..end + 1 + label.len()).filter(|room| end + room.len() < MAX_NAME)?;
            let (length, text) = room.split_first_mut()?;
            *length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
            text.copy_from_slice(label);
            text.make_ascii_lowercase();
            end += 1 + label.len();
        }
        octets.get(..=end).map(|octets| Name(octets.into()))
    }

    /// In wire form: each label behind its length, then a zero (RFC 1035 §3.1).
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// Its labels from the leftmost, without the root's.
    pub fn labels(&self) -> impl Iterator<Item = &[u8]> {
        wire::labels(&self.0)
    }

    /// How many labels it has, the root's not counted.
    pub fn depth(&self) -> usize {
        wire::depth(&self.0)
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.0.len() == 1
    }

    /// Whether its leftmost label is `*` (RFC 4592 §2.1.1).
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with(b"\x01*")
    }

    /// The name without its leftmost label; the root's is the root.
    #[must_use]
    pub fn parent(&self) -> Self {
        wire::parent(&self.0).map_or_else(Name::root, |octets| Name(octets.into()))
    }

    /// Its last `labels` labels; the whole name where it has no more.
    #[must_use]
    pub fn last(&self, labels: usize) -> Self {
        match self.depth().checked_sub(labels) {
            None | Some(0) => self.clone(),
            Some(more) => wire::ancestors(&self.0).nth(more).map_or_else(Name::root, |octets| Name(octets.into())),
        }
    }

    /// `label` under this name; nothing where that is no label, or the name would be too long.
    pub fn child(&self, label: &[u8]) -> Option<Self> {
        wire::child(label, &self.0).map(|octets| Name(octets.into()))
    }

    /// Whether `name` is this one or below it.
    pub fn zone_of(&self, name: &Name) -> bool {
        wire::is_in(&name.0, &self.0)
    }

    /// Where the labels begin.
    fn starts(&self) -> ([u8; MAX_LABELS], usize) {
        let (mut starts, mut count, mut at) = ([0; MAX_LABELS], 0, 0);
        while let (Some(slot), Some(length @ 1..)) = (starts.get_mut(count), self.0.get(usize::from(at))) {
            *slot = at;
            count += 1;
            at += 1 + length;
        }
        (starts, count)
    }

    fn label_at(&self, start: u8) -> &[u8] {
        let (start, length) = (usize::from(start), self.0.get(usize::from(start)).copied().unwrap_or(0));
        self.0.get(start + 1..=start + usize::from(length)).unwrap_or_default()
    }
}

/// In canonical order (RFC 4034 §6.1): by the last label first.
impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other {
            return Ordering::Equal;
        }
        let ((mine, many), (theirs, others)) = (self.starts(), other.starts());
        let mine = mine[..many].iter().rev().map(|start| self.label_at(*start));
        mine.cmp(theirs[..others].iter().rev().map(|start| other.label_at(*start)))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<&WireName> for Name {
    fn from(name: &WireName) -> Self {
        let mut octets: Arc<[u8]> = name.wire().into();
        // The lengths of labels are no letters.
        if let Some(octets) = Arc::get_mut(&mut octets) {
            octets.make_ascii_lowercase();
        }
        Name(octets)
    }
}

impl From<&RecordName> for Name {
    /// The name, taken as absolute.
    fn from(name: &RecordName) -> Self {
        // A name of a record is never too long.
        Name::from_labels(name.iter()).unwrap_or_else(Name::root)
    }
}

impl From<&Name> for RecordName {
    fn from(name: &Name) -> Self {
        let mut name = RecordName::from_labels(name.labels()).unwrap_or_default();
        name.set_fqdn(true);
        name
    }
}

impl From<Name> for RecordName {
    fn from(name: Name) -> Self {
        RecordName::from(&name)
    }
}

impl From<IpAddr> for Name {
    /// Where the names of an address stand (RFC 1035 §3.5, RFC 3596 §2.5).
    fn from(address: IpAddr) -> Self {
        Name::from(&RecordName::from(address))
    }
}

impl fmt::Display for Name {
    /// As people read it: without the last dot.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&show(self))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// Reads a domain that a person typed: a trailing dot, upper case and U-labels are fine;
/// the result is absolute, lower-case and in A-labels.
///
/// Underscores are accepted: `_dmarc.example.com` and selectors need them.
///
/// # Errors
/// A usage error that says what is wrong: empty, an empty label, a label over 63 octets, a name over
/// 253 characters (RFC 1035 §2.3.4), an address or a character that no host or DNS owner has.
pub fn domain(text: &str) -> Result<Name> {
    let bad = |why: &str| Error::usage(format!("`{text}` is not a domain name: {why}"));
    let trimmed = text.trim();
    let bare = trimmed.strip_suffix('.').unwrap_or(trimmed);
    if is_plain(bare) {
        return shown(bare);
    }
    if bare.is_empty() {
        return Err(bad("it is empty"));
    }
    if bare.contains('@') {
        return Err(bad("it is an e-mail address").hint("give only what stands after the @"));
    }
    if bare.contains("://") || bare.contains('/') {
        return Err(bad("it is a URL or a path").hint("give the host name alone"));
    }
    if bare.parse::<std::net::IpAddr>().is_ok() {
        return Err(bad("it is an IP address"));
    }
    if bare.split('.').any(str::is_empty) {
        return Err(bad("it has an empty label (two dots, or a dot in front)"));
    }
    let ascii = if bare.is_ascii() {
        bare.to_ascii_lowercase()
    } else {
        idna::domain_to_ascii(bare).map_err(|_| bad("a label is not a valid internationalised name"))?
    };
    if let Some(c) = ascii.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*'))) {
        return Err(bad(&format!("`{c}` cannot stand in it")));
    }
    if let Some(long) = ascii.split('.').find(|l| l.len() > 63) {
        return Err(bad(&format!(
            "the label `{}…` has {} octets, at most 63 are allowed",
            long.get(..12).unwrap_or(long),
            long.len()
        )));
    }
    if ascii.len() > 253 {
        return Err(bad(&format!("it has {} characters, at most 253 are allowed", ascii.len())));
    }
    shown(&ascii)
}

/// Whether `text` is a name as [`show`] would give it back, and an ordinary one: quicker than to make it.
pub fn is_plain(text: &str) -> bool {
    let plain = |label: &str| {
        label.len() <= 63 && is_plain_label(label.as_bytes()) && !label.bytes().any(|b| b.is_ascii_uppercase())
    };
    // The last label of an address is a number.
    let last = text.rsplit('.').next().and_then(|label| label.bytes().next());
    text.len() <= 253 && last.is_some_and(|b| b.is_ascii_lowercase()) && text.split('.').all(plain)
}

/// A name for people: lower case, no trailing dot; the root is `.`.
pub fn show(name: &Name) -> String {
    wire::show(name.octets())
}

/// Whether a label is written as it is: letters, digits, underscores, and hyphens but at its beginning.
fn is_plain_label(label: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    label.first().is_some_and(|first| *first != b'-') && label.iter().all(plain)
}

/// Reads what [`show`] gave, or anything in master-file form (RFC 1035 §5.1), as absolute.
///
/// # Errors
/// A usage error when it is no name.
pub fn shown(text: &str) -> Result<Name> {
    let bad = |why: &str| Error::usage(format!("`{text}` is not a name: {why}"));
    let escaped = text.contains('\\');
    if let Some(odd) = text.chars().find(|c| !c.is_ascii_graphic() || (*c == '@' && !escaped)) {
        return Err(bad(&format!("`{}` cannot stand in it", odd.escape_default())));
    }
    let root = WireName::root();
    let mut name = root;
    name.read(text.as_bytes(), &root).map_err(|e| bad(&e.to_string()))?;
    Ok(Name::from(&name))
}

/// `name` relative to `apex` for people: `@` for the apex itself, the whole name with its dot outside it.
pub fn relative(name: &Name, apex: &Name) -> String {
    if name == apex {
        return "@".into();
    }
    if apex.zone_of(name) {
        let text = show(name);
        let tail = format!(".{}", show(apex));
        if let Some(head) = text.strip_suffix(&tail) {
            return head.to_string();
        }
    }
    format!("{}.", show(name))
}

/// Whether `name` is `suffix` or below it, both as text.
pub fn is_within(name: &str, suffix: &str) -> bool {
    let suffix = suffix.strip_suffix('.').unwrap_or(suffix);
    let Some(cut) = name.len().checked_sub(suffix.len()) else { return false };
    let tail = name.as_bytes().get(cut..).unwrap_or_default();
    tail.eq_ignore_ascii_case(suffix.as_bytes()) && (cut == 0 || name.as_bytes().get(cut - 1) == Some(&b'.'))
}

/// `label` (one or several labels, such as `mp202611._domainkey`) under `base`.
///
/// # Errors
/// A usage error if the result would be longer than a name may be.
pub fn below(label: &str, base: &Name) -> Result<Name> {
    if label.split('.').all(|l| is_plain_label(l.as_bytes())) {
        let labels = label.split('.').map(str::as_bytes).chain(base.labels());
        if let Some(name) = Name::from_labels(labels) {
            return Ok(name);
        }
    }
    let bad = |why: &str| Error::usage(format!("`{label}.{}` is not a domain name: {why}", show(base)));
    if let Some(odd) = label.chars().find(|c| !c.is_ascii_graphic()) {
        return Err(bad(&format!("`{}` cannot stand in it", odd.escape_default())));
    }
    let mut name = WireName::root();
    match name.read(label.as_bytes(), &WireName::from_name(base)) {
        Ok(()) => Ok(Name::from(&name)),
        Err(e) => Err(bad(&e.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn domains_people_type() {
        let long_label = format!("{}.example.com", "a".repeat(64));
        let long_name = format!("{}example.com", "abcdefghij.".repeat(23));
        let cases: &[(&str, Result<&str, &str>)] = &[
            ("example.com", Ok("example.com")),
            ("Example.COM.", Ok("example.com")),
            (" example.com ", Ok("example.com")),
            ("_dmarc.example.com", Ok("_dmarc.example.com")),
            ("日本語.jp", Ok("xn--wgv71a119e.jp")),
            ("BÜCHER.example", Ok("xn--bcher-kva.example")),
            ("", Err("empty")),
            ("a..b", Err("empty label")),
            (".example.com", Err("empty label")),
            ("alice@example.com", Err("e-mail address")),
            ("https://example.com", Err("URL")),
            ("192.0.2.1", Err("IP address")),
            ("exa mple.com", Err("cannot stand")),
            (&long_label, Err("at most 63")),
            (&long_name, Err("at most 253")),
        ];
        for (text, want) in cases {
            match (domain(text), want) {
                (Ok(name), Ok(want)) => assert_eq!(show(&name), *want, "{text}"),
                (Err(e), Err(why)) => assert!(e.to_string().contains(why), "{text}: {e}"),
                (got, want) => panic!("{text}: {got:?}, wanted {want:?}"),
            }
        }
    }

    #[test]
    fn relative_names() {
        let apex = domain("example.com").unwrap();
        for (name, want) in [
            ("example.com", "@"),
            ("_dmarc.example.com", "_dmarc"),
            ("example.net", "example.net."),
            ("badexample.com", "badexample.com."),
        ] {
            assert_eq!(relative(&domain(name).unwrap(), &apex), want);
        }
    }

    #[test]
    fn names_read_back() {
        for (text, want) in [
            ("example.com", Ok("example.com")),
            ("Example.COM.", Ok("example.com")),
            (".", Ok(".")),
            ("*.example.com", Ok("*.example.com")),
            (r"a\.b.example.com", Ok(r"a\.b.example.com")),
            (r"a\032b.example.com", Ok(r"a\032b.example.com")),
            ("0/25.2.0.192.in-addr.arpa", Ok("0/25.2.0.192.in-addr.arpa")),
            ("", Err("empty label")),
            ("a..b", Err("empty label")),
            ("a b", Err("` ` cannot stand")),
            ("\u{e9}.test", Err("cannot stand")),
            ("@", Err("`@` cannot stand")),
            ("postmaster@example.com", Err("`@` cannot stand")),
        ] {
            match (shown(text), want) {
                (Ok(name), Ok(want)) => assert_eq!(show(&name), want),
                (Err(e), Err(why)) => assert!(e.to_string().contains(why), "{text}: {e}"),
                (got, want) => panic!("{text}: {got:?}, wanted {want:?}"),
            }
        }
    }

    #[test]
    fn parts_of_names() {
        let name = shown("a.b.example.com").unwrap();
        for (labels, want) in [(0, "."), (1, "com"), (2, "example.com"), (4, "a.b.example.com"), (9, "a.b.example.com")]
        {
            assert_eq!(show(&name.last(labels)), want);
        }
        assert_eq!((show(&name.parent()).as_str(), Name::root().parent()), ("b.example.com", Name::root()));
        assert!(name.zone_of(&name) && Name::root().zone_of(&name) && !name.zone_of(&name.parent()));
        assert!(!shown("xample.com").unwrap().zone_of(&name));
        let full = Name::from_labels(std::iter::repeat_n(&b"x"[..], 127)).unwrap();
        assert_eq!((full.depth(), full.octets().len()), (127, MAX_NAME));
        assert_eq!(
            (full.child(b"x"), Name::from_labels([&[b'x'; 64][..]]), Name::from_labels([&b""[..]])),
            (None, None, None)
        );
    }

    proptest! {
        #[test]
        fn ordered_hashed_and_converted_as_by_hickory(
            one in proptest::collection::vec("[abAB*_.\\PC]{1,3}", 0..5), other in proptest::collection::vec("[abAB]{1,2}", 0..5)
        ) {
            let record = |labels: &[String]| RecordName::from_labels(labels.iter().map(String::as_bytes)).unwrap();
            let (mut a, mut b) = (record(&one), record(&other));
            a.set_fqdn(true);
            b.set_fqdn(true);
            let (mine, theirs) = (Name::from(&a), Name::from(&b));
            prop_assert_eq!(mine.cmp(&theirs), a.cmp(&b));
            prop_assert_eq!(mine.zone_of(&theirs), a.zone_of(&b));
            prop_assert_eq!(RecordName::from(&mine), a);
            prop_assert_eq!(shown(&show(&theirs)).unwrap(), theirs);
        }
    }
}
