//! From a provider's listing to record sets.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use hickory_proto::rr::{RData, RecordType};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::name;
use crate::model::snapshot::{Key, OpaqueSet, Origin, Snapshot};
use crate::plan::change::Form;
use crate::provider::Reading;
use crate::provider::definition::{Fields, Lines, Model, TextWrite};
use crate::provider::engine::http::{Answer, Purpose};
use crate::provider::engine::template::{Scope, Variables};
use crate::provider::engine::{Engine, lines, names, types};

/// Requests that are on their way at the same time where records are read one by one.
const AT_ONCE: usize = 8;

/// One record as the provider has it.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its id, or that of its set, where they have one.
    pub id: Option<Value>,
    /// Its version, where it has one.
    pub version: Option<Value>,
    /// The data.
    pub data: RData,
    /// The TTL as the provider has it.
    pub ttl: u32,
    /// The provider's own text of it.
    pub form: Form,
    /// It cannot be changed.
    pub readonly: bool,
}

/// One record or line of a zone that is written as a whole, to the letter.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw {
    /// What it is, where it is understood and not switched off.
    pub known: Option<(Key, RData, u32)>,
    /// The item, or the line.
    pub text: Value,
}

/// A whole listing.
pub struct Listed {
    /// For the world.
    pub reading: Reading,
    /// For the engine's own writes.
    pub items: BTreeMap<Key, Vec<Item>>,
    /// Everything there is, to the letter (model `zone`).
    pub raw: Vec<Raw>,
}

