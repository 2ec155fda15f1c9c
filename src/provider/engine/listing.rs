//! From a provider's listing to record sets.

use std::collections::BTreeMap;

use hickory_proto::rr::{RData, RecordType};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::name;
use crate::model::snapshot::{Key, OpaqueSet, Origin, Snapshot};
use crate::plan::change::Form;
use crate::provider::Reading;
use crate::provider::definition::Fields;
use crate::provider::engine::template::{Scope, Variables};
use crate::provider::engine::{Engine, names};

/// One record as the provider has it.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its id, where records have one.
    pub id: Option<Value>,
    /// The data.
    pub data: RData,
    /// The TTL as the provider has it.
    pub ttl: u32,
    /// The provider's own text of it.
    pub form: Form,
    /// It cannot be changed.
    pub readonly: bool,
}

/// A whole listing.
pub struct Listed {
    /// For the world.
    pub reading: Reading,
    /// For the engine's own writes.
    pub items: BTreeMap<Key, Vec<Item>>,
}

impl Engine {
    /// Reads every page of the zone.
    pub(super) async fn list(&self) -> Result<Listed> {
        let list = &self.definition.list;
        let variables = self.variables(&Variables::default());
        let scope = Scope::new(&variables);
        let url = self.url(&list.path, &scope)?;
        let first = self.request(list.method, url, &list.query, list.body.as_ref(), &scope).await?;
        let snapshot = Snapshot::new(self.apex.clone());
        let mut out = Listed { reading: Reading::whole(snapshot), items: BTreeMap::new() };
        self.pages(first, list.paginate.as_ref(), &list.items, |page| {
            page.iter().try_for_each(|item| self.take(item, &mut out))?;
            Ok(false)
        })
        .await?;
        Ok(out)
    }

    /// Takes over one item: a record, or a set with its values.
    fn take(&self, item: &Value, out: &mut Listed) -> Result<()> {
        let fields = &self.definition.list.fields;
        let missing = |what: &str| {
            Error::unreachable(format!("{} lists a record without its {what}", self.definition.title))
                .hint("is the endpoint the address of its API?")
        };
        let owner = item.pointer(&fields.name).and_then(Value::as_str).ok_or_else(|| missing("name"))?;
        let rtype = item.pointer(&fields.rtype).and_then(|t| self.type_named(t)).ok_or_else(|| missing("type"))?;
        let rtype = rtype.as_str();
        let ttl = self.ttl_of(item, fields);
        let values: Vec<&Value> = match &fields.values {
            None => vec![item],
            Some(pointer) => item.pointer(pointer).and_then(Value::as_array).into_iter().flatten().collect(),
        };
        let name = names::read(&self.definition.name, owner, &self.apex);
        let known: Option<RecordType> = rtype.parse().ok();
        for value in values {
            let content = match &fields.value {
                Some(pointer) if !value.is_string() => value.pointer(pointer),
                _ => Some(value),
            };
            let content = content.and_then(Value::as_str).ok_or_else(|| missing("data"))?;
            let disabled = flag(value, fields.disabled.as_deref());
            let prio = fields.prio.as_ref().and_then(|p| value.pointer(p)).and_then(whole_number);
            let prio = prio.and_then(|p| u16::try_from(p).ok());
            let data = known.filter(|_| name.is_ok()).and_then(|known| self.decode(known, content, prio));
            let (Ok(name), Some(data)) = (&name, data) else {
                if !disabled {
                    out.reading.opaque(owner_name(self, owner), rtype, content);
                }
                continue;
            };
            let form = Form { text: content.to_string(), disabled };
            let key = Key::new(name, data.record_type());
            if !disabled {
                let origin = Origin::Provider(self.definition.id.clone());
                out.reading.snapshot.add(name, ttl, data.clone(), origin);
            }
            out.reading.forms.entry(key.clone()).or_default().push(form.clone());
            out.items.entry(key).or_default().push(Item {
                id: fields.id.as_ref().and_then(|p| item.pointer(p)).cloned(),
                data,
                ttl,
                form,
                readonly: flag(item, fields.readonly.as_deref()),
            });
        }
        Ok(())
    }

    /// The name of the type that an answer calls `written`; what has no name keeps what it is called.
    fn type_named(&self, written: &Value) -> Option<String> {
        let known = self.definition.types.iter().find(|(_, called)| *called == written).map(|(name, _)| name.clone());
        known.or_else(|| match written {
            Value::String(name) => Some(name.clone()),
            Value::Number(number) => Some(format!("type {number}")),
            _ => None,
        })
    }

    fn ttl_of(&self, item: &Value, fields: &Fields) -> u32 {
        let form = &self.definition.ttl;
        let written = fields.ttl.as_ref().and_then(|p| item.pointer(p)).and_then(whole_number);
        let default = || {
            let value = form.default_from.as_ref().and_then(|name| self.state().found.get(name).cloned());
            value.as_ref().and_then(whole_number)
        };
        let ttl = match written {
            Some(0) if form.zero_means_default => default().or(Some(0)),
            None => default(),
            written => written,
        };
        ttl.and_then(|t| u32::try_from(t).ok()).unwrap_or(0)
    }
}

impl Reading {
    /// Takes over a record that is not understood.
    fn opaque(&mut self, owner: String, rtype: &str, content: &str) {
        let sets = &mut self.snapshot.opaque;
        match sets.iter_mut().find(|set| set.name == owner && set.rtype == rtype) {
            Some(set) => set.values.push(content.into()),
            None => sets.push(OpaqueSet { name: owner, rtype: rtype.into(), values: vec![content.into()] }),
        }
    }
}

/// The owner for people, even of what is not understood.
fn owner_name(engine: &Engine, owner: &str) -> String {
    names::read(&engine.definition.name, owner, &engine.apex).map_or_else(|_| owner.to_string(), |n| name::show(&n))
}

fn flag(item: &Value, pointer: Option<&str>) -> bool {
    pointer.and_then(|p| item.pointer(p)).and_then(Value::as_bool).unwrap_or(false)
}

/// A number, or a text that is one: some providers write numbers in quotes.
fn whole_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
