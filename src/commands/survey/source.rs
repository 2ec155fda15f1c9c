//! Where the messages come from: a thread of its own walks the paths and reads what has to be read in one go; files of
//! one message are read where they are judged.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, Weak};

use tokio::sync::mpsc;

use super::room::{Room, Taken};
use crate::commands::imap_args::ImapArgs;
use crate::error::{Error, Result};
use crate::mail::imap::Client;
use crate::mail::mailbox::{Letter, Letters, Walk, count_messages, holds_one};
use crate::survey::place_key;

/// Messages that go to be judged together, at most, and their octets.
const TOGETHER: usize = 16;
const TOGETHER_OCTETS: usize = 256 << 10;

/// What the sources tell.
pub(super) enum Read {
    /// Something to judge.
    Jobs(Vec<Job>),
    /// So many messages more are to come.
    Expected(u64),
    /// A message that is in the counts already.
    Known,
    /// A file that holds no message, or cannot be read: why, with its place.
    NoMail(String),
}

/// Something to judge.
pub(super) enum Job {
    /// A message that was read, with its key.
    Letter(Letter, u64, Taken),
    /// A file of one message, with its key. Whoever judges it reads it, when its turn has come.
    File(PathBuf, u64),
}

/// Messages on their way to be judged. Small ones go together: to wake somebody for each costs more than to judge it.
struct Outbox<'a> {
    room: &'a Room,
    handle: &'a tokio::runtime::Handle,
    out: &'a mpsc::Sender<Read>,
    waiting: Vec<Job>,
    octets: usize,
    /// How many messages go together: one where the next may be long in coming.
    together: usize,
}

impl Outbox<'_> {
    /// False when nobody takes messages any more.
    fn letter(&mut self, letter: Letter, key: u64) -> bool {
        let size = letter.octets.len();
        let taken = match self.room.take_now(size) {
            Some(taken) => taken,
            None => {
                // What waits here holds room itself: it must go before anybody waits for room.
                if !self.send() {
                    return false;
                }
                match self.handle.block_on(self.room.take(size)) {
                    Some(taken) => taken,
                    None => return false,
                }
            }
        };
        self.octets += size;
        self.job(Job::Letter(letter, key, taken))
    }

    /// False when nobody takes jobs any more.
    fn job(&mut self, job: Job) -> bool {
        self.waiting.push(job);
        (self.waiting.len() < self.together && self.octets < TOGETHER_OCTETS) || self.send()
    }

    /// Something else than a message. False when nobody takes it.
    fn other(&self, read: Read) -> bool {
        self.out.blocking_send(read).is_ok()
    }

    /// Sends what waits.
    fn send(&mut self) -> bool {
        self.octets = 0;
        let jobs = std::mem::take(&mut self.waiting);
        jobs.is_empty() || self.out.blocking_send(Read::Jobs(jobs)).is_ok()
    }
}

/// Reads all messages below `paths`, until nobody takes them any more.
///
/// # Errors
/// A configuration error for a path that cannot be read at all.
pub(super) fn read_files(
    paths: &[PathBuf],
    done: &HashSet<u64>,
    room: &Room,
    handle: &tokio::runtime::Handle,
    out: &mpsc::Sender<Read>,
) -> Result<()> {
    let mut outbox = Outbox { room, handle, out, waiting: Vec::new(), octets: 0, together: TOGETHER };
    for path in paths {
        // Nothing waits here while a pipe is opened or read.
        if !outbox.send() {
            return Ok(());
        }
        outbox.together = if path.is_dir() || path.is_file() { TOGETHER } else { 1 };
        let cannot = |e: std::io::Error| Error::config(format!("{} cannot be read", path.display())).because(e);
        for file in Walk::new(path).map_err(cannot)? {
            let goes_on = match file {
                Err(e) => outbox.other(Read::NoMail(format!("{}: {e}", path.display()))),
                Ok(file) => match read_file(&file, done, &mut outbox) {
                    Ok(goes_on) => goes_on,
                    Err(e) if file == *path => return Err(cannot(e)),
                    Err(e) => outbox.other(Read::NoMail(format!("{}: {e}", file.display()))),
                },
            };
            if !goes_on {
                return Ok(());
            }
        }
    }
    outbox.send();
    Ok(())
}

