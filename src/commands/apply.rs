//! A plan carried out before somebody's eyes: push and rollback do the same from here on.

use std::net::SocketAddr;
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::commands::Context;
use crate::commands::dns_args::DnsArgs;
use crate::commands::wait_args::WaitArgs;
use crate::error::{Error, Result};
use crate::interview::asker::{self, Question};
use crate::plan::Plan;
use crate::provider::Provider;
use crate::push::executor::{self, Order};
use crate::push::journal::Kind;
use crate::push::wait;
use crate::report::screen::Screen;

/// The folder of the journals, beside the profile.
pub const STATE_FOLDER: &str = ".mailproof";

/// What is to be carried out.
pub struct Applying<'a> {
    /// The provider of the zone.
    pub provider: &'a dyn Provider,
    /// The plan.
    pub plan: &'a Plan,
    /// Forth or back.
    pub kind: Kind,
    /// It is one of several: the zone is named with what is said.
    pub of_several: bool,
    /// The folder of the journals.
    pub state: PathBuf,
    /// Whether and how long to wait.
    pub wait: &'a WaitArgs,
    /// Whom to ask where the zone's servers are.
    pub dns: &'a DnsArgs,
    /// The servers to wait for, where they are named.
    pub nameservers: &'a [SocketAddr],
}

impl Applying<'_> {
    /// What names the zone behind a count, where there are several.
    fn of_zone(&self) -> String {
        if self.of_several { format!(" of {}", self.plan.zone) } else { String::new() }
    }
}

/// Asks for consent; `yes` was given on the command line.
///
/// # Errors
/// A usage error when there is nobody to ask; interrupted by the person.
pub async fn consent(yes: bool, question: &'static str, context: &Context) -> Result<bool> {
    if yes {
        return Ok(true);
    }
    if !context.screen.interactive() {
        return Err(Error::usage("there is no terminal to ask for consent on, so nothing was written")
            .hint("look at the plan, then run it again with --yes"));
    }
    let mut person = context.person();
    let ask = move || {
        let question = Question {
            id: "consent".into(),
            text: question.into(),
            help: String::new(),
            kind: asker::Kind::YesNo,
            default: Some(asker::Answer::Yes(false)),
        };
        match asker::yes(person.as_mut(), &question) {
            // There is nothing to go back to here: whoever wants to does not agree.
            Err(e) if asker::is_back(&e) => Ok(false),
            answer => answer,
        }
    };
    tokio::task::spawn_blocking(ask).await.map_err(|e| Error::usage("the question could not be asked").because(e))?
}

/// Carries it out.
///
/// # Errors
/// Those of [`executor::execute`].
pub async fn write(applying: &Applying<'_>, context: &Context) -> Result<()> {
    let Applying { provider, plan, .. } = *applying;
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let order = Order { provider, plan, kind: applying.kind, folder: &applying.state, now: &now };
    let bar = bar(&context.screen, plan.changes.len(), "writing");
    let done = executor::execute(&order, &mut |progress| bar.set_position(progress.done as u64)).await;
    bar.finish_and_clear();
    let done = done?;
    let count = plan.changes.len();
    let sets = if count == 1 { "record set" } else { "record sets" };
    let word = if applying.kind == Kind::Push { "published" } else { "restored" };
    let of = applying.of_zone();
    // Two lines: with the address of an API one would be wider than a screen.
    context.screen.told(format!("{word}: {count} {sets}{of}, read back and found right"));
    let at = context.screen.words().lang().of("at", "公開先:");
    context.screen.line(format!("{at} {}", provider.title()));
    for note in &done.notes {
        context.screen.note(format!("note: {note}"));
    }
    context.screen.note(format!("what was there before is in {}", done.journal.path.display()));
    Ok(())
}

/// Waits until what was written is answered.
///
/// # Errors
/// Unreachable when name servers lag behind.
pub async fn wait(applying: &Applying<'_>, context: &Context) -> Result<()> {
    let Applying { provider, plan, .. } = *applying;
    if applying.wait.no_wait || (!provider.answers_by_itself() && applying.nameservers.is_empty()) {
        return Ok(());
    }
    let resolver = applying.dns.resolver();
    let servers = match (applying.nameservers, resolver) {
        ([], Err(e)) => return Err(e),
        (named, Ok(resolver)) => wait::servers(named, &resolver, plan).await?,
        (named, Err(_)) => named.iter().copied().map(crate::dns::authority::NameServer::at).collect(),
    };
    let bar = bar(&context.screen, servers.len(), "name servers answer");
    let waited = wait::until_answered(&servers, plan, applying.wait.wait_timeout, &mut |progress| {
        bar.set_position(progress.done as u64);
    })
    .await;
    bar.finish_and_clear();
    waited?;
    let all = if servers.len() == 1 {
        "the name server answers".into()
    } else {
        format!("all {} name servers answer", servers.len())
    };
    let of = applying.of_zone();
    context.screen.told(format!("{all} the new records{of}"));
    Ok(())
}

/// A progress bar on standard error; nothing where that is no terminal.
fn bar(screen: &Screen, total: usize, what: &'static str) -> ProgressBar {
    let target = if screen.shows_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(total as u64), target).with_message(what);
    if let Ok(style) = ProgressStyle::with_template("  {bar:30} {pos}/{len} {msg}  {elapsed}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
