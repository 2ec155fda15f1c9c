//! The judgements of many messages: what was judged alike before is not judged again.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::future::join;

use crate::auth::author::author_domain;
use crate::auth::dkim::{self, DkimOutcome, DkimResult};
use crate::auth::dmarc::{DmarcResult, DmarcVerdict, evaluate_identifiers};
use crate::auth::judge::{Envelope, identifiers};
use crate::auth::kept::Kept;
use crate::auth::spf::{SmtpClient, SpfEvaluation, SpfResult, check_mail_from};
use crate::dns::lookup::Lookup;
use crate::model::message::Message;
use crate::model::name;

/// The results of one message.
#[derive(Clone, Debug)]
pub struct Verdicts {
    /// SPF on the MAIL FROM (or HELO for a null sender); `None` without an envelope.
    pub spf: Option<Arc<SpfEvaluation>>,
    /// One entry a signature; empty if there is none.
    pub dkim: Vec<DkimOutcome>,
    /// The verdict.
    pub dmarc: Arc<DmarcVerdict>,
}

/// SPF by client, HELO and sender, DMARC by author domain and the domains that passed: all that they depend on but DNS.
/// Keys by their name. What ended in a temporary error is not kept.
#[derive(Debug, Default)]
pub struct Memory {
    keys: dkim::Keys,
    spf: Kept<(IpAddr, String, String), SpfEvaluation>,
    dmarc: Kept<(String, Vec<String>), DmarcVerdict>,
}

impl Memory {
    /// Judges `message` as of `now`; `receiver` names us to SPF's macros.
    pub async fn judge(
        &self,
        lookup: &dyn Lookup,
        message: &Message<'_>,
        envelope: Option<&Envelope>,
        receiver: &str,
        now: SystemTime,
    ) -> Verdicts {
        let sender = async {
            let Envelope { ip, helo, mail_from } = envelope?;
            let client = SmtpClient { ip: *ip, helo, mail_from, receiver, now };
            let key = (*ip, helo.clone(), mail_from.clone());
            Some(self.spf.get(key, check_mail_from(lookup, &client), |s| s.result != SpfResult::TempError).await)
        };
        let (spf, dkim) = join(sender, dkim::verify_with(lookup, &self.keys, message, now)).await;
        let dmarc = match author_domain(message) {
            Ok(author) => {
                let key = (name::show(&author), vouching(spf.as_deref(), &dkim));
                let judging = async {
                    let passed = identifiers(spf.as_deref(), &dkim);
                    evaluate_identifiers(lookup, &author, &passed).await
                };
                self.dmarc.get(key, judging, |d| d.result != DmarcResult::TempError).await
            }
            Err(no_author) => Arc::new(DmarcVerdict::not_judged(no_author.result, "", no_author.reason)),
        };
        Verdicts { spf, dkim, dmarc }
    }
}

/// What [`identifiers`] come from, in words: what is the same here leads to the same verdict.
fn vouching(spf: Option<&SpfEvaluation>, dkim: &[DkimOutcome]) -> Vec<String> {
    let spf = spf.filter(|s| matches!(s.result, SpfResult::Pass | SpfResult::TempError));
    let dkim = dkim.iter().filter(|d| matches!(d.result, DkimResult::Pass | DkimResult::TempError));
    let spf = spf.map(|s| format!("spf {} {}", s.result.as_str(), s.domain));
    spf.into_iter().chain(dkim.map(|d| format!("dkim {} {}", d.result.as_str(), d.domain))).collect()
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::RecordType;

    use super::*;
    use crate::dns::lookup::LookupFailure;
    use crate::dns::table::TableLookup;
    use crate::model::name::domain;

    #[tokio::test]
    async fn alike_is_judged_once_and_what_differs_is_not_mixed() {
        let mut table = TableLookup::new();
        table.add_text(&domain("a.test").unwrap(), b"v=spf1 ip4:192.0.2.1 exists:%{l}.ok.test -all");
        table.add_text(&domain("_dmarc.a.test").unwrap(), b"v=DMARC1; p=reject");
        table.add(&domain("good.ok.test").unwrap(), hickory_proto::rr::RData::A(std::net::Ipv4Addr::LOCALHOST.into()));
        table.fail(&domain("slow.test").unwrap(), RecordType::TXT, LookupFailure::Timeout);
        let memory = Memory::default();
        // (client, sender, author) -> (SPF, DMARC), and whether DNS must be asked for it
        let rows = [
            ("192.0.2.1", "x@a.test", "a.test", "pass", "pass", true),
            ("192.0.2.1", "x@a.test", "a.test", "pass", "pass", false), // the same
            ("192.0.2.9", "x@a.test", "a.test", "fail", "fail", true),  // another client
            ("192.0.2.9", "good@a.test", "a.test", "pass", "pass", true), // a local part that a macro looks at
            ("192.0.2.1", "x@a.test", "b.test", "pass", "none", true),  // another author
            ("192.0.2.1", "x@slow.test", "a.test", "temperror", "fail", true),
            ("192.0.2.1", "x@slow.test", "a.test", "temperror", "fail", true), // not kept
        ];
        for (ip, mail_from, author, spf, dmarc, asks) in rows {
            let envelope =
                Envelope { ip: ip.parse().unwrap(), helo: "mail.a.test".into(), mail_from: mail_from.into() };
            let raw = format!("From: x@{author}\r\n\r\n");
            let before = table.asked().len();
            let message = Message::read(raw.as_bytes());
            let got = memory.judge(&table, &message, Some(&envelope), "mx.test", SystemTime::now()).await;
            let results = (got.spf.unwrap().result.as_str(), got.dmarc.result.as_str());
            assert_eq!(results, (spf, dmarc), "{ip} {mail_from} {author}");
            assert_eq!(table.asked().len() > before, asks, "{ip} {mail_from} {author}");
        }
    }
}
