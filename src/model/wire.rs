//! Names in wire form and lower case: labels with their length before them, the root's zero at the end (RFC 1035 §3.1).
//!
//! Millions of them are compared and looked up; as octets they cost no allocation.

/// The root.
pub const ROOT: &[u8] = &[0];

/// The labels from the leftmost, without the root's.
pub fn labels(wire: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = wire;
    std::iter::from_fn(move || {
        let (len, tail) = rest.split_first()?;
        let (label, behind) = tail.split_at_checked(usize::from(*len))?;
        rest = behind;
        (*len > 0).then_some(label)
    })
}

/// How many labels it has, the root's not counted.
pub fn depth(wire: &[u8]) -> usize {
    labels(wire).count()
}

/// The name without its leftmost label; `None` for the root.
pub fn parent(wire: &[u8]) -> Option<&[u8]> {
    match wire.first() {
        None | Some(0) => None,
        Some(len) => wire.get(usize::from(*len) + 1..),
    }
}

/// The name and everything above it, the root last.
pub fn ancestors(wire: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(wire), |w| parent(w))
}

/// Whether it is `zone` or below it.
pub fn is_in(wire: &[u8], zone: &[u8]) -> bool {
    wire.ends_with(zone) && ancestors(wire).take_while(|a| a.len() >= zone.len()).any(|a| a.len() == zone.len())
}

/// `label.tail`; `None` if that is longer than a name may be.
pub fn child(label: &[u8], tail: &[u8]) -> Option<Vec<u8>> {
    if label.is_empty() || label.len() > 63 || label.len() + 1 + tail.len() > 255 {
        return None;
    }
    let mut out = Vec::with_capacity(label.len() + 1 + tail.len());
    out.push(label.len() as u8);
    out.extend(label.iter().map(u8::to_ascii_lowercase));
    out.extend_from_slice(tail);
    Some(out)
}

/// Several labels, leftmost first, under `tail`.
pub fn under(labels: &[&[u8]], tail: &[u8]) -> Option<Vec<u8>> {
    labels.iter().rev().try_fold(tail.to_vec(), |tail, label| child(label, &tail))
}

/// A name in plain text, with or without its last dot; `None` if it is none.
pub fn from_text(text: &str) -> Option<Vec<u8>> {
    let bare = text.strip_suffix('.').unwrap_or(text);
    if bare.is_empty() {
        return (text == ".").then(|| ROOT.to_vec());
    }
    if bare.len() > 253 {
        return None;
    }
    let mut out = Vec::with_capacity(bare.len() + 2);
    for label in bare.split('.') {
        out.push(u8::try_from(label.len()).ok().filter(|len| (1..=63).contains(len))?);
        out.extend(label.bytes().map(|b| b.to_ascii_lowercase()));
    }
    out.push(0);
    Some(out)
}

/// For people: no last dot, `\DDD` for what is not printable; the root is `.`.
pub fn show(wire: &[u8]) -> String {
    let mut out = String::with_capacity(wire.len());
    for label in labels(wire) {
        if !out.is_empty() {
            out.push('.');
        }
        for &b in label {
            match b {
                b'.' | b'\\' | b'"' | b';' | b'@' => {
                    out.push('\\');
                    out.push(b as char);
                }
                0x21..=0x7e => out.push(b as char),
                _ => out.push_str(&format!("\\{b:03}")),
            }
        }
    }
    if out.is_empty() { ".".into() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let name = from_text("Mail.Example.com.").unwrap();
        assert_eq!(name, b"\x04mail\x07example\x03com\0");
        assert_eq!(show(&name), "mail.example.com");
        assert_eq!((show(ROOT), depth(&name)), (".".to_string(), 3));
        let zone = from_text("example.com").unwrap();
        assert_eq!(parent(&name), Some(&zone[..]));
        assert!(is_in(&name, &zone) && is_in(&zone, &zone) && is_in(&zone, ROOT));
        assert!(!is_in(&zone, &name));
        // The octets of the tail are equal, but it begins inside a label.
        let trick = child(b"x\x07example", &from_text("com").unwrap()).unwrap();
        assert!(!is_in(&trick, &zone));
        assert_eq!(ancestors(&name).count(), 4);
        assert_eq!(show(&child(b"a.b", ROOT).unwrap()), "a\\.b");
        for bad in ["", "a..b", &"x".repeat(64), &"abcdefghi.".repeat(30)] {
            assert_eq!(from_text(bad), None, "{bad}");
        }
    }
}
