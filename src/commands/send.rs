//! `mailproof send`

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::json;

use crate::commands::format::Format;
use crate::commands::{Context, Outcome, token};
use crate::error::{Error, ErrorKind, Result};
use crate::keys::pair::KeyPair;
use crate::keys::store;
use crate::mail::compose::{TestMessage, check_address};
use crate::mail::send::{Credentials, Route, Tls, send};
use crate::mail::sign::{Signer, sign};
use crate::model::message::with_crlf;
use crate::profile::load::{self, FILE_NAME};
use crate::profile::schema::{Domain, KeyState};
use crate::report::harmless::harmless;

/// The largest file that is sent, in octets.
const MAX_FILE: u64 = 50 * 1024 * 1024;
/// The password's environment variable.
const PASSWORD: &str = "MAILPROOF_SMTP_PASSWORD";

/// Arguments of `send`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The recipients
    #[arg(long, required = true, value_name = "ADDRESS")]
    to: Vec<String>,
    /// The server that takes the message; port 25 by default, 465 with --tls implicit
    #[arg(long, value_name = "HOST[:PORT]")]
    server: String,
    /// The profile with domain and keys; mailproof.yaml if it is there
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    profile: Option<PathBuf>,
    /// The domain, where the profile has several
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// The author; `postmaster` at the profile's domain by default
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// The envelope sender, empty for the null sender; the author by default
    #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
    mail_from: Option<String>,
    /// Sign with this private key; once for each --selector
    #[arg(long, value_name = "FILE", requires = "selector", requires = "from")]
    key: Vec<PathBuf>,
    /// The selector of the key
    #[arg(long, value_name = "SELECTOR", requires = "key")]
    selector: Vec<String>,
    /// Do not sign: the server does
    #[arg(long)]
    no_sign: bool,
    /// Send this file as it is, unsigned, not a test message
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    file: Option<PathBuf>,
    /// What to say in EHLO; the profile's mail host by default, or the author's domain
    #[arg(long, value_name = "NAME")]
    helo: Option<String>,
    /// Send from this address of the machine
    #[arg(long, value_name = "IP")]
    bind: Option<IpAddr>,
    /// When to encrypt
    #[arg(long, value_enum, default_value_t = Tls::Starttls, value_name = "WHEN")]
    tls: Tls,
    /// Take any certificate
    #[arg(long)]
    insecure: bool,
    /// Log in as this user; the password comes from MAILPROOF_SMTP_PASSWORD, --password-file or a question
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The file with the password
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// How long the server may take for each step
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
    /// How to print the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Who signs, with keys that were read.
struct Signature {
    domain: String,
    selector: String,
    key: KeyPair,
}

/// Runs it.
///
/// # Errors
/// Usage and configuration errors before anything is sent; unreachable or refused, with the server's reply, after.
pub fn run(args: Args, context: &Context) -> Result<Outcome> {
    args.to.iter().try_for_each(|address| check_address(address))?;
    let (domain, folder) = match profile(&args)? {
        Some((domain, folder)) => (Some(domain), folder),
        None => (None, PathBuf::new()),
    };
    let from = args.from.clone().or_else(|| domain.as_ref().map(|d| format!("postmaster@{}", d.domain)));
    let mail_from = match args.mail_from.clone().or_else(|| from.clone()) {
        Some(address) => address,
        None => return Err(Error::usage("nobody to send from").hint("name the author with --from, or a --profile")),
    };
    if !mail_from.is_empty() {
        check_address(&mail_from)?;
    }
    let route = route(&args, domain.as_ref(), from.as_deref().unwrap_or(&mail_from), context)?;
    let token = token()?;
    let (message, signed) = match (&args.file, &from) {
        (Some(path), _) => (file(path, context)?, Vec::new()),
        (None, Some(from)) => {
            let signatures = signatures(&args, domain.as_ref(), &folder, from)?;
            let message = compose(&args, from, &token, &route.helo, &signatures)?;
            let signers: Vec<_> =
                signatures.iter().map(|s| Signer { domain: &s.domain, selector: &s.selector, key: &s.key }).collect();
            let names = signatures.iter().map(|s| format!("{}._domainkey.{}", s.selector, s.domain)).collect();
            (sign(&message, &signers, SystemTime::now())?, names)
        }
        (None, None) => return Err(Error::usage("the test message needs an author").hint("name one with --from")),
    };
    let receipt = context.run(send(&route, &mail_from, &args.to, &message))?;
    match args.format {
        Format::Json => {
            let mut value = json!({
                "server": route.shown(), "helo": route.helo, "mail_from": mail_from, "to": args.to,
                "token": args.file.is_none().then_some(&token), "signed_by": signed,
            });
            let receipt = serde_json::to_value(&receipt)
                .map_err(|e| Error::config("the result cannot be written as JSON").because(e))?;
            if let (Some(all), Some(more)) = (value.as_object_mut(), receipt.as_object()) {
                all.extend(more.clone());
            }
            context.screen.line(format!("{value:#}"));
        }
        Format::Human => {
            let tls = receipt.tls.as_deref().unwrap_or("not encrypted");
            context.screen.line(format!(
                "sent to {} ({tls}) from {} as {}",
                receipt.peer,
                receipt.local.ip(),
                route.helo
            ));
            let by = if signed.is_empty() { "not by us".into() } else { signed.join(", ") };
            context.screen.line(format!("  signed  {by}"));
            context.screen.line(format!("  reply   {}", harmless(&receipt.reply)));
            if args.file.is_none() {
                context.screen.line(format!("  token   {token} (in subject and Message-ID)"));
            }
        }
    }
    Ok(Outcome::Clean)
}

