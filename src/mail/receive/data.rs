//! What follows DATA: only CR LF . CR LF ends it, whatever looks like it before (RFC 5321 §4.1.1.4).

/// Takes the octets after DATA apart: dots undone, the end found.
///
/// Servers that take a lone line feed or carriage return for a line end let a message smuggle in another one.
pub struct DataReader {
    message: Vec<u8>,
    limit: usize,
    /// How much of the next line end, dot and line end has been seen.
    state: State,
    dropped: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the start of a line.
    LineStart,
    /// Somewhere in a line.
    Inside,
    /// After a CR in a line.
    Cr,
    /// After a dot at the start of a line.
    Dot,
    /// After that dot and a CR.
    DotCr,
}

impl DataReader {
    /// Keeps at most `limit` octets.
    pub fn new(limit: usize) -> Self {
        DataReader { message: Vec::new(), limit, state: State::LineStart, dropped: 0 }
    }

    /// Takes `chunk`. When the end is in it, gives the number of octets up to and with the end.
    pub fn push(&mut self, chunk: &[u8]) -> Option<usize> {
        for (i, &octet) in chunk.iter().enumerate() {
            self.state = match (self.state, octet) {
                (State::LineStart, b'.') => State::Dot,
                (State::Dot, b'\r') => State::DotCr,
                (State::DotCr, b'\n') => return Some(i + 1),
                (State::DotCr, octet) => {
                    // The dot was a doubled one's first half, or should have been.
                    self.keep(b'\r');
                    self.keep(octet);
                    if octet == b'\r' { State::Cr } else { State::Inside }
                }
                (State::Cr, b'\n') => {
                    self.keep(octet);
                    State::LineStart
                }
                (_, octet) => {
                    self.keep(octet);
                    if octet == b'\r' { State::Cr } else { State::Inside }
                }
            };
        }
        None
    }

    fn keep(&mut self, octet: u8) {
        if self.message.len() < self.limit {
            self.message.push(octet);
        } else {
            self.dropped += 1;
        }
    }

    /// How many octets were over the limit.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// The message.
    pub fn into_message(self) -> Vec<u8> {
        self.message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of `text`, and what is left over; `None` if the end was not found.
    fn read(text: &[u8], step: usize) -> Option<(Vec<u8>, usize)> {
        let mut reader = DataReader::new(1000);
        let mut taken = 0;
        for chunk in text.chunks(step) {
            match reader.push(chunk) {
                Some(end) => return Some((reader.into_message(), text.len() - taken - end)),
                None => taken += chunk.len(),
            }
        }
        None
    }

    #[test]
    fn only_one_end() {
        type Row = (&'static [u8], Option<(&'static [u8], usize)>, &'static str);
        let rows: &[Row] = &[
            (b"a\r\n.\r\n", Some((b"a\r\n", 0)), "the end"),
            (b".\r\nQUIT\r\n", Some((b"", 6)), "at once; the rest stays"),
            (b"..a\r\n...\r\n.b\r\n.\r\n", Some((b".a\r\n..\r\nb\r\n", 0)), "dots undone"),
            (b"a\n.\nb\r\n.\r\n", Some((b"a\n.\nb\r\n", 0)), "LF . LF is no end"),
            (b"a\n.\r\nb\r\n.\r\n", Some((b"a\n.\r\nb\r\n", 0)), "LF . CR LF is no end"),
            (b"a\r.\r\nb\r\n.\r\n", Some((b"a\r.\r\nb\r\n", 0)), "CR . CR LF is no end"),
            (b"a\r\n.\nb\r\n.\r\n", Some((b"a\r\n\nb\r\n", 0)), "CR LF . LF is no end"),
            (b"a\r\n.\rb\r\n.\r\n", Some((b"a\r\n\rb\r\n", 0)), "CR LF . CR is no end"),
            (b"a\r\n.\r\r\nb\r\n.\r\n", Some((b"a\r\n\r\r\nb\r\n", 0)), "CR LF . CR CR LF is no end"),
            (b"a\r\r\n.\r\n", Some((b"a\r\r\n", 0)), "CR CR LF ends a line"),
            (b"a\r\n.", None, "cut off"),
            (b"a\r\n.\r", None, "cut off"),
            (b"", None, "nothing"),
        ];
        for (text, want, why) in rows {
            for step in [1, 2, 3, 100] {
                let want = want.map(|(message, left)| (message.to_vec(), left));
                // Steps cut the rest differently; only that it is counted right matters.
                assert_eq!(read(text, step), want, "{why}, {step} at a time");
            }
        }
    }

    #[test]
    fn over_the_limit() {
        let mut reader = DataReader::new(3);
        assert_eq!(reader.push(b"abcdef"), None);
        assert_eq!(reader.push(b"\r\n.\r\n"), Some(5));
        assert_eq!(reader.dropped(), 5);
        assert_eq!(reader.into_message(), b"abc");
    }
}
