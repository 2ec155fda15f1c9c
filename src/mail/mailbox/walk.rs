//! The files of a mailbox, whatever its form, as they come: nothing is kept of a folder but its open handle.

use std::fs::{self, File, ReadDir};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// Files that mail servers keep beside the messages.
const BESIDE: [&str; 10] = [
    "dovecot",
    "maildirfolder",
    "maildirsize",
    "subscriptions",
    "courierimap",
    "cyrus.",
    "shared-",
    "sieve",
    "lost+found",
    "INDEX",
];

/// Walks one path: a file, a Maildir, a folder of files.
pub struct Walk {
    file: Option<PathBuf>,
    open: Vec<ReadDir>,
}

impl Walk {
    /// Begins at `path`.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    pub fn new(path: &Path) -> io::Result<Self> {
        if fs::metadata(path)?.is_dir() {
            Ok(Walk { file: None, open: vec![fs::read_dir(path)?] })
        } else {
            Ok(Walk { file: Some(path.to_owned()), open: Vec::new() })
        }
    }
}

impl Iterator for Walk {
    type Item = io::Result<PathBuf>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(file) = self.file.take() {
            return Some(Ok(file));
        }
        loop {
            let entry = match self.open.last_mut()?.next() {
                None => {
                    self.open.pop();
                    continue;
                }
                Some(Err(e)) => return Some(Err(e)),
                Some(Ok(entry)) => entry,
            };
            // Links to folders may lead in a circle; links to files are followed by whoever opens them.
            let kind = match entry.file_type() {
                Ok(kind) => kind,
                Err(e) => return Some(Err(e)),
            };
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if kind.is_dir() {
                // Messages in `tmp` are not delivered yet.
                if name == "tmp" {
                    continue;
                }
                match fs::read_dir(entry.path()) {
                    Ok(folder) => self.open.push(folder),
                    Err(e) => return Some(Err(e)),
                }
            } else if !name.starts_with('.') && !BESIDE.iter().any(|b| name.starts_with(b)) {
                return Some(Ok(entry.path()));
            }
        }
    }
}

/// Whether the file at `path` holds one message by its place or name: in `cur` or `new` of a Maildir, or `.eml`.
pub fn holds_one(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    folder.is_some_and(|name| name == "cur" || name == "new") || path.extension().is_some_and(|e| e == "eml")
}

/// How many messages the file at `path` holds, as far as that can be said without unpacking it.
pub fn count_messages(path: &Path) -> Option<u64> {
    if holds_one(path) {
        return Some(1);
    }
    // Opening a pipe would wait for whoever writes into it.
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut reader = BufReader::new(File::open(path).ok()?);
    let mut start = [0; 5];
    let length = reader.read(&mut start).ok()?;
    match &start[..length] {
        b"From " => {}
        [0x1f, 0x8b, ..] => return None,
        _ => return Some(1),
    }
    let mut buffer = vec![0; 1 << 18];
    let mut messages = 1;
    let mut kept = 0;
    // Pieces overlap, so that no separator falls between two of them.
    const SEPARATOR: &[u8] = b"\n\nFrom ";
    loop {
        let read = reader.read(buffer.get_mut(kept..)?).ok()?;
        if read == 0 {
            return Some(messages);
        }
        let filled = kept + read;
        messages += memchr::memmem::find_iter(buffer.get(..filled)?, SEPARATOR).count() as u64;
        kept = filled.min(SEPARATOR.len() - 1);
        buffer.copy_within(filled - kept..filled, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_message_and_what_is_not() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("cur/1.host:2,S", "A: 1\n"),
            ("new/2.host", "A: 1\n"),
            ("tmp/3.host", "half\n"),
            (".Sent/cur/4.host", "A: 1\n"),
            ("dovecot.index.cache", "x"),
            (".hidden", "x"),
            ("box", "From a\nA: 1\n\nx\n\nFrom b\nA: 1\n\n\nFrom c\n"),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut found: Vec<(String, Option<u64>)> = Walk::new(folder.path())
            .unwrap()
            .map(|p| p.unwrap())
            .map(|p| (p.strip_prefix(folder.path()).unwrap().to_string_lossy().replace('\\', "/"), count_messages(&p)))
            .collect();
        found.sort();
        let want = [(".Sent/cur/4.host", 1), ("box", 3), ("cur/1.host:2,S", 1), ("new/2.host", 1)];
        assert_eq!(found, want.map(|(p, n)| (p.to_string(), Some(n))));
        assert!(Walk::new(Path::new("/nowhere/at/all")).is_err());
    }
}
