//! A terminal with somebody in front of it: what is kept is the screen that they see.
//!
//! Two terminals: an emulator of our own behind a pty, tall enough that nothing scrolls away, and tmux, 24 lines high, as
//! people have it.

use std::fs::File;
use std::hash::{Hash as _, Hasher as _};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rexpect::process::PtyProcess;
use rexpect::process::wait::WaitStatus;

/// The longest that anything on a screen is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Lines of our emulator, of which a whole interview needs fewer.
const LINES: u16 = 300;
/// How far above the cursor a list may begin.
const LIST: usize = 24;
/// And a question that is answered with a text.
const TEXT: usize = 4;

/// What stands on the screen at a moment.
pub struct Screen {
    /// All lines down to the last that is not empty.
    pub text: String,
    /// The lines down to the cursor, that one up to where it stands.
    before: Vec<String>,
    /// Whether the cursor is hidden: a list is on the screen.
    hidden: bool,
    /// Changes with every octet that comes.
    age: usize,
}

impl Screen {
    /// The lines of `text` with the cursor in `row` and `column`; its age is what it looks like.
    pub fn of(text: &str, row: usize, column: usize, hidden: bool) -> Screen {
        let mut before: Vec<String> = text.lines().take(row + 1).map(str::to_string).collect();
        before.resize(row + 1, String::new());
        let last = padded(before.pop().unwrap_or_default().as_str(), column);
        before.push(last);
        let mut hasher = std::hash::DefaultHasher::new();
        (text, row, column, hidden).hash(&mut hasher);
        let age = usize::try_from(hasher.finish() >> 1).unwrap();
        Screen { text: text.trim_end().to_string(), before, hidden, age }
    }

    /// The end of what is on the screen, where a question stands.
    fn tail(&self, lines: usize) -> String {
        self.before[self.before.len().saturating_sub(lines)..].join("\n")
    }

    /// Whether `question` is asked: a list with it, or a line that waits at its end. On narrow screens it takes several.
    fn asks(&self, question: &str) -> bool {
        let line = self.before.last().map(String::as_str).unwrap_or_default();
        let drawn = self.hidden && line.is_empty();
        let waits = [": ", "] "].iter().any(|end| line.ends_with(end));
        (drawn || waits) && squeezed(&self.tail(if drawn { LIST } else { TEXT })).contains(&squeezed(question))
    }

    /// The choice that is marked with `>`.
    fn pointed(&self) -> Option<String> {
        let lines = self.before[self.before.len().saturating_sub(LIST)..].iter().rev();
        let shown = |line: &String| line.trim_start().strip_prefix("> ").map(str::to_string);
        lines.filter_map(shown).next()
    }
}

/// A terminal that runs `mailproof`.
pub trait Terminal {
    fn screen(&self) -> Screen;
    fn types(&self, keys: &str);
    /// The device, where that can be found out.
    fn device(&self) -> Option<String>;
    /// Whether questions are asked line by line.
    fn plain(&self) -> bool;
    /// The exit status, once it ended.
    fn ended(&self) -> Option<i32>;
}

/// Somebody at a terminal. Counts every answer.
pub struct Person<T> {
    pub terminal: T,
    /// How many questions were answered.
    pub answers: usize,
    /// The age of the screen when something was typed last.
    typed: usize,
}

impl<T: Terminal> Person<T> {
    pub fn at(terminal: T) -> Person<T> {
        Person { terminal, answers: 0, typed: 0 }
    }

    /// The whole screen.
    pub fn seen(&self) -> String {
        self.terminal.screen().text
    }

