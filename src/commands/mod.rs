//! One file a verb: arguments, the journey, and what it prints.

pub mod answer_args;
pub mod apply;
pub mod check;
pub mod config;
pub mod demo;
pub mod dns_args;
pub mod explain;
pub mod format;
pub mod kept_by;
pub mod imap_args;
pub mod keys;
pub mod lint;
pub mod nearest_zone;
pub mod plan;
pub mod proof_of;
pub mod provider_args;
pub mod providers;
pub mod push;
pub mod receive;
pub mod records;
pub mod reports;
pub mod rollback;
pub mod send;
pub mod setup;
pub mod spf_cost;
pub mod survey;
pub mod table_format;
pub mod test;
pub mod verify;
pub mod wait_args;
pub mod zones;

use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::{Cli, Verb};
use crate::error::{Error, ErrorKind, Result};
use crate::interview::asker::Asker;
use crate::interview::plain::Plain;
use crate::interview::terminal::Terminal;
use crate::report::screen::Screen;
use crate::words::{Lang, Words};

/// How a run that was no error ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to say against it. Exit 0.
    Clean,
    /// Findings, failed authentication, or pending changes where somebody asks for them. Exit 1.
    Findings,
}

/// What every command is handed: the streams, and a way to run what waits.
pub struct Context {
    /// Where to print.
    pub screen: Screen,
}

impl Context {
    /// Whoever sits at the terminal.
    pub fn person(&self) -> Box<dyn Asker + Send> {
        match self.screen.plain() {
            true => Box::new(Plain::new(self.screen.words())),
            false => Box::new(Terminal::new(self.screen.words())),
        }
    }

    /// Runs `future` to its end; Ctrl-C drops it where it waits.
    ///
    /// # Errors
    /// What the future fails with; [`ErrorKind::Interrupted`] after Ctrl-C.
    pub fn run<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(std::thread::available_parallelism().map_or(2, |n| n.get().max(2)))
            .enable_all()
            .build()
            .map_err(|e| Error::config("the asynchronous runtime cannot start").because(e))?;
        let result = runtime.block_on(async {
            tokio::select! {
                result = future => result,
                _ = tokio::signal::ctrl_c() => Err(Error::new(ErrorKind::Interrupted, "interrupted")),
            }
        });
        runtime.shutdown_timeout(std::time::Duration::from_millis(200));
        result
    }
}

/// Runs the program with `args` (the first is its name) and gives the exit status.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are results; everything else is a usage error.
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    start_logging(cli.verbose);
    let context =
        Context { screen: Screen::new(cli.color, cli.quiet, cli.plain, Words::new(cli.lang.unwrap_or_else(locale))) };
    let result = match cli.verb {
        Verb::Setup(args) => setup::run(args, &context),
        Verb::Demo(args) => demo::run(args, &context),
        Verb::Keys(args) => keys::run(args, &context),
        Verb::Records(args) => records::run(args, &context),
        Verb::Lint(args) => lint::run(args, &context),
        Verb::Explain(args) => explain::run(args, &context),
        Verb::Check(args) => check::run(args, &context),
        Verb::Plan(args) => plan::run(args, &context),
        Verb::Push(args) => push::run(args, &context),
        Verb::Rollback(args) => rollback::run(args, &context),
        Verb::Providers(args) => providers::run(args, &context),
        Verb::Config(args) => config::run(args, &context),
        Verb::Send(args) => send::run(args, &context),
        Verb::Receive(args) => receive::run(args, &context),
        Verb::Test(args) => test::run(args, &context),
        Verb::Verify(args) => verify::run(args, &context),
        Verb::Survey(args) => survey::run(args, &context),
        Verb::Reports(args) => reports::run(args, &context),
    };
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(e) => {
            context.screen.error(&e);
            ExitCode::from(e.kind().exit_code())
        }
    }
}

/// The language of the environment: the first of the variables that says anything (POSIX, XBD 8.2).
fn locale() -> Lang {
    let said = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().filter_map(|name| std::env::var(name).ok());
    said.into_iter().find(|value| !value.is_empty()).map(|value| Lang::of_locale(&value)).unwrap_or_default()
}

/// Letters and digits that no other run has, for test messages.
///
/// # Errors
/// When the system gives no random octets.
pub fn token() -> Result<String> {
    let mut octets = [0u8; 8];
    getrandom::fill(&mut octets).map_err(|_| Error::config("the system gives no random octets"))?;
    Ok(octets.iter().map(|b| format!("{b:02x}")).collect())
}

fn start_logging(verbose: u8) {
    let (own, others) = match verbose {
        0 => return,
        1 => (LevelFilter::INFO, LevelFilter::OFF),
        2 => (LevelFilter::DEBUG, LevelFilter::OFF),
        _ => (LevelFilter::TRACE, LevelFilter::INFO),
    };
    let filter = Targets::new().with_default(others).with_target("mailproof", own);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter);
    let _ = tracing_subscriber::registry().with(lines).try_init();
}
