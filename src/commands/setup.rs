//! `mailproof setup`

mod advance;
mod hand_over;
mod offers;
mod scout;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::commands::dns_args::DnsArgs;
use crate::commands::keys::generate;
use crate::commands::provider_args::{Asked, ProviderArgs};
use crate::commands::{Context, Outcome, plan, push, test};
use crate::error::{Error, Result};
use crate::interview::asker::{self, Answer, Asker, Kind, Question};
use crate::interview::ids;
use crate::interview::memory::Memory;
use crate::interview::remembered::Remembered;
use crate::interview::review::reviewed;
use crate::interview::scripted::Scripted;
use crate::keys::algorithm::Algorithm;
use crate::keys::store::KeyFiles;
use crate::model::name;
use crate::profile::desired::{desired, mta_sts};
use crate::profile::schema::{DkimKey, Domain, KeyState, Profile};
use crate::profile::{key_files, load, write};
use crate::report::record_list::{self, ZoneRecords};
use crate::words::wrap::wrap;
use scout::{LiveScout, TryPort25};

/// What the memory calls the tasks that are left, one a line.
const BY_HAND: &str = "by-hand";
/// What the memory calls the profile as it was before.
const BACKUP: &str = "backup";

/// Arguments of `setup`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The profile to write, or to add the domain to
    #[arg(long, value_name = "FILE", default_value = load::FILE_NAME)]
    pub profile: PathBuf,
    /// Take the answers from this file, a YAML mapping of question ids to answers; no terminal is needed then
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// The domain, as it stands after the @
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// Domains that share the answers, one a line; `#` begins a comment
    #[arg(long, value_name = "FILE", conflicts_with = "domain")]
    pub domains: Option<PathBuf>,
    /// The folder for the keys, relative to the profile
    #[arg(long, value_name = "DIR", default_value = "keys")]
    pub keys: PathBuf,
    /// Forget what an earlier run was told
    #[arg(long)]
    pub restart: bool,
    /// Propose the next stage of the DMARC policy of the profile's domains, as their reports allow it
    #[arg(long, conflicts_with_all = ["domains", "restart"])]
    pub advance: bool,
    /// The store of reports that `mailproof reports --store` keeps; reports.sqlite beside the profile by default
    #[arg(long, value_name = "FILE", requires = "advance")]
    pub reports: Option<PathBuf>,
    /// With --advance: take the step without asking, where nothing stands against it
    #[arg(long, short, requires = "advance")]
    pub yes: bool,
    /// List the questions and their ids, and do nothing else
    #[arg(long)]
    pub questions: bool,
    /// The folder that this machine's files are below, where its mail software is looked for
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub root: PathBuf,
    /// Propose the services that really send as the domain: a Maildir, an mbox, or a log of Postfix
    #[arg(long, value_name = "PATH")]
    pub from_mailbox: Option<PathBuf>,
    /// See whether port 25 can be reached from here: of the domain's mail exchangers, or of this host
    #[arg(long, value_name = "HOST", num_args = 0..=1, default_missing_value = "", require_equals = true)]
    pub try_port_25: Option<String>,
    /// Whom to ask
    #[command(flatten)]
    pub dns: DnsArgs,
}

/// Asks, then makes keys, profile and records, and publishes and proves them on consent.
///
/// # Errors
/// Interrupted by the person, with what was answered kept; a configuration error when a file cannot be used.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    if args.questions {
        list_questions(context);
        return Ok(Outcome::Clean);
    }
    // From here on Ctrl-C is a message to us: prompts restore the terminal, and files are whole or not there.
    context.run(async {
        tokio::task::yield_now().await;
        Ok(())
    })?;
    let screen = context.screen.clone();
    let mut tell = move |text: &str| screen.note(text);
    let given: BTreeMap<String, Answer> =
        named(&args)?.into_iter().map(|domains| ("domain".to_string(), Answer::List(domains))).collect();
    match &args.answers {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|e| Error::config(format!("the answers file {} cannot be read", path.display())).because(e))?;
            let mut inner = Scripted::read(&text, path, &mut tell)?;
            if args.advance {
                return advance::run(&args, &mut inner, args.yes, context);
            }
            Setup::new(&args, context, Remembered::new(&mut inner, given, None)).run()
        }
        None if args.advance && (args.yes || context.screen.interactive()) => {
            advance::run(&args, context.person().as_mut(), args.yes, context)
        }
        None if context.screen.interactive() => {
            let folder = load::folder(&args.profile);
            let memory = if args.restart { Memory::anew(folder)? } else { Memory::open(folder)? };
            let mut inner = context.person();
            inner.say("mailproof setup\n");
            if !memory.is_empty() {
                inner.say("  Going on where the last run stopped; `--restart` begins anew.\n");
            }
            Setup::new(&args, context, Remembered::new(inner.as_mut(), given, Some(memory))).run()
        }
        None => Err(Error::usage("`setup` asks questions, and there is no terminal to ask on")
            .hint("put the answers into a file and name it with --answers; --questions lists them")),
    }
}