/// False when nobody takes messages any more.
fn read_file(file: &Path, done: &HashSet<u64>, outbox: &mut Outbox<'_>) -> std::io::Result<bool> {
    let place = file.to_string_lossy();
    let first = place_key(&place, 1);
    if holds_one(file) {
        return Ok(match done.contains(&first) {
            true => outbox.other(Read::Known),
            false => outbox.job(Job::File(file.to_owned(), first)),
        });
    }
    // A file of one message need not be read to know that it is done.
    let mut letters = Letters::open(file)?;
    if !letters.is_mbox() && done.contains(&first) {
        return Ok(outbox.other(Read::Known));
    }
    while let Some(letter) = letters.next_letter()? {
        let key = if letter.number == 1 { first } else { place_key(&place, letter.number) };
        let goes_on = if done.contains(&key) {
            outbox.other(Read::Known)
        } else if !looks_like_mail(&letter.octets) {
            outbox.other(Read::NoMail(no_mail(&place, &letter.octets)))
        } else {
            outbox.letter(letter, key)
        };
        if !goes_on {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Counts the messages below `paths`, as long as somebody wants to know; says nothing where that would mean unpacking.
pub(super) fn count(paths: &[PathBuf], wanted: &Weak<OnceLock<u64>>) {
    let mut total = 0;
    for path in paths {
        let Ok(walk) = Walk::new(path) else { return };
        for file in walk {
            match file.ok().and_then(|file| count_messages(&file)) {
                Some(messages) if wanted.strong_count() > 0 => total += messages,
                _ => return,
            }
        }
    }
    if let Some(wanted) = wanted.upgrade() {
        let _ = wanted.set(total);
    }
}

/// Why what `octets` begin is no message.
pub(super) fn no_mail(place: &str, octets: &[u8]) -> String {
    const PACKED: [(&[u8], &str); 3] = [(b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"\x28\xb5\x2f\xfd", "zstd")];
    match PACKED.iter().find(|(magic, _)| octets.starts_with(magic)) {
        Some((_, by)) => format!(
            "{place}: it is packed with {by}; gzip alone is unpacked here: \
             `{by} -dc FILE | mailproof survey /dev/stdin` reads it"
        ),
        None => format!("{place}: it is no message: it has no header field"),
    }
}

/// Whether one of the first lines is a header field.
pub(super) fn looks_like_mail(octets: &[u8]) -> bool {
    octets.split(|b| *b == b'\n').take(20).any(|line| {
        let name = line.split(|b| *b == b':').next().unwrap_or_default();
        name.len() < line.len() && !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
    })
}

/// Reads all messages of the IMAP folders, until nobody takes them any more.
///
/// # Errors
/// Unreachable when a server cannot be read from.
pub(super) async fn read_imap(
    imap: ImapArgs,
    done: Arc<HashSet<u64>>,
    room: Room,
    out: mpsc::Sender<Read>,
) -> Result<()> {
    if imap.places.is_empty() {
        return Ok(());
    }
    let password = imap.password()?;
    for place in &imap.places {
        let mut client = imap.open(place, &password).await?;
        let namespace = client.namespace();
        let key = |uid: u32| place_key(&namespace, uid.into());
        let mut wanted = client.list().await?;
        wanted.retain(|message| !done.contains(&key(message.uid)));
        if out.send(Read::Expected(wanted.len() as u64)).await.is_err() {
            return Ok(());
        }
        let mut rest = wanted.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(Client::batch(rest));
            let fetched = client.fetch(now).await.map_err(|e| e.during(format!("reading {}", place.shown())))?;
            rest = later;
            for message in fetched {
                let key = key(message.uid);
                let Some(taken) = room.take(message.octets.len()).await else { return Ok(()) };
                let letter = Letter { octets: message.octets, cut: message.cut, number: message.uid.into() };
                if out.send(Read::Jobs(vec![Job::Letter(letter, key, taken)])).await.is_err() {
                    return Ok(());
                }
            }
        }
        client.close().await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_in_another_way_is_named() {
        for (octets, want) in [
            (&b"BZh91AY"[..], "packed with bzip2"),
            (b"\xfd7zXZ\0\0\x04", "packed with xz"),
            (b"\x28\xb5\x2f\xfd\x04", "packed with zstd"),
            (b"%PDF-1.7", "no header field"),
        ] {
            assert!(!looks_like_mail(octets) && no_mail("box", octets).contains(want), "{want}");
        }
    }
}
