//! Where the results of a long run go: standard output, or a file that an interrupted run is taken up from.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::commands::check::Format;
use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::report::published_row;
use crate::report::screen::Screen;

/// Results in one place, and whose results are there from before.
pub(super) enum Sink<'a> {
    Screen { screen: &'a Screen, empty: bool },
    File { writer: BufWriter<File>, path: PathBuf, empty: bool, done: Done },
}

/// Domains as numbers: a name takes many times the room, and that two of a million share one is unlikely (1 in 10^7).
pub(super) struct Done {
    numbers: HashSet<u64>,
    hasher: RandomState,
}

impl Done {
    fn number(&self, domain: &str) -> u64 {
        self.hasher.hash_one(domain)
    }
}

impl<'a> Sink<'a> {
    pub(super) fn screen(screen: &'a Screen) -> Self {
        Sink::Screen { screen, empty: true }
    }

    /// Goes on in `path`, which may be new. A last line that was cut is taken out.
    ///
    /// # Errors
    /// A configuration error when the file cannot be read or written, or is something else.
    pub(super) fn resume(path: &Path, format: Format) -> Result<Self> {
        let fail = |e: io::Error| Error::config(format!("{} cannot be used", path.display())).because(e);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(fail)?;
        let mut done = Done { numbers: HashSet::new(), hasher: RandomState::new() };
        let (mut reader, mut line, mut end) = (BufReader::new(&file), Vec::new(), 0u64);
        for number in 1u64.. {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).map_err(fail)?;
            if line.last() != Some(&b'\n') {
                break;
            }
            match domain_of(&line, format, number == 1) {
                Ok(Some(domain)) => {
                    let domain = done.number(&domain);
                    done.numbers.insert(domain);
                }
                Ok(None) => {}
                Err(()) => {
                    return Err(Error::config(format!("line {number} of {} is no result of `check`", path.display()))
                        .hint("name the file that the interrupted run wrote, and the same --format"));
                }
            }
            end += length as u64;
        }
        file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end))).map_err(fail)?;
        Ok(Sink::File { writer: BufWriter::new(file), path: path.to_owned(), empty: end == 0, done })
    }

    /// Whether the result of `domain` is there already.
    pub(super) fn has(&self, domain: &Name) -> bool {
        match self {
            Sink::Screen { .. } => false,
            Sink::File { done, .. } => {
                !done.numbers.is_empty() && done.numbers.contains(&done.number(&name::show(domain)))
            }
        }
    }

    /// Adds results, each with its line feed. False when nobody reads on.
    ///
    /// # Errors
    /// A configuration error when the file cannot be written, such as on a full disk.
    pub(super) fn put(&mut self, results: &str, format: Format) -> Result<bool> {
        let header = if format == Format::Csv { published_row::CSV_HEADER } else { "" };
        match self {
            Sink::Screen { screen, empty } => {
                let first = std::mem::take(empty) && !header.is_empty();
                Ok((!first || screen.try_raw(header)) && screen.try_raw(results))
            }
            Sink::File { writer, path, empty, .. } => {
                let first = if std::mem::take(empty) { header } else { "" };
                writer
                    .write_all(first.as_bytes())
                    .and_then(|()| writer.write_all(results.as_bytes()))
                    .map_err(|e| unwritable(path, e))?;
                Ok(true)
            }
        }
    }

    /// Sees to it that what was put is there even if the program is killed.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub(super) fn flush(&mut self) -> Result<()> {
        match self {
            Sink::Screen { .. } => Ok(()),
            Sink::File { writer, path, .. } => writer.flush().map_err(|e| unwritable(path, e)),
        }
    }
}

fn unwritable(path: &Path, error: io::Error) -> Error {
    Error::config(format!("{} cannot be written", path.display()))
        .because(error)
        .hint("results up to here are in it; the same command goes on from there")
}

/// Whose result a whole line is; none for a header.
fn domain_of(line: &[u8], format: Format, first: bool) -> Result<Option<String>, ()> {
    #[derive(Deserialize)]
    struct Result {
        domain: String,
    }
    match format {
        Format::Csv if first => (line == published_row::CSV_HEADER.as_bytes()).then_some(None).ok_or(()),
        Format::Csv => {
            let domain = line.split(|b| *b == b',').next().and_then(|d| std::str::from_utf8(d).ok());
            domain.filter(|d| name::domain(d).is_ok()).map(|d| Some(d.to_string())).ok_or(())
        }
        _ => serde_json::from_slice::<Result>(line).map(|r| Some(r.domain)).map_err(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_file_is_taken_up_after_its_last_whole_line() {
        let header = published_row::CSV_HEADER;
        let csv = format!("{header}a.test,true,ok\nb.test,tr");
        for (text, format, there, kept) in [
            ("{\"domain\":\"a.test\",\"x\":1}\n{\"domain\":\"b.t", Format::Ndjson, "a.test", 26),
            ("{\"domain\":\"a.test\"}\n", Format::Ndjson, "a.test", 20),
            ("", Format::Ndjson, "", 0),
            ("{\"dom", Format::Ndjson, "", 0),
            (csv.as_str(), Format::Csv, "a.test", header.len() + 15),
            ("domain,ex", Format::Csv, "", 0),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("out");
            std::fs::write(&path, text).unwrap();
            let mut sink = Sink::resume(&path, format).unwrap();
            let there_now: Vec<&str> =
                ["a.test", "b.test"].into_iter().filter(|d| sink.has(&name::domain(d).unwrap())).collect();
            assert_eq!(there_now.join(" "), there, "{text}");
            assert_eq!(std::fs::metadata(&path).unwrap().len(), kept as u64, "{text}");
            sink.put("next\n", format).unwrap();
            sink.flush().unwrap();
            let now = std::fs::read_to_string(&path).unwrap();
            assert!(now.ends_with("next\n") && now.starts_with(&text[..kept]), "{now}");
            assert_eq!(now.matches(header).count(), usize::from(format == Format::Csv), "{now}");
        }
    }

    #[test]
    fn another_file_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("letter");
        for (text, format) in [("Dear all,\n", Format::Ndjson), ("a,b\n", Format::Csv), ("[1]\n", Format::Ndjson)] {
            std::fs::write(&path, text).unwrap();
            assert!(Sink::resume(&path, format).is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
