//! JSON: every sender with every count.

use serde_json::{Map, Value, json};

use super::words;
use crate::survey::{Class, Sender, Tally};

/// `{"messages", "senders", "classes", "months", "list": […]}`.
pub fn json(tally: &Tally) -> Value {
    let total = tally.total();
    let list: Vec<Value> = tally
        .ranked()
        .into_iter()
        .map(|(name, sender)| {
            let mut value = figures(sender);
            let mut object = Map::from_iter([("sender".to_string(), Value::from(name))]);
            object.insert("class".into(), sender.main_class().slug().into());
            object.append(&mut value);
            Value::Object(object)
        })
        .collect();
    let mut object = figures(&total);
    object.remove("policy");
    object.insert("senders".into(), tally.senders.len().into());
    object.insert("senders_by_class".into(), by_class(&tally.senders_by_class()));
    object.insert("too_large".into(), tally.cut.into());
    object.insert("files_without_mail".into(), tally.no_mail.into());
    object.insert("list".into(), Value::Array(list));
    Value::Object(object)
}

fn figures(sender: &Sender) -> Map<String, Value> {
    let months: Map<String, Value> =
        sender.months.iter().map(|(month, classes)| (words::month(*month), by_class(classes))).collect();
    let value = json!({
        "messages": sender.messages,
        "classes": by_class(&sender.classes),
        "spf": sender.spf,
        "dkim": sender.dkim,
        "dmarc": sender.dmarc,
        "stated": {"spf": sender.stated_spf, "dkim": sender.stated_dkim, "dmarc": sender.stated_dmarc},
        "differs": sender.differs,
        "spf_aligned": sender.spf_aligned,
        "dkim_aligned": sender.dkim_aligned,
        "keys": sender.keys,
        "key_gone": sender.key_gone,
        "policy": if sender.policy.is_empty() { Value::Null } else { sender.policy.clone().into() },
        "first": sender.span.map(|s| time(s.0)),
        "last": sender.span.map(|s| time(s.1)),
        "months": months,
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn by_class(classes: &[u64; 8]) -> Value {
    Class::ALL.iter().map(|c| (c.slug().to_string(), Value::from(classes[c.index()]))).collect::<Map<_, _>>().into()
}

fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |t| t.to_string())
}
