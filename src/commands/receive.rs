//! `mailproof receive`

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::auth::dmarc::DmarcResult;
use crate::commands::dns_args::DnsArgs;
use crate::commands::format::Format;
use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};
use crate::mail::receive::{Received, Receiver, ReceiverConfig};
use crate::report::harmless::harmless;
use crate::report::judgement::render;

/// Arguments of `receive`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to listen
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:2525")]
    listen: SocketAddr,
    /// Stop after so many messages
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// Give up when no message comes for so many seconds
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
    /// Keep each message, with its Authentication-Results, in this folder; its verdict beside it
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What the receiver calls itself
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    hostname: String,
    /// What it calls itself in Authentication-Results; the host name by default
    #[arg(long, value_name = "ID")]
    authserv_id: Option<String>,
    /// Do not offer STARTTLS
    #[arg(long)]
    no_starttls: bool,
    /// Take no message of more than so many megabytes
    #[arg(long, value_name = "MB", default_value_t = 25, value_parser = clap::value_parser!(u16).range(1..=1000))]
    max_size: u16,
    #[command(flatten)]
    dns: DnsArgs,
    /// How to print the verdicts; JSON is one object a line
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs it: until Ctrl-C, or `--count` messages have come; then [`Outcome::Clean`] only if DMARC passed for each.
///
/// # Errors
/// Unreachable when the address cannot be bound, nothing came in time, or DNS did not answer for a message.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    let mut config = ReceiverConfig::new(args.listen, args.hostname.as_str());
    if let Some(id) = &args.authserv_id {
        config.authserv_id = id.clone();
    }
    if [&config.hostname, &config.authserv_id].iter().any(|n| n.is_empty() || !n.bytes().all(|b| b.is_ascii_graphic()))
    {
        return Err(Error::usage("--hostname and --authserv-id are single words of ASCII characters"));
    }
    config.starttls = !args.no_starttls;
    config.max_message = usize::from(args.max_size) * 1024 * 1024;
    if let Some(dir) = &args.out {
        fs::create_dir_all(dir)
            .map_err(|e| Error::config(format!("the folder {} cannot be made", dir.display())).because(e))?;
    }
    let resolver = Arc::new(args.dns.resolver()?);
    context.run(async {
        let (receiver, mut channel) = Receiver::start(config, resolver).await?;
        context.screen.note(format!("listening on {}", receiver.addr()));
        let (mut seen, mut passed, mut temporary) = (0, 0, 0);
        while args.count.is_none_or(|count| seen < count) {
            let received = match args.wait {
                None => channel.recv().await,
                Some(seconds) => tokio::time::timeout(Duration::from_secs(seconds), channel.recv())
                    .await
                    .map_err(|_| Error::unreachable(format!("no message came for {seconds} seconds")))?,
            };
            let Some(received) = received else { break };
            seen += 1;
            passed += usize::from(received.judgement.dmarc.result == DmarcResult::Pass);
            temporary += usize::from(received.judgement.is_temporary());
            let verdict = serde_json::to_string(&received)
                .map_err(|e| Error::config("the verdict cannot be written as JSON").because(e))?;
            if let Some(dir) = &args.out {
                keep(dir, &received, &verdict)?;
            }
            match args.format {
                Format::Json => context.screen.line(&verdict),
                Format::Human => context.screen.raw(&shown(&received)),
            }
        }
        receiver.finish(Duration::from_secs(2)).await;
        match () {
            () if temporary > 0 => {
                Err(Error::unreachable(format!("DNS did not answer for {temporary} of {seen} messages")))
            }
            () if passed == seen => Ok(Outcome::Clean),
            () => Ok(Outcome::Findings),
        }
    })
}

/// Writes `ID.eml` and `ID.json` into `dir`.
fn keep(dir: &Path, received: &Received, verdict: &str) -> Result<()> {
    for (ending, octets) in [("eml", &received.message[..]), ("json", verdict.as_bytes())] {
        let path = dir.join(format!("{}.{ending}", received.id));
        fs::write(&path, octets)
            .map_err(|e| Error::config(format!("{} cannot be written", path.display())).because(e))?;
    }
    Ok(())
}

fn shown(received: &Received) -> String {
    let envelope = &received.envelope;
    let tls = if received.tls { ", encrypted" } else { "" };
    let head = format!("{}  from <{}>, {} as {}{tls}\n", received.id, envelope.mail_from, envelope.ip, envelope.helo);
    harmless(&head) + &render(&received.judgement) + "\n"
}
