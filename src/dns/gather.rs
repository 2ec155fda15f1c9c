//! Everything that DNS says about the mail of one domain, gathered into a snapshot before anything is judged.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use hickory_proto::rr::RecordType;

use crate::dns::lookup::{AT_ONCE, Lookup, LookupFailure, Status};
use crate::dns::recorder::Recorded;
use crate::error::Result;
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, Origin, RecordSet, Snapshot};

/// A label that nobody has: what DNS says about it beside a name shows whether a wildcard is at work there.
pub const PROBE: &str = "mailproof-probe";

/// Selectors that mail services and common set-up guides use.
pub const COMMON_SELECTORS: &[&str] = &[
    "default",
    "dkim",
    "mail",
    "email",
    "smtp",
    "mta",
    "key1",
    "key2",
    "k1",
    "k2",
    "k3",
    "s1",
    "s2",
    "s1024",
    "s2048",
    "sel1",
    "sel2",
    "selector1",
    "selector2",
    "google",
    "fm1",
    "fm2",
    "fm3",
    "protonmail",
    "protonmail2",
    "protonmail3",
    "zoho",
    "zmail",
    "mandrill",
    "mailjet",
    "mxvault",
    "pm",
    "sig1",
    "sib",
    "brevo1",
    "brevo2",
    "hs1",
    "hs2",
    "ctct1",
    "ctct2",
    "cm",
    "everlytickey1",
    "everlytickey2",
    "dk",
    "rsa",
    "ed25519",
];

/// A question that stayed open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// What was asked.
    pub key: Key,
    /// Why there is no answer.
    pub failure: LookupFailure,
}

/// What was found, and what was not.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// The domain, in lower case.
    pub domain: Name,
    /// Every record set that was found; its apex is the domain. Data behind a CNAME stands at the name asked for.
    pub snapshot: Snapshot,
    /// The CNAME targets behind the names that have one, in order.
    pub aliases: BTreeMap<Key, Vec<Name>>,
    /// The names that do not exist.
    pub nonexistent: BTreeSet<Name>,
    /// Questions that were answered, and to which there is no record.
    pub nothing: BTreeSet<Key>,
    /// What nobody answered: neither there nor absent.
    pub unknown: Vec<Unknown>,
}

impl Gathered {
    /// Nothing yet about `domain`.
    fn new(domain: &Name) -> Self {
        let domain = Key::new(domain, RecordType::ZERO).name;
        Gathered {
            snapshot: Snapshot::new(domain.clone()),
            domain,
            aliases: BTreeMap::new(),
            nonexistent: BTreeSet::new(),
            nothing: BTreeSet::new(),
            unknown: Vec::new(),
        }
    }

    /// The open question about `name` and `rtype`, if it is one.
    pub fn failure(&self, name: &Name, rtype: RecordType) -> Option<&LookupFailure> {
        let key = Key::new(name, rtype);
        self.unknown.iter().find(|u| u.key == key).map(|u| &u.failure)
    }

    /// Adds an answer.
    fn take(&mut self, key: Key, answer: Recorded, source: &str) {
        let answer = match answer {
            Ok(answer) => answer,
            Err(failure) => return self.unknown.push(Unknown { key, failure }),
        };
        if answer.status == Status::NxDomain && answer.chain.is_empty() {
            self.nonexistent.insert(key.name.clone());
        }
        if answer.records.is_empty() {
            self.nothing.insert(key.clone());
        } else {
            self.snapshot.put(RecordSet {
                name: key.name.clone(),
                rtype: key.rtype,
                ttl: answer.ttl,
                values: answer.records.clone(),
                origin: Origin::Live(source.to_string()),
                reason: None,
            });
        }
        if !answer.chain.is_empty() {
            self.aliases.insert(key, answer.chain.clone());
        }
    }

    /// Adds what was gathered about the same domain elsewhere.
    pub fn merge(&mut self, other: Gathered) {
        other.snapshot.sets().for_each(|set| self.snapshot.put(set.clone()));
        self.aliases.extend(other.aliases);
        self.nonexistent.extend(other.nonexistent);
        self.nothing.extend(other.nothing);
        self.unknown.extend(other.unknown);
    }
}

