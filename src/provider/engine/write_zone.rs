//! Changes where a provider writes the whole zone: what no change names goes back to the letter.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::snapshot::{Key, canonical};
use crate::plan::change::Change;
use crate::provider::engine::http::Purpose;
use crate::provider::engine::lines::{self, Line};
use crate::provider::engine::listing::Raw;
use crate::provider::engine::template::Variables;
use crate::provider::engine::{Engine, names, types};
use hickory_proto::rr::RData;

/// One record of the zone that is put.
#[derive(Debug, PartialEq)]
pub enum Row<'a> {
    /// As it was read.
    Kept(&'a Raw),
    /// A value of a change; in the place of what stood there, where it takes that.
    Made {
        /// The change.
        change: &'a Change,
        /// The value.
        value: &'a RData,
        /// What stood there.
        over: Option<&'a Raw>,
    },
}

/// The zone `raw` with `changes` made: a new value stands where an old one of its set stood, a further one after them,
/// one of a new set at the end.
pub fn rows<'a>(raw: &'a [Raw], changes: &'a [Change]) -> Vec<Row<'a>> {
    let mut out: Vec<Option<Row<'a>>> = raw.iter().map(|one| Some(Row::Kept(one))).collect();
    let mut added: Vec<(usize, Row<'a>)> = Vec::new();
    for change in changes {
        let key = change.key();
        let ttl = change.after.as_ref().map_or(0, |set| set.ttl);
        let mut wanted: Vec<&RData> = change.after.iter().flat_map(|set| &set.values).collect();
        let mut free = Vec::new();
        let mut last = None;
        for (index, one) in raw.iter().enumerate() {
            let Some((theirs, data, old_ttl)) = &one.known else { continue };
            if *theirs != key {
                continue;
            }
            last = Some(index);
            match wanted.iter().position(|value| canonical(value) == canonical(data)) {
                Some(at) => {
                    let value = wanted.remove(at);
                    if *old_ttl != ttl {
                        out[index] = Some(Row::Made { change, value, over: Some(one) });
                    }
                }
                None => {
                    out[index] = None;
                    free.push(index);
                }
            }
        }
        let mut free = free.into_iter();
        for value in wanted {
            match free.next() {
                Some(index) => out[index] = Some(Row::Made { change, value, over: Some(&raw[index]) }),
                None => {
                    let after = last.map_or(raw.len(), |index| index + 1);
                    added.push((after, Row::Made { change, value, over: None }));
                }
            }
        }
    }
    // A text that ends in a line end has an empty line last: new lines stand before it.
    let empty = |one: &Raw| one.text.as_str().is_some_and(|text| text.trim().is_empty());
    let end = raw.iter().rposition(|one| !empty(one)).map_or(0, |index| index + 1);
    let mut all = Vec::new();
    let mut added = added.into_iter().map(|(at, row)| (at.min(end), row)).collect::<Vec<_>>();
    added.sort_by_key(|(at, _)| *at);
    let mut added = added.into_iter().peekable();
    for (index, row) in out.into_iter().enumerate() {
        while let Some((_, row)) = added.next_if(|(at, _)| *at <= index) {
            all.push(row);
        }
        all.extend(row);
    }
    all.extend(added.map(|(_, row)| row));
    all
}

impl Engine {
    /// Applies `unit` in one request.
    pub(super) async fn write_zone(&self, unit: &[Change]) -> Result<()> {
        let Some(put) = &self.definition.put else {
            return Err(Error::config("a definition with `model: zone` needs `put`"));
        };
        let raw = self.state().raw.clone();
        let rows = rows(&raw, unit);
        let own = match &self.definition.list.lines {
            None => Variables::default().with_list("records", rows.iter().map(|row| self.record(row)).collect()),
            Some(_) => {
                let texts: Result<Vec<String>> = rows.iter().map(|row| self.line(row, &raw)).collect();
                Variables::default().with("lines", texts?.join("\n"))
            }
        };
        self.call(put, &own, Purpose::Write).await.map(drop)
    }

    fn record(&self, row: &Row<'_>) -> Variables {
        match row {
            Row::Kept(raw) => Variables::raw(raw.text.clone()),
            Row::Made { change, value, over } => {
                let ttl = change.after.as_ref().map_or(0, |set| set.ttl);
                let (text, prio) = self.encode(value);
                let made = self
                    .set_variables(&change.key(), ttl)
                    .with("value", self.json_of(change.key().rtype, &text))
                    .with("prio", prio.map_or(Value::Null, Value::from));
                match over {
                    Some(raw) => made.over(raw.text.clone()),
                    None => made,
                }
            }
        }
    }

    fn line(&self, row: &Row<'_>, raw: &[Raw]) -> Result<String> {
        let (change, value) = match row {
            Row::Kept(raw) => return Ok(raw.text.as_str().unwrap_or_default().to_string()),
            Row::Made { change, value, .. } => (change, value),
        };
        let ends = raw.iter().filter_map(|one| one.text.as_str()).any(|text| text.ends_with('\r'));
        Ok(format!("{}{}", self.line_of(&change.key(), value)?, if ends { "\r" } else { "" }))
    }

    /// One value as a line of the zone; empty where the zone has no lines.
    pub(super) fn line_of(&self, key: &Key, value: &RData) -> Result<String> {
        let Some(forms) = &self.definition.list.lines else { return Ok(String::new()) };
        let (text, prio) = self.encode(value);
        let rtype = types::write(&self.definition.types, key.rtype);
        let line = Line {
            rtype: rtype.as_str().map_or_else(|| rtype.to_string(), str::to_string),
            name: names::write(&self.definition.name, &key.name, &self.apex),
            value: text,
            prio,
        };
        let during = |e: Error| e.during(format!("writing a line for {}", self.definition.title));
        lines::write(forms, &line, &self.definition.name.apex).map_err(during)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name;
    use crate::model::snapshot::RecordSet;
    use crate::model::txt;

    fn text(value: &str) -> RData {
        RData::TXT(txt::split(value.as_bytes()))
    }

    fn set(owner: &str, ttl: u32, values: &[&str]) -> RecordSet {
        RecordSet::desired(name::domain(owner).unwrap(), ttl, values.iter().map(|v| text(v)).collect(), "")
    }

    /// The rows as lines: `owner value`, a made one with `+`, one that takes another's place with `=`.
    fn told(raw: &[Raw], changes: &[Change]) -> Vec<String> {
        let shown = |value: &RData| match value {
            RData::TXT(t) => String::from_utf8(txt::joined(t)).unwrap(),
            other => other.to_string(),
        };
        rows(raw, changes)
            .iter()
            .map(|row| match row {
                Row::Kept(raw) => raw.text.as_str().unwrap().to_string(),
                Row::Made { value, over: None, .. } => format!("+{}", shown(value)),
                Row::Made { value, over: Some(_), .. } => format!("={}", shown(value)),
            })
            .collect()
    }

    #[test]
    fn what_is_not_ours_stays() {
        let known = |owner: &str, value: &str| Raw {
            known: Some((Key::new(&name::domain(owner).unwrap(), text("").record_type()), text(value), 60)),
            text: Value::from(value),
        };
        let remark = |line: &str| Raw { known: None, text: Value::from(line) };
        let raw = [
            remark("; mine"),
            known("example.com", "site=1"),
            known("example.com", "v=spf1 mx ~all"),
            remark("url www https://other.example/"),
            known("a.example.com", "a"),
            remark(""),
        ];
        let change = |before: Option<RecordSet>, after: Option<RecordSet>| Change::between(before, after).unwrap();
        let apex = set("example.com", 60, &["site=1", "v=spf1 mx ~all"]);
        let cases: &[(&str, Vec<Change>, &[&str])] = &[
            (
                "one value becomes another, in its place",
                vec![change(Some(apex.clone()), Some(set("example.com", 60, &["site=1", "v=spf1 a ~all"])))],
                &["; mine", "site=1", "=v=spf1 a ~all", "url www https://other.example/", "a", ""],
            ),
            (
                "a further value stands beside its like",
                vec![change(Some(apex.clone()), Some(set("example.com", 60, &["site=1", "v=spf1 mx ~all", "x"])))],
                &["; mine", "site=1", "v=spf1 mx ~all", "+x", "url www https://other.example/", "a", ""],
            ),
            (
                "a new set stands at the end, before the last line end",
                vec![change(None, Some(set("b.example.com", 60, &["b1", "b2"])))],
                &["; mine", "site=1", "v=spf1 mx ~all", "url www https://other.example/", "a", "+b1", "+b2", ""],
            ),
            (
                "a set that goes",
                vec![change(Some(set("a.example.com", 60, &["a"])), None)],
                &["; mine", "site=1", "v=spf1 mx ~all", "url www https://other.example/", ""],
            ),
            (
                "another TTL",
                vec![change(Some(set("a.example.com", 60, &["a"])), Some(set("a.example.com", 90, &["a"])))],
                &["; mine", "site=1", "v=spf1 mx ~all", "url www https://other.example/", "=a", ""],
            ),
        ];
        for (why, changes, want) in cases {
            assert_eq!(told(&raw, changes), *want, "{why}");
        }
    }
}
