//! `mailproof survey`

mod pipeline;
mod published;
mod room;
mod source;
mod work;

use std::path::PathBuf;

use crate::commands::answer_args::AnswerArgs;
use crate::commands::imap_args::ImapArgs;
use crate::commands::table_format::TableFormat;
use crate::commands::{Context, Outcome};
use crate::error::Result;
use crate::report::survey as shown;
use crate::survey::border::Border;
use crate::survey::{Mask, State, Tally, Witness};

/// Arguments of `survey`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Mailboxes: Maildir, mbox, folders of messages, also compressed with gzip
    #[arg(value_name = "PATH", required_unless_present_any = ["domains", "places"])]
    paths: Vec<PathBuf>,
    /// Look at what the domains of this list publish, in place of messages; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    domains: Option<PathBuf>,
    /// A server of yours that takes mail from outside, as its Received fields name it after `by`: the client that it
    /// saw is the one that SPF is judged for. Without it SPF comes from --authserv-id alone
    #[arg(long, value_name = "HOST", conflicts_with = "domains")]
    border: Vec<String>,
    /// The receiver whose Authentication-Results in the messages are believed
    #[arg(long, value_name = "ID", conflicts_with = "domains")]
    authserv_id: Option<String>,
    #[command(flatten)]
    imap: ImapArgs,
    #[command(flatten)]
    answers: AnswerArgs,
    /// Keep counts and progress in this file: interrupted, the same command goes on; later, only new mail is read
    #[arg(long, value_name = "FILE", conflicts_with = "domains")]
    state: Option<PathBuf>,
    /// Show pseudonyms in place of the senders' domains
    #[arg(long, conflicts_with = "domains")]
    anonymise: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: TableFormat,
}

/// Runs it. [`Outcome::Clean`] whatever the mail is like: a survey judges no one.
///
/// # Errors
/// A configuration error for a mailbox or state that cannot be read; unreachable when DNS answered nothing at all.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    if let Some(list) = &args.domains {
        return published::run(&args, list, context);
    }
    let mut state = match &args.state {
        Some(path) => State::load(path, question(&args))?,
        None => State::new(question(&args)),
    };
    if args.anonymise && state.secret.is_none() {
        state.secret = Some(format!("{}{}", crate::commands::token()?, crate::commands::token()?));
    }
    let mask = args.anonymise.then(|| Mask::new(state.secret.as_deref().unwrap_or_default().as_bytes()));
    let witness = Witness { border: Border { hosts: args.border.clone() }, authserv_id: args.authserv_id.clone() };
    pipeline::run(&args, &mut state, &witness, mask.as_ref(), context)?;
    print(&args, &state.tally, context);
    Ok(Outcome::Clean)
}

/// What counts must have been made with to be added to.
fn question(args: &Args) -> String {
    let mut text = String::from("messages");
    args.border.iter().for_each(|b| text.push_str(&format!(" --border {b}")));
    args.authserv_id.iter().for_each(|id| text.push_str(&format!(" --authserv-id {id}")));
    if args.anonymise {
        text.push_str(" --anonymise");
    }
    text
}

fn print(args: &Args, tally: &Tally, context: &Context) {
    let witnesses = shown::Witnesses { border: !args.border.is_empty(), stated: args.authserv_id.is_some() };
    match args.format {
        TableFormat::Human => context.screen.raw(&shown::human(tally, witnesses, context.screen.width())),
        TableFormat::Json => context.screen.line(shown::json(tally)),
        TableFormat::Csv => context.screen.raw(&shown::csv(tally)),
        TableFormat::Html => context.screen.raw(&shown::page(tally, witnesses, context.screen.words().lang())),
        TableFormat::Markdown => context.screen.raw(&shown::markdown(tally)),
    }
}