/// The domains that the command line names, if it names any.
fn named(args: &Args) -> Result<Option<Vec<String>>> {
    let Some(path) = &args.domains else { return Ok(args.domain.clone().map(|d| vec![d])) };
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Error::config(format!("the list of domains {shown} cannot be read")).because(e))?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let domains: Vec<String> = lines.filter(|line| !line.is_empty()).map(str::to_string).collect();
    if domains.is_empty() {
        return Err(Error::config(format!("{shown} names no domain")).hint("write one a line"));
    }
    Ok(Some(domains))
}

fn list_questions(context: &Context) {
    for (id, what) in ids::ALL {
        let id = if id.ends_with('.') { format!("{id}NAME") } else { (*id).to_string() };
        context.screen.line(format!("{id:<26}  {what}"));
    }
}

/// A run of the wizard.
struct Setup<'a> {
    args: &'a Args,
    context: &'a Context,
    asker: Remembered<'a>,
    /// What is left to do by hand, each a sentence without a full stop.
    by_hand: Vec<String>,
    /// The profile as it was before.
    backup: Option<PathBuf>,
}

impl<'a> Setup<'a> {
    fn new(args: &'a Args, context: &'a Context, asker: Remembered<'a>) -> Self {
        let made = |what| asker.memory.as_ref().and_then(|m| m.made(what));
        let by_hand = made(BY_HAND).map(|all| all.lines().map(str::to_string).collect()).unwrap_or_default();
        let backup = made(BACKUP).map(PathBuf::from);
        Setup { args, context, asker, by_hand, backup }
    }

    fn run(&mut self) -> Result<Outcome> {
        let domains = match self.written_before()? {
            Some(domains) => domains,
            None => self.ask_and_write()?,
        };
        let (kept, by_hand): (Vec<&Domain>, Vec<&Domain>) = domains.iter().partition(|d| d.provider.is_some());
        for domain in &by_hand {
            self.show_records(domain)?;
        }
        if !by_hand.is_empty() {
            self.say("\n  Publish these where the zone is kept, then prove them: mailproof test");
        }
        let (mut proven, mut outcome) = (BTreeMap::new(), Outcome::Clean);
        if !kept.is_empty() && self.publish(&kept)? {
            for domain in &kept {
                let judged = self.prove(domain)?;
                // What a service sends is not proven by forgeries.
                if !domain.sends_by_services() {
                    proven.insert(domain.domain.as_str(), judged == Outcome::Clean);
                }
                if judged == Outcome::Findings {
                    outcome = Outcome::Findings;
                }
            }
        } else if !kept.is_empty() {
            self.say("\n  When you are ready: mailproof push");
        }
        self.hand_over(&domains, &proven)?;
        if let Some(memory) = &mut self.asker.memory {
            memory.forget()?;
        }
        Ok(outcome)
    }