/// One value of an item, on its way to being data.
struct Found<'a> {
    owner: &'a str,
    rtype: &'a str,
    content: String,
    prio: Option<u16>,
    ttl: u32,
    disabled: bool,
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
        let mut out = Listed { reading: Reading::whole(snapshot), items: BTreeMap::new(), raw: Vec::new() };
        if let Some(forms) = &list.lines {
            let answer = self.transport.send(&first, Purpose::Read).await?;
            self.note(&answer);
            return self.take_lines(&answer, forms, out);
        }
        let mut ids = Vec::new();
        self.pages(first, list.paginate.as_ref(), &list.items, |answer, page| {
            self.note(answer);
            match &list.each {
                Some(_) => ids.extend_from_slice(page),
                None => page.iter().try_for_each(|item| self.take(item, &mut out))?,
            }
            Ok(false)
        })
        .await?;
        if let Some(path) = &list.each {
            let read = ids.into_iter().map(|id| self.one(path, id));
            let items: Vec<Value> = stream::iter(read).buffered(AT_ONCE).try_collect().await?;
            items.iter().try_for_each(|item| self.take(item, &mut out))?;
        }
        Ok(out)
    }

    /// Keeps what the definition wants kept of a listing.
    fn note(&self, answer: &Answer) {
        let mut state = self.state();
        for (name, pointer) in &self.definition.list.capture {
            if let Some(value) = answer.body.pointer(pointer) {
                state.found.set(format!("list_{name}"), value.clone());
            }
        }
    }

    /// Reads the one record that has the id `id`.
    async fn one(&self, path: &str, id: Value) -> Result<Value> {
        let variables = self.variables(&Variables::default().with("item", id));
        let scope = Scope::new(&variables);
        let url = self.url(path, &scope)?;
        let request = self.request(self.definition.list.method, url, &BTreeMap::new(), None, &scope).await?;
        Ok(self.transport.send(&request, Purpose::Read).await?.body)
    }

    /// Takes over a zone that is one text.
    fn take_lines(&self, answer: &Answer, forms: &Lines, mut out: Listed) -> Result<Listed> {
        let list = &self.definition.list;
        let text = answer.body.pointer(&list.items).and_then(Value::as_str).ok_or_else(|| {
            Error::unreachable(format!(
                "{} answers without the text that is expected at `{}`",
                self.definition.title, list.items
            ))
            .hint("is the endpoint the address of its API?")
        })?;
        let ttl = self.default_ttl().unwrap_or(0);
        for raw in text.split('\n') {
            let mut known = None;
            if let Some(line) = lines::read(forms, raw) {
                let owner = if line.name.is_empty() { self.definition.name.apex.as_str() } else { line.name.as_str() };
                let rtype = types::read(&self.definition.types, &Value::from(line.rtype)).unwrap_or_default();
                let form = Found { owner, rtype: &rtype, content: line.value, prio: line.prio, ttl, disabled: false };
                // What only looks like a record is a remark, or something of the provider's own.
                if rtype.parse::<RecordType>().is_ok() {
                    known = self.put(form, None, &mut out);
                }
            }
            out.raw.push(Raw { known, text: Value::from(raw) });
        }
        Ok(out)
    }

    /// Takes over one item: a record, or a set with its values.
    fn take(&self, item: &Value, out: &mut Listed) -> Result<()> {
        let list = &self.definition.list;
        let fields = &list.fields;
        let missing = |what: &str| {
            Error::unreachable(format!("{} lists a record without its {what}", self.definition.title))
                .hint("is the endpoint the address of its API?")
        };
        let owner = item.pointer(&fields.name).and_then(Value::as_str).ok_or_else(|| missing("name"))?;
        let rtype = item.pointer(&fields.rtype).and_then(|value| match value.as_str() {
            Some(text) => types::read(
                &self.definition.types,
                &Value::from(text.strip_prefix(&fields.type_prefix).unwrap_or(text)),
            ),
            None => types::read(&self.definition.types, value),
        });
        let rtype = rtype.ok_or_else(|| missing("type"))?;
        let ttl = self.ttl_of(item, fields);
        let own = list.by_type.get(&rtype);
        if own.is_none() && !list.by_type.is_empty() && fields.values.is_none() {
            out.reading.opaque(owner_name(self, owner), &rtype, &item.to_string());
            return Ok(());
        }
        let values: Vec<&Value> = match own.map(|own| &own.values).or(fields.values.as_ref()) {
            None => vec![item],
            Some(pointer) => match item.pointer(pointer) {
                Some(Value::Array(values)) => values.iter().collect(),
                Some(Value::Null) | None => Vec::new(),
                Some(value) => vec![value],
            },
        };
        let (content_at, prio_at) = match own {
            Some(own) => (own.value.as_ref(), own.prio.as_ref()),
            None => (fields.value.as_ref(), fields.prio.as_ref()),
        };
        let mut known = None;
        for value in values {
            let content = match content_at {
                Some(pointer) if !value.is_string() => value.pointer(pointer),
                _ => Some(value),
            };
            let content = content.and_then(|content| self.text_of(&rtype, content)).ok_or_else(|| missing("data"))?;
            let prio = prio_at.and_then(|p| value.pointer(p)).and_then(types::whole_number);
            let form = Found {
                owner,
                rtype: &rtype,
                content,
                prio: prio.and_then(|p| u16::try_from(p).ok()),
                ttl,
                disabled: flag(value, fields.disabled.as_deref()),
            };
            known = self.put(form, Some(item), out);
        }
        if self.definition.model == Model::Zone {
            out.raw.push(Raw { known, text: item.clone() });
        }
        Ok(())
    }

    /// Puts one value where it belongs, and says what it is where that is understood.
    fn put(&self, value: Found<'_>, item: Option<&Value>, out: &mut Listed) -> Option<(Key, RData, u32)> {
        let fields = &self.definition.list.fields;
        let Found { owner, rtype, content, prio, ttl, disabled } = value;
        let name = names::read(&self.definition.name, owner, &self.apex);
        let known: Option<RecordType> = rtype.parse().ok();
        let data = known.filter(|_| name.is_ok()).and_then(|known| self.decode(known, &content, prio));
        let (Ok(name), Some(data)) = (&name, data) else {
            if !disabled {
                out.reading.opaque(owner_name(self, owner), rtype, &content);
            }
            return None;
        };
        let form = Form { text: content, disabled };
        let key = Key::new(name, data.record_type());
        if !disabled {
            let origin = Origin::Provider(self.definition.id.clone());
            out.reading.snapshot.add(name, ttl, data.clone(), origin);
        }
        out.reading.forms.entry(key.clone()).or_default().push(form.clone());
        let at = |pointer: &Option<String>| pointer.as_ref().and_then(|p| item?.pointer(p)).cloned();
        out.items.entry(key.clone()).or_default().push(Item {
            id: at(&fields.id),
            version: at(&fields.version),
            data: data.clone(),
            ttl,
            form,
            readonly: item.is_some_and(|item| flag(item, fields.readonly.as_deref())),
        });
        (!disabled).then_some((key, data, ttl))
    }

    /// The text of a value: a list of strings stays a list where TXT is written as one, else it is joined.
    fn text_of(&self, rtype: &str, content: &Value) -> Option<String> {
        match content {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Array(parts) => {
                let parts: Vec<String> =
                    parts.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_string)).collect();
                Some(match rtype {
                    "TXT" if self.definition.txt.write == TextWrite::Array => content.to_string(),
                    "TXT" => parts.concat(),
                    _ => parts.join(" "),
                })
            }
            _ => None,
        }
    }

    fn ttl_of(&self, item: &Value, fields: &Fields) -> u32 {
        let form = &self.definition.ttl;
        let written = fields.ttl.as_ref().and_then(|p| item.pointer(p)).and_then(types::whole_number);
        let written = written.and_then(|ttl| u32::try_from(ttl).ok());
        let ttl = match written {
            Some(0) if form.zero_means_default => self.default_ttl().or(Some(0)),
            None => self.default_ttl(),
            written => written,
        };
        ttl.unwrap_or(0)
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
