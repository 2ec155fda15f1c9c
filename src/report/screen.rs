//! Where results and progress go: results to standard output, the rest to standard error; a closed pipe is quiet.

use std::io::{self, IsTerminal, Write};

use console::Style;

use crate::error::Error;
use crate::words::Words;

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// If the stream is a terminal and `NO_COLOR` is not set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The two streams of a run.
#[derive(Clone, Debug)]
pub struct Screen {
    color_out: bool,
    color_err: bool,
    quiet: bool,
    words: Words,
    plain: bool,
}

impl Screen {
    /// Decides about colour once; `words` speak to whoever reads.
    pub fn new(choice: ColorChoice, quiet: bool, plain: bool, words: Words) -> Self {
        let plain = plain || std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        let no_color = plain || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let decide = |terminal: bool| match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !no_color,
        };
        let screen = Screen {
            color_out: decide(io::stdout().is_terminal()),
            color_err: decide(io::stderr().is_terminal()),
            quiet,
            words,
            plain,
        };
        console::set_colors_enabled(screen.color_out);
        console::set_colors_enabled_stderr(screen.color_err);
        screen
    }

    /// Whether lines come one after the other and are never drawn again.
    pub fn plain(&self) -> bool {
        self.plain
    }

    /// Who speaks to whoever reads.
    pub fn words(&self) -> Words {
        self.words
    }

    /// Whether results are coloured.
    pub fn colored(&self) -> bool {
        self.color_out
    }

    /// Whether somebody can answer questions.
    pub fn interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// The width of the terminal in columns, 80 where there is none.
    pub fn width(&self) -> usize {
        console::Term::stderr().size_checked().map_or(80, |(_, columns)| usize::from(columns))
    }

    /// A line of the result.
    pub fn line(&self, text: impl AsRef<str>) {
        self.raw(&format!("{}\n", text.as_ref()));
    }

    /// Lines of the result that are for people.
    pub fn told(&self, text: impl AsRef<str>) {
        self.line(self.words.lines(text.as_ref()));
    }

    /// Part of the result, verbatim.
    pub fn raw(&self, text: &str) {
        // A reader that has gone away (`| head`) is no error; what it wanted it has.
        self.try_raw(text);
    }

    /// The same; false when the reader has gone away, so that a long run can end.
    pub fn try_raw(&self, text: &str) -> bool {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
    }

    /// Whether somebody watches standard error, and wants to.
    pub fn shows_progress(&self) -> bool {
        !self.quiet && !self.plain && io::stderr().is_terminal()
    }

    /// Whether results go to a terminal.
    pub fn shows_results(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Whether anything is told of what is going on.
    pub fn tells(&self) -> bool {
        !self.quiet
    }

    /// A line about what is going on; silent with `--quiet`.
    pub fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{}", self.words.lines(text.as_ref()));
        }
    }

    /// An error with its context and hint, as every command shows it.
    pub fn error(&self, error: &Error) {
        let red = Style::new().for_stderr().red().bold();
        let cyan = Style::new().for_stderr().cyan();
        let mut text = format!("{}: {}\n", red.apply_to(self.words.text("error")), self.words.text(&error.to_string()));
        for what in error.context() {
            text.push_str(&format!("  while {what}\n"));
        }
        if let Some(hint) = error.hint_text() {
            text.push_str(&format!("  {}: {}\n", cyan.apply_to(self.words.text("hint")), self.words.text(hint)));
        }
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}
