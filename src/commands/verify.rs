//! `mailproof verify`

use std::fs::File;
use std::io::{Read, stdin};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::auth::dmarc::DmarcResult;
use crate::auth::judge::{Envelope, Judgement, judge};
use crate::auth::results::{self, Agreement, StatedResults, compare};
use crate::commands::answer_args::AnswerArgs;
use crate::commands::format::Format;
use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};
use crate::model::message::{Message, with_crlf};
use crate::report::judgement::{render, render_stated};

/// The largest file that is read, in octets.
const MAX_FILE: u64 = 50 * 1024 * 1024;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The message as it was received; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The address that the message came from; without it SPF is not judged
    #[arg(long, value_name = "IP")]
    ip: Option<IpAddr>,
    /// What the client said in HELO; the domain of the envelope sender by default
    #[arg(long, value_name = "NAME", requires = "ip", allow_hyphen_values = true)]
    helo: Option<String>,
    /// The envelope sender, empty for the null sender; the message's Return-Path by default
    #[arg(long, value_name = "ADDRESS", requires = "ip", allow_hyphen_values = true)]
    mail_from: Option<String>,
    /// The receiver whose Authentication-Results in the message are believed
    #[arg(long, value_name = "ID")]
    authserv_id: Option<String>,
    #[command(flatten)]
    answers: AnswerArgs,
    /// How to print the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs it. [`Outcome::Clean`] only when DMARC passes.
///
/// # Errors
/// A configuration error for a file that is no message; unreachable, after everything that is known was printed, when
/// DNS did not answer.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    let raw = read(&args)?;
    let text = with_crlf(&raw);
    let message = Message::read(&text);
    if !message.fields.iter().any(|f| !f.name.is_empty()) {
        return Err(Error::config(format!("{} holds no message: it has no header field", args.file.display())));
    }
    let mut notes = Vec::new();
    if text.len() != raw.len() {
        notes.push("lines end in LF alone; judged with CR LF, as messages travel");
    }
    let envelope = envelope(&args, &message)?;
    let lookup = args.answers.lookup()?;
    let id = args.authserv_id.as_deref().unwrap_or("mailproof");
    let judgement =
        context.run(async { Ok(judge(lookup.as_ref(), &text, envelope.as_ref(), id, SystemTime::now()).await) })?;
    let stated: Vec<_> = message.named(results::FIELD).map(|f| results::read(f.value)).collect();
    match args.format {
        Format::Json => {
            let value = as_json(&judgement, envelope.as_ref(), &stated, args.authserv_id.as_deref(), &notes)?;
            context.screen.line(format!("{value:#}"));
        }
        Format::Human => {
            notes.iter().for_each(|note| context.screen.note(format!("note: {note}")));
            context.screen.raw(&render(&judgement));
            context.screen.raw(&render_stated(&stated, &judgement, args.authserv_id.as_deref()));
        }
    }
    match judgement.dmarc.result {
        DmarcResult::Pass => Ok(Outcome::Clean),
        DmarcResult::TempError => {
            Err(Error::unreachable("DNS did not answer, so the message cannot be judged for good")
                .hint("try again, or ask another name server with --nameserver"))
        }
        _ => Ok(Outcome::Findings),
    }
}

fn read(args: &Args) -> Result<Vec<u8>> {
    let shown = args.file.display();
    let cannot = |e: std::io::Error| Error::config(format!("the message {shown} cannot be read")).because(e);
    let mut raw = Vec::new();
    if args.file.as_os_str() == "-" {
        stdin().lock().take(MAX_FILE + 1).read_to_end(&mut raw).map_err(cannot)?;
    } else {
        File::open(&args.file).map_err(cannot)?.take(MAX_FILE + 1).read_to_end(&mut raw).map_err(cannot)?;
    }
    if raw.len() as u64 > MAX_FILE {
        return Err(Error::config(format!("{shown} is larger than any message ({MAX_FILE} octets)")));
    }
    Ok(raw)
}

fn envelope(args: &Args, message: &Message<'_>) -> Result<Option<Envelope>> {
    let Some(ip) = args.ip else { return Ok(None) };
    let given = |text: &str| text.trim().trim_start_matches('<').trim_end_matches('>').to_string();
    let mail_from = match &args.mail_from {
        Some(text) => given(text),
        None => message.named("Return-Path").next().map(|f| given(&f.text())).ok_or_else(|| {
            Error::usage("the message has no Return-Path, so it does not say who the envelope sender was")
                .hint("name it with --mail-from; --mail-from '' is the null sender")
        })?,
    };
    let helo = match (&args.helo, mail_from.rsplit_once('@')) {
        (Some(helo), _) => helo.clone(),
        (None, Some((_, domain))) => domain.to_string(),
        (None, None) => return Err(Error::usage("with a null sender the HELO name decides: give it with --helo")),
    };
    Ok(Some(Envelope { ip, helo, mail_from }))
}

fn as_json(
    judgement: &Judgement,
    envelope: Option<&Envelope>,
    stated: &[Result<StatedResults, String>],
    trusted: Option<&str>,
    notes: &[&str],
) -> Result<Value> {
    let broken = |e: serde_json::Error| Error::config("the result cannot be written as JSON").because(e);
    let mut value = serde_json::to_value(judgement).map_err(broken)?;
    let fields: Vec<Value> = stated
        .iter()
        .map(|field| match field {
            Err(why) => json!({ "error": why }),
            Ok(stated) => json!({
                "authserv_id": stated.authserv_id,
                "believed": trusted.is_some_and(|id| stated.is_from(id)),
                "results": stated.results.iter().map(|r| json!({
                    "stated": r,
                    "ours": match compare(r, judgement) {
                        Agreement::Same => Value::from(r.result.clone()),
                        Agreement::Differs(ours) => Value::from(ours),
                        Agreement::NotJudged => Value::Null,
                    },
                })).collect::<Vec<_>>(),
            }),
        })
        .collect();
    value["envelope"] = serde_json::to_value(envelope).map_err(broken)?;
    value["stated"] = Value::Array(fields);
    value["notes"] = json!(notes);
    Ok(value)
}
