//! A [`Lookup`] over a table of records: the same answer every time, without a network.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use hickory_proto::rr::{RData, RecordType};

use crate::dns::lookup::{Answer, Lookup, LookupFailure, Status};
use crate::model::name::Name;
use crate::model::snapshot::{Key, Snapshot};
use crate::model::txt;

/// Longest CNAME chain that is followed; a loop ends here.
const MAX_CHAIN: usize = 16;

/// Records and failures by name. A name exists if it, or a name below it, has a record or a failure.
#[derive(Debug, Default)]
pub struct TableLookup {
    sets: BTreeMap<Key, Vec<RData>>,
    failures: BTreeMap<Key, LookupFailure>,
    names: BTreeSet<Name>,
    asked: Mutex<Vec<Key>>,
}

impl TableLookup {
    /// An empty table: every name is NXDOMAIN.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record.
    pub fn add(&mut self, name: &Name, data: RData) {
        let key = Key::new(name, data.record_type());
        self.exists(&key.name);
        self.sets.entry(key).or_default().push(data);
    }

    /// Adds a TXT record, split as it would be published.
    pub fn add_text(&mut self, name: &Name, text: &[u8]) {
        self.add(name, RData::TXT(txt::split(text)));
    }

    /// Answers questions for `name` and `rtype` with `failure`; with [`RecordType::ANY`], questions of every type
    /// that has no record there.
    pub fn fail(&mut self, name: &Name, rtype: RecordType, failure: LookupFailure) {
        let key = Key::new(name, rtype);
        self.exists(&key.name);
        self.failures.insert(key, failure);
    }

    /// Makes `name` and the names above it exist, with or without records.
    pub fn exists(&mut self, name: &Name) {
        let mut name = Key::new(name, RecordType::ZERO).name;
        while !name.is_root() && self.names.insert(name.clone()) {
            name = name.parent();
        }
    }

    /// What was asked so far, in order; a followed CNAME is one question.
    pub fn asked(&self) -> Vec<Key> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answer(&self, name: &Name, rtype: RecordType) -> Result<Answer, LookupFailure> {
        let mut key = Key::new(name, rtype);
        let mut chain = Vec::new();
        loop {
            if let Some(failure) = self.failures.get(&key) {
                return Err(failure.clone());
            }
            if let Some(records) = self.sets.get(&key) {
                return Ok(Answer { status: Status::Found, records: records.clone(), chain, ttl: 300 });
            }
            let alias = Key { name: key.name.clone(), rtype: RecordType::CNAME };
            if let Some([RData::CNAME(target), ..]) = self.sets.get(&alias).map(Vec::as_slice) {
                if chain.len() == MAX_CHAIN {
                    return Err(LookupFailure::Other("the CNAME chain does not end".into()));
                }
                key = Key::new(&Name::from(&target.0), rtype);
                chain.push(key.name.clone());
                continue;
            }
            if let Some(failure) = self.failures.get(&Key { name: key.name.clone(), rtype: RecordType::ANY }) {
                return Err(failure.clone());
            }
            let status = if self.names.contains(&key.name) { Status::NoData } else { Status::NxDomain };
            return Ok(Answer { chain, ..Answer::empty(status) });
        }
    }
}

impl From<&Snapshot> for TableLookup {
    fn from(snapshot: &Snapshot) -> Self {
        let mut table = TableLookup::new();
        for set in snapshot.sets() {
            set.values.iter().for_each(|value| table.add(&set.name, value.clone()));
        }
        table
    }
}

#[async_trait]
impl Lookup for TableLookup {
    async fn lookup(&self, name: &Name, rtype: RecordType) -> Result<Arc<Answer>, LookupFailure> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(Key::new(name, rtype));
        self.answer(name, rtype).map(Arc::new)
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::{A, CNAME};

    use super::*;
    use crate::model::name::domain;

    #[tokio::test]
    async fn answers() {
        let name = |text: &str| domain(text).unwrap();
        let mut table = TableLookup::new();
        table.add(&name("a.b.example"), RData::A(A::new(192, 0, 2, 1)));
        table.add(&name("alias.example"), RData::CNAME(CNAME(name("a.b.example").into())));
        table.add(&name("loop.example"), RData::CNAME(CNAME(name("LOOP.example").into())));
        table.fail(&name("dead.example"), RecordType::ANY, LookupFailure::Timeout);
        table.fail(&name("a.b.example"), RecordType::TXT, LookupFailure::Rcode("SERVFAIL".into()));
        for (owner, rtype, want) in [
            ("A.b.example", RecordType::A, Ok((Status::Found, 0))),
            ("alias.example", RecordType::A, Ok((Status::Found, 1))),
            ("a.b.example", RecordType::AAAA, Ok((Status::NoData, 0))),
            ("b.example", RecordType::A, Ok((Status::NoData, 0))),
            ("c.example", RecordType::A, Ok((Status::NxDomain, 0))),
            ("alias.example", RecordType::TXT, Err(LookupFailure::Rcode("SERVFAIL".into()))),
            ("dead.example", RecordType::MX, Err(LookupFailure::Timeout)),
            ("loop.example", RecordType::A, Err(LookupFailure::Other("the CNAME chain does not end".into()))),
        ] {
            let got = table.lookup(&name(owner), rtype).await.map(|a| (a.status, a.chain.len()));
            assert_eq!(got, want, "{owner} {rtype}");
        }
        assert_eq!(table.asked().len(), 8);
    }
}
