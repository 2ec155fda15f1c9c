//! The messages of one file.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::{KEPT, LARGEST};

/// One message as it was stored.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The octets, quoting of mbox undone.
    pub octets: Vec<u8>,
    /// It is larger than [`LARGEST`]: only its beginning is here.
    pub cut: bool,
    /// Which message of the file it is, counted from 1.
    pub number: u64,
}

/// The messages of a file, in their order.
pub struct Letters {
    reader: Box<dyn BufRead + Send>,
    mbox: bool,
    packed: bool,
    /// Octets of the file, where they are those of its message.
    size: Option<u64>,
    /// Where the last read ended: at the line that begins the next message.
    begun: bool,
    number: u64,
    line: Vec<u8>,
}

impl Letters {
    /// Opens the file at `path`: an mbox where it begins `From `, else a single message; gzip is undone.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        // No larger than the file, for many may be open at once.
        let room = usize::try_from(size).unwrap_or(usize::MAX).clamp(1 << 9, 1 << 16);
        let letters = Self::over(BufReader::with_capacity(room, file))?;
        let plain = !letters.packed && !letters.mbox;
        Ok(Letters { size: plain.then_some(size), ..letters })
    }

    /// The same over any reader.
    ///
    /// # Errors
    /// When its beginning cannot be read.
    pub fn over(mut reader: impl BufRead + Send + 'static) -> io::Result<Self> {
        let packed = reader.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let mut reader: Box<dyn BufRead + Send> = if packed {
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(reader)))
        } else {
            Box::new(reader)
        };
        let mbox = reader.fill_buf()?.starts_with(b"From ");
        Ok(Letters { reader, mbox, packed, size: None, begun: false, number: 0, line: Vec::new() })
    }

    /// Whether the file is an mbox.
    pub fn is_mbox(&self) -> bool {
        self.mbox
    }

    /// Octets of memory that the next message takes at most.
    pub fn largest_next(&self) -> usize {
        self.size.and_then(|size| usize::try_from(size).ok()).map_or(LARGEST, |size| size.min(LARGEST))
    }

    /// The first octets of what comes next, for who wants to know what the file is.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn peek(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    /// The next message.
    ///
    /// # Errors
    /// When reading breaks off, in the middle of a message too.
    pub fn next_letter(&mut self) -> io::Result<Option<Letter>> {
        let mut out = Vec::new();
        let mut cut = false;
        if !self.mbox {
            if self.number > 0 {
                return Ok(None);
            }
            // Of a message that is too large the rest is not even unpacked.
            while !cut && self.chunk(&mut out, &mut cut)? {}
            if out.is_empty() {
                return Ok(None);
            }
        } else {
            if !self.begun && !self.read_line()? {
                return Ok(None);
            }
            // The line that begins the message is at hand.
            let mut after_empty = false;
            self.begun = false;
            while self.read_line()? {
                if after_empty && self.line.starts_with(b"From ") {
                    self.begun = true;
                    break;
                }
                after_empty = matches!(self.line.as_slice(), b"\n" | b"\r\n");
                // mboxrd: a line `>From ` lost its first mark when it was stored.
                let quoted = self.line.iter().take_while(|b| **b == b'>').count();
                let line = match self.line[quoted..].starts_with(b"From ") {
                    true if quoted > 0 => &self.line[1..],
                    _ => &self.line[..],
                };
                keep(&mut out, line, &mut cut);
            }
            if after_empty {
                // The empty line before the next message belongs to the form, not to the message.
                let ending = if out.ends_with(b"\r\n") { 2 } else { 1 };
                out.truncate(out.len().saturating_sub(ending));
            }
        }
        self.number += 1;
        Ok(Some(Letter { octets: out, cut, number: self.number }))
    }

    fn chunk(&mut self, out: &mut Vec<u8>, cut: &mut bool) -> io::Result<bool> {
        let buffer = self.reader.fill_buf()?;
        let length = buffer.len();
        keep(out, buffer, cut);
        self.reader.consume(length);
        Ok(length > 0)
    }

    /// Reads a line into `self.line`. Of one that is longer than any the rest is taken as the next line.
    fn read_line(&mut self) -> io::Result<bool> {
        const LONGEST: usize = 1 << 20;
        self.line.clear();
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(!self.line.is_empty());
            }
            let room = LONGEST - self.line.len();
            let window = &buffer[..buffer.len().min(room)];
            let (taken, done) = match memchr::memchr(b'\n', window) {
                Some(end) => (end + 1, true),
                None => (window.len(), window.len() == room),
            };
            self.line.extend_from_slice(&window[..taken]);
            self.reader.consume(taken);
            if done {
                return Ok(true);
            }
        }
    }
}

/// Appends `octets`; a message that grows too large is cut to its beginning.
fn keep(out: &mut Vec<u8>, octets: &[u8], cut: &mut bool) {
    if *cut {
        return;
    }
    if out.len() + octets.len() > LARGEST {
        *cut = true;
        out.truncate(KEPT);
        out.shrink_to_fit();
        return;
    }
    out.extend_from_slice(octets);
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn all(octets: &[u8]) -> Vec<String> {
        let mut letters = Letters::over(io::Cursor::new(octets.to_vec())).unwrap();
        let mut out = Vec::new();
        while let Some(letter) = letters.next_letter().unwrap() {
            assert_eq!(letter.number as usize, out.len() + 1);
            out.push(String::from_utf8_lossy(&letter.octets).into_owned());
        }
        out
    }

    #[test]
    fn forms() {
        let rows: &[(&str, &[&str], &str)] = &[
            ("A: 1\n\nbody\n", &["A: 1\n\nbody\n"], "a single message"),
            ("From a\nA: 1\n\nb\n\nFrom b\nB: 2\n\nc\n", &["A: 1\n\nb\n", "B: 2\n\nc\n"], "two"),
            ("From a\r\nA: 1\r\n\r\nb\r\n\r\nFrom b\r\nB: 2\r\n", &["A: 1\r\n\r\nb\r\n", "B: 2\r\n"], "CR LF"),
            ("From a\nA: 1\n\nb\nFrom c\n", &["A: 1\n\nb\nFrom c\n"], "no empty line before it: text"),
            ("From a\nA: 1\n\n>From c\n>>From d\n>x\n", &["A: 1\n\nFrom c\n>From d\n>x\n"], "quoting undone"),
            ("From a\n\nFrom b\nB: 2\n", &["", "B: 2\n"], "a message of nothing"),
            ("", &[], "an empty file"),
        ];
        for (text, want, why) in rows {
            assert_eq!(all(text.as_bytes()), *want, "{why}");
            let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
            packer.write_all(text.as_bytes()).unwrap();
            assert_eq!(all(&packer.finish().unwrap()), *want, "{why}, packed");
        }
    }

    #[test]
    fn a_message_larger_than_any_is_cut() {
        let mut text = b"From a\nA: 1\n\n".to_vec();
        text.resize(LARGEST + 100, b'x');
        text.extend_from_slice(b"\n\nFrom b\nB: 2\n");
        let mut letters = Letters::over(io::Cursor::new(text)).unwrap();
        let first = letters.next_letter().unwrap().unwrap();
        assert!(first.cut && first.octets.len() <= KEPT && first.octets.starts_with(b"A: 1\n"));
        assert_eq!(letters.next_letter().unwrap().unwrap().octets, b"B: 2\n");
    }
}
