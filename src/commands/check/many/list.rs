//! The list of domains: one a line, read as it comes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use tokio::sync::mpsc::Sender;

use crate::error::{Error, Result};
use crate::model::name::{self, Name};

/// A line longer than this is no domain, whatever it is.
const LONGEST_LINE: usize = 4096;

/// A line of the list.
#[derive(Debug)]
pub(super) enum Line {
    /// A domain.
    Domain(Name),
    /// Something else; why, with the line's number.
    Bad(String),
}

/// Opens `path`, or standard input for `-`.
///
/// # Errors
/// A configuration error when it cannot be read.
pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).map_err(|e| unreadable(path, e))?;
    Ok(Box::new(BufReader::new(file)))
}

/// How many lines there are, for the time left; none where they can be read only once.
pub(super) fn count(path: &Path) -> Option<u64> {
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut reader = File::open(path).ok()?;
    let (mut buffer, mut lines) = (vec![0; 1 << 16], 0);
    loop {
        match reader.read(&mut buffer).ok()? {
            0 => return Some(lines),
            n => lines += memchr::memchr_iter(b'\n', buffer.get(..n)?).count() as u64,
        }
    }
}

/// Sends every line of `reader` on its way, until nobody takes them any more. Empty lines and `# comments` are nothing.
///
/// # Errors
/// A configuration error when reading breaks off.
pub(super) fn read(mut reader: impl BufRead, path: &Path, lines: &Sender<Line>) -> Result<()> {
    let mut octets = Vec::new();
    for number in 1u64.. {
        octets.clear();
        let length =
            (&mut reader).take(LONGEST_LINE as u64).read_until(b'\n', &mut octets).map_err(|e| unreadable(path, e))?;
        if length == 0 {
            break;
        }
        let whole = octets.last() == Some(&b'\n') || length < LONGEST_LINE;
        if !whole {
            reader.skip_until(b'\n').map_err(|e| unreadable(path, e))?;
        }
        let Some(line) = understand(&octets, whole, number) else { continue };
        if lines.blocking_send(line).is_err() {
            break;
        }
    }
    Ok(())
}

fn understand(octets: &[u8], whole: bool, number: u64) -> Option<Line> {
    let bad = |why: &str| Some(Line::Bad(format!("line {number}: {why}")));
    // Spreadsheets begin a file with a byte order mark.
    let octets = if number == 1 { octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets) } else { octets };
    if !whole {
        return bad("it is too long for a domain name");
    }
    let Ok(text) = std::str::from_utf8(octets) else { return bad("it is not UTF-8") };
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    match name::domain(text) {
        Ok(domain) => Some(Line::Domain(domain)),
        Err(e) => bad(e.message()),
    }
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    Error::config(format!("the list {} cannot be read", path.display())).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_domains_and_lines_that_are_not() {
        let long = format!("{}\nlast.test", "x".repeat(10_000));
        for (text, want, why) in [
            ("a.test\nb.test", "a.test b.test", "no line feed at the end"),
            ("\u{feff}a.test\r\n\r\nB.Test.\r\n", "a.test b.test", "as Windows writes it"),
            ("# a list\n a.test \n", "a.test", "comments and blanks"),
            ("a..test\nb.test\n", "!1 b.test", "an empty label"),
            ("b.test\nalice@b.test\n", "b.test !2", "an address"),
            ("bücher.test\n", "xn--bcher-kva.test", "a name in Unicode"),
            (long.as_str(), "!1 last.test", "a very long line"),
            ("", "", "nothing"),
        ] {
            let (sender, mut receiver) = tokio::sync::mpsc::channel(16);
            read(text.as_bytes(), Path::new("-"), &sender).unwrap();
            drop(sender);
            let mut got = Vec::new();
            while let Some(line) = receiver.blocking_recv() {
                got.push(match line {
                    Line::Domain(domain) => name::show(&domain),
                    Line::Bad(why) => format!("!{}", why[5..].split(':').next().unwrap()),
                });
            }
            assert_eq!(got.join(" "), want, "{why}");
        }
        let (sender, mut receiver) = tokio::sync::mpsc::channel(16);
        read(&b"\xff\xfe.test\n"[..], Path::new("-"), &sender).unwrap();
        assert!(matches!(receiver.blocking_recv(), Some(Line::Bad(_))), "not UTF-8");
    }
}
