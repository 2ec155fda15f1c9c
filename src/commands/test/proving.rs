//! `test --receiving` and `test --sending`: real servers, real mail.

use std::io::Read as _;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use serde_json::{Value, json};

use crate::auth::judge::{Envelope, judge};
use crate::auth::results;
use crate::commands::apply::consent;
use crate::commands::test::Args;
use crate::commands::test::form::Form;
use crate::commands::{Context, Outcome, token};
use crate::dns::resolver::Resolver;
use crate::error::{Error, Result};
use crate::mail::compose::TestMessage;
use crate::mail::inbox::Inbox;
use crate::mail::send::{Credentials, Route, Tls, refused_with, send};
use crate::model::message::{Message, with_crlf};
use crate::profile::load;
use crate::profile::schema::{Domain, KeyState};
use crate::prove::cells::{Side, SixCells};
use crate::prove::inbound::probe::InboundProbe;
use crate::prove::inbound::probe_domain::ProbeDomain;
use crate::prove::inbound::run::{Asked, missing, run as run_inbound};
use crate::prove::inbound::table::InboundTable;
use crate::prove::letter::Moment;
use crate::prove::outbound::{Outbound, differences};
use crate::prove::probe::{JudgedProbe, Probe};
use crate::prove::sender::senders;
use crate::prove::verdict::six_cells;
use crate::prove::way::Way;
use crate::report::{cells, cells_page, inbound, judgement};

/// How one's own server is asked.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ProvingArgs {
    /// Send a set of messages to this server of yours, of which some must pass and some must not, and show how it judges
    #[arg(long, value_name = "HOST[:PORT]", requires = "to")]
    pub receiving: Option<String>,
    /// Send a message through your own server's submission and judge what arrives
    #[arg(long, requires = "to")]
    pub sending: bool,
    /// Who gets the messages: a mailbox at the receiving server
    #[arg(long, value_name = "ADDRESS")]
    pub to: Option<String>,
    /// Where they are found again: maildir:PATH, mbox:PATH or imaps://USER@HOST:PORT/FOLDER; with --sending also
    /// eml:FILE or stdin, for a message saved at another provider
    #[arg(long, value_name = "PLACE", value_parser = ReadFrom::parse)]
    pub read: Option<ReadFrom>,
    /// Trust the certificates of this PEM file at the IMAP server, in place of the system's
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Take any certificate of the submission server
    #[arg(long, requires = "sending")]
    pub insecure: bool,
    /// The id in the receiving server's Authentication-Results, the only ones that are believed; with --receiving the
    /// profile's, or the server's name, by default
    #[arg(long, value_name = "ID")]
    pub authserv_id: Option<String>,
    /// The receiving server's software, in place of the profile's: Rspamd says `none` of a signature with a revoked key,
    /// which of no other is right
    #[arg(long, value_name = "ID", requires = "receiving")]
    pub software: Option<String>,
    /// The domain that the set comes from: a name below yours with records for this alone
    #[arg(long, value_name = "NAME")]
    pub probe_domain: Option<String>,
    /// Print the records of the probe domain as zone text, and send nothing
    #[arg(long, requires = "receiving")]
    pub probe_records: bool,
    /// The address that the set comes from; the one that the system would choose by default
    #[arg(long, value_name = "IP")]
    pub from_ip: Option<IpAddr>,
    /// The submission server; the profile's sending host at port 587 by default
    #[arg(long, value_name = "HOST[:PORT]", requires = "sending")]
    pub via: Option<String>,
    /// Who logs in there; the password is in MAILPROOF_SMTP_PASSWORD, or asked for
    #[arg(long, value_name = "NAME", requires = "sending")]
    pub user: Option<String>,
    /// When the connection to the submission server is encrypted
    #[arg(long, value_enum, value_name = "WHEN", default_value = "starttls")]
    pub submission_tls: Option<Tls>,
    /// How long messages are looked for, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    pub delivery_wait: Option<u64>,
    /// Write the six cells and the set as a page of HTML
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Send without asking
    #[arg(long)]
    pub yes: bool,
}

/// Where a message is read.
#[derive(Clone, Debug)]
pub enum ReadFrom {
    /// A mailbox.
    Inbox(Inbox),
    /// A saved message.
    Eml(PathBuf),
    /// The same on standard input.
    Stdin,
}

impl ReadFrom {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "stdin" => Ok(ReadFrom::Stdin),
            _ => match text.strip_prefix("eml:") {
                Some(path) => Ok(ReadFrom::Eml(path.into())),
                None => Inbox::parse(text).map(ReadFrom::Inbox),
            },
        }
    }
}

