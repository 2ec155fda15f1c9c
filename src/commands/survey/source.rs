//! Where the messages come from: a thread of its own reads files, within a budget of octets.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::commands::imap_args::ImapArgs;
use crate::error::{Error, Result};
use crate::mail::imap::Client;
use crate::mail::mailbox::{LARGEST, Letters, Walk};
use crate::survey::place_key;

/// KiB of messages that are in memory at a time: one of the largest, and many of the usual size beside it.
const BUDGET: u32 = (LARGEST >> 10) as u32 + (16 << 10);
/// Messages that go to be judged together, at most, and their octets.
const TOGETHER: usize = 16;
const TOGETHER_OCTETS: usize = 256 << 10;

/// Something that was read.
pub(super) enum Read {
    /// Messages to judge.
    Messages(Vec<Job>),
    /// So many messages more are to come.
    Expected(u64),
    /// A message that is in the counts already.
    Known,
    /// A file that holds no message, or cannot be read: why, with its place.
    NoMail(String),
}

/// A message to judge.
pub(super) struct Job {
    pub(super) octets: Vec<u8>,
    pub(super) cut: bool,
    pub(super) key: u64,
    /// Given back when the message is judged.
    pub(super) _room: OwnedSemaphorePermit,
}

/// The room that messages take in memory.
#[derive(Clone)]
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    pub(super) fn new() -> Self {
        Room(Arc::new(Semaphore::new(BUDGET as usize)))
    }

    /// Waits until there is room for `octets`.
    pub(super) async fn take(&self, octets: usize) -> Option<OwnedSemaphorePermit> {
        self.0.clone().acquire_many_owned(kib(octets)).await.ok()
    }

    /// Room for `octets` where there is some at once.
    fn take_now(&self, octets: usize) -> Option<OwnedSemaphorePermit> {
        self.0.clone().try_acquire_many_owned(kib(octets)).ok()
    }
}

fn kib(octets: usize) -> u32 {
    u32::try_from(octets >> 10).unwrap_or(BUDGET).saturating_add(1).min(BUDGET)
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
    fn message(&mut self, octets: Vec<u8>, cut: bool, key: u64) -> bool {
        let size = octets.len();
        let permit = match self.room.take_now(size) {
            Some(permit) => permit,
            None => {
                // What waits here holds room itself: it must go before anybody waits for room.
                if !self.send() {
                    return false;
                }
                match self.handle.block_on(self.room.take(size)) {
                    Some(permit) => permit,
                    None => return false,
                }
            }
        };
        self.waiting.push(Job { octets, cut, key, _room: permit });
        self.octets += size;
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
        jobs.is_empty() || self.out.blocking_send(Read::Messages(jobs)).is_ok()
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
    // A file of one message need not be read to know that it is done.
    let first = place_key(&place, 1);
    let mut letters = Letters::open(file)?;
    if !letters.is_mbox() && done.contains(&first) {
        return Ok(outbox.other(Read::Known));
    }
    while let Some(letter) = letters.next_letter()? {
        let key = if letter.number == 1 { first } else { place_key(&place, letter.number) };
        let goes_on = if done.contains(&key) {
            outbox.other(Read::Known)
        } else if !looks_like_mail(&letter.octets) {
            outbox.other(Read::NoMail(format!("{place}: it is no message: it has no header field")))
        } else {
            outbox.message(letter.octets, letter.cut, key)
        };
        if !goes_on {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether one of the first lines is a header field.
fn looks_like_mail(octets: &[u8]) -> bool {
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
                let Some(permit) = room.take(message.octets.len()).await else { return Ok(()) };
                let job = Job { octets: message.octets, cut: message.cut, key, _room: permit };
                if out.send(Read::Messages(vec![job])).await.is_err() {
                    return Ok(());
                }
            }
        }
        client.close().await;
    }
    Ok(())
}
