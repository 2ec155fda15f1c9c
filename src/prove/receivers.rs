//! What the large receivers ask of senders, and whether a domain meets it: `templates/receivers.yaml`.

use serde::{Deserialize, Serialize};

use crate::auth::published::{KeyStatus, Published, Status};
use crate::error::{Error, Result};

const TEXT: &str = include_str!("../../templates/receivers.yaml");

/// A receiver and what it asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    /// Who.
    pub receiver: String,
    /// Where it says so.
    pub source: String,
    /// Since when it insists.
    pub since: String,
    /// When that was last compared.
    pub checked: String,
    /// With what.
    pub compared: String,
    /// Of everybody.
    pub ordinary: Vec<Ask>,
    /// Of who sends about 5,000 messages a day or more.
    pub bulk: Vec<Ask>,
    /// What DNS does not show.
    pub also: String,
}

/// Something that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// One of the two.
    SpfOrDkim,
    /// SPF.
    Spf,
    /// DKIM.
    Dkim,
    /// A DMARC policy, `none` at least.
    Dmarc,
    /// Sending hosts have names that lead back to them.
    ReverseDns,
}

/// Whether it is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Met {
    /// Yes.
    Yes,
    /// No.
    No,
    /// DNS did not say, or cannot.
    Unknown,
}

/// How a domain stands with one receiver.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// Who.
    pub receiver: String,
    /// As an ordinary sender.
    pub ordinary: Met,
    /// As a bulk sender.
    pub bulk: Met,
    /// What keeps it from meeting everything.
    pub lacking: Vec<Ask>,
    /// What of it keeps even ordinary mail out.
    pub lacking_ordinary: Vec<Ask>,
    /// What cannot be told from DNS.
    pub open: Vec<Ask>,
    /// What is asked for beside.
    pub also: String,
    /// Where it is written.
    pub source: String,
    /// When the entry was last compared with that.
    pub checked: String,
}

impl Ask {
    /// In a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Ask::SpfOrDkim => "SPF or DKIM",
            Ask::Spf => "SPF",
            Ask::Dkim => "DKIM",
            Ask::Dmarc => "DMARC",
            Ask::ReverseDns => "reverse names",
        }
    }

    /// What to do when it is not met.
    pub fn advice(self) -> &'static str {
        match self {
            Ask::SpfOrDkim | Ask::Spf => "publish one valid SPF record that names your servers: mailproof setup",
            Ask::Dkim => "sign with DKIM: make a key with mailproof keys generate, and publish it",
            Ask::Dmarc => "publish a DMARC record; p=none with a report address will do to begin with",
            Ask::ReverseDns => "have the host's provider set a PTR record to a name whose address is the host's",
        }
    }

    /// Whether meeting `other` meets this.
    fn is_met_by(self, other: Ask) -> bool {
        self == other || (self == Ask::SpfOrDkim && matches!(other, Ask::Spf | Ask::Dkim))
    }

    fn met(self, published: &Published) -> Met {
        let stands = |status: Status| match status {
            Status::Ok => Met::Yes,
            Status::Missing | Status::Broken => Met::No,
            Status::Unknown => Met::Unknown,
        };
        match self {
            Ask::Spf => stands(published.spf.status),
            Ask::Dmarc => stands(published.dmarc.status),
            // A key that nobody guessed may still be there.
            Ask::Dkim if published.dkim.iter().any(|key| key.status == KeyStatus::Ok) => Met::Yes,
            Ask::Dkim if published.exists => Met::Unknown,
            Ask::Dkim => Met::No,
            Ask::SpfOrDkim => match (Ask::Spf.met(published), Ask::Dkim.met(published)) {
                (Met::Yes, _) | (_, Met::Yes) => Met::Yes,
                (Met::No, Met::No) => Met::No,
                _ => Met::Unknown,
            },
            Ask::ReverseDns => {
                let hosts = published.details.as_ref().map_or(&[][..], |details| &details.reverse_names);
                let bad = hosts.iter().any(|host| host.confirmed.is_none() && host.failure.is_none());
                match (bad, hosts.is_empty() || hosts.iter().any(|host| host.confirmed.is_none())) {
                    (true, _) => Met::No,
                    (false, true) => Met::Unknown,
                    (false, false) => Met::Yes,
                }
            }
        }
    }
}

/// The receivers of the list.
///
/// # Errors
/// A configuration error when the built-in list is broken, which a test rules out.
pub fn receivers() -> Result<Vec<Receiver>> {
    serde_yaml::from_str(TEXT).map_err(|e| Error::config("the built-in list of receivers is broken").because(e))
}