/// Runs what is asked for, and shows the six cells.
///
/// # Errors
/// Usage errors; refused without consent; unreachable when a server is not.
pub fn run(args: &Args, context: &Context) -> Result<Outcome> {
    let profile = load::load(&args.profile)?;
    let only: Vec<String> = args.domain.iter().cloned().collect();
    let [domain] = profile.select(&only)?[..] else {
        return Err(Error::usage("the profile has several domains").hint("choose one with --domain"));
    };
    let resolver = Arc::new(args.dns.resolver()?);
    let mut table = six_cells(&domain.domain, &[]);
    let mut clean = true;
    let mut outbound = None;
    if args.proving.sending {
        let judged = sending(args, domain, &resolver, context)?;
        clean &= judged.is_good();
        let probes = [JudgedProbe {
            probe: Probe::Authentic,
            how: judged.how.clone(),
            sent: true,
            judgement: judged.judgement.clone(),
        }];
        let ours = six_cells(&domain.domain, &probes);
        table.cells.retain(|c| c.side != Side::Sending);
        table.cells.extend(ours.cells.into_iter().filter(|c| c.side == Side::Sending));
        outbound = Some(judged);
    }
    let mut set = None;
    if let Some(host) = &args.proving.receiving {
        match receiving(args, domain, host, &resolver, context)? {
            Some(done) => {
                clean &= done.all_met();
                done.fill(&mut table);
                set = Some(done);
            }
            None => return Ok(Outcome::Clean),
        }
    }
    if let Some(path) = &args.proving.html {
        std::fs::write(path, page(&table, outbound.as_ref(), set.as_ref())?)
            .map_err(|e| Error::config(format!("{} cannot be written", path.display())).because(e))?;
    }
    show(args, &table, outbound.as_ref(), set.as_ref(), context)?;
    Ok(if clean { Outcome::Clean } else { Outcome::Findings })
}

/// The page of this moment.
///
/// # Errors
/// [`cells_page::page`]'s.
pub fn page(table: &SixCells, outbound: Option<&Outbound>, set: Option<&InboundTable>) -> Result<String> {
    let when = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string();
    cells_page::page(table, outbound, set, &when)
}

fn show(
    args: &Args,
    table: &SixCells,
    outbound: Option<&Outbound>,
    set: Option<&InboundTable>,
    context: &Context,
) -> Result<()> {
    match args.format {
        Form::Html => context.screen.raw(&page(table, outbound, set)?),
        Form::Json => {
            let broken = |e: serde_json::Error| Error::config("the result cannot be written as JSON").because(e);
            let value = json!({
                "domain": table.domain,
                "sending": outbound.map(serde_json::to_value).transpose().map_err(broken)?.unwrap_or(Value::Null),
                "receiving": set.map(serde_json::to_value).transpose().map_err(broken)?.unwrap_or(Value::Null),
                "table": table,
            });
            context.screen.line(format!("{value:#}"));
        }
        Form::Human => {
            if let Some(outbound) = outbound {
                context.screen.raw(&judgement::render(&outbound.judgement));
                let stated: Vec<Result<_, String>> = outbound.stated.iter().cloned().map(Ok).collect();
                context.screen.raw(&judgement::render_stated(
                    &stated,
                    &outbound.judgement,
                    outbound.trusted.as_deref(),
                ));
                for line in &outbound.differences {
                    context.screen.line(format!("  !!  {line}"));
                }
                context.screen.line("");
            }
            if let Some(set) = set {
                context.screen.raw(&inbound::render(set));
                context.screen.line("");
            }
            context.screen.raw(&cells::render(table, context.screen.words()));
            context.screen.line(format!("\n{}", cells::summary(table, context.screen.words())));
        }
    }
    Ok(())
}

/// `HOST[:PORT]`, an IPv6 address in brackets where a port follows.
fn server(text: &str, port: u16) -> Result<(String, u16)> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok((address.ip().to_string(), address.port()));
    }
    if text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Ok((text.trim_matches(['[', ']']).to_string(), port));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() => {
            let port = port.parse().map_err(|_| Error::usage(format!("`{text}` is no HOST:PORT")))?;
            Ok((host.to_string(), port))
        }
        _ => Ok((text.to_string(), port)),
    }
}