/// Asks everything about the mail of `domain`: [`mail_questions`], and without `selectors` the keys of
/// [`COMMON_SELECTORS`]. Keys that only a wildcard gives are put at the wildcard, once.
pub async fn gather_mail(lookup: &dyn Lookup, domain: &Name, selectors: &[String], source: &str) -> Gathered {
    let mut questions = mail_questions(domain, selectors);
    // What few domains have, and a list of very many is not asked for.
    let mut more: Vec<Name> =
        ["default._bimi", "_domainkey", PROBE].iter().filter_map(|labels| name::below(labels, domain).ok()).collect();
    // Where a provider's form takes relative names, and somebody filled in the whole one.
    let doubled = |selector: &String| name::below(&name::show(&key_name(selector, domain).ok()?), domain).ok();
    more.extend(selectors.iter().filter_map(doubled));
    questions.extend(more.iter().map(|name| Key::new(name, RecordType::TXT)));
    questions.push(Key::new(domain, crate::zone::rtype::SPF));
    let mut gathered = gather(lookup, domain, questions, source).await;
    notice_wildcard(&mut gathered);
    if !selectors.is_empty() {
        return gathered;
    }
    if gathered.snapshot.is_empty() && gathered.nonexistent.is_empty() {
        // Nobody answers, or nothing is there: guessing selectors would only take time.
        return gathered;
    }
    guess_keys(lookup, &mut gathered, source).await;
    gathered
}

/// What DNS says about a label that nobody has stands at the wildcard.
fn notice_wildcard(gathered: &mut Gathered) {
    let Ok(probe) = name::below(PROBE, &gathered.domain) else { return };
    let key = Key::new(&probe, RecordType::TXT);
    gathered.nothing.remove(&key);
    gathered.nonexistent.remove(&key.name);
    if let Some(set) = gathered.snapshot.remove(&key) {
        put_at_wildcard(gathered, set);
    }
}

/// Names of so different a use that only a wildcard can have the same records at both.
fn infer_wildcard(gathered: &mut Gathered) {
    let at = |labels: &str| gathered.snapshot.get(&name::below(labels, &gathered.domain).ok()?, RecordType::TXT);
    if let Some(one) = at("_mta-sts")
        && at("_smtp._tls").is_some_and(|other| one.same_data(other))
    {
        let one = one.clone();
        put_at_wildcard(gathered, one);
    }
}

fn put_at_wildcard(gathered: &mut Gathered, set: RecordSet) {
    let domain = &gathered.domain;
    if let Ok(wildcard) = name::below("*", domain) {
        // What the wildcard gives elsewhere is no record of that name, but for the two that are judged by it.
        let dmarc = name::below("_dmarc", domain).ok();
        let given: Vec<Key> = gathered
            .snapshot
            .sets()
            .filter(|s| s.name != *domain && Some(&s.name) != dmarc.as_ref() && domain.zone_of(&s.name))
            .filter(|s| s.same_data(&set))
            .map(RecordSet::key)
            .collect();
        given.iter().for_each(|key| drop(gathered.snapshot.remove(key)));
        gathered.snapshot.put(RecordSet { name: wildcard, ..set });
    }
}

/// Asks for the keys of [`COMMON_SELECTORS`].
async fn guess_keys(lookup: &dyn Lookup, gathered: &mut Gathered, source: &str) {
    let domain = &gathered.domain.clone();
    let Ok(base) = name::below("_domainkey", domain) else { return };
    let guesses = COMMON_SELECTORS.iter().chain([&PROBE]).filter_map(|s| base.child(s.as_bytes()));
    let guesses: Vec<Key> = guesses.map(|name| Key { name, rtype: RecordType::TXT }).collect();
    let answers = lookup.lookup_all(&guesses, true).await;
    for (key, answer) in guesses.into_iter().zip(answers) {
        // That nothing is at a name which was only guessed is no news.
        if answer.as_ref().is_ok_and(|a| a.records.is_empty() && a.chain.is_empty()) {
            continue;
        }
        gathered.take(key, answer, source);
    }
    if let (Ok(probe), Ok(wildcard)) = (key_name(PROBE, domain), key_name("*", domain))
        && let Some(set) = gathered.snapshot.remove(&Key::new(&probe, RecordType::TXT))
    {
        let same: Vec<Key> = gathered.snapshot.sets().filter(|s| s.same_data(&set)).map(RecordSet::key).collect();
        for key in
            same.iter().filter(|key| COMMON_SELECTORS.iter().any(|s| key_name(s, domain).is_ok_and(|n| n == key.name)))
        {
            gathered.snapshot.remove(key);
        }
        let everywhere = name::below("*", domain).ok();
        let everywhere = everywhere.and_then(|name| gathered.snapshot.get(&name, RecordType::TXT));
        if !everywhere.is_some_and(|other| other.same_data(&set)) {
            gathered.snapshot.put(RecordSet { name: wildcard, ..set });
        }
    }
}