/// How `published` stands with each of them.
///
/// # Errors
/// As [`receivers`].
pub fn standings(published: &Published) -> Result<Vec<Standing>> {
    let all = receivers()?.into_iter().map(|receiver| {
        let worst = |asks: &[Ask]| {
            let met: Vec<Met> = asks.iter().map(|ask| ask.met(published)).collect();
            match () {
                () if met.contains(&Met::No) => Met::No,
                () if met.contains(&Met::Unknown) => Met::Unknown,
                () => Met::Yes,
            }
        };
        let such =
            |asks: &[Ask], wanted: Met| asks.iter().copied().filter(|ask| ask.met(published) == wanted).collect();
        Standing {
            ordinary: worst(&receiver.ordinary),
            bulk: worst(&receiver.bulk),
            lacking: such(&receiver.bulk, Met::No),
            lacking_ordinary: such(&receiver.ordinary, Met::No),
            open: such(&receiver.bulk, Met::Unknown),
            receiver: receiver.receiver,
            also: receiver.also,
            source: receiver.source,
            checked: receiver.checked,
        }
    });
    Ok(all.collect())
}

/// What to do first: what is lacking anywhere, the most useful first. What keeps ordinary mail out of a receiver counts
/// more than what keeps bulk mail out of all of them; among equals the order is that of [`Ask`].
pub fn advice(standings: &[Standing]) -> Vec<Ask> {
    let gain = |ask: Ask| {
        let ordinary = standings.iter().filter(|s| s.lacking_ordinary.iter().any(|a| a.is_met_by(ask))).count();
        let bulk = standings.iter().filter(|s| s.lacking.iter().any(|a| a.is_met_by(ask))).count();
        ordinary * (standings.len() + 1) + bulk
    };
    let mut all: Vec<Ask> = standings.iter().flat_map(|s| s.lacking.iter().copied()).collect();
    all.sort();
    all.dedup();
    all.sort_by_key(|ask| std::cmp::Reverse(gain(*ask)));
    all
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::auth::published::{self, Details};
    use crate::dns::gather::gather_mail;
    use crate::dns::table::TableLookup;
    use crate::model::name::domain;
    use crate::model::snapshot::parse_value;

    #[tokio::test]
    async fn who_asks_for_what() {
        const SPF: (&str, &str, &str) = ("a.example", "TXT", "v=spf1 ip4:192.0.2.1 -all");
        const DMARC: (&str, &str, &str) = ("_dmarc.a.example", "TXT", "v=DMARC1; p=none");
        const KEY: (&str, &str, &str) =
            ("s1._domainkey.a.example", "TXT", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        const PTR: (&str, &str, &str) = ("1.2.0.192.in-addr.arpa", "PTR", "mail.a.example.");
        const HOST: (&str, &str, &str) = ("mail.a.example", "A", "192.0.2.1");
        for (records, google, microsoft, advised, why) in [
            (&[SPF, DMARC, KEY, PTR, HOST][..], "yes yes", "yes yes", "", "everything"),
            (&[SPF, DMARC, KEY], "no no", "yes yes", "reverse names", "no reverse name"),
            (&[SPF, KEY, PTR, HOST], "yes no", "yes no", "DMARC", "no DMARC"),
            (&[SPF, DMARC, PTR, HOST], "yes unknown", "yes unknown", "", "a key may be where nobody looked"),
            (&[DMARC, KEY], "unknown no", "yes no", "SPF", "who sends is not known"),
            (&[SPF, KEY], "no no", "yes no", "reverse names DMARC", "ordinary mail first"),
        ] {
            let mut table = TableLookup::new();
            for (owner, rtype, data) in records {
                let owner = domain(owner).unwrap();
                match *rtype {
                    "TXT" => table.add_text(&owner, data.as_bytes()),
                    other => table.add(&owner, parse_value(other.parse().unwrap(), data).unwrap()),
                };
            }
            let name = domain("a.example").unwrap();
            let gathered = gather_mail(&table, &name, &[], "test").await;
            let mut found = published::read(&table, &gathered, &[], SystemTime::now()).await;
            found.deepen(Details::gather(&table, &name).await);
            let all = standings(&found).unwrap();
            let shown = |who: &str| {
                let one = all.iter().find(|s| s.receiver == who).unwrap();
                format!("{:?} {:?}", one.ordinary, one.bulk).to_lowercase()
            };
            assert_eq!(shown("Google"), google, "{why}");
            assert_eq!(shown("Microsoft"), microsoft, "{why}");
            let names: Vec<&str> = advice(&all).into_iter().map(Ask::name).collect();
            assert_eq!(names.join(" "), advised, "{why}");
        }
    }

    #[test]
    fn every_fact_has_a_source_and_a_date() {
        for receiver in receivers().unwrap() {
            assert!(receiver.source.starts_with("https://"), "{receiver:?}");
            let since: jiff::civil::Date = receiver.since.parse().unwrap();
            let checked: jiff::civil::Date = receiver.checked.parse().unwrap();
            assert!(since < checked && !receiver.compared.is_empty(), "{receiver:?}");
        }
    }
}
