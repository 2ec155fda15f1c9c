//! Zones at hand in place of DNS: what a zone said when it was kept, for mail as old as that.

use std::sync::Arc;

use async_trait::async_trait;
use hickory_proto::rr::{Record, RecordType};

use crate::dns::lookup::{Answer, Lookup, LookupFailure, Status};
use crate::dns::overlay::answer::MAX_HOPS;
use crate::dns::overlay::view::{Local, View};
use crate::model::name::{self, Name};
use crate::model::snapshot::Snapshot;

/// Answers from zones for every name in them, and asks another lookup about all others.
pub struct AtHand<L> {
    view: View,
    /// Who is asked about names in none of the zones.
    beyond: Option<L>,
}

impl<L: Lookup> AtHand<L> {
    /// Answers from `zones`; without `beyond` questions about other names stay open.
    pub fn new(zones: &[Snapshot], beyond: Option<L>) -> Self {
        AtHand { view: View::new(zones, Vec::new(), Vec::new()), beyond }
    }

    async fn ask_beyond(&self, name: &Name, rtype: RecordType) -> Result<Arc<Answer>, LookupFailure> {
        match &self.beyond {
            Some(beyond) => beyond.lookup(name, rtype).await,
            None => {
                let why = format!("{} is in none of the zones at hand, and nobody else is asked", name::show(name));
                Err(LookupFailure::Other(why))
            }
        }
    }

    /// What stands at `name`, which is in one of the zones; by a wildcard too.
    fn local(&self, name: &Name, rtype: RecordType) -> Local {
        match (self.view.local(name, rtype), self.view.wildcard(name, rtype)) {
            (Local::Unknown, Some(wildcard)) => self.view.local(&wildcard, rtype),
            (local, _) => local,
        }
    }

    /// The answer that there is no such record at `name`.
    fn nothing(&self, name: &Name, rtype: RecordType) -> Answer {
        let exists = self.view.exists(name) || self.view.wildcard(name, rtype).is_some();
        Answer::empty(if exists { Status::NoData } else { Status::NxDomain })
    }
}

#[async_trait]
impl<L: Lookup> Lookup for AtHand<L> {
    async fn lookup(&self, name: &Name, rtype: RecordType) -> Result<Arc<Answer>, LookupFailure> {
        let mut at = name.clone();
        let (mut chain, mut ttl) = (Vec::new(), u32::MAX);
        while chain.len() <= MAX_HOPS {
            if !self.view.is_inside(&at) {
                let answer = self.ask_beyond(&at, rtype).await?;
                if chain.is_empty() {
                    return Ok(answer);
                }
                let mut answer = Answer::clone(&answer);
                chain.append(&mut answer.chain);
                return Ok(Arc::new(Answer { chain, ttl: answer.ttl.min(ttl), ..answer }));
            }
            match self.local(&at, rtype) {
                Local::Records(records) => {
                    ttl = records.iter().map(|record| record.ttl).fold(ttl, u32::min);
                    let records = records.into_iter().map(|Record { data, .. }| data).collect();
                    return Ok(Arc::new(Answer { status: Status::Found, records, chain, ttl }));
                }
                Local::Alias(record, target) => {
                    ttl = ttl.min(record.ttl);
                    chain.push(target.clone());
                    at = target;
                }
                Local::Removed | Local::Unknown => {
                    return Ok(Arc::new(Answer { chain, ..self.nothing(&at, rtype) }));
                }
            }
        }
        Err(LookupFailure::Other(format!("the CNAMEs at {} go in a circle", name::show(name))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::table::TableLookup;
    use crate::model::name::domain;
    use crate::model::snapshot::{Origin, parse_value};

    #[tokio::test]
    async fn zones_answer_for_their_names_and_dns_for_the_rest() {
        let name = |text: &str| domain(text).unwrap();
        let mut zone = Snapshot::new(name("old.test"));
        for (owner, rtype, data) in [
            ("old.test", RecordType::TXT, "\"v=spf1 -all\""),
            ("alias.old.test", RecordType::CNAME, "old.test."),
            ("away.old.test", RecordType::CNAME, "live.test."),
            ("circle.old.test", RecordType::CNAME, "circle.old.test."),
            ("*.wild.old.test", RecordType::TXT, "\"any\""),
            ("below.there.old.test", RecordType::A, "192.0.2.1"),
            ("cut.old.test", RecordType::NS, "ns.cut.old.test."),
        ] {
            zone.add(&name(owner), 60, parse_value(rtype, data).unwrap(), Origin::Profile);
        }
        let live = || {
            let mut table = TableLookup::new();
            table.add_text(&name("old.test"), b"v=spf1 +all");
            table.add_text(&name("live.test"), b"live");
            table.add_text(&name("gone.old.test"), b"live");
            table.add_text(&name("s.cut.old.test"), b"delegated");
            table
        };
        // name -> status and text, or none where the question stays open; and the questions to live DNS
        let rows = [
            ("OLD.test", Some((Status::Found, "v=spf1 -all")), 0, "as it was kept"),
            ("alias.old.test", Some((Status::Found, "v=spf1 -all")), 0, "an alias within"),
            ("away.old.test", Some((Status::Found, "live")), 1, "an alias that leads out"),
            ("live.test", Some((Status::Found, "live")), 1, "no zone of ours"),
            ("test", Some((Status::NoData, "")), 1, "above the zone"),
            ("x.y.wild.old.test", Some((Status::Found, "any")), 0, "a wildcard"),
            ("there.old.test", Some((Status::NoData, "")), 0, "between names"),
            ("gone.old.test", Some((Status::NxDomain, "")), 0, "not there then: whatever is there now"),
            ("s.cut.old.test", Some((Status::Found, "delegated")), 1, "another zone begins there"),
            ("circle.old.test", None, 0, "a circle"),
        ];
        for (asked, want, beyond, why) in rows {
            let both = AtHand::new(std::slice::from_ref(&zone), Some(live()));
            let text =
                |a: &Answer| a.texts().first().map(|t| String::from_utf8(t.clone()).unwrap()).unwrap_or_default();
            let got = both.lookup(&name(asked), RecordType::TXT).await.ok().map(|a| (a.status, text(&a)));
            assert_eq!(got, want.map(|(status, text)| (status, text.to_string())), "{asked}: {why}");
            assert_eq!(both.beyond.as_ref().unwrap().asked().len(), beyond, "{asked}: {why}");
            let alone = AtHand::<TableLookup>::new(std::slice::from_ref(&zone), None);
            let got = alone.lookup(&name(asked), RecordType::TXT).await;
            assert_eq!(got.is_ok(), want.is_some() && beyond == 0, "{asked} without DNS: {why}");
        }
    }
}
