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
//! | [`request`], [`paging`] | requests as the definition words them, lists that come in pages |
//! | [`names`], [`text`], [`types`], [`ttl`] | owner names, data, TXT, types and TTLs as the provider writes them |
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
pub mod request;
pub mod template;
pub mod text;
pub mod ttl;
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
use crate::provider::definition::{Call, Definition, Model, TextWrite, TtlScope};
use crate::provider::engine::http::{Purpose, Transport};
use crate::provider::engine::listing::{Item, Raw};
use crate::provider::engine::template::Variables;
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
            RecordType::CNAME if text == "@" => Some(RData::CNAME(CNAME((&self.apex).into()))),
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
}
