//! The one engine behind all definitions: it finds the zone, reads it, and writes record sets.
//!
//! | file | holds |
//! |---|---|
//! | [`template`] | filling in the definition's templates |
//! | [`http`] | one request: sent, repeated, its errors in words |
//! | [`auth`] | credentials put into requests |
//! | [`paging`] | lists that come in pages |
//! | [`names`], [`text`] | owner names, data and TXT as the provider writes them |
//! | [`listing`] | from an answer to record sets |
//! | [`write_rrset`], [`write_record`] | changes, a set or a record at a time |

pub mod auth;
pub mod http;
pub mod listing;
pub mod names;
pub mod paging;
pub mod redact;
pub mod template;
pub mod text;
pub mod write_record;
pub mod write_rrset;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hickory_proto::rr::rdata::CNAME;
use hickory_proto::rr::{RData, RecordType};
use reqwest::Url;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, RecordSet};
use crate::plan::change::Change;
use crate::provider::definition::{Call, Capture, Definition, Method, Model};
use crate::provider::engine::http::{Answer, Purpose, Request, Transport};
use crate::provider::engine::listing::Item;
use crate::provider::engine::template::{Scope, Variables};
use crate::provider::{Provider, Reading};

/// How long a write that is done later may take.
const POLL_PATIENCE: Duration = Duration::from_secs(120);
const POLL_PAUSE: Duration = Duration::from_millis(250);

/// A provider that a definition describes.
pub struct Engine {
    definition: Definition,
    apex: Name,
    /// The endpoint without a last slash.
    endpoint: Url,
    /// The base path that the definition's own endpoint has.
    their_base: String,
    /// The endpoint is not the definition's own.
    elsewhere: bool,
    /// The zone, credentials and settings.
    variables: Variables,
    transport: Transport,
    state: Mutex<State>,
}

/// What was learnt from the provider.
#[derive(Default)]
struct State {
    /// What the login captured.
    session: Option<Variables>,
    /// What `prepare` and the zone's look-up captured.
    found: Variables,
    /// The records as they were last read.
    items: BTreeMap<Key, Vec<Item>>,
}

/// What [`Engine::new`] is made of.
pub struct Parts {
    /// The definition, checked.
    pub definition: Definition,
    /// The zone.
    pub apex: Name,
    /// The endpoint without a last slash.
    pub endpoint: Url,
    /// The definition's own endpoint.
    pub theirs: Url,
    /// Credentials as `cred.NAME`, settings as `setting.NAME`.
    pub variables: Variables,
    /// How requests are sent.
    pub transport: Transport,
}

