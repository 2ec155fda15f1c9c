//! `mailproof demo`

mod breakage;
mod story;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::commands::demo::breakage::Part;
use crate::commands::format::Format;
use crate::commands::keys::generate;
use crate::commands::{Context, Outcome};
use crate::dns::authority::NameServer;
use crate::dns::resolver::Resolver;
use crate::error::{Error, Result};
use crate::keys::algorithm::Algorithm;
use crate::model::name;
use crate::plan::Plan;
use crate::plan::build::{Inputs, build};
use crate::plan::merge::SpfMode;
use crate::profile::desired::desired;
use crate::profile::schema::Domain;
use crate::profile::{key_files, load};
use crate::prove::cells::SixCells;
use crate::prove::deliver::deliver;
use crate::prove::foretell::{Proof, foretell};
use crate::prove::letter::Moment;
use crate::prove::probe::{JudgedProbe, Probe};
use crate::prove::sender::{SigningKeys, senders};
use crate::prove::simulate;
use crate::prove::verdict::six_cells;
use crate::provider::Provider;
use crate::provider::sandbox::Sandbox;
use crate::push::executor::{Order, execute};
use crate::push::journal::Kind;
use crate::push::wait::until_answered;
use crate::report::{self, cells, probes};
use crate::words::Words;
use crate::words::wrap::wrap;

/// The story is told for a terminal of this many columns.
const WIDTH: usize = 80;
/// How long the embedded name server may take to answer what was pushed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Break a part once everything is published, and see what the table says
    #[arg(long = "break", value_enum, value_name = "PART")]
    pub broken: Option<Part>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub format: Format,
}

/// Tells the story.
///
/// # Errors
/// When a loopback port cannot be bound, or the temporary folder not be written.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    let folder = tempfile::tempdir().map_err(|e| Error::config("no temporary folder can be made").because(e))?;
    let told = context.run(tell(&args, context, folder.path()))?;
    if args.format == Format::Json {
        let value = json!({
            "domain": story::DOMAIN,
            "broken": args.broken.map(Part::sentence),
            "proof_before_push": told.proof,
            "probes": told.probes,
            "table": told.table,
        });
        context.screen.line(format!("{value:#}"));
    }
    Ok(if told.table.all_good() { Outcome::Clean } else { Outcome::Findings })
}

/// What the story came to.
struct Told {
    proof: Proof,
    probes: Vec<JudgedProbe>,
    table: SixCells,
}

async fn tell(args: &Args, context: &Context, folder: &Path) -> Result<Told> {
    let say = |text: &str| {
        if args.format == Format::Human {
            context.screen.raw(text);
        }
    };
    let apex = name::domain(story::DOMAIN)?;
    let rsa = generate::make(story::DOMAIN, Algorithm::Rsa2048, None, folder)?;
    let ed25519 = generate::make(story::DOMAIN, Algorithm::Ed25519, None, folder)?;
    let profile = load::parse(&story::profile(&rsa.selector, &ed25519.selector), "the demo's profile")?;
    let domain = profile.domain(story::DOMAIN)?;
    say(&told_answers(domain));

    let sandbox = Sandbox::served(story::zone(&apex)?).await?;
    let wish = desired(domain, &key_files::records(domain, folder)?)?;
    let observed = sandbox.read(&[]).await?.snapshot;
    let plan = build(&Inputs {
        observed: &observed,
        partial: false,
        desired: &wish.snapshot,
        remove: &[],
        spf: SpfMode::default(),
        provider: sandbox.id(),
        normalise: &|set| sandbox.normalise(set),
    })?;
    let at = Moment { now: SystemTime::now(), token: "demo".into() };
    let outcome = simulate::Outcome { zone: plan.outcome(&observed), removed: plan.removed(), upstream: None };
    let proof = foretell(domain, folder, &outcome, &at).await?;
    let words = context.screen.words();
    say(&told_plan(&plan, &proof, words));
    say(&publish(&sandbox, &plan, folder, at.now).await?);

    if let Some(part) = args.broken {
        part.strike(&sandbox, &apex, &rsa.selector)?;
        say(&format!("\nThen {}.\n", part.sentence()));
    }
    let dead = match args.broken {
        Some(part) => part.dead_server().await?,
        None => None,
    };
    let server = dead.as_ref().map(|d| d.addr()).or(sandbox.server());
    let server = server.ok_or_else(|| Error::unreachable("the sandbox answers no DNS"))?;
    let sender = senders(domain)?.into_iter().next().ok_or_else(|| Error::config("the demo has no mail host"))?;
    let keys = SigningKeys::read(domain, folder)?;
    let on_the_way = args.broken.and_then(Part::on_the_way);
    let probes = deliver(&Probe::ALL, Arc::new(Resolver::at(server)), &sender, &keys, &at, on_the_way).await?;
    let table = six_cells(story::DOMAIN, &probes);
    say(&format!("\nThree test messages, each sent by SMTP and judged by the receiver\n{}", probes::render(&probes)));
    say(&format!("\n{}\n{}\n", cells::render(&table, words), cells::summary(&table, words)));
    if args.broken.is_none() {
        say("Next: mailproof setup, for a domain of your own; mailproof demo --break dkim, to see a fault\n");
    }
    Ok(Told { proof, probes, table })
}

/// Pushes as every push is done: journal, read-back, and the wait for the name server.
async fn publish(sandbox: &Sandbox, plan: &Plan, folder: &Path, now: SystemTime) -> Result<String> {
    let now = jiff::Timestamp::try_from(now).map_err(|e| Error::config("the clock cannot be read").because(e))?;
    let now = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let order = Order { provider: sandbox, plan, kind: Kind::Push, folder, now: &now };
    execute(&order, &mut |_| {}).await?;
    let servers: Vec<NameServer> = sandbox.nameservers().into_iter().map(NameServer::at).collect();
    until_answered(&servers, plan, PATIENCE, &mut |_| {}).await?;
    Ok(format!("\nPublished: {} record sets, read back; the name server answers them\n", plan.changes.len()))
}

fn told_answers(domain: &Domain) -> String {
    let host = domain.hosts.first().map(|h| h.name.as_str()).unwrap_or_default();
    let keys: Vec<String> = domain.dkim.iter().map(|k| format!("{} ({})", k.selector, k.algorithm)).collect();
    format!(
        "mailproof demo: a DNS server, a provider and a mail receiver inside this process\n\n\
         The answers\n  domain      {}\n  mail host   {host}, which sends from 127.0.0.10\n  keys        {}\n  \
         policy      reject, reports to dmarc@{}\n",
        domain.domain,
        keys.join(", "),
        domain.domain
    )
}

fn told_plan(plan: &Plan, proof: &Proof, words: Words) -> String {
    let mut out = format!("\n{}", report::plan::render(plan, words, WIDTH));
    for sentence in proof.sentences() {
        out.push('\n');
        for line in wrap(&format!("{}{}", words.text("Proof before push: "), words.text(&sentence)), WIDTH - 2) {
            out.push_str(&format!("  {line}\n"));
        }
    }
    out
}
