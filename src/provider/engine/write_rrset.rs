//! Changes where a provider writes whole record sets.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::Result;
use crate::plan::change::{Change, Form};
use crate::provider::definition::{Call, When};
use crate::provider::engine::http::Purpose;
use crate::provider::engine::listing::Item;
use crate::provider::engine::template::{Scope, Variables};
use crate::provider::engine::{Engine, after_part, types};

impl Engine {
    /// Applies `unit`: in one request where the provider has one for that, else one set after the other.
    pub(super) async fn write_sets(&self, unit: &[Change]) -> Result<()> {
        if let Some(bulk) = &self.definition.bulk {
            let sets = |wanted: &dyn Fn(&Change) -> bool| {
                unit.iter().filter(|change| wanted(change)).map(|change| self.describe(change)).collect()
            };
            let variables = self
                .variables(&Variables::default())
                .with_list("rrsets", sets(&|_| true))
                .with_list("written", sets(&|change| change.after.is_some()))
                .with_list("removed", sets(&|change| change.after.is_none()))
                .with_list("standing", sets(&|change| !self.items_of(change).is_empty()));
            let scope = Scope::new(&variables);
            let url = self.url(&bulk.path, &scope)?;
            let request = self.request(bulk.method, url, &BTreeMap::new(), Some(&bulk.body), &scope).await?;
            let answer = self.transport.send(&request, Purpose::Write).await?;
            return self.until_done(&answer).await;
        }
        let mut done = 0;
        for change in unit {
            let before = change.before.as_ref().map(|set| set.ttl);
            let after = change.after.as_ref().map(|set| set.ttl);
            let there = !self.items_of(change).is_empty();
            let variables = self.describe(change);
            for call in self.calls(change, there) {
                let unchanged = call.when == Some(When::TtlChanged) && before == after;
                if unchanged || !types::is_for(&call.types, change.key().rtype) {
                    continue;
                }
                self.call(call, &variables, Purpose::Write).await.map_err(|e| after_part(e, done))?;
                done += 1;
            }
        }
        Ok(())
    }

    fn calls(&self, change: &Change, there: bool) -> &[Call] {
        let definition = &self.definition;
        match (&change.after, there) {
            // Values that are switched off stay, so the set is not taken away but put there without the others.
            (None, _) if self.switched_off(change).is_empty() => &definition.delete,
            (_, true) | (None, false) => &definition.replace,
            (Some(_), false) if definition.create.is_empty() => &definition.replace,
            (Some(_), false) => &definition.create,
        }
    }

    /// The variables of one change: the set, and its values as the provider shall hold them.
    fn describe(&self, change: &Change) -> Variables {
        let ttl = change.set().map_or(0, |set| set.ttl);
        let forms = self.forms_after(change);
        let rtype = change.key().rtype;
        let prio = |form: &Form| {
            let value = change.after.iter().flat_map(|set| &set.values).map(|value| self.encode(value));
            value.into_iter().find(|(text, _)| *text == form.text).and_then(|(_, prio)| prio)
        };
        let one = |form: &Form| {
            Variables::default()
                .with("value", self.json_of(rtype, &form.text))
                .with("prio", prio(form).map_or(Value::Null, Value::from))
                .with("disabled", form.disabled)
        };
        let items = self.items_of(change);
        let of_set = |of: fn(&Item) -> Option<&Value>| items.iter().find_map(of).cloned().unwrap_or(Value::Null);
        let standing = items.iter().map(|item| one(&item.form)).collect();
        self.set_variables(&change.key(), ttl)
            .with("id", of_set(|item| item.id.as_ref()))
            .with("version", of_set(|item| item.version.as_ref()))
            .with("ttl_before", items.first().map_or(ttl, |item| item.ttl))
            // The first value by itself, for types that have but one.
            .with("value", forms.first().map_or(Value::Null, |form| self.json_of(rtype, &form.text)))
            .with_list("values", forms.iter().map(one).collect())
            .with_list("before", standing)
    }

    /// The texts that the set shall hold: those that are there already to the letter, and what is switched off.
    fn forms_after(&self, change: &Change) -> Vec<Form> {
        let items = self.items_of(change);
        let rtype = change.key().rtype;
        let wanted = change.after.iter().flat_map(|set| &set.values);
        let mut forms: Vec<Form> = wanted
            .map(|value| {
                // Where the preference stands apart, the listed text may or may not hold it.
                if let (text, Some(_)) = self.encode(value) {
                    return Form { text, disabled: false };
                }
                let before = items.iter().filter(|i| !i.form.disabled && i.data == *value).map(|i| &i.form);
                let known = change.after_forms.iter().filter(|f| !f.disabled);
                let known = known.filter(|f| self.decode(rtype, &f.text, None).as_ref() == Some(value));
                let letter = known.chain(before).next().cloned();
                letter.unwrap_or_else(|| Form { text: self.encode(value).0, disabled: false })
            })
            .collect();
        forms.extend(self.switched_off(change));
        forms
    }

    fn switched_off(&self, change: &Change) -> Vec<Form> {
        self.items_of(change).into_iter().map(|item| item.form).filter(|form| form.disabled).collect()
    }

    /// The records at the change's name and type as they were last read.
    pub(super) fn items_of(&self, change: &Change) -> Vec<Item> {
        self.state().items.get(&change.key()).cloned().unwrap_or_default()
    }
}