fn password(variable: &str, what: &str, context: &Context) -> Result<SecretString> {
    match std::env::var(variable) {
        Ok(text) => Ok(SecretString::from(text)),
        Err(_) if context.screen.interactive() => context.person().secret(what, variable),
        Err(_) => Err(Error::usage(format!("{what} is needed")).hint(format!("set {variable}"))),
    }
}

/// The set, sent to `host` alone after the person said so. `None` when only the records were asked for.
fn receiving(
    args: &Args,
    domain: &Domain,
    named: &str,
    resolver: &Arc<Resolver>,
    context: &Context,
) -> Result<Option<InboundTable>> {
    let wishes = &args.proving;
    let (host, port) = server(named, 25)?;
    let to = wishes.to.as_deref().unwrap_or_default();
    let ip = match wishes.from_ip {
        Some(ip) => ip,
        None => own_address(&host, port)?,
    };
    let name = wishes.probe_domain.clone().unwrap_or_else(|| format!("mailproof-probe.{}", domain.domain));
    let folder = load::folder(&args.profile).join(".mailproof/probe");
    let probe = ProbeDomain::open(&name, ip, &folder)?;
    if wishes.probe_records {
        context.screen.raw(&probe.zone_text());
        return Ok(None);
    }
    let lacking = context.run(missing(&probe, &**resolver))?;
    if !lacking.is_empty() {
        return Err(Error::refused(format!(
            "the probe domain is not published as it should be: {}",
            lacking.join(", ")
        ))
        .hint("mailproof test --receiving HOST --probe-records prints what belongs into the zone"));
    }
    let inbox = match &wishes.read {
        Some(ReadFrom::Inbox(inbox)) => Some(with_trust(inbox, wishes.ca.as_ref())),
        Some(_) => return Err(Error::usage("the set is read from a mailbox: maildir:, mbox: or imaps://")),
        None => None,
    };
    let secret = match &inbox {
        Some(Inbox::Imap(..)) => Some(password("MAILPROOF_IMAP_PASSWORD", "the mailbox's password", context)?),
        _ => None,
    };
    context.screen.note(format!(
        "{} messages go from {ip} to {host}, port {port}, for {to}, and to nobody else; some are forged on purpose",
        InboundProbe::ALL.len()
    ));
    if !context.run(consent(wishes.yes, "Send them?", context))? {
        return Err(Error::refused("nothing was sent"));
    }
    let configured = domain.server.as_ref();
    let own_id = configured.and_then(|s| s.authserv_id.clone());
    let authserv_id = wishes.authserv_id.clone().or(own_id).unwrap_or_else(|| host.clone());
    let at = Moment { now: SystemTime::now(), token: token()? };
    let software = wishes.software.as_deref().or(configured.and_then(|s| s.receiving.as_deref()));
    let asked = Asked {
        host: &host,
        port,
        to,
        authserv_id: &authserv_id,
        software,
        inbox: inbox.as_ref(),
        password: secret.as_ref(),
        patience: Duration::from_secs(wishes.delivery_wait.unwrap_or(30)),
    };
    let table = context.run(run_inbound(&asked, &probe, resolver.clone(), &at, &mut |_| {}))?;
    Ok(Some(table))
}

fn with_trust(inbox: &Inbox, ca: Option<&PathBuf>) -> Inbox {
    match inbox {
        Inbox::Imap(place, _) => Inbox::Imap(place.clone(), ca.cloned()),
        path => path.clone(),
    }
}

/// The address from which the system would reach the server. Nothing is sent for that.
fn own_address(host: &str, port: u16) -> Result<IpAddr> {
    let unknown = |e: std::io::Error| {
        Error::unreachable(format!("no way to {host} was found")).because(e).hint("name the address with --from-ip")
    };
    for any in ["0.0.0.0:0", "[::]:0"] {
        let socket = UdpSocket::bind(any).map_err(unknown)?;
        if socket.connect((host, port)).is_ok() {
            return socket.local_addr().map(|a| a.ip()).map_err(unknown);
        }
    }
    Err(Error::unreachable(format!("no way to {host} was found")).hint("name the address with --from-ip"))
}

