//! What a domain's SPF costs at worst, from live DNS.

use std::collections::{BTreeMap, BTreeSet};

use hickory_proto::rr::RecordType;

use crate::dns::lookup::Lookup;
use crate::model::name::Name;
use crate::model::snapshot::Key;
use crate::model::spf::{Known, SpfRecord, SpfTree};

/// How often the tree is looked through for questions: deeper than ten it is over the limit anyway.
const MAX_ROUNDS: usize = 15;
/// How many questions are asked.
const MAX_QUESTIONS: usize = 500;

/// The tree of `domain`'s published record with its costs: no address, nothing evaluated (RFC 7208 §4.6.4).
pub async fn budget(lookup: &dyn Lookup, domain: &str) -> SpfTree {
    ask_for(lookup, |known| SpfTree::build(domain, known)).await
}

/// The same for a record that is not published yet.
pub async fn budget_of(lookup: &dyn Lookup, domain: &str, record: &SpfRecord) -> SpfTree {
    ask_for(lookup, |known| SpfTree::of(domain, record, known)).await
}

/// Builds the tree, asks what it did not know, and again until there is nothing left to ask.
async fn ask_for(
    lookup: &dyn Lookup,
    build: impl Fn(&mut dyn FnMut(&Name, RecordType) -> Known) -> SpfTree,
) -> SpfTree {
    let mut answers: BTreeMap<Key, Known> = BTreeMap::new();
    for _ in 0..MAX_ROUNDS {
        let (tree, questions) = look(&build, &answers);
        if questions.is_empty() || answers.len() >= MAX_QUESTIONS {
            return tree;
        }
        for key in questions.into_iter().take(MAX_QUESTIONS - answers.len()) {
            let known = match lookup.lookup(&key.name, key.rtype).await {
                Ok(answer) => Known::Records(answer.records.clone()),
                Err(failure) => Known::Failed(failure.to_string()),
            };
            answers.insert(key, known);
        }
    }
    look(&build, &answers).0
}

/// The tree with what is known, and the questions it would have asked.
fn look(
    build: &impl Fn(&mut dyn FnMut(&Name, RecordType) -> Known) -> SpfTree,
    answers: &BTreeMap<Key, Known>,
) -> (SpfTree, BTreeSet<Key>) {
    let mut questions = BTreeSet::new();
    let tree = build(&mut |name, rtype| {
        let key = Key::new(name, rtype);
        match answers.get(&key) {
            Some(known) => known.clone(),
            None => {
                questions.insert(key);
                Known::Unasked
            }
        }
    });
    (tree, questions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::lookup::LookupFailure;
    use crate::dns::table::TableLookup;
    use crate::model::name::domain;
    use crate::model::reading::Reading;
    use crate::model::spf::RecordState;

    #[tokio::test]
    async fn asks_until_it_knows() {
        let mut table = TableLookup::new();
        for (owner, text) in [
            ("a.example", "v=spf1 include:b.example mx include:dead.example -all"),
            ("b.example", "v=spf1 include:c.example a ~all"),
            ("c.example", "v=spf1 ip4:192.0.2.1 -all"),
        ] {
            table.add_text(&domain(owner).unwrap(), text.as_bytes());
        }
        table.fail(&domain("dead.example").unwrap(), RecordType::TXT, LookupFailure::Timeout);
        let tree = budget(&table, "a.example").await;
        assert_eq!((tree.lookups(), tree.voids_v4(), tree.voids_v6()), (5, 2, 2), "{tree}");
        assert!(!tree.is_complete(), "one record stayed unknown");
        assert!(matches!(tree.terms[2].nested.as_ref().unwrap().state, RecordState::Failed(_)));
        let mut asked = table.asked();
        let count = asked.len();
        asked.sort();
        asked.dedup();
        assert_eq!(asked.len(), count, "nothing is asked twice");
        let Reading::Ours(record) = SpfRecord::read(b"v=spf1 include:b.example -all") else { panic!() };
        assert_eq!(budget_of(&table, "a.example", &record).await.lookups(), 3);
    }
}
