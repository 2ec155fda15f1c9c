//! Record types as a provider calls them.

use std::collections::BTreeMap;

use hickory_proto::rr::RecordType;
use serde_json::Value;

use crate::provider::definition::Words;

/// `rtype` in requests.
pub fn write(words: &BTreeMap<String, Words>, rtype: RecordType) -> Value {
    let own = words.get(&rtype.to_string()).and_then(|words| words.all().first());
    own.cloned().unwrap_or_else(|| Value::from(rtype.to_string()))
}

/// The type that `value` of an answer stands for, as text: what nobody knows stays as it is.
pub fn read(words: &BTreeMap<String, Words>, value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let unknown = if value.is_number() { format!("type {text}") } else { text.to_ascii_uppercase() };
    let same =
        |word: &Value| word.as_str().map_or_else(|| word.to_string(), str::to_string).eq_ignore_ascii_case(&text);
    let known = words.iter().find(|(_, words)| words.all().iter().any(same));
    Some(known.map_or(unknown, |(rtype, _)| rtype.clone()))
}

/// Whether `rtype` has a word: where types are numbers, what is not among them cannot be written.
pub fn has_word(words: &BTreeMap<String, Words>, rtype: RecordType) -> bool {
    let numbers = words.values().any(|words| words.all().iter().any(Value::is_number));
    !numbers || words.contains_key(&rtype.to_string())
}

/// Whether a call that names `types` is for `rtype`.
pub fn is_for(types: &[String], rtype: RecordType) -> bool {
    types.is_empty() || types.iter().any(|name| name.eq_ignore_ascii_case(&rtype.to_string()))
}

/// A number, or a text that is one: some providers write numbers in quotes.
pub fn whole_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_of_others() {
        let words: BTreeMap<String, Words> =
            serde_json::from_value(json!({"A": 0, "TXT": ["TXT", "SPF", "DKIM"], "MX": 4})).unwrap();
        assert_eq!(write(&words, RecordType::A), json!(0));
        assert_eq!(write(&words, RecordType::TXT), json!("TXT"));
        assert_eq!(write(&words, RecordType::CAA), json!("CAA"));
        for (value, want) in [
            (json!(0), Some("A")),
            (json!("4"), Some("MX")),
            (json!("DKIM"), Some("TXT")),
            (json!("spf"), Some("TXT")),
            (json!("caa"), Some("CAA")),
            (json!(7), Some("type 7")),
            (json!(null), None),
        ] {
            assert_eq!(read(&words, &value).as_deref(), want, "{value}");
        }
        assert!(has_word(&words, RecordType::MX) && !has_word(&words, RecordType::CAA));
        assert!(has_word(&BTreeMap::new(), RecordType::CAA));
        assert!(is_for(&[], RecordType::A) && is_for(&["a".into()], RecordType::A));
        assert!(!is_for(&["TXT".into()], RecordType::A));
    }
}