    /// Shows the plan and its proof, and publishes on consent; says whether the records are published.
    fn publish(&mut self, domains: &[&Domain]) -> Result<bool> {
        let provider = ProviderArgs {
            profile: self.args.profile.clone(),
            domain: domains.iter().map(|d| d.domain.clone()).collect(),
            endpoint: None,
            credentials: None,
            provider_file: Vec::new(),
            asked: Asked::default(),
        };
        let dns = self.args.dns.clone();
        // A person is asked after the plan is seen; an answers file has said it beforehand.
        let yes = self.args.answers.is_some();
        if yes {
            let question = Question {
                id: "publish".into(),
                text: "Publish?".into(),
                help: String::new(),
                kind: Kind::YesNo,
                default: Some(Answer::Yes(false)),
            };
            if !asker::yes(&mut self.asker, &question)? {
                plan::run(plan::Args::usual(provider, dns), self.context)?;
                return Ok(false);
            }
        }
        Ok(push::run(push::Args::usual(provider, dns, yes), self.context)? == Outcome::Clean)
    }

    /// Sends the test messages and shows the six cells.
    fn prove(&mut self, domain: &Domain) -> Result<Outcome> {
        self.say("");
        let outcome = test::run(
            test::Args {
                profile: self.args.profile.clone(),
                domain: Some(domain.domain.clone()),
                simulate: false,
                dns: self.args.dns.clone(),
                proving: test::proving::ProvingArgs::default(),
                format: test::form::Form::default(),
            },
            self.context,
        )?;
        if outcome == Outcome::Findings {
            self.say("  Resolvers may still have the answer from before: try mailproof test again in a while.");
        }
        Ok(outcome)
    }

