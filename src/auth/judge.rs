//! A message judged as a receiver would: SPF, DKIM and DMARC with one lookup.

use std::net::IpAddr;
use std::time::SystemTime;

use futures_util::future::join;
use serde::Serialize;

use crate::auth::author::author_domain;
use crate::auth::dkim::{self, DkimOutcome, DkimResult};
use crate::auth::dmarc::{DmarcResult, DmarcVerdict, Identifiers, evaluate_identifiers};
use crate::auth::results;
use crate::auth::spf::{SmtpClient, SpfEvaluation, SpfResult, check_helo, check_mail_from};
use crate::dns::lookup::Lookup;
use crate::model::message::Message;
use crate::model::name::{self, Name};

/// What the SMTP session said about a message.
#[derive(Clone, Debug, Serialize)]
pub struct Envelope {
    /// The client's address.
    pub ip: IpAddr,
    /// Its HELO or EHLO.
    pub helo: String,
    /// The reverse-path, empty for the null sender.
    pub mail_from: String,
}

/// The judgement of one message.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// SPF on the MAIL FROM (or HELO for a null sender); `None` without an envelope.
    pub spf: Option<SpfEvaluation>,
    /// SPF on the HELO name, in its own right.
    pub helo: Option<SpfEvaluation>,
    /// One entry a signature; empty if there is none.
    pub dkim: Vec<DkimOutcome>,
    /// The verdict.
    pub dmarc: DmarcVerdict,
    /// The Authentication-Results field for it, without the trailing CRLF.
    pub authentication_results: String,
}

impl Judgement {
    /// Whether a question to DNS stayed open, so that a later attempt may end otherwise.
    pub fn is_temporary(&self) -> bool {
        self.dmarc.result == DmarcResult::TempError
    }
}

/// Judges `message` (the octets as received, lines ending in CR LF) as of `now`. `authserv_id` names us in the results
/// and to SPF's macros.
pub async fn judge(
    lookup: &dyn Lookup,
    message: &[u8],
    envelope: Option<&Envelope>,
    authserv_id: &str,
    now: SystemTime,
) -> Judgement {
    let message = Message::read(message);
    let sender = async {
        let Some(envelope) = envelope else { return (None, None) };
        let client = SmtpClient {
            ip: envelope.ip,
            helo: &envelope.helo,
            mail_from: &envelope.mail_from,
            receiver: authserv_id,
            now,
        };
        let (spf, helo) = join(check_mail_from(lookup, &client), check_helo(lookup, &client)).await;
        (Some(spf), Some(helo))
    };
    let ((spf, helo), dkim) = join(sender, dkim::verify(lookup, &message, now)).await;
    let dmarc = match author_domain(&message) {
        Ok(author) => evaluate_identifiers(lookup, &author, &identifiers(spf.as_ref(), &dkim)).await,
        Err(no_author) => DmarcVerdict::not_judged(no_author.result, "", no_author.reason),
    };
    let authentication_results = results::write(authserv_id, envelope, spf.as_ref(), &dkim, &dmarc);
    Judgement { spf, helo, dkim, dmarc, authentication_results }
}

/// The domains that SPF and DKIM vouch for, or might if DNS had answered.
pub(super) fn identifiers(spf: Option<&SpfEvaluation>, dkim: &[DkimOutcome]) -> Identifiers {
    let spf_as = |result| spf.filter(|s| s.result == result).and_then(|s| name::domain(&s.domain).ok());
    let dkim_as = |result| -> Vec<Name> {
        dkim.iter().filter(|d| d.result == result).filter_map(|d| name::domain(&d.domain).ok()).collect()
    };
    Identifiers {
        spf_pass: spf_as(SpfResult::Pass),
        spf_temperror: spf_as(SpfResult::TempError),
        dkim_pass: dkim_as(DkimResult::Pass),
        dkim_temperror: dkim_as(DkimResult::TempError),
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::RecordType;

    use super::*;
    use crate::dns::lookup::LookupFailure;
    use crate::dns::table::TableLookup;
    use crate::model::name::domain;

    fn table() -> TableLookup {
        let mut table = TableLookup::new();
        for (owner, text) in [
            ("example.com", "v=spf1 ip4:192.0.2.1 -all"),
            ("mail.example.com", "v=spf1 ip4:192.0.2.1 -all"),
            ("_dmarc.example.com", "v=DMARC1; p=reject"),
            ("other.example", "v=spf1 +all"),
        ] {
            table.add_text(&domain(owner).unwrap(), text.as_bytes());
        }
        table.fail(&domain("dead.example.com").unwrap(), RecordType::TXT, LookupFailure::Timeout);
        table
    }

    #[tokio::test]
    async fn envelopes_and_authors() {
        // (address, MAIL FROM, From) -> (SPF, DMARC), and the field
        let rows = [
            ("192.0.2.1", "a@example.com", "a@example.com", "pass", "pass", "spf=pass smtp.mailfrom=a@example.com"),
            ("192.0.2.9", "a@example.com", "a@example.com", "fail", "fail", "spf=fail reason=\""),
            (
                "192.0.2.9",
                "x@other.example",
                "a@example.com",
                "pass",
                "fail",
                "policy.dmarc=reject header.from=example.com",
            ),
            ("192.0.2.1", "", "a@example.com", "pass", "pass", "spf=pass smtp.helo=mail.example.com"),
            ("192.0.2.1", "a@dead.example.com", "a@example.com", "temperror", "temperror", "spf=temperror"),
            ("192.0.2.1", "a@example.com", "a@none.example", "pass", "none", "dmarc=none header.from=none.example"),
            (
                "192.0.2.1",
                "a@example.com",
                "a@example.com, b@none.example",
                "pass",
                "permerror",
                "dmarc=permerror reason=",
            ),
            ("192.0.2.1", "a@example.com", "nobody", "pass", "none", "dmarc=none"),
            (
                "192.0.2.1",
                "a\" ;\r\nb@example.com",
                "a@example.com",
                "pass",
                "pass",
                "smtp.mailfrom=\"a\\\" ;??b@example.com\"",
            ),
        ];
        let lookup = table();
        for (ip, mail_from, from, spf, dmarc, field) in rows {
            let envelope =
                Envelope { ip: ip.parse().unwrap(), helo: "mail.example.com".into(), mail_from: mail_from.into() };
            let raw = format!("From: {from}\r\n\r\n");
            let got = judge(&lookup, raw.as_bytes(), Some(&envelope), "mx.example", SystemTime::now()).await;
            let results = (got.spf.unwrap().result.as_str(), got.dmarc.result.as_str());
            assert_eq!(results, (spf, dmarc), "{mail_from} {from}: {}", got.dmarc.reason);
            let text = &got.authentication_results;
            assert!(text.starts_with("Authentication-Results: mx.example;\r\n\tspf="), "{text}");
            assert!(text.contains(field) && text.contains("dkim=none"), "{text} lacks {field}");
            let stated = results::read(text.split_once(':').unwrap().1.as_bytes()).unwrap();
            assert_eq!(stated.results.iter().map(|r| r.result.as_str()).collect::<Vec<_>>(), [spf, "none", dmarc]);
            assert!(stated.is_from("MX.example"));
        }
    }

    #[tokio::test]
    async fn without_an_envelope() {
        let got = judge(&table(), b"From: a@example.com\r\n\r\n", None, "mx.example", SystemTime::now()).await;
        assert!(got.spf.is_none() && got.helo.is_none());
        assert_eq!(got.dmarc.result, DmarcResult::Fail);
        assert!(!got.authentication_results.contains("spf="));
    }
}