impl Engine {
    /// An engine. Nothing is sent yet.
    pub fn new(parts: Parts) -> Self {
        let Parts { definition, apex, endpoint, theirs, mut variables, transport } = parts;
        variables.set("zone", name::show(&apex));
        let their_base = theirs.path().trim_end_matches('/').to_string();
        let elsewhere = endpoint.origin() != theirs.origin();
        Engine { definition, apex, endpoint, their_base, elsewhere, variables, transport, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything a template may use, `own` innermost.
    fn variables(&self, own: &Variables) -> Variables {
        let mut all = self.variables.clone();
        let state = self.state();
        all.extend(&state.found);
        if let Some(session) = &state.session {
            all.extend(session);
        }
        all.extend(own);
        all
    }

    /// `path` below the endpoint, filled in and encoded.
    fn url(&self, path: &str, scope: &Scope<'_>) -> Result<Url> {
        let path = template::text(path, scope, &encode_segment)?;
        let text = format!("{}{path}", self.endpoint.as_str().trim_end_matches('/'));
        Url::parse(&text).map_err(|e| Error::config(format!("`{path}` makes no URL below the endpoint")).because(e))
    }

    /// The URL of `call`. Where another endpoint was named it stands for every host that the definition knows.
    fn url_of(&self, call: &Call, scope: &Scope<'_>) -> Result<Url> {
        let Some(whole) = &call.url else { return self.url(&call.path, scope) };
        let text = template::text(whole, scope, &|s| s.to_string())?;
        let url = Url::parse(&text).map_err(|e| Error::config(format!("`{text}` is no URL")).because(e))?;
        if !self.elsewhere {
            return Ok(url);
        }
        let mut here = self.endpoint.clone();
        here.set_path(url.path());
        here.set_query(url.query());
        Ok(here)
    }

    /// A request, filled in and authenticated.
    async fn request(
        &self,
        method: Method,
        url: Url,
        query: &BTreeMap<String, Value>,
        body: Option<&Value>,
        scope: &Scope<'_>,
    ) -> Result<Request> {
        let mut request = Request { method, url, headers: Vec::new(), body: None, basic: None };
        for (parameter, form) in query {
            if let Some(value) = template::json(form, scope)? {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
                request.url.query_pairs_mut().append_pair(parameter, &text);
            }
        }
        if let Some(form) = body {
            request.body = template::json(form, scope)?;
        }
        self.authenticate(&mut request).await?;
        Ok(request)
    }

    /// Makes one call of an operation and waits until it is done.
    async fn call(&self, call: &Call, own: &Variables, purpose: Purpose) -> Result<Answer> {
        let variables = self.variables(own);
        let scope = Scope::new(&variables);
        let url = self.url_of(call, &scope)?;
        let request = self.request(call.method, url, &call.query, call.body.as_ref(), &scope).await?;
        let answer = self.transport.send(&request, purpose).await?;
        if purpose == Purpose::Write {
            self.until_done(&answer).await?;
        }
        Ok(answer)
    }

    /// Waits for a write that the provider does later.
    async fn until_done(&self, answer: &Answer) -> Result<()> {
        let Some(poll) = &self.definition.poll else { return Ok(()) };
        let mut own = Variables::default();
        for (name, pointer) in &poll.capture {
            match answer.body.pointer(pointer) {
                Some(value) if !value.is_null() => own.set(name, value.clone()),
                _ => return Ok(()),
            }
        }
        let deadline = tokio::time::Instant::now() + POLL_PATIENCE;
        loop {
            let variables = self.variables(&own);
            let scope = Scope::new(&variables);
            let url = self.url(&poll.path, &scope)?;
            let request = self.request(Method::Get, url, &BTreeMap::new(), None, &scope).await?;
            let body = self.transport.send(&request, Purpose::Read).await?.body;
            let status = body.pointer(&poll.status).and_then(Value::as_str).unwrap_or_default();
            if poll.done.iter().any(|s| s == status) {
                return Ok(());
            }
            if !poll.pending.iter().any(|s| s == status) {
                let reason = poll.error.as_ref().and_then(|p| body.pointer(p)).and_then(Value::as_str);
                let reason = reason.map(|r| format!(": {r}")).unwrap_or_default();
                return Err(Error::unreachable(format!(
                    "{} did not carry out the change{reason}",
                    self.definition.title
                )));
            }
            if tokio::time::Instant::now() > deadline {
                return Err(Error::unreachable(format!(
                    "{} has not carried out the change yet",
                    self.definition.title
                )));
            }
            tokio::time::sleep(POLL_PAUSE).await;
        }
    }

    /// Every page of a list; `stop` ends it early.
    async fn pages(
        &self,
        first: Request,
        paginate: Option<&crate::provider::definition::Paginate>,
        items: &str,
        mut each: impl FnMut(&[Value]) -> Result<bool> + Send,
    ) -> Result<()> {
        let (mut request, mut seen) = (first, 0);
        for page in 1..=paging::MOST_PAGES {
            let answer = self.transport.send(&request, Purpose::Read).await?;
            let list = match answer.body.pointer(items) {
                Some(Value::Array(list)) => list.as_slice(),
                // Some providers leave an empty list out.
                Some(Value::Null) | None if items.is_empty() || answer.body.is_object() => &[],
                _ => {
                    return Err(Error::unreachable(format!(
                        "{} answers without the list that is expected at `{items}`",
                        self.definition.title
                    ))
                    .hint("is the endpoint the address of its API?"));
                }
            };
            seen += list.len();
            if each(list)? {
                return Ok(());
            }
            let next = paginate.and_then(|p| paging::next(p, page, seen, list.len(), &answer.body, &answer.headers));
            let Some(next) = next else { return Ok(()) };
            let ours = self.endpoint.path().trim_end_matches('/');
            match paging::follow(&request.url, &next, &self.their_base, ours) {
                Some(url) if url != request.url => request.url = url,
                _ => break,
            }
        }
        Err(Error::unreachable(format!("{} lists records without end", self.definition.title)))
    }

    /// Runs `prepare` and finds the zone.
    async fn find(&self) -> Result<()> {
        self.state().found = Variables::default();
        for call in &self.definition.prepare {
            let answer = self.call(call, &Variables::default(), Purpose::Read).await?;
            let captured = self.captured(&call.capture, &answer, "")?;
            self.state().found.extend(&captured);
        }
        let Some(lookup) = &self.definition.zone.lookup else { return Ok(()) };
        let variables = self.variables(&Variables::default());
        let scope = Scope::new(&variables);
        let mut url = self.url(&lookup.path, &scope)?;
        if let Some(raw) = &lookup.raw_query {
            let text = template::text(raw, &scope, &|s| s.to_string())?;
            url.set_query(Some(&encode_segment(&text)));
        }
        let mut request = self.request(lookup.method, url, &lookup.query, lookup.body.as_ref(), &scope).await?;
        for (field, form) in &lookup.headers {
            request.headers.push((field.clone(), template::text(form, &scope, &|s| s.to_string())?.into()));
        }
        let mut wanted = Vec::new();
        for (pointer, form) in &lookup.matches {
            wanted.push((pointer, template::text(form, &scope, &|s| s.to_string())?));
        }
        let matches = |zone: &Value| {
            wanted.iter().all(|(pointer, text)| {
                zone.pointer(pointer).and_then(Value::as_str).is_some_and(|v| v.eq_ignore_ascii_case(text))
            })
        };
        let mut found = None;
        let outcome = match &lookup.items {
            Some(items) => {
                self.pages(request, lookup.paginate.as_ref(), items, |list| {
                    found = list.iter().find(|zone| matches(zone)).cloned();
                    Ok(found.is_some())
                })
                .await
            }
            None => self.transport.send(&request, Purpose::Read).await.map(|answer| {
                found = Some(answer.body).filter(matches);
            }),
        };
        outcome.map_err(|e| self.no_zone(e))?;
        let zone = found.ok_or_else(|| self.missing_zone())?;
        let mut captured = Variables::default();
        for (name, pointer) in &lookup.capture {
            captured.set(format!("zone_{name}"), zone.pointer(pointer).cloned().unwrap_or(Value::Null));
        }
        self.state().found.extend(&captured);
        Ok(())
    }

    fn captured(&self, captures: &BTreeMap<String, Capture>, answer: &Answer, prefix: &str) -> Result<Variables> {
        let mut out = Variables::default();
        for (name, capture) in captures {
            let value = match capture {
                Capture::Pointer(pointer) => answer.body.pointer(pointer).filter(|v| !v.is_null()).cloned(),
                Capture::Header(field) => {
                    answer.headers.get(field).and_then(|v| v.to_str().ok()).map(|v| Value::from(v.to_string()))
                }
            };
            let value = value.ok_or_else(|| {
                Error::unreachable(format!("{} does not answer with the {name} that is needed", self.definition.title))
            })?;
            out.set(format!("{prefix}{name}"), value);
        }
        Ok(out)
    }

    fn missing_zone(&self) -> Error {
        Error::config(format!("{} has no zone {}", self.title(), name::show(&self.apex)))
            .hint("is it in another account, or is the zone another name? The profile's `provider.zone` says which")
    }

    /// `not there` of a read means the zone.
    fn no_zone(&self, error: Error) -> Error {
        match http::status(&error) {
            Some(404 | 422) => self.missing_zone().because(error),
            _ => error,
        }
    }

    /// The variables that describe a set to the templates.
    fn set_variables(&self, key: &Key, ttl: u32) -> Variables {
        let owner = names::write(&self.definition.name, &key.name, &self.apex);
        let or_at = if owner.is_empty() { "@".to_string() } else { owner.clone() };
        Variables::default()
            .with("name", owner)
            .with("name_or_at", or_at)
            .with("type", self.type_called(key.rtype))
            .with("ttl", ttl)
    }

    /// What the provider calls `rtype`.
    fn type_called(&self, rtype: RecordType) -> Value {
        let name = rtype.to_string();
        self.definition.types.get(&name).cloned().unwrap_or_else(|| Value::from(name))
    }

    /// The value that `text` of an answer stands for; `None` when it is not understood.
    fn decode(&self, rtype: RecordType, text: &str, prio: Option<u16>) -> Option<RData> {
        match rtype {
            RecordType::TXT => text::read(&self.definition.txt, text).map(RData::TXT),
            // Where names are relative, `@` stands for the zone in data too.
            RecordType::CNAME if text == "@" => Some(RData::CNAME(CNAME(self.apex.clone()))),
            _ => names::read_data(rtype, text, prio),
        }
    }

    /// One value as it stands in a request, and its preference where that stands apart.
    fn encode(&self, value: &RData) -> (String, Option<u16>) {
        match value {
            RData::TXT(data) => (text::write(&self.definition.txt, data), None),
            other => {
                let apart = self.definition.list.fields.prio.is_some();
                names::write_data(self.definition.target.write, other, apart)
            }
        }
    }
}

/// One value put into a path: as a whole segment (RFC 3986 §3.3).
fn encode_segment(text: &str) -> String {
    let mut out = String::new();
    for octet in text.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'*' | b'@' => {
                out.push(octet as char)
            }
            _ => out.push_str(&format!("%{octet:02X}")),
        }
    }
    out
}

