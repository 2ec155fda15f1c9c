//! The one engine behind all definitions: it finds the zone, reads it, and writes record sets.
//!
//! | file | holds |
//! |---|---|
//! | [`template`] | filling in the definition's templates |
//! | [`http`] | one request: sent, repeated, its errors in words |
//! | [`limiter`], [`redact`], [`encode`] | few enough requests, texts fit to be shown, values in URLs |
//! | [`auth`] | credentials put into requests |
//! | [`ovh_signature`], [`google_jwt`] | signatures that providers define |
//! | [`find`] | the zone found |
//! | [`paging`] | lists that come in pages |
//! | [`names`], [`text`], [`types`] | owner names, data, TXT and types as the provider writes them |
//! | [`listing`], [`lines`] | from an answer to record sets |
//! | [`write_rrset`], [`write_record`], [`write_zone`] | changes: a set, a record or the whole zone at a time |
//! | [`poll`] | waiting for writes that are done later, putting them into effect |

pub mod auth;
pub mod encode;
pub mod find;
pub mod google_jwt;
pub mod http;
pub mod limiter;
pub mod lines;
pub mod listing;
pub mod names;
pub mod ovh_signature;
pub mod paging;
pub mod poll;
pub mod redact;
pub mod template;
pub mod text;
pub mod types;
pub mod write_record;
pub mod write_rrset;
pub mod write_zone;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use hickory_proto::rr::rdata::CNAME;
use hickory_proto::rr::{RData, RecordType};
use reqwest::Url;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, RecordSet};
use crate::plan::change::Change;
use crate::provider::definition::{Call, Capture, Definition, Method, Model, Paginate, TextWrite, TtlScope};
use crate::provider::engine::http::{Answer, Body, Purpose, Request, Transport};
use crate::provider::engine::listing::{Item, Raw};
use crate::provider::engine::template::{Scope, Variables};
use crate::provider::{Provider, Reading};

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
    /// The zone was found.
    zone_found: bool,
    /// The records as they were last read.
    items: BTreeMap<Key, Vec<Item>>,
    /// Everything of the zone as it was last read, to the letter (model `zone`).
    raw: Vec<Raw>,
    /// What must be so before anything is written was looked at; what is written now is ours.
    guarded: bool,
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
        let path = template::text(path, scope, &encode::segment)?;
        let text = format!("{}{path}", self.endpoint.as_str().trim_end_matches('/'));
        Url::parse(&text).map_err(|e| Error::config(format!("`{path}` makes no URL below the endpoint")).because(e))
    }

    /// The URL of `call`. Where another endpoint was named it stands for every host that the definition knows.
    fn url_of(&self, call: &Call, scope: &Scope<'_>) -> Result<Url> {
        let Some(whole) = &call.url else { return self.url(&call.path, scope) };
        self.whole_url(&template::text(whole, scope, &|s| s.to_string())?)
    }

    /// `text` as a URL, or what stands for it where another endpoint was named.
    fn whole_url(&self, text: &str) -> Result<Url> {
        let url = Url::parse(text).map_err(|e| Error::config(format!("`{text}` is no URL")).because(e))?;
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
        let mut request = Request::new(method, url);
        self.fill(&mut request, query, &BTreeMap::new(), body, scope)?;
        self.authenticate(&mut request).await?;
        Ok(request)
    }

    /// Fills in what `request` is to carry.
    fn fill(
        &self,
        request: &mut Request,
        query: &BTreeMap<String, Value>,
        headers: &BTreeMap<String, String>,
        body: Option<&Value>,
        scope: &Scope<'_>,
    ) -> Result<()> {
        for (parameter, form) in query {
            if let Some(value) = template::json(form, scope)? {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
                request.url.query_pairs_mut().append_pair(parameter, &text);
            }
        }
        for (field, form) in headers {
            let text = template::text(form, scope, &|s| s.to_string())?;
            if !text.is_empty() {
                request.headers.push((field.clone(), text.into()));
            }
        }
        if let Some(body) = body.map(|form| template::json(form, scope)).transpose()?.flatten() {
            request.body = Body::Json(body);
        }
        Ok(())
    }

    /// Makes one call of an operation and waits until it is done.
    async fn call(&self, call: &Call, own: &Variables, purpose: Purpose) -> Result<Answer> {
        let variables = self.variables(own);
        let scope = Scope::new(&variables);
        let mut request = Request::new(call.method, self.url_of(call, &scope)?);
        self.fill(&mut request, &call.query, &call.headers, call.body.as_ref(), &scope)?;
        self.authenticate(&mut request).await?;
        let answer = self.transport.send(&request, purpose).await?;
        if purpose == Purpose::Write {
            self.until_done(&answer).await?;
        }
        Ok(answer)
    }

    /// Every page of a list, as the whole answer and the items in it; `each` ends it early.
    async fn pages(
        &self,
        first: Request,
        paginate: Option<&Paginate>,
        items: &str,
        mut each: impl FnMut(&Answer, &[Value]) -> Result<bool> + Send,
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
            if each(&answer, list)? {
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

    /// The variables that describe a set to the templates.
    fn set_variables(&self, key: &Key, ttl: u32) -> Variables {
        let owner = names::write(&self.definition.name, &key.name, &self.apex);
        let or_at = if owner.is_empty() { "@".to_string() } else { owner.clone() };
        Variables::default()
            .with("name", owner)
            .with("name_or_at", or_at)
            .with("type", types::write(&self.definition.types, key.rtype))
            .with("ttl", ttl)
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

    /// A text of the provider as the JSON value that stands in a request.
    fn json_of(&self, rtype: RecordType, text: &str) -> Value {
        let list = rtype == RecordType::TXT && self.definition.txt.write == TextWrite::Array;
        let list = list.then(|| serde_json::from_str(text).ok()).flatten();
        list.unwrap_or_else(|| Value::from(text))
    }

    /// One value as text, and its preference where that stands apart.
    fn encode(&self, value: &RData) -> (String, Option<u16>) {
        match value {
            RData::TXT(data) => (text::write(&self.definition.txt, data), None),
            other => {
                let list = &self.definition.list;
                let apart = list.fields.prio.is_some() || list.by_type.values().any(|fields| fields.prio.is_some());
                names::write_data(self.definition.target.write, other, apart)
            }
        }
    }
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
        let old = self.has_session();
        let mut listed = self.read_once().await;
        // A session that has lasted for a while may have ended.
        if old && listed.as_ref().is_err_and(|e| matches!(http::status(e), Some(401 | 403))) {
            self.state().session = None;
            listed = self.read_once().await;
        }
        if listed.is_err() {
            self.state().zone_found = false;
        }
        let listed = listed.map_err(|e| e.during(format!("reading zone {}", name::show(&self.apex))))?;
        let mut state = self.state();
        state.items = listed.items;
        state.raw = listed.raw;
        Ok(listed.reading)
    }

    fn normalise(&self, set: &mut RecordSet) -> Result<Vec<String>> {
        self.writes(set.rtype)?;
        for value in &set.values {
            if let RData::TXT(data) = value {
                text::check(&self.definition.txt, &self.definition.title, data)?;
            }
            self.line_of(&set.key(), value)?;
        }
        let ttl = self.fitting_ttl(set.ttl);
        if ttl == set.ttl {
            return Ok(Vec::new());
        }
        let why = match self.definition.ttl.scope {
            TtlScope::Record => "takes no other",
            TtlScope::Zone => "has one TTL for the whole zone",
        };
        let note = format!("TTL {ttl} instead of {}: {} {why}", set.ttl, self.definition.title);
        set.ttl = ttl;
        Ok(vec![note])
    }

    fn units(&self, changes: Vec<Change>) -> Vec<Vec<Change>> {
        let size = match self.definition.model {
            Model::Zone => usize::MAX,
            Model::Record | Model::Rrset => {
                self.definition.bulk.as_ref().map_or(1, |bulk| bulk.max.unwrap_or(usize::MAX)).max(1)
            }
        };
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
        if !self.state().guarded {
            self.guard().await?;
            self.state().guarded = true;
        }
        match self.definition.model {
            Model::Rrset => self.write_sets(unit).await,
            Model::Record => self.write_records(unit).await,
            Model::Zone => self.write_zone(unit).await,
        }
    }

    fn commits(&self) -> bool {
        !self.definition.commit.is_empty()
    }

    async fn commit(&self) -> Result<()> {
        for call in &self.definition.commit {
            self.call(call, &Variables::default(), Purpose::Write).await?;
        }
        self.state().guarded = false;
        Ok(())
    }
}

impl Engine {
    /// Finds the zone and lists it.
    async fn read_once(&self) -> Result<listing::Listed> {
        self.log_in().await?;
        self.find().await?;
        self.list().await.map_err(|e| self.no_zone(e))
    }

    /// Whether the definition says how records of `rtype` are written.
    fn writes(&self, rtype: RecordType) -> Result<()> {
        let definition = &self.definition;
        let known = |calls: &[Call]| calls.is_empty() || calls.iter().any(|call| types::is_for(&call.types, rtype));
        let named = types::has_word(&definition.types, rtype);
        if named && [&definition.create, &definition.update, &definition.replace].into_iter().all(|calls| known(calls))
        {
            return Ok(());
        }
        Err(Error::refused(format!("{} takes no {rtype} records from this program", definition.title))
            .hint("write that record at the provider"))
    }

    /// The TTL of the zone, where records without one have that.
    fn default_ttl(&self) -> Option<u32> {
        let name = self.definition.ttl.default_from.as_ref()?;
        let value = self.state().found.get(name).and_then(types::whole_number)?;
        u32::try_from(value).ok()
    }

    /// The nearest TTL that the provider takes.
    fn fitting_ttl(&self, wanted: u32) -> u32 {
        let form = &self.definition.ttl;
        if form.scope == TtlScope::Zone {
            return self.default_ttl().unwrap_or(wanted);
        }
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
