//! Values of record sets for people, and what of a change's values there is to see.

use hickory_proto::rr::RData;

use crate::model::dkim::{KeyRecord, PublicKey};
use crate::model::snapshot::{RecordSet, canonical, show_value};
use crate::model::txt;
use crate::plan::change::Change;

/// How much of a key is shown, at its beginning and from its middle: all RSA keys of one size begin alike.
const KEY_SHOWN: usize = 8;

/// One thing that happens to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It goes.
    Gone(String),
    /// It comes.
    Come(String),
    /// One takes the place of another; the last says whether they are texts, in which single words may differ.
    Became(String, String, bool),
    /// No value is another: what happens, in words.
    Told(String),
}

/// What of the values there is to see: all of a set that comes or goes, the difference in one that changes.
pub fn difference(change: &Change) -> Vec<Difference> {
    let (before, after) = match (&change.before, &change.after) {
        (Some(before), Some(after)) => (before, after),
        (Some(before), None) => return before.values.iter().map(|v| Difference::Gone(shown(v))).collect(),
        (None, after) => {
            return after.iter().flat_map(|set| &set.values).map(|v| Difference::Come(shown(v))).collect();
        }
    };
    let lacks = |set: &RecordSet, value: &RData| !set.values.iter().any(|v| canonical(v) == canonical(value));
    let mut gone: Vec<&RData> = before.values.iter().filter(|v| lacks(after, v)).collect();
    let mut come: Vec<&RData> = after.values.iter().filter(|v| lacks(before, v)).collect();
    let mut out = Vec::new();
    while !gone.is_empty() && !come.is_empty() {
        let (old, new) = (gone.remove(0), come.remove(0));
        out.push(Difference::Became(shown(old), shown(new), matches!(new, RData::TXT(_))));
    }
    out.extend(gone.into_iter().map(|value| Difference::Gone(shown(value))));
    out.extend(come.into_iter().map(|value| Difference::Come(shown(value))));
    if out.is_empty() && before.values.len() != after.values.len() {
        let (before, after) = (before.values.len(), after.values.len());
        out.push(Difference::Told(format!("{before} values, some of them twice, become {after}")));
    }
    if out.is_empty() {
        out.push(Difference::Told("(the TTL alone)".into()));
    }
    out
}

/// A value for people: TXT without quotes, a key by parts of it and its size.
pub fn shown(value: &RData) -> String {
    let RData::TXT(text) = value else { return show_value(value) };
    let octets = txt::joined(text);
    let text = String::from_utf8_lossy(&octets).into_owned();
    let reading = KeyRecord::read(&octets);
    let size = match reading.record().and_then(|record| record.key.as_ref()) {
        Some(PublicKey::Rsa(key)) => format!("{} bits", key.bits()),
        Some(PublicKey::Ed25519(_)) => "ed25519".into(),
        None => return text,
    };
    match text.split_once("p=") {
        Some((head, key)) if key.chars().count() > 4 * KEY_SHOWN + 8 => {
            let part = |from: usize| key.chars().skip(from).take(KEY_SHOWN).collect::<String>();
            format!("{head}p={}...{}... ({size})", part(0), part(key.chars().count() / 2))
        }
        _ => format!("{text} ({size})"),
    }
}