/// An error that came after part of a unit was done: nobody may read it as "nothing happened".
fn after_part(error: Error, done: usize) -> Error {
    if done == 0 {
        return error;
    }
    Error::unreachable(error.to_string()).hint("part of the change was made before")
}

#[async_trait]
impl Provider for Engine {
    fn id(&self) -> &str {
        &self.definition.id
    }

    fn title(&self) -> String {
        format!("{} at {}", self.definition.title, http::place(&self.endpoint))
    }

    async fn read(&self, _wanted: &[Key]) -> Result<Reading> {
        let during = |e: Error| e.during(format!("reading zone {}", name::show(&self.apex)));
        self.find().await.map_err(during)?;
        let listed = self.list().await.map_err(|e| during(self.no_zone(e)))?;
        self.state().items = listed.items;
        Ok(listed.reading)
    }

    fn normalise(&self, set: &mut RecordSet) -> Result<Vec<String>> {
        let types = &self.definition.types;
        if !types.is_empty() && !types.contains_key(&set.rtype.to_string()) {
            return Err(Error::refused(format!("{} has no records of type {}", self.definition.title, set.rtype)));
        }
        for value in &set.values {
            if let RData::TXT(data) = value {
                text::check(&self.definition.txt, &self.definition.title, data)?;
            }
        }
        let ttl = self.fitting_ttl(set.ttl);
        if ttl == set.ttl {
            return Ok(Vec::new());
        }
        let note = format!("TTL {ttl} instead of {}: {} takes no other", set.ttl, self.definition.title);
        set.ttl = ttl;
        Ok(vec![note])
    }

