//! Reading, judging and counting at once.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::Args;
use super::room::Room;
use super::source::{Read, count, read_files, read_imap};
use super::work::{Done, Judge};
use crate::auth::verdicts::Memory;
use crate::commands::Context;
use crate::error::{Error, Result};
use crate::report::bars::counted;
use crate::report::harmless::harmless;
use crate::report::progress::Progress;
use crate::survey::{Mask, Seen, State, Witness};

/// Batches of messages in work at a time: what waits for DNS must not keep the others.
const IN_WORK: usize = 16;
/// How often progress is told, and whether it is time to save is looked at.
const TICK: Duration = Duration::from_millis(200);
/// The state is saved so often, or less where that takes long.
const SAVE_EVERY: Duration = Duration::from_secs(5);
/// Files without mail named at most.
const NAMED: u64 = 20;

/// Counts every message that `state` does not have yet.
pub(super) fn run(
    args: &Args,
    state: &mut State,
    witness: &Witness,
    mask: Option<&Mask>,
    context: &Context,
) -> Result<()> {
    let lookup = args.answers.lookup()?;
    let mut progress = Progress::new(&context.screen, "messages", args.paths.is_empty().then_some(0));
    let total = Arc::new(OnceLock::new());
    if context.screen.tells() {
        let (paths, wanted) = (args.paths.clone(), Arc::downgrade(&total));
        std::thread::spawn(move || count(&paths, &wanted));
    }
    let (sender, reads) = mpsc::channel(16);
    let (paths, done, room) = (args.paths.clone(), Arc::new(state.done().clone()), Room::new());
    let before = state.count();
    let mut files = None;
    let result = context.run(async {
        let handle = tokio::runtime::Handle::current();
        let imap = tokio::spawn(read_imap(args.imap.clone(), done.clone(), room.clone(), sender.clone()));
        let room_of_files = room.clone();
        files = Some(std::thread::spawn(move || read_files(&paths, &done, &room_of_files, &handle, &sender)));
        let judge = Judge { lookup, witness: witness.clone(), memory: Memory::default(), room };
        let mut counting = Counting {
            state,
            mask,
            progress: &mut progress,
            total,
            no_mail: 0,
            save: args.state.as_deref(),
            saved: Instant::now(),
            pause: SAVE_EVERY,
        };
        counting.go(reads, Arc::new(judge)).await?;
        imap.await.map_err(|e| Error::config("reading by IMAP was broken off").because(e))?
    });
    progress.finish();
    // What is judged is counted; after an interruption too it is kept.
    if let Some(path) = &args.state {
        state.save(path)?;
    }
    result.map_err(|e| match &args.state {
        Some(_) => e.hint("the same command goes on from here"),
        None => e,
    })?;
    if let Some(files) = files {
        files.join().unwrap_or_else(|_| Err(Error::config("reading the mailbox was broken off")))?;
    }
    let now = state.count() - before;
    let seconds = progress.elapsed().as_secs_f64();
    let mut text = format!("{} in {seconds:.1} s, {:.0}/s", counted(now, "message"), now as f64 / seconds.max(0.001));
    if before > 0 {
        text.push_str(&format!("; {before} were counted before"));
    }
    if state.tally.no_mail > 0 {
        let files = state.tally.no_mail;
        text.push_str(&format!(
            "; {} no message",
            if files == 1 { "1 file holds".into() } else { format!("{files} files hold") }
        ));
    }
    context.screen.note(text);
    Ok(())
}

struct Counting<'a, 'p> {
    state: &'a mut State,
    mask: Option<&'a Mask>,
    progress: &'a mut Progress<'p>,
    /// How many messages there are, as soon as that is counted.
    total: Arc<OnceLock<u64>>,
    no_mail: u64,
    save: Option<&'a std::path::Path>,
    saved: Instant,
    pause: Duration,
}

impl Counting<'_, '_> {
    async fn go(&mut self, mut reads: mpsc::Receiver<Read>, judge: Arc<Judge>) -> Result<()> {
        let mut work = JoinSet::new();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ended = false;
        self.state.tally.no_mail = 0;
        while !ended || !work.is_empty() {
            tokio::select! {
                done = work.join_next(), if !work.is_empty() => {
                    let Some(done) = done else { continue };
                    let done = done.map_err(|e| Error::config("a judgement was broken off").because(e))?;
                    for done in done {
                        match done {
                            Done::Seen { key, cut, seen } => self.count(key, cut, &seen),
                            Done::NoMail(why) => self.no_mail(&why),
                        }
                    }
                }
                read = reads.recv(), if !ended && work.len() < IN_WORK => match read {
                    None => ended = true,
                    Some(Read::Jobs(jobs)) => {
                        let judge = judge.clone();
                        work.spawn(async move { judge.work(jobs).await });
                    }
                    Some(Read::Expected(more)) => self.progress.more(more),
                    Some(Read::Known) => self.progress.fewer(),
                    Some(Read::NoMail(why)) => self.no_mail(&why),
                },
                _ = tick.tick() => {
                    if let Some(total) = self.total.get() {
                        self.progress.expect(*total);
                    }
                    let tally = &self.state.tally;
                    self.progress.tell(|| format!("{} senders", tally.senders.len()));
                    self.keep()?;
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, key: u64, cut: bool, seen: &Seen) {
        match self.mask {
            Some(mask) if !seen.sender.starts_with('(') => {
                self.state.tally.add(&mask.hide("sender", &seen.sender), seen);
            }
            _ => self.state.tally.add(&seen.sender, seen),
        }
        self.state.tally.cut += u64::from(cut);
        self.state.note(key);
        self.progress.advance();
    }

    fn no_mail(&mut self, why: &str) {
        self.no_mail += 1;
        self.state.tally.no_mail += 1;
        self.progress.fewer();
        match self.no_mail {
            1..=NAMED => self.progress.note(&harmless(&format!("skipped: {why}"))),
            n if n == NAMED + 1 => self.progress.note("more files hold no message; they are skipped, too"),
            _ => {}
        }
    }

    /// Saves now and then: what an interruption costs is at most what came since.
    fn keep(&mut self) -> Result<()> {
        let Some(path) = self.save.filter(|_| self.saved.elapsed() >= self.pause) else { return Ok(()) };
        let begin = Instant::now();
        self.state.save(path)?;
        self.saved = Instant::now();
        self.pause = SAVE_EVERY.max(begin.elapsed() * 20);
        Ok(())
    }
}
