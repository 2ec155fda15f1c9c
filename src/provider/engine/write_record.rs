//! Changes where a provider writes one record at a time.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::name;
use crate::model::snapshot::canonical;
use crate::plan::change::Change;
use crate::plan::merge::kind::TextKind;
use crate::provider::definition::Call;
use crate::provider::engine::http::Purpose;
use crate::provider::engine::listing::Item;
use crate::provider::engine::template::Variables;
use crate::provider::engine::{Engine, after_part, types};
use hickory_proto::rr::RData;

/// One request of a change.
#[derive(Debug, PartialEq)]
pub(super) enum Step<'a> {
    /// Changes a record in place.
    Update(&'a Item, &'a RData),
    /// Makes one.
    Create(&'a RData),
    /// Takes one away.
    Delete(&'a Item),
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.data == other.data
    }
}

/// The steps from the records `have` to the values `want` with `ttl`.
///
/// A record whose like is wanted is changed in place: so there is never a moment with two SPF records, nor one with
/// none. What is left over is made first and taken away last.
pub(super) fn steps<'a>(change: &Change, have: &'a [Item], want: &'a [RData], ttl: u32) -> Vec<Step<'a>> {
    let same = |one: &RData, other: &RData| canonical(one) == canonical(other);
    let (mut left, mut missing): (Vec<&Item>, Vec<&RData>) = (have.iter().collect(), Vec::new());
    let mut out = Vec::new();
    for value in want {
        match left.iter().position(|item| same(&item.data, value)) {
            Some(index) => {
                let item = left.remove(index);
                if item.ttl != ttl {
                    out.push(Step::Update(item, value));
                }
            }
            None => missing.push(value),
        }
    }
    let kind = |value: &RData| match value {
        RData::TXT(text) => TextKind::of(&change.key().name, &crate::model::txt::joined(text)),
        _ => TextKind::Other,
    };
    // Its like first; whatever is left after that.
    for strict in [true, false] {
        missing.retain(|value| {
            let like = left.iter().position(|item| !strict || kind(&item.data) == kind(value));
            let Some(index) = like else { return true };
            out.push(Step::Update(left.remove(index), value));
            false
        });
    }
    out.extend(missing.into_iter().map(Step::Create));
    out.extend(left.into_iter().map(Step::Delete));
    out
}

impl Engine {
    /// Applies `unit`, one set after the other.
    pub(super) async fn write_records(&self, unit: &[Change]) -> Result<()> {
        let mut done = 0;
        for change in unit {
            let have: Vec<Item> = self.items_of(change).into_iter().filter(|item| !item.form.disabled).collect();
            let want = change.after.as_ref().map(|set| set.values.as_slice()).unwrap_or_default();
            let ttl = change.set().map_or(0, |set| set.ttl);
            let steps = steps(change, &have, want, ttl);
            let fixed = steps.iter().any(|step| match step {
                Step::Update(item, _) | Step::Delete(item) => item.readonly,
                Step::Create(_) => false,
            });
            if fixed {
                let owner = name::show(&change.key().name);
                let error = Error::refused(format!("{} keeps {owner} to itself", self.definition.title));
                return Err(after_part(error, done));
            }
            for step in steps {
                done += self.step(change, &step, ttl).await.map_err(|e| after_part(e, done))?;
            }
        }
        Ok(())
    }

    /// Carries out one step and says how many requests it took.
    async fn step(&self, change: &Change, step: &Step<'_>, ttl: u32) -> Result<usize> {
        let definition = &self.definition;
        let own = |item: Option<&Item>, value: Option<&RData>| {
            let mut variables = self.set_variables(&change.key(), ttl);
            let id = item.and_then(|item| item.id.clone()).unwrap_or(Value::Null);
            variables.set("id", id);
            variables.set("version", item.and_then(|item| item.version.clone()).unwrap_or(Value::Null));
            let (text, prio) = value.map(|value| self.encode(value)).unwrap_or_default();
            variables.set("value", self.json_of(change.key().rtype, &text));
            variables.set("prio", prio.map_or(Value::Null, Value::from));
            variables
        };
        let made: Vec<(&[Call], Variables)> = match step {
            Step::Create(value) => vec![(&definition.create, own(None, Some(value)))],
            Step::Delete(item) => vec![(&definition.delete, own(Some(item), Some(&item.data)))],
            Step::Update(item, value) if definition.update.is_empty() => vec![
                (&definition.delete, own(Some(item), Some(&item.data))),
                (&definition.create, own(None, Some(value))),
            ],
            Step::Update(item, value) => vec![(&definition.update, own(Some(item), Some(value)))],
        };
        let mut done = 0;
        for (calls, variables) in made {
            for call in calls.iter().filter(|call| types::is_for(&call.types, change.key().rtype)) {
                self.call(call, &variables, Purpose::Write).await.map_err(|e| after_part(e, done))?;
                done += 1;
            }
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::RecordSet;
    use crate::model::txt;
    use crate::plan::change::Form;

    fn text(value: &str) -> RData {
        RData::TXT(txt::split(value.as_bytes()))
    }

    /// `=value->value`, `+value`, `-value` of each step.
    fn told(steps: &[Step<'_>]) -> Vec<String> {
        let shown = |value: &RData| match value {
            RData::TXT(t) => String::from_utf8(txt::joined(t)).unwrap(),
            other => other.to_string(),
        };
        let one = |step: &Step<'_>| match step {
            Step::Update(item, value) => format!("={}->{}", shown(&item.data), shown(value)),
            Step::Create(value) => format!("+{}", shown(value)),
            Step::Delete(item) => format!("-{}", shown(&item.data)),
        };
        steps.iter().map(one).collect()
    }

    #[test]
    fn like_takes_the_place_of_like() {
        type Case<'a> = (&'a str, &'a [&'a str], &'a [&'a str], u32, &'a [&'a str]);
        let cases: &[Case<'_>] = &[
            ("a new one", &[], &["a"], 60, &["+a"]),
            ("one that goes", &["a", "b"], &["b"], 60, &["-a"]),
            ("nothing to do", &["a", "b"], &["b", "a"], 60, &[]),
            ("another TTL", &["a"], &["a"], 300, &["=a->a"]),
            (
                "SPF in the place of SPF, whatever the order",
                &["site=1", "v=spf1 mx ~all"],
                &["v=spf1 mx a ~all", "site=1"],
                60,
                &["=v=spf1 mx ~all->v=spf1 mx a ~all"],
            ),
            (
                "two SPF records become one: the change first, the other goes last",
                &["v=spf1 mx ~all", "v=spf1 a ~all"],
                &["v=spf1 mx a ~all"],
                60,
                &["=v=spf1 mx ~all->v=spf1 mx a ~all", "-v=spf1 a ~all"],
            ),
            ("made before taken away", &["a"], &["b", "c"], 60, &["=a->b", "+c"]),
            ("twice the same", &["a", "a"], &["a"], 60, &["-a"]),
        ];
        for (why, have, want, ttl, steps_told) in cases {
            let name = name::domain("example.com").unwrap();
            let item = |value: &&str| Item {
                id: None,
                version: None,
                data: text(value),
                ttl: 60,
                form: Form { text: (*value).into(), disabled: false },
                readonly: false,
            };
            let have: Vec<Item> = have.iter().map(item).collect();
            let want: Vec<RData> = want.iter().map(|v| text(v)).collect();
            let change = Change::between(None, Some(RecordSet::desired(name, *ttl, want.clone(), ""))).unwrap();
            assert_eq!(told(&steps(&change, &have, &want, *ttl)), *steps_told, "{why}");
        }
    }
}