    fn units(&self, changes: Vec<Change>) -> Vec<Vec<Change>> {
        let size = self.definition.bulk.as_ref().map_or(1, |bulk| bulk.max.unwrap_or(usize::MAX)).max(1);
        let mut out: Vec<Vec<Change>> = Vec::new();
        for change in changes {
            match out.last_mut() {
                Some(unit) if unit.len() < size => unit.push(change),
                _ => out.push(vec![change]),
            }
        }
        out
    }

    async fn apply(&self, unit: &[Change]) -> Result<()> {
        match self.definition.model {
            Model::Rrset => self.write_sets(unit).await,
            Model::Record => self.write_records(unit).await,
        }
    }
}

impl Engine {
    /// The nearest TTL that the provider takes.
    fn fitting_ttl(&self, wanted: u32) -> u32 {
        let form = &self.definition.ttl;
        if form.auto == Some(wanted) || (wanted == 0 && form.zero_means_default) {
            return wanted;
        }
        if !form.allowed.is_empty() {
            let longer = form.allowed.iter().filter(|t| **t >= wanted && **t > 0).min();
            return longer.or(form.allowed.iter().max()).copied().unwrap_or(wanted);
        }
        let of_zone = form.min_from.as_ref().and_then(|name| self.state().found.get(name)?.as_u64());
        let least = of_zone.and_then(|n| u32::try_from(n).ok()).or(form.min).unwrap_or(0);
        wanted.clamp(least, form.max.unwrap_or(u32::MAX).max(least))
    }
}
