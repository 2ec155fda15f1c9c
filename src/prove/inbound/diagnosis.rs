//! From what a server did to why: the faults of a configuration that look like this from outside.

use serde::Serialize;

use crate::prove::cells::Mechanism;
use crate::prove::inbound::expected::Fate;
use crate::prove::inbound::probe::InboundProbe;
use crate::prove::inbound::table::Row;

/// One cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The rules of `config check` that name it; empty where none does.
    pub codes: Vec<&'static str>,
    /// Whose cell it spoils.
    pub mechanism: Mechanism,
    /// What was seen and what follows, in a sentence without a full stop.
    pub message: String,
}

impl Diagnosis {
    /// The sentence with its codes.
    pub fn sentence(&self) -> String {
        match self.codes.as_slice() {
            [] => self.message.clone(),
            codes => format!("{} ({})", self.message, codes.join(" or ")),
        }
    }
}

/// The causes, the gravest first.
pub fn diagnose(rows: &[Row]) -> Vec<Diagnosis> {
    let row = |probe| rows.iter().find(|r: &&Row| r.probe == probe);
    let fate = |probe| row(probe).map(|r| r.server.fate);
    let dmarc = |probe| row(probe).and_then(|r| r.server.dmarc.as_deref());
    let dkim = |probe| row(probe).and_then(|r| r.server.dkim.as_deref());
    let mut out: Vec<Diagnosis> = Vec::new();
    let mut say = |mechanism, codes: &[&'static str], message: String| {
        out.push(Diagnosis { codes: codes.to_vec(), mechanism, message });
    };
    let deferred = rows.iter().find(|r| r.server.fate == Fate::Deferred);
    if let Some(first) = deferred {
        let reply = first.server.reply.clone().unwrap_or_default();
        say(
            Mechanism::Dmarc,
            &["CONF001"],
            format!("mail is put off with `{reply}`: a milter does not answer where Postfix looks for it"),
        );
        return out;
    }
    // The hole in the common recipe.
    let forged = [InboundProbe::ForgedResults, InboundProbe::ForgedSpf];
    let believed: Vec<&Row> = forged
        .iter()
        .filter_map(|p| row(*p))
        .filter(|r| {
            r.server.dmarc.as_deref() == Some("pass")
                || (r.server.fate == Fate::Delivered || r.server.fate == Fate::Taken)
                    && fate(InboundProbe::Spoofed) == Some(Fate::Refused)
        })
        .collect();
    if !believed.is_empty() {
        let fields: Vec<&str> = believed
            .iter()
            .map(|r| {
                if r.probe == InboundProbe::ForgedSpf {
                    "Received-SPF: pass"
                } else {
                    "Authentication-Results in this server's name"
                }
            })
            .collect();
        say(
            Mechanism::Dmarc,
            &["CONF005"],
            format!(
                "a forged message that brings its own {} gets past DMARC: the server believes what the sender wrote",
                fields.join(" or ")
            ),
        );
    }
    let spoofed_in = matches!(fate(InboundProbe::Spoofed), Some(Fate::Delivered | Fate::Taken));
    let authentic_in = fate(InboundProbe::Authentic) == Some(Fate::Delivered);
    let no_dmarc = authentic_in && dmarc(InboundProbe::Authentic).is_none();
    if no_dmarc {
        say(
            Mechanism::Dmarc,
            &["CONF006", "CONF008"],
            "the server states no DMARC result: OpenDMARC is not asked, or is down and Postfix goes on without it"
                .into(),
        );
    } else if spoofed_in && dmarc(InboundProbe::Spoofed) == Some("fail") {
        say(
            Mechanism::Dmarc,
            &["CONF016"],
            "a forged message fails DMARC and is delivered all the same: the server refuses nothing".into(),
        );
    } else if spoofed_in {
        say(Mechanism::Dmarc, &["CONF006"], "a forged message is delivered under p=reject".into());
    }
    if authentic_in {
        match dkim(InboundProbe::Authentic) {
            Some("pass") => {}
            None => say(
                Mechanism::Dkim,
                &["CONF012", "CONF006"],
                "the server states no DKIM result for a signed message: OpenDKIM cannot ask DNS, or is not asked"
                    .into(),
            ),
            Some(other) => say(
                Mechanism::Dkim,
                &["CONF012"],
                format!("the server says dkim={other} of a good signature: OpenDKIM gets no answer from DNS"),
            ),
        }
    }
    if let Some(forwarded) = row(InboundProbe::Forwarded).filter(|r| !r.met) {
        let reply = forwarded.server.reply.clone().unwrap_or_default();
        let by_spf =
            reply.to_ascii_lowercase().contains("spf") || reply.to_ascii_lowercase().contains("not authorized");
        if forwarded.server.fate == Fate::Refused && by_spf {
            say(
                Mechanism::Dkim,
                &["CONF013"],
                format!("signed mail whose SPF fails is refused before DKIM is asked: `{reply}`"),
            );
        } else if forwarded.server.fate == Fate::Refused || forwarded.server.dmarc.as_deref() == Some("fail") {
            say(
                Mechanism::Dkim,
                &["CONF004", "CONF006"],
                "mail that passes by its signature alone fails DMARC: OpenDMARC does not see what OpenDKIM found"
                    .into(),
            );
        }
    }
    if let Some(unsigned) = row(InboundProbe::Unsigned).filter(|r| !r.met)
        && (unsigned.server.fate == Fate::Refused || unsigned.server.dmarc.as_deref() == Some("fail"))
    {
        say(Mechanism::Spf, &["CONF009"], "mail that passes by SPF alone fails DMARC: no SPF result reaches it".into());
    }
    if let Some(null) = row(InboundProbe::NullSender).filter(|r| !r.met)
        && row(InboundProbe::Unsigned).is_some_and(|r| r.met)
    {
        let reply = null.server.reply.clone().map(|r| format!(" (`{r}`)")).unwrap_or_default();
        say(
            Mechanism::Spf,
            &[],
            format!("bounces fail{reply}: with the null sender SPF has to go by the HELO name (RFC 7208 section 2.4)"),
        );
    }
    if let Some(two) = row(InboundProbe::TwoFroms).filter(|r| !r.met) {
        if two.server.dmarc.as_deref() == Some("pass") || two.server.fate == Fate::Taken {
            say(
                Mechanism::Dmarc,
                &["CONF017"],
                "a message with two From fields passes: a reader may be shown the one that nobody checked".into(),
            );
        } else {
            say(Mechanism::Dmarc, &["CONF017"], "a message with two From fields is delivered".into());
        }
    }
    if rows.iter().any(|r| r.server.forgery_left) && believed.is_empty() {
        say(Mechanism::Dmarc, &["CONF005"], "Authentication-Results that a stranger wrote in this server's name stays in the message: mail programs believe it".into());
    }
    let lost: Vec<&str> = rows.iter().filter(|r| r.server.fate == Fate::Lost).map(|r| r.probe.name()).collect();
    if !lost.is_empty() {
        say(Mechanism::Dmarc, &[], format!("taken by the server, and not in the mailbox in time: {}", lost.join(", ")));
    }
    let unexplained: Vec<&str> = rows.iter().filter(|r| !r.met).map(|r| r.probe.name()).collect();
    if out.is_empty() && !unexplained.is_empty() {
        let names = unexplained.join(", ");
        out.push(Diagnosis {
            codes: Vec::new(),
            mechanism: Mechanism::Dmarc,
            message: format!("not as expected: {names}"),
        });
    }
    out
}