    #[track_caller]
    fn waits_for(&self, what: &str, good: impl Fn(&Screen) -> bool) -> Screen {
        let start = Instant::now();
        loop {
            let ended = self.terminal.ended();
            let screen = self.terminal.screen();
            if good(&screen) {
                return screen;
            }
            assert!(ended.is_none(), "it ended with {ended:?} before `{what}`:\n{}", screen.text);
            assert!(start.elapsed() < PATIENCE, "waiting for `{what}`:\n{}", screen.text);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for a text anywhere.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        self.waits_for(text, |screen| screen.text.contains(text));
    }

    /// Waits for a question.
    #[track_caller]
    pub fn is_asked(&self, question: &str) -> Screen {
        self.waits_for(question, |screen| screen.age != self.typed && screen.asks(question))
    }

    /// Waits until keys are read one by one: what comes before that the terminal itself would show.
    #[track_caller]
    fn waits_for_keys(&self) {
        let Some(device) = self.terminal.device() else { return };
        let start = Instant::now();
        loop {
            let output = Command::new("stty").args(["-F", &device, "-a"]).output().unwrap();
            let settings = String::from_utf8_lossy(&output.stdout).to_string();
            if settings.split([' ', ';', '\n']).any(|word| word == "-echo") || self.terminal.ended().is_some() {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "no keys are read:\n{}", self.seen());
        }
    }

    /// Types without a question.
    #[track_caller]
    pub fn types(&mut self, keys: &str) {
        if !self.terminal.plain() {
            self.waits_for_keys();
        }
        self.typed = self.terminal.screen().age;
        self.terminal.types(keys);
    }

    /// Waits for a question and answers it with `keys` and Enter.
    #[track_caller]
    pub fn answers(&mut self, question: &str, keys: &str) {
        self.is_asked(question);
        if question.contains("API key") {
            self.waits_for_keys();
        }
        self.types(&format!("{keys}\r"));
        self.answers += 1;
    }

    /// Waits for a list and takes the entry that begins with `label`.
    #[track_caller]
    pub fn chooses(&mut self, question: &str, label: &str) {
        self.points_at(question, label);
        self.types("\r");
        self.answers += 1;
    }

    /// Waits for a list, marks the entries that begin with `labels`, and goes on.
    #[track_caller]
    pub fn marks(&mut self, question: &str, labels: &[&str]) {
        for label in labels {
            self.points_at(question, &format!("[ ] {label}"));
            self.types(" ");
            self.waits_for(label, |s| s.pointed().is_some_and(|p| p.starts_with(&format!("[x] {label}"))));
        }
        self.answers(question, "");
    }

    #[track_caller]
    fn points_at(&mut self, question: &str, label: &str) {
        let mut at = self.is_asked(question).pointed();
        for _ in 0..99 {
            if at.as_ref().is_some_and(|line| line.starts_with(label)) {
                return;
            }
            self.types("\u{1b}[B");
            at = self.waits_for(label, |s| s.hidden && s.pointed().is_some() && s.pointed() != at).pointed();
        }
        panic!("there is no `{label}` in the list:\n{}", self.seen());
    }

    /// Waits for the end; gives the exit status.
    #[track_caller]
    pub fn ends(&self) -> i32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.terminal.ended() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end:\n{}", self.seen());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// How `mailproof setup` is started.
#[derive(Clone)]
pub struct Start<'a> {
    pub folder: &'a Path,
    pub columns: u16,
    pub args: Vec<String>,
    pub environment: Vec<(&'static str, String)>,
}

impl<'a> Start<'a> {
    pub fn new(folder: &'a Path, args: &[&str]) -> Start<'a> {
        let environment =
            vec![("TERM", "xterm-256color".to_string()), ("NO_COLOR", "1".into()), ("LANG", "C.UTF-8".into())];
        Start { folder, columns: 80, args: args.iter().map(ToString::to_string).collect(), environment }
    }

    /// Sets a variable of the environment.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.into()));
        self
    }

    /// On a terminal this wide.
    pub fn wide(mut self, columns: u16) -> Self {
        self.columns = columns;
        self
    }

    /// Whether questions are asked line by line.
    pub fn plain(&self) -> bool {
        self.args.iter().any(|arg| arg == "--plain") || self.environment.contains(&("TERM", "dumb".into()))
    }

    /// The command that a terminal runs; the shell sets the size, and echo as every terminal has it.
    pub fn command(&self, lines: u16) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "stty rows $0 cols $1 echo; shift; exec \"$@\""]);
        command.args([lines.to_string(), self.columns.to_string(), env!("CARGO_BIN_EXE_mailproof").to_string()]);
        command.arg("setup").args(&self.args).current_dir(self.folder);
        for name in ["PDNS_API_KEY", "LC_ALL", "LC_MESSAGES"] {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (*name, value.as_str())));
        command
    }
}

/// Our emulator behind a pty.
pub struct Pty {
    process: PtyProcess,
    keyboard: File,
    state: Arc<Mutex<Shown>>,
    status: Mutex<Option<i32>>,
    columns: u16,
    plain: bool,
}

/// What came so far.
struct Shown {
    parser: vt100::Parser,
    octets: usize,
    over: bool,
}

impl Pty {
    pub fn start(start: &Start<'_>) -> Person<Pty> {
        let process = PtyProcess::new(start.command(LINES)).unwrap();
        let (keyboard, mut output) = (process.get_file_handle().unwrap(), process.get_file_handle().unwrap());
        let parser = vt100::Parser::new(LINES.try_into().unwrap(), start.columns.try_into().unwrap(), 0);
        let state = Arc::new(Mutex::new(Shown { parser, octets: 0, over: false }));
        let shared = state.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                // A pty whose other side is closed answers with an error.
                let count = output.read(&mut buffer).unwrap_or(0);
                let mut state = shared.lock().unwrap();
                state.parser.process(&buffer[..count]);
                state.octets += count;
                state.over = count == 0;
                if state.over {
                    return;
                }
            }
        });
        Person::at(Pty {
            process,
            keyboard,
            state,
            status: Mutex::new(None),
            columns: start.columns,
            plain: start.plain(),
        })
    }

    /// The number of the process.
    pub fn id(&self) -> String {
        self.process.child_pid.as_raw().to_string()
    }
}

impl Terminal for Pty {
    fn screen(&self) -> Screen {
        let state = self.state.lock().unwrap();
        let screen = state.parser.screen();
        let (row, column) = screen.cursor_position();
        let mut before: Vec<String> = screen.rows(0, self.columns).take(usize::from(row)).collect();
        before.extend(screen.rows(0, column).nth(usize::from(row)).map(|line| padded(&line, usize::from(column))));
        Screen { text: screen.contents(), before, hidden: screen.hide_cursor(), age: state.octets }
    }

    fn types(&self, keys: &str) {
        (&self.keyboard).write_all(keys.as_bytes()).unwrap();
    }

    fn device(&self) -> Option<String> {
        let device = std::fs::read_link(format!("/proc/{}/fd/0", self.id())).ok()?;
        Some(device.to_str()?.to_string())
    }

    fn plain(&self) -> bool {
        self.plain
    }

    fn ended(&self) -> Option<i32> {
        // What it said last may come after its end.
        if !self.state.lock().unwrap().over {
            return None;
        }
        let mut status = self.status.lock().unwrap();
        if status.is_none() {
            *status = match self.process.wait().unwrap() {
                WaitStatus::Exited(_, code) => Some(code),
                WaitStatus::Signaled(_, signal, _) => Some(-(signal as i32)),
                other => panic!("{other:?}"),
            };
        }
        *status
    }
}

/// A text however its lines are broken; Japanese has no spaces where they are.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// An emulator cuts spaces at the end, behind which the cursor stands.
fn padded(line: &str, column: usize) -> String {
    let missing = column.saturating_sub(unicode_width::UnicodeWidthStr::width(line));
    format!("{line}{}", " ".repeat(missing))
}