/// A message through one's own server, as it arrives, or one that was saved.
fn sending(args: &Args, domain: &Domain, resolver: &Resolver, context: &Context) -> Result<Outbound> {
    let wishes = &args.proving;
    let to = wishes.to.clone().unwrap_or_default();
    let all = senders(domain)?;
    let sender = all.first().ok_or_else(|| Error::config("the profile has no host that sends, with its address"))?;
    let from = format!("postmaster@{}", domain.domain);
    let token = token()?;
    let read = wishes.read.clone().ok_or_else(|| {
        Error::usage("the message has to be read again").hint("give --read; --read eml:FILE judges one that was saved")
    })?;
    let octets = match &read {
        ReadFrom::Eml(path) => std::fs::read(path)
            .map_err(|e| Error::config(format!("the message {} cannot be read", path.display())).because(e))?,
        ReadFrom::Stdin => {
            let mut octets = Vec::new();
            std::io::stdin()
                .lock()
                .take(50 << 20)
                .read_to_end(&mut octets)
                .map_err(|e| Error::config("the message cannot be read").because(e))?;
            octets
        }
        ReadFrom::Inbox(inbox) => {
            let (host, port) = server(wishes.via.as_deref().unwrap_or(&sender.helo), 587)?;
            context.screen.note(format!("one message goes through {host}, port {port}, to {to}"));
            if !context.run(consent(wishes.yes, "Send it?", context))? {
                return Err(Error::refused("nothing was sent"));
            }
            let credentials = match &wishes.user {
                Some(user) => Some(Credentials {
                    user: user.clone(),
                    password: password("MAILPROOF_SMTP_PASSWORD", "the submission password", context)?,
                }),
                None => None,
            };
            let recipients = [to.clone()];
            let purpose = "It goes through the domain's own server, which is to sign it.";
            let message = TestMessage {
                from: &from,
                to: &recipients,
                date: jiff::Timestamp::now(),
                token: &token,
                id_domain: &domain.domain,
                purpose,
            }
            .compose()?;
            let route = Route {
                tls: wishes.submission_tls.unwrap_or(Tls::Starttls),
                insecure: wishes.insecure,
                credentials,
                ..Route::plain(host, port, &sender.helo)
            };
            let inbox = with_trust(inbox, wishes.ca.as_ref());
            let secret = match &inbox {
                Inbox::Imap(..) => Some(password("MAILPROOF_IMAP_PASSWORD", "the mailbox's password", context)?),
                _ => None,
            };
            let wait = Duration::from_secs(wishes.delivery_wait.unwrap_or(30));
            let tokens = [token.clone()];
            let found = context.run(async {
                send(&route, &from, &recipients, &message).await.map_err(explain_refusal)?;
                inbox.collect(&tokens, secret.as_ref(), wait).await
            })?;
            found.into_iter().next().flatten().ok_or_else(|| {
                Error::unreachable(format!("the message did not arrive within {} seconds", wait.as_secs()))
                    .hint("see the server's queue; a milter that does not answer keeps mail back")
            })?
        }
    };
    let text = with_crlf(&octets);
    let message = Message::read(&text);
    // What the receiver saw: one's own host, if any stands in the message's fields.
    let own: Vec<IpAddr> = all.iter().map(|s| s.ip).collect();
    let way = Way::read(&message, &domain.domain, &own);
    let seen = all.iter().find(|s| Some(s.ip) == way.from).unwrap_or(sender);
    let mail_from = way.mail_from.clone().unwrap_or(from);
    let envelope = Envelope { ip: seen.ip, helo: seen.helo.clone(), mail_from };
    let id = wishes.authserv_id.clone();
    let name = id.as_deref().unwrap_or("mailproof");
    let judgement =
        context.run(async { Ok(judge(resolver, &text, Some(&envelope), name, SystemTime::now()).await) })?;
    let stated = id.as_deref().map(|id| results::believed(&message, id)).unwrap_or_default();
    let selectors: Vec<&str> =
        domain.dkim.iter().filter(|k| k.state == KeyState::Active).map(|k| k.selector.as_str()).collect();
    let differences = differences(&message, &way, &judgement, &stated, &domain.domain, &selectors);
    let how = format!("through {}", wishes.via.as_deref().unwrap_or(&sender.helo));
    Ok(Outbound { how, trusted: id, judgement, stated, differences })
}

/// A refusal of one's own server, with what lies behind it most often.
fn explain_refusal(e: Error) -> Error {
    match refused_with(&e) {
        Some((451, _)) => Error::unreachable(e.message()).during("handing the message over").hint(
            "a milter does not answer or cannot sign (CONF001, CONF002 or CONF015): mailproof config check names it",
        ),
        Some((code, reply)) if code >= 500 && reply.to_ascii_lowercase().contains("dmarc") => {
            Error::unreachable(e.message()).during("handing the message over").hint(
                "the server judges its own people as it judges strangers (CONF007): mailproof config check names it",
            )
        }
        _ => e,
    }
}