/// The domain that the profile, if there is one, has for this message; and the folder its paths are relative to.
fn profile(args: &Args) -> Result<Option<(Domain, PathBuf)>> {
    let path = match &args.profile {
        Some(path) => path.clone(),
        None if args.key.is_empty() && args.from.is_none() && Path::new(FILE_NAME).is_file() => FILE_NAME.into(),
        None => return Ok(None),
    };
    let mut profile = load::load(&path)?;
    let wanted = match (&args.domain, &args.from) {
        (Some(domain), _) => Some(domain.to_ascii_lowercase()),
        (None, Some(from)) => from.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase()),
        (None, None) => None,
    };
    let place = match &wanted {
        Some(name) => profile.domains.iter().position(|d| d.domain == *name),
        None if profile.domains.len() == 1 => Some(0),
        None => {
            let all: Vec<_> = profile.domains.iter().map(|d| d.domain.as_str()).collect();
            return Err(Error::usage(format!("the profile has {} domains: {}", all.len(), all.join(", ")))
                .hint("choose one with --domain"));
        }
    };
    match place {
        Some(i) => Ok(Some((profile.domains.swap_remove(i), load::folder(&path).to_path_buf()))),
        None => Err(Error::usage(format!("{} has no domain {}", path.display(), wanted.unwrap_or_default()))),
    }
}

fn route(args: &Args, domain: Option<&Domain>, from: &str, context: &Context) -> Result<Route> {
    let (host, port) = server(&args.server)?;
    let port = port.unwrap_or(if args.tls == Tls::Implicit { 465 } else { 25 });
    let sender = domain.and_then(|d| d.hosts.iter().find(|h| h.sends));
    let helo = match (&args.helo, sender) {
        (Some(helo), _) => helo.clone(),
        (None, Some(host)) => host.helo.as_ref().unwrap_or(&host.name).clone(),
        (None, None) => from.rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_string(),
    };
    let credentials = match &args.user {
        Some(user) => Some(Credentials { user: user.clone(), password: password(args, context)? }),
        None => None,
    };
    Ok(Route {
        tls: args.tls,
        insecure: args.insecure,
        bind: args.bind,
        credentials,
        step_timeout: Duration::from_secs(args.timeout),
        total_timeout: Duration::from_secs(args.timeout * 20),
        ..Route::plain(host, port, helo)
    })
}

/// `host`, `host:port`, `[2001:db8::1]:port`, or an address.
fn server(text: &str) -> Result<(String, Option<u16>)> {
    let unbracketed = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = unbracketed.parse::<IpAddr>() {
        return Ok((ip.to_string(), None));
    }
    let bad = || Error::usage(format!("`{text}` is not HOST:PORT"));
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok().filter(|p| *p > 0).ok_or_else(bad)?)),
        None => (text, None),
    };
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    if host.is_empty() || (host.contains(':') && host.parse::<IpAddr>().is_err()) {
        return Err(bad());
    }
    Ok((host.to_string(), port))
}

