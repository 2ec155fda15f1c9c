//! The set sent to one server, one message after the other, and read back.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::auth::judge::judge;
use crate::dns::lookup::Lookup;
use crate::error::{Error, Result};
use crate::mail::inbox::Inbox;
use crate::mail::send::{Route, refused_with, send};
use crate::prove::inbound::answer::Answer;
use crate::prove::inbound::expected::Fate;
use crate::prove::inbound::letters::{InboundLetter, letter};
use crate::prove::inbound::probe::InboundProbe;
use crate::prove::inbound::probe_domain::ProbeDomain;
use crate::prove::inbound::table::{InboundTable, Row};
use crate::prove::letter::Moment;

/// How long the server may take for each step of SMTP, and for a message.
const STEP: Duration = Duration::from_secs(30);
const WHOLE: Duration = Duration::from_secs(60);

/// Whom to ask and how.
pub struct Asked<'a> {
    /// The server: the only one that anything is sent to.
    pub host: &'a str,
    /// Its port.
    pub port: u16,
    /// Who gets the messages.
    pub to: &'a str,
    /// Its id in Authentication-Results.
    pub authserv_id: &'a str,
    /// The id of its software, where that is known: what is said of a revoked key differs.
    pub software: Option<&'a str>,
    /// Where the messages are found again, if anybody can look.
    pub inbox: Option<&'a Inbox>,
    /// The mailbox's password.
    pub password: Option<&'a SecretString>,
    /// How long delivered messages are looked for.
    pub patience: Duration,
}

/// Sends the set and tells what came of it.
///
/// # Errors
/// When a message cannot be made, the server cannot be reached at all, or the mailbox cannot be read.
pub async fn run(
    asked: &Asked<'_>,
    domain: &ProbeDomain,
    lookup: Arc<dyn Lookup>,
    at: &Moment,
    on_progress: &mut dyn FnMut(InboundProbe),
) -> Result<InboundTable> {
    let mut letters: Vec<(InboundLetter, Option<Answer>)> = Vec::new();
    for probe in InboundProbe::ALL {
        on_progress(probe);
        let letter = letter(probe, domain, asked.to, asked.authserv_id, at)?;
        let answer =
            hand_over(asked, &letter).await.map_err(|e| e.during(format!("sending the {} message", probe.name())))?;
        letters.push((letter, answer));
    }
    let taken: Vec<String> = letters.iter().filter(|(_, a)| a.is_none()).map(|(l, _)| l.token.clone()).collect();
    let found = match asked.inbox {
        Some(inbox) => inbox.collect(&taken, asked.password, asked.patience).await?,
        None => Vec::new(),
    };
    let mut found = taken.iter().zip(found);
    let mut rows = Vec::new();
    for (letter, answer) in letters {
        let server = match answer {
            Some(answer) => answer,
            None => match (asked.inbox, found.next()) {
                (Some(_), Some((_, Some(octets)))) => Answer::read(&octets, asked.authserv_id),
                (Some(_), _) => Answer::fate(Fate::Lost, None),
                (None, _) => Answer::fate(Fate::Taken, None),
            },
        };
        let ours = judge(&*lookup, &letter.message, Some(&letter.envelope), asked.authserv_id, at.now).await;
        let expected = letter.probe.expected(asked.software);
        let met = expected.met_by(&server);
        rows.push(Row { probe: letter.probe, what: letter.probe.what(), expected, server, ours, met });
    }
    Ok(InboundTable::new(asked.host, asked.authserv_id, rows))
}

/// The server's refusal; `None` when it took the message.
async fn hand_over(asked: &Asked<'_>, letter: &InboundLetter) -> Result<Option<Answer>> {
    let route = Route {
        bind: Some(letter.envelope.ip),
        step_timeout: STEP,
        total_timeout: WHOLE,
        ..Route::plain(asked.host, asked.port, &letter.envelope.helo)
    };
    let to = [asked.to.to_string()];
    match send(&route, &letter.envelope.mail_from, &to, &letter.message).await {
        Ok(_) => Ok(None),
        Err(e) => match refused_with(&e) {
            Some((400..500, reply)) => Ok(Some(Answer::fate(Fate::Deferred, Some(reply.to_string())))),
            Some((500.., reply)) => Ok(Some(Answer::fate(Fate::Refused, Some(reply.to_string())))),
            _ => Err(e),
        },
    }
}

/// Names of `domain`'s records that DNS does not answer as they should be.
///
/// # Errors
/// Unreachable when DNS does not answer at all.
pub async fn missing(domain: &ProbeDomain, lookup: &dyn Lookup) -> Result<Vec<String>> {
    use hickory_proto::rr::RecordType;
    let mut out = Vec::new();
    for record in domain.records().iter().filter(|r| r.rtype == "TXT") {
        let name = crate::model::name::domain(&record.name)?;
        let answer = lookup.lookup(&name, RecordType::TXT).await.map_err(|e| {
            Error::unreachable(format!("{} cannot be looked up: {e}", record.name))
                .hint("another name server can be named with --nameserver")
        })?;
        if !answer.texts().iter().any(|t| t.as_slice() == record.value.as_bytes()) {
            out.push(record.name.clone());
        }
    }
    Ok(out)
}
