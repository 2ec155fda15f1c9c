//! JSON: every sender with every count.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use super::words;
use crate::survey::{Class, Sender, Tally};

/// `{"messages", "senders", "classes", "months", "list": […]}`, in lines.
pub fn json(tally: &Tally) -> String {
    let total = tally.total();
    let ranked = tally.ranked();
    let whole = Whole {
        figures: Figures { policy: None, ..Figures::new(&total) },
        senders: tally.senders.len(),
        senders_by_class: Classes(&tally.senders_by_class()),
        too_large: tally.cut,
        files_without_mail: tally.no_mail,
        list: ranked
            .iter()
            .map(|(name, sender)| Row {
                sender: name,
                class: sender.main_class().slug(),
                figures: Figures::new(sender),
            })
            .collect(),
    };
    // Nothing in it can fail to be written.
    serde_json::to_string_pretty(&whole).unwrap_or_default()
}

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    figures: Figures<'a>,
    senders: usize,
    senders_by_class: Classes<'a>,
    too_large: u64,
    files_without_mail: u64,
    list: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    sender: &'a str,
    class: &'static str,
    #[serde(flatten)]
    figures: Figures<'a>,
}

#[derive(Serialize)]
struct Figures<'a> {
    messages: u64,
    classes: Classes<'a>,
    spf: &'a BTreeMap<String, u64>,
    dkim: &'a BTreeMap<String, u64>,
    dmarc: &'a BTreeMap<String, u64>,
    stated: Stated<'a>,
    differs: u64,
    spf_aligned: u64,
    dkim_aligned: u64,
    keys: &'a BTreeMap<String, u64>,
    key_gone: u64,
    /// Left out for all senders together; null where one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Option<&'a str>>,
    first: Option<String>,
    last: Option<String>,
    months: Months<'a>,
}

#[derive(Serialize)]
struct Stated<'a> {
    spf: &'a BTreeMap<String, u64>,
    dkim: &'a BTreeMap<String, u64>,
    dmarc: &'a BTreeMap<String, u64>,
}

impl<'a> Figures<'a> {
    fn new(sender: &'a Sender) -> Self {
        Figures {
            messages: sender.messages,
            classes: Classes(&sender.classes),
            spf: &sender.spf,
            dkim: &sender.dkim,
            dmarc: &sender.dmarc,
            stated: Stated { spf: &sender.stated_spf, dkim: &sender.stated_dkim, dmarc: &sender.stated_dmarc },
            differs: sender.differs,
            spf_aligned: sender.spf_aligned,
            dkim_aligned: sender.dkim_aligned,
            keys: &sender.keys,
            key_gone: sender.key_gone,
            policy: Some((!sender.policy.is_empty()).then_some(sender.policy.as_str())),
            first: sender.span.map(|s| time(s.0)),
            last: sender.span.map(|s| time(s.1)),
            months: Months(&sender.months),
        }
    }
}

/// Counts by class, under the classes' words.
pub(super) struct Classes<'a>(pub(super) &'a [u64; 8]);

impl Serialize for Classes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(Class::ALL.iter().map(|class| (class.slug(), self.0[class.index()])))
    }
}

/// Classes by month, under the month as ISO 8601 writes it.
struct Months<'a>(&'a BTreeMap<i32, [u64; 8]>);

impl Serialize for Months<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (month, classes) in self.0 {
            map.serialize_entry(&words::month(*month), &Classes(classes))?;
        }
        map.end()
    }
}

fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |t| t.to_string())
}
