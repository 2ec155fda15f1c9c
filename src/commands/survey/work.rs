//! One job: to read a file, where that is still to be done, and to judge what it holds.

use std::path::Path;
use std::time::SystemTime;

use futures_util::future::join_all;

use super::room::Room;
use super::source::{Job, looks_like_mail, no_mail};
use crate::auth::verdicts::Memory;
use crate::dns::lookup::Lookup;
use crate::mail::mailbox::{Letter, Letters};
use crate::survey::{Seen, Witness, look, place_key};

/// What came of a job.
pub(super) enum Done {
    /// A message: its key, whether it was cut, what was seen.
    Seen { key: u64, cut: bool, seen: Seen },
    /// Not a message: why, with its place.
    NoMail(String),
}

/// Reads and judges, on every core at once.
pub(super) struct Judge {
    pub(super) lookup: Box<dyn Lookup>,
    pub(super) witness: Witness,
    pub(super) memory: Memory,
    pub(super) room: Room,
}

impl Judge {
    /// Does `jobs` side by side: what waits for DNS must not keep the others.
    pub(super) async fn work(&self, jobs: Vec<Job>) -> Vec<Done> {
        join_all(jobs.into_iter().map(|job| self.job(job))).await.into_iter().flatten().collect()
    }

    async fn job(&self, job: Job) -> Vec<Done> {
        match job {
            Job::Letter(letter, key, _taken) => vec![self.letter(&letter, key).await],
            Job::File(path, key) => {
                let mut out = Vec::with_capacity(1);
                if let Err(e) = self.file(&path, key, &mut out).await {
                    out.push(Done::NoMail(format!("{}: {e}", path.display())));
                }
                out
            }
        }
    }

    /// Reads here and not on a thread for blocking work: the octets stay in the cache of the core that judges them.
    async fn file(&self, path: &Path, first: u64, out: &mut Vec<Done>) -> std::io::Result<()> {
        let place = path.to_string_lossy();
        let mut letters = Letters::open(path)?;
        let one = !letters.is_mbox();
        let Some(mut taken) = self.room.take(letters.largest_next()).await else { return Ok(()) };
        while let Some(letter) = letters.next_letter()? {
            taken.shrink(letter.octets.len());
            out.push(if looks_like_mail(&letter.octets) {
                let key = if letter.number == 1 { first } else { place_key(&place, letter.number) };
                self.letter(&letter, key).await
            } else {
                Done::NoMail(no_mail(&place, &letter.octets))
            });
            if one {
                break;
            }
            drop(taken);
            taken = match self.room.take(letters.largest_next()).await {
                Some(taken) => taken,
                None => break,
            };
        }
        Ok(())
    }

    async fn letter(&self, letter: &Letter, key: u64) -> Done {
        let seen = look(self.lookup.as_ref(), &self.memory, &letter.octets, &self.witness, SystemTime::now()).await;
        Done::Seen { key, cut: letter.cut, seen }
    }
}