/// The same for one of very many domains, with as few questions as will do: a domain that does not exist has nothing
/// below it, and neither has a `_domainkey` that does not exist (RFC 8020 §2); where nobody answers the first question
/// in time, the others are not asked and stay open for the same reason.
pub async fn gather_many(lookup: &dyn Lookup, domain: &Name, selectors: &[String], source: &str) -> Gathered {
    let mut questions = mail_questions(domain, selectors);
    let first = questions.remove(0);
    let mut gathered = Gathered::new(domain);
    let answer = lookup.lookup(&first.name, first.rtype).await;
    gathered.take(first, answer, source);
    if let Some(open) = gathered.unknown.first().filter(|open| open.failure == LookupFailure::Timeout) {
        let failure = open.failure.clone();
        gathered.unknown.extend(questions.into_iter().map(|key| Unknown { key, failure: failure.clone() }));
        return gathered;
    }
    if !gathered.nonexistent.is_empty() {
        return gathered;
    }
    let keys = name::below("_domainkey", domain).ok().filter(|_| selectors.is_empty());
    questions.extend(keys.iter().map(|name| Key::new(name, RecordType::TXT)));
    // What stands above it is common to many domains, and on its way already.
    let (own, above): (Vec<Key>, Vec<Key>) = questions.into_iter().partition(|key| domain.zone_of(&key.name));
    let answers = lookup.lookup_all(&own, false).await;
    own.into_iter().zip(answers).for_each(|(key, answer)| gathered.take(key, answer, source));
    for key in above {
        let answer = lookup.lookup(&key.name, key.rtype).await;
        gathered.take(key, answer, source);
    }
    infer_wildcard(&mut gathered);
    if keys.is_some_and(|name| !gathered.nonexistent.contains(&name)) {
        guess_keys(lookup, &mut gathered, source).await;
    }
    gathered
}

/// The questions about the mail of `domain`: SPF and other TXT, MX, the DMARC records of the tree walk, MTA-STS,
/// TLS-RPT, and the keys of `selectors`. Names that would be too long are left out: nothing can be published there.
pub fn mail_questions<S: AsRef<str>>(domain: &Name, selectors: &[S]) -> Vec<Key> {
    let mut keys = vec![Key::new(domain, RecordType::TXT), Key::new(domain, RecordType::MX)];
    let mut ask = |labels: &str, base: &Name| {
        if let Ok(name) = name::below(labels, base) {
            keys.push(Key::new(&name, RecordType::TXT));
        }
    };
    walk(domain).iter().for_each(|target| ask("_dmarc", target));
    ask("_mta-sts", domain);
    ask("_smtp._tls", domain);
    let names = selectors.iter().filter_map(|s| key_name(s.as_ref(), domain).ok());
    keys.extend(names.map(|name| Key::new(&name, RecordType::TXT)));
    keys
}

/// Where the key of `selector` stands (RFC 6376 §3.6.2.1).
///
/// # Errors
/// A usage error for what is no name.
pub fn key_name(selector: &str, domain: &Name) -> Result<Name> {
    name::below(&format!("{selector}._domainkey"), domain)
}

/// The domains whose DMARC record the tree walk may ask for, whatever it finds (RFC 9989 §4.10).
fn walk(domain: &Name) -> Vec<Name> {
    let mut out = Vec::new();
    let mut labels = domain.depth();
    while labels > 0 {
        out.push(domain.last(labels));
        labels = if labels >= 8 { 7 } else { labels - 1 };
    }
    out
}