    fn scout<'c>(args: &Args, context: &'c Context) -> Result<LiveScout<'c>> {
        let port_25 = args.try_port_25.as_ref().map(|host| match host.as_str() {
            "" => TryPort25::Exchangers,
            host => TryPort25::Host(host.into()),
        });
        LiveScout::new(args.dns.resolver()?, &args.root, port_25, args.from_mailbox.clone(), context)
    }

    fn folder(&self) -> &Path {
        load::folder(&self.args.profile)
    }

    fn say(&mut self, text: &str) {
        self.asker.say(text);
    }

    fn made(&self, what: &str) -> Option<String> {
        self.asker.memory.as_ref().and_then(|m| m.made(what)).map(str::to_string)
    }

    fn keep_made(&mut self, what: &str, became: &str) -> Result<()> {
        self.asker.memory.as_mut().map_or(Ok(()), |m| m.keep_made(what, became))
    }

    /// The domains of an earlier run that came as far as the profile. The file is the person's now: it is read again.
    fn written_before(&mut self) -> Result<Option<Vec<Domain>>> {
        let Some(names) = self.made("profile") else { return Ok(None) };
        if !self.args.profile.exists() {
            return Ok(None);
        }
        let profile = load::load(&self.args.profile)?;
        self.say(&format!("  {} has {names} already, from the last run.\n", self.args.profile.display()));
        names.split(' ').map(|name| profile.domain(name).cloned()).collect::<Result<_>>().map(Some)
    }

    fn ask_and_write(&mut self) -> Result<Vec<Domain>> {
        // First of all: nobody should answer twenty questions for a profile that cannot be written.
        let mut profile = if self.args.profile.exists() {
            load::load(&self.args.profile)?
        } else {
            Profile { version: 1, lint: None, domains: Vec::new() }
        };
        for text in named(self.args)?.iter().flatten() {
            refuse_double(&profile, &name::show(&name::domain(text)?), &self.args.profile)?;
        }
        let mut scout = Self::scout(self.args, self.context)?;
        let draft = reviewed(&mut self.asker, &mut scout, &offers::offers()?)?;
        let drafts = [&draft.domain].into_iter().chain(&draft.more);
        drafts.clone().try_for_each(|d| refuse_double(&profile, &d.domain, &self.args.profile))?;
        self.say("");
        let domains = drafts.map(|d| self.make_keys(d, &draft.algorithms)).collect::<Result<Vec<_>>>()?;
        profile.domains.extend(domains.iter().cloned());
        self.by_hand = draft.by_hand;
        self.keep_made(BY_HAND, &self.by_hand.join("\n"))?;
        self.backup = write::save(&self.args.profile, &profile)?;
        if let Some(backup) = &self.backup {
            self.keep_made(BACKUP, &backup.display().to_string())?;
        }
        let names: Vec<&str> = domains.iter().map(|d| d.domain.as_str()).collect();
        self.keep_made("profile", &names.join(" "))?;
        self.say(&format!("  made  {}  the profile: yours to edit", self.args.profile.display()));
        if let Some(backup) = &self.backup.clone() {
            self.say(&format!("        {}  the profile as it was before", backup.display()));
        }
        for domain in &domains {
            self.policy_file(domain)?;
        }
        if !self.by_hand.is_empty() {
            self.say("\n  Left to do by hand");
            let words = self.asker.words();
            for line in self.by_hand.clone().iter().flat_map(|what| wrap(&words.text(what), 74)) {
                self.say(&format!("    {line}"));
            }
        }
        self.say("");
        Ok(domains)
    }

    /// Writes the MTA-STS policy file for the person to serve. One that stands there is not touched.
    fn policy_file(&mut self, domain: &Domain) -> Result<()> {
        let Some(text) = mta_sts::policy(domain) else { return Ok(()) };
        let name = &domain.domain;
        let path = self.folder().join(format!("mta-sts.{name}")).join(".well-known").join("mta-sts.txt");
        let cannot = |e: std::io::Error| Error::config(format!("{} cannot be written", path.display())).because(e);
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(cannot)?;
        let mut file = tempfile::Builder::new().prefix(".mailproof-").tempfile_in(folder).map_err(cannot)?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(cannot)?;
        // A web server of another user reads it.
        #[cfg(unix)]
        file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644)).map_err(cannot)?;
        match file.persist_noclobber(&path) {
            Ok(_) => self.say(&format!("  made  {}  the MTA-STS policy", path.display())),
            Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => self.say(&format!(
                "  {} is there already; `mailproof records --mta-sts-policy` shows what it should say",
                path.display()
            )),
            Err(e) => return Err(cannot(e.error)),
        }
        Ok(())
    }

    /// Makes the keys that an earlier run has not made.
    fn make_keys(&mut self, draft: &Domain, algorithms: &[Algorithm]) -> Result<Domain> {
        let mut domain = draft.clone();
        for algorithm in algorithms {
            let what = format!("{algorithm} key of {}", domain.domain);
            let dir = load::beside(&self.args.profile, &self.args.keys);
            let before = self.made(&what).filter(|s| KeyFiles::of(&dir, &domain.domain, s).key.exists());
            let selector = match before {
                Some(selector) => selector,
                None => {
                    let made = generate::make(&domain.domain, *algorithm, None, &dir)?;
                    self.keep_made(&what, &made.selector)?;
                    made.selector
                }
            };
            let files = KeyFiles::of(&dir, &domain.domain, &selector);
            self.say(&format!("  made  {}  private key, {algorithm}", files.key.display()));
            domain.dkim.push(key_entry(&domain.domain, &selector, *algorithm, &self.args.keys));
        }
        Ok(domain)
    }

    /// The records that a domain wishes for, and what should be known of them.
    fn wished(&self, domain: &Domain) -> Result<(ZoneRecords, Vec<String>)> {
        let keys = key_files::records(domain, self.folder())?;
        let wish = desired(domain, &keys)?;
        Ok((ZoneRecords { snapshot: wish.snapshot, elsewhere: wish.elsewhere }, wish.notes))
    }

    fn show_records(&mut self, domain: &Domain) -> Result<()> {
        let (records, notes) = self.wished(domain)?;
        self.context.screen.raw(&record_list::table(&records));
        for line in notes.iter().flat_map(|note| wrap(&format!("note: {note}"), 78)) {
            self.say(&line);
        }
        Ok(())
    }
}

fn refuse_double(profile: &Profile, domain: &str, path: &Path) -> Result<()> {
    if profile.domains.iter().any(|d| d.domain == domain) {
        return Err(Error::usage(format!("{} has {domain} already", path.display()))
            .hint("edit it and see what would change with `mailproof plan`, or name another file with --profile"));
    }
    Ok(())
}

fn key_entry(domain: &str, selector: &str, algorithm: Algorithm, dir: &Path) -> DkimKey {
    DkimKey {
        selector: selector.into(),
        algorithm,
        key: KeyFiles::of(dir, domain, selector).key,
        created: Some(jiff::Zoned::now().date().to_string()),
        state: KeyState::Active,
    }
}
