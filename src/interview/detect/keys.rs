//! DKIM keys under well-known selectors, those of services, and those that this machine signs with.

use std::collections::BTreeSet;

use hickory_proto::rr::RecordType;

use crate::dns::gather::{COMMON_SELECTORS, Gathered, gather, key_name};
use crate::dns::lookup::Lookup;
use crate::model::dkim::KeyRecord;
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, RecordSet};
use crate::profile::preset::{DkimForm, Preset};

/// A key that is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// Its selector.
    pub selector: String,
    /// The service whose key it is, by the id of its preset: its CNAME leads there, or the selector is that service's
    /// alone.
    pub service: Option<String>,
}

/// Asks for the selectors of services and for `own`, beside those that `gathered` has asked for.
pub(super) async fn more(
    lookup: &dyn Lookup,
    domain: &Name,
    presets: &[Preset],
    own: &[String],
    gathered: &mut Gathered,
) {
    if gathered.snapshot.is_empty() && gathered.nonexistent.is_empty() {
        // Nobody answers: guessing selectors would only take time.
        return;
    }
    let shown = name::show(domain);
    let theirs = presets.iter().flat_map(|p| {
        let records = p.sender(&shown).dkim_cnames.into_iter().map(|r| r.selector);
        p.dkim.selectors.iter().cloned().chain(records).collect::<Vec<_>>()
    });
    let selectors: BTreeSet<String> = theirs.chain(own.iter().cloned()).collect();
    let new = selectors.iter().filter(|s| !COMMON_SELECTORS.contains(&s.as_str()));
    let questions = new.filter_map(|s| key_name(s, domain).ok()).map(|name| Key::new(&name, RecordType::TXT)).collect();
    let mut found = gather(lookup, domain, questions, "").await;
    // What a wildcard gives under a guessed name is no key of that selector.
    let wildcard = gathered.snapshot.sets().find(|s| s.name.is_wildcard()).cloned();
    let given: Vec<Key> = wildcard
        .iter()
        .flat_map(|w| found.snapshot.sets().filter(|s| s.same_data(w)).map(RecordSet::key).collect::<Vec<_>>())
        .collect();
    given.iter().for_each(|key| drop(found.snapshot.remove(key)));
    found.nothing.clear();
    found.nonexistent.clear();
    gathered.merge(found);
}

/// The keys in `gathered`, by selector; revoked ones are none.
pub(super) fn keys(gathered: &Gathered, domain: &Name, presets: &[Preset]) -> Vec<KeyFacts> {
    let below = format!("._domainkey.{}", name::show(domain));
    let mut out = Vec::new();
    for set in gathered.snapshot.sets().filter(|s| s.rtype == RecordType::TXT) {
        let owner = name::show(&set.name);
        let Some(selector) = owner.strip_suffix(&below) else { continue };
        if set.texts().iter().any(|t| KeyRecord::read(t).record().is_some_and(|k| !k.revoked())) {
            let chain = gathered.aliases.get(&set.key()).map(Vec::as_slice).unwrap_or_default();
            out.push(KeyFacts { selector: selector.into(), service: service(selector, chain, presets) });
        }
    }
    out
}

/// The selectors under which a key is revoked (RFC 6376 §3.6.1), and nothing else stands.
pub(super) fn revoked(gathered: &Gathered, domain: &Name) -> Vec<String> {
    let below = format!("._domainkey.{}", name::show(domain));
    let sets = gathered.snapshot.sets().filter(|s| s.rtype == RecordType::TXT && !s.name.is_wildcard());
    let alone = |set: &&RecordSet| {
        let texts = set.texts();
        let mut records = texts.iter().filter_map(|t| KeyRecord::read(t).record().map(|k| k.revoked()));
        let first = records.next();
        first == Some(true) && records.all(|revoked| revoked)
    };
    sets.filter(alone).filter_map(|set| name::show(&set.name).strip_suffix(&below).map(str::to_string)).collect()
}

fn service(selector: &str, chain: &[Name], presets: &[Preset]) -> Option<String> {
    let led = chain.iter().map(name::show).find_map(|t| presets.iter().find(|p| p.signs_at(&t)));
    // Short selectors and `default` are everybody's.
    let telling = selector.len() > 4 && selector != "default" && chain.is_empty();
    let mut named = presets
        .iter()
        .filter(|p| telling && p.dkim.form == DkimForm::Txt && p.dkim.selectors.iter().any(|s| s == selector));
    let alone = named.next().filter(|_| named.next().is_none());
    led.or(alone).map(|p| p.id.clone())
}
