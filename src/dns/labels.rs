//! A name where it lies in a message, compressed or not.

/// The longest name, its labels' lengths and the root's zero included (RFC 1035 §2.3.4).
const LONGEST_NAME: usize = 255;

/// The labels of a name, wherever it goes on (RFC 1035 §4.1.4).
pub(super) struct Labels<'m> {
    octets: &'m [u8],
    /// Where the next label begins; nothing behind the last.
    at: Option<usize>,
    /// Where the run of labels began that `at` is in. A pointer leads before it, and what it leads to ends before it.
    start: usize,
    limit: usize,
    /// Octets that the name has so far.
    length: usize,
    /// Behind the name in the place where it began.
    end: Option<usize>,
}

impl<'m> Labels<'m> {
    /// Those of the name at `at` in a message.
    pub(super) fn new(octets: &'m [u8], at: usize) -> Self {
        Labels { octets, at: Some(at), start: at, limit: octets.len(), length: 1, end: None }
    }

    /// The next label; nothing where the name is broken.
    fn step(&mut self, mut at: usize) -> Option<Option<&'m [u8]>> {
        loop {
            if at >= self.limit {
                return None;
            }
            match self.octets[at] {
                0 => {
                    self.end.get_or_insert(at + 1);
                    return Some(None);
                }
                size @ 1..=63 => {
                    let next = at + 1 + usize::from(size);
                    self.length += 1 + usize::from(size);
                    if self.length > LONGEST_NAME {
                        return None;
                    }
                    self.at = Some(next);
                    return self.octets.get(at + 1..next).map(Some);
                }
                high @ 0xc0.. => {
                    let target = usize::from(high & 0x3f) << 8 | usize::from(*self.octets.get(at + 1)?);
                    self.end.get_or_insert(at + 2);
                    if target >= self.start {
                        return None;
                    }
                    (self.limit, self.start, at) = (self.start, target, target);
                }
                _ => return None,
            }
        }
    }
}

impl<'m> Iterator for Labels<'m> {
    /// Nothing for what is no label.
    type Item = Option<&'m [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at.take()?;
        match self.step(at) {
            Some(None) => None,
            Some(label) => Some(label),
            None => Some(None),
        }
    }
}

/// Behind the name at `at`; nothing where it is broken.
pub(super) fn name_end(octets: &[u8], at: usize) -> Option<usize> {
    let mut labels = Labels::new(octets, at);
    for label in &mut labels {
        label?;
    }
    labels.end
}