/// Asks `questions` through `lookup`, several at a time. `source` names the server in the records' origin.
pub async fn gather(lookup: &dyn Lookup, domain: &Name, questions: Vec<Key>, source: &str) -> Gathered {
    let mut gathered = Gathered::new(domain);
    // In the order of the questions, whichever is answered first: the outcome must not depend on the network.
    let answers = stream::iter(questions).map(|key| async move {
        let answer = lookup.lookup(&key.name, key.rtype).await;
        (key, answer)
    });
    let mut answers = answers.buffered(AT_ONCE);
    while let Some((key, answer)) = answers.next().await {
        gathered.take(key, answer, source);
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::table::TableLookup;
    use crate::model::name::domain;
    use crate::model::snapshot::parse_value;

    #[test]
    fn the_names_of_the_walk() {
        for (start, want) in [
            ("example.com", "example.com com"),
            ("com", "com"),
            (
                "a.b.c.d.e.f.g.h.i.example",
                "a.b.c.d.e.f.g.h.i.example d.e.f.g.h.i.example e.f.g.h.i.example f.g.h.i.example g.h.i.example h.i.example i.example example",
            ),
            (
                "b.c.d.e.f.g.h.example",
                "b.c.d.e.f.g.h.example c.d.e.f.g.h.example d.e.f.g.h.example e.f.g.h.example f.g.h.example g.h.example h.example example",
            ),
        ] {
            let names: Vec<String> = walk(&domain(start).unwrap()).iter().map(name::show).collect();
            assert_eq!(names.join(" "), want);
        }
    }

    #[test]
    fn names_that_would_be_too_long_are_not_asked() {
        let long = format!("{}example.com", "abcdefghij.".repeat(21));
        let keys = mail_questions(&domain(&long).unwrap(), &["a-selector-of-some-length"]);
        assert!(keys.iter().all(|k| !name::show(&k.name).contains("_domainkey")), "{keys:?}");
        assert!(keys.len() > 2);
    }

    #[tokio::test]
    async fn a_wildcard_is_one_key() {
        let owner = |text: &str| domain(text).unwrap();
        let mut table = TableLookup::new();
        for selector in COMMON_SELECTORS.iter().chain(&[PROBE]) {
            let name = key_name(selector, &owner("example.com")).unwrap();
            table.add_text(&name, if *selector == "google" { b"v=DKIM1; p=AAAA" } else { b"v=DKIM1; p=" });
        }
        let gathered = gather_mail(&table, &owner("example.com"), &[], "test").await;
        let found: Vec<String> = gathered.snapshot.sets().map(|s| name::show(&s.name)).collect();
        assert_eq!(found, ["*._domainkey.example.com", "google._domainkey.example.com"]);
    }

    #[tokio::test]
    async fn found_absent_and_unknown() {
        let name = |text: &str| domain(text).unwrap();
        let mut table = TableLookup::new();
        table.add_text(&name("example.com"), b"v=spf1 -all");
        table.add_text(&name("keys.example.net"), b"v=DKIM1; p=");
        let alias = parse_value(RecordType::CNAME, "keys.example.net.").unwrap();
        table.add(&name("s1._domainkey.example.com"), alias);
        table.fail(&name("_dmarc.example.com"), RecordType::TXT, LookupFailure::Timeout);
        let questions = mail_questions(&name("Example.com"), &["s1", "s2"]);
        let gathered = gather(&table, &name("Example.com"), questions, "test").await;
        let found: Vec<String> =
            gathered.snapshot.sets().map(|s| format!("{} {}", name::show(&s.name), s.rtype)).collect();
        assert_eq!(found, ["example.com TXT", "s1._domainkey.example.com TXT"]);
        let alias = gathered.aliases.get(&Key::new(&name("s1._domainkey.example.com"), RecordType::TXT));
        assert_eq!(alias.map(|chain| name::show(&chain[0])).as_deref(), Some("keys.example.net"));
        assert_eq!(gathered.failure(&name("_dmarc.example.com"), RecordType::TXT), Some(&LookupFailure::Timeout));
        assert_eq!(gathered.failure(&name("example.com"), RecordType::MX), None);
        assert!(gathered.nonexistent.contains(&name("s2._domainkey.example.com")));
        assert!(!gathered.nonexistent.contains(&name("example.com")), "it exists, without an MX");
    }
}
