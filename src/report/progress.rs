//! How far a long run is, its rate and the time that is left: a bar on a terminal, a line now and then elsewhere.

use std::fmt::Write;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::report::screen::Screen;

/// How often a run without a terminal says where it is.
const EVERY: Duration = Duration::from_secs(30);

/// The progress of one run, on standard error.
pub struct Progress<'a> {
    screen: &'a Screen,
    bar: Option<ProgressBar>,
    what: &'static str,
    total: Option<u64>,
    /// What came and fell away while the total was not known.
    before: i64,
    done: u64,
    start: Instant,
    said: Instant,
}

impl<'a> Progress<'a> {
    /// Of `total` things, if that is known; `what` they are, in the plural.
    pub fn new(screen: &'a Screen, what: &'static str, total: Option<u64>) -> Self {
        let bar = screen.shows_progress().then(|| {
            let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(5));
            dress(&bar, total.is_some());
            bar.with_prefix(what)
        });
        let now = Instant::now();
        Progress { screen, bar, what, total, before: 0, done: 0, start: now, said: now }
    }

    /// Tells how many there are, where that was not known at first.
    pub fn expect(&mut self, total: u64) {
        if self.total.is_none() {
            self.total = Some(total);
            if let Some(bar) = &self.bar {
                dress(bar, true);
            }
            self.change(self.before);
        }
    }

    /// One more is done.
    pub fn advance(&mut self) {
        self.done += 1;
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// One that was counted in the total falls away.
    pub fn fewer(&mut self) {
        self.change(-1);
    }

    /// So many more are to come than were counted in the total.
    pub fn more(&mut self, count: u64) {
        self.change(i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn change(&mut self, count: i64) {
        match &mut self.total {
            None => self.before += count,
            Some(total) => {
                *total = total.saturating_add_signed(count);
                if let Some(bar) = &self.bar {
                    bar.set_length(*total);
                }
            }
        }
    }

    /// Shows `text` beside the bar; without a terminal, a line if the last is long ago.
    pub fn tell(&mut self, text: impl FnOnce() -> String) {
        if let Some(bar) = &self.bar {
            bar.set_message(text());
        } else if self.said.elapsed() >= EVERY {
            self.said = Instant::now();
            self.screen.note(format!("{}  {}", self.sentence(), text()));
        }
    }

    /// A line above the bar.
    pub fn note(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.screen.note(line)),
            None => self.screen.note(line),
        }
    }

    /// Runs `print`, which writes to the terminal, without the bar in its way.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) if self.screen.shows_results() => bar.suspend(print),
            _ => print(),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// How long it has taken up to now.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn sentence(&self) -> String {
        let rate = self.done as f64 / self.elapsed().as_secs_f64().max(0.001);
        match self.total {
            Some(total) if rate > 0.0 => {
                let left = Duration::from_secs_f64(total.saturating_sub(self.done) as f64 / rate);
                format!("{} of {total} {}, {rate:.0}/s, {} left", self.done, self.what, HumanDuration(left))
            }
            _ => format!("{} {}, {rate:.0}/s", self.done, self.what),
        }
    }
}

/// The form of the bar, which depends on whether the end is known.
fn dress(bar: &ProgressBar, known: bool) {
    let template = match known {
        true => "{bar:20} {human_pos} of {human_len} {prefix}, {rate}, {eta} left  {msg}",
        false => "{spinner} {human_pos} {prefix}, {rate}  {msg}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        let rate = |state: &ProgressState, out: &mut dyn Write| {
            // A bar that cannot be written is not there.
            let _ = write!(out, "{:.0}/s", state.per_sec());
        };
        bar.set_style(style.progress_chars("=> ").with_key("rate", rate));
    }
}