fn password(args: &Args, context: &Context) -> Result<SecretString> {
    if let Some(path) = &args.password_file {
        let mut text = String::new();
        File::open(path)
            .and_then(|f| f.take(4096).read_to_string(&mut text))
            .map_err(|e| Error::config(format!("the password file {} cannot be read", path.display())).because(e))?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_string().into());
    }
    if let Ok(text) = std::env::var(PASSWORD) {
        return Ok(text.into());
    }
    if !context.screen.interactive() {
        return Err(Error::usage("no password, and no terminal to ask for it")
            .hint(format!("set {PASSWORD}, or give --password-file FILE")));
    }
    let prompt = format!("Password of {}", args.user.as_deref().unwrap_or_default());
    let text = dialoguer::Password::new()
        .with_prompt(prompt)
        .interact()
        .map_err(|e| Error::new(ErrorKind::Interrupted, "no password was given").because(e))?;
    Ok(text.into())
}

/// The keys that sign: those on the command line, or the active ones of the profile.
fn signatures(args: &Args, domain: Option<&Domain>, folder: &Path, from: &str) -> Result<Vec<Signature>> {
    if args.no_sign {
        return Ok(Vec::new());
    }
    if !args.key.is_empty() {
        if args.key.len() != args.selector.len() {
            return Err(Error::usage("each --key needs its --selector").hint("give both as often as there are keys"));
        }
        let author = from.rsplit_once('@').map_or(from, |(_, domain)| domain);
        return args
            .key
            .iter()
            .zip(&args.selector)
            .map(|(path, selector)| {
                let domain = args.domain.clone().unwrap_or_else(|| author.to_ascii_lowercase());
                Ok(Signature { domain, selector: selector.clone(), key: store::read(path)? })
            })
            .collect();
    }
    let Some(domain) = domain else {
        return Err(Error::usage("nothing to sign with").hint("give --key and --selector, a --profile, or --no-sign"));
    };
    let keys: Vec<_> = domain.dkim.iter().filter(|k| k.state == KeyState::Active).collect();
    if keys.is_empty() {
        return Err(Error::usage(format!("the profile has no active key for {}", domain.domain))
            .hint("make one with `mailproof keys generate`, or give --no-sign"));
    }
    keys.into_iter()
        .map(|k| {
            let key = store::read(&folder.join(&k.key))?;
            Ok(Signature { domain: domain.domain.clone(), selector: k.selector.clone(), key })
        })
        .collect()
}

fn compose(args: &Args, from: &str, token: &str, helo: &str, signatures: &[Signature]) -> Result<Vec<u8>> {
    let signed = match signatures {
        [] => "It was not signed where it was made.".to_string(),
        all => {
            let names: Vec<_> = all.iter().map(|s| format!("{}._domainkey.{}", s.selector, s.domain)).collect();
            format!("It was signed with {}.", names.join(" and "))
        }
    };
    let id_domain = from.rsplit_once('@').map_or(helo, |(_, domain)| domain);
    let message = TestMessage { from, to: &args.to, date: Timestamp::now(), token, id_domain, purpose: &signed };
    message.compose()
}

/// The message in the file at `path`, its line ends made CR LF.
fn file(path: &Path, context: &Context) -> Result<Vec<u8>> {
    let cannot = |e: std::io::Error| Error::config(format!("the message {} cannot be read", path.display())).because(e);
    let mut raw = Vec::new();
    File::open(path).map_err(cannot)?.take(MAX_FILE + 1).read_to_end(&mut raw).map_err(cannot)?;
    if raw.len() as u64 > MAX_FILE || raw.is_empty() {
        return Err(Error::config(format!("{} is empty, or larger than any message", path.display())));
    }
    Ok(match with_crlf(&raw) {
        Cow::Borrowed(_) => raw,
        Cow::Owned(text) => {
            context.screen.note("note: lines end in LF alone; sent with CR LF, as SMTP wants them");
            text
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        for (text, want) in [
            ("mx.example", Some(("mx.example", None))),
            ("mx.example:587", Some(("mx.example", Some(587)))),
            ("192.0.2.1:25", Some(("192.0.2.1", Some(25)))),
            ("2001:db8::1", Some(("2001:db8::1", None))),
            ("[2001:db8::1]:25", Some(("2001:db8::1", Some(25)))),
            ("[2001:db8::1]", Some(("2001:db8::1", None))),
            ("mx.example:smtp", None),
            ("mx.example:0", None),
            ("a:b:25", None),
            (":25", None),
            ("", None),
        ] {
            let got = server(text).ok();
            assert_eq!(got.as_ref().map(|(h, p)| (h.as_str(), *p)), want, "{text}");
        }
    }
}
