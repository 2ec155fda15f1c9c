//! Reading, judging and counting at once.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::Args;
use super::source::{Job, Read, Room, read_files, read_imap};
use crate::auth::verdicts::Memory;
use crate::commands::Context;
use crate::error::{Error, Result};
use crate::mail::mailbox::{Walk, count_messages};
use crate::report::harmless::harmless;
use crate::report::progress::Progress;
use crate::survey::{Mask, Seen, State, Witness, look};

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
    let resolver = args.dns.resolver()?;
    let mut progress = Progress::new(&context.screen, "messages", count(args)?);
    let (sender, reads) = mpsc::channel(16);
    let (paths, done, room) = (args.paths.clone(), Arc::new(state.done().clone()), Room::new());
    let before = state.count();
    let mut files = None;
    let result = context.run(async {
        let handle = tokio::runtime::Handle::current();
        let imap = tokio::spawn(read_imap(args.imap.clone(), done.clone(), room.clone(), sender.clone()));
        files = Some(std::thread::spawn(move || read_files(&paths, &done, &room, &handle, &sender)));
        let witness = Arc::new(witness.clone());
        let mut counting = Counting {
            state,
            mask,
            progress: &mut progress,
            no_mail: 0,
            save: args.state.as_deref(),
            saved: Instant::now(),
            pause: SAVE_EVERY,
        };
        let memory = Arc::new(Memory::default());
        let judge = move |jobs: Vec<Job>| {
            let (resolver, memory, witness) = (resolver.clone(), memory.clone(), witness.clone());
            async move {
                // Side by side: what waits for DNS must not keep the others.
                let (resolver, memory, witness) = (&resolver, &*memory, &*witness);
                let looks = jobs.into_iter().map(|job| async move {
                    let seen = look(resolver, memory, &job.octets, witness, SystemTime::now()).await;
                    (job.key, job.cut, seen)
                });
                join_all(looks).await
            }
        };
        counting.go(reads, judge).await?;
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
    let mut text = format!("{now} messages in {seconds:.1} s, {:.0}/s", now as f64 / seconds.max(0.001));
    if before > 0 {
        text.push_str(&format!("; {before} were counted before"));
    }
    if state.tally.no_mail > 0 {
        text.push_str(&format!("; {} files hold no message", state.tally.no_mail));
    }
    context.screen.note(text);
    Ok(())
}

/// How many messages there are, where that can be said without unpacking.
fn count(args: &Args) -> Result<Option<u64>> {
    let mut total = Some(0);
    for path in &args.paths {
        let cannot = |e: std::io::Error| Error::config(format!("{} cannot be read", path.display())).because(e);
        for file in Walk::new(path).map_err(cannot)? {
            let here = file.ok().and_then(|f| count_messages(&f));
            total = total.zip(here).map(|(a, b)| a + b);
            if total.is_none() {
                return Ok(None);
            }
        }
    }
    Ok(total)
}

struct Counting<'a, 'p> {
    state: &'a mut State,
    mask: Option<&'a Mask>,
    progress: &'a mut Progress<'p>,
    no_mail: u64,
    save: Option<&'a std::path::Path>,
    saved: Instant,
    pause: Duration,
}

impl Counting<'_, '_> {
    async fn go<F>(&mut self, mut reads: mpsc::Receiver<Read>, judge: impl Fn(Vec<Job>) -> F) -> Result<()>
    where
        F: Future<Output = Vec<(u64, bool, Seen)>> + Send + 'static,
    {
        let mut work = JoinSet::new();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ended = false;
        self.state.tally.no_mail = 0;
        while !ended || !work.is_empty() {
            tokio::select! {
                done = work.join_next(), if !work.is_empty() => {
                    let Some(done) = done else { continue };
                    let done: Vec<(u64, bool, Seen)> = done.map_err(|e| Error::config("a judgement was broken off").because(e))?;
                    done.iter().for_each(|(key, cut, seen)| self.count(*key, *cut, seen));
                }
                read = reads.recv(), if !ended && work.len() < IN_WORK => match read {
                    None => ended = true,
                    Some(Read::Messages(jobs)) => { work.spawn(judge(jobs)); }
                    Some(Read::Expected(more)) => self.progress.more(more),
                    Some(Read::Known) => self.progress.fewer(),
                    Some(Read::NoMail(why)) => self.no_mail(&why),
                },
                _ = tick.tick() => {
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
