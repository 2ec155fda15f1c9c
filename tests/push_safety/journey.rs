//! Plan, push and rollback in this process, as the commands do it.

use std::path::{Path, PathBuf};

use hickory_proto::rr::rdata::{CNAME, MX};
use hickory_proto::rr::{RData, RecordType};
use mailproof::error::Result;
use mailproof::model::name::{self, Name};
use mailproof::model::snapshot::{Key, RecordSet, Snapshot};
use mailproof::model::txt;
use mailproof::plan::Plan;
use mailproof::plan::build::{Inputs, build};
use mailproof::plan::merge::SpfMode;
use mailproof::profile::schema::ProviderConfig;
use mailproof::provider::credential::Variables;
use mailproof::provider::definition::Definition;
use mailproof::provider::open::{Opening, open};
use mailproof::provider::{Provider, Reading};
use mailproof::push::executor::{Done, Order, execute};
use mailproof::push::journal::Kind;
use mailproof::push::rollback;

pub const NOW: &str = "2026-11-27T00:00:00Z";

/// What stands at a name.
#[derive(Clone, Debug)]
pub enum Want {
    Text(String),
    Cname(&'static str),
    Mx(u16, &'static str),
}

impl Want {
    pub fn data(&self) -> RData {
        match self {
            Want::Text(text) => RData::TXT(txt::split(text.as_bytes())),
            Want::Cname(target) => RData::CNAME(CNAME(name::domain(target).unwrap().into())),
            Want::Mx(preference, host) => RData::MX(MX::new(*preference, name::domain(host).unwrap().into())),
        }
    }
}

pub fn owner(relative: &str, apex: &Name) -> Name {
    if relative == "@" { apex.clone() } else { name::below(relative, apex).unwrap() }
}

pub fn wanted(apex: &Name, sets: &[(&str, u32, Vec<Want>)]) -> Snapshot {
    let mut out = Snapshot::new(apex.clone());
    for (relative, ttl, values) in sets {
        let values: Vec<RData> = values.iter().map(Want::data).collect();
        out.put(RecordSet::desired(owner(relative, apex), *ttl, values, ""));
    }
    out
}

/// The plan to have `wanted` and not to have the TXT sets at `gone`, with the zone that it was made of.
pub async fn plan(provider: &dyn Provider, wanted: &Snapshot, gone: &[&str]) -> Result<(Plan, Reading)> {
    let remove: Vec<Key> =
        gone.iter().map(|relative| Key::new(&owner(relative, &wanted.apex), RecordType::TXT)).collect();
    let mut keys: Vec<Key> = wanted.sets().map(RecordSet::key).collect();
    keys.extend(remove.iter().cloned());
    let reading = provider.read(&keys).await?;
    let plan = build(&Inputs {
        observed: &reading.snapshot,
        partial: reading.partial,
        desired: wanted,
        remove: &remove,
        spf: SpfMode::Merge,
        provider: provider.id(),
        normalise: &|set| provider.normalise(set),
    })?;
    Ok((plan, reading))
}

pub async fn push(provider: &dyn Provider, plan: &Plan, folder: &Path) -> Result<Done> {
    execute(&Order { provider, plan, kind: Kind::Push, folder, now: NOW }, &mut |_| {}).await
}

/// Takes back the last push.
pub async fn take_back(provider: &dyn Provider, apex: &Name, folder: &Path) -> Result<()> {
    let past = rollback::last(folder, &name::show(apex))?;
    let reading = provider.read(&past.keys()).await?;
    let plan = past.plan(&reading, false)?;
    if !plan.is_empty() {
        execute(&Order { provider, plan: &plan, kind: Kind::Rollback, folder, now: NOW }, &mut |_| {}).await?;
    }
    past.taken_back()
}

/// A provider at `endpoint`.
pub fn opened(
    id: &str,
    apex: &Name,
    endpoint: Option<String>,
    settings: &[(&str, &str)],
    credentials: &[(&str, &str)],
    definitions: Vec<Definition>,
) -> Box<dyn Provider> {
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect()
    };
    let config = ProviderConfig { id: id.into(), zone: None, endpoint, settings: own(settings).into_iter().collect() };
    let credentials = Variables::new(own(credentials));
    let opening = Opening { config: &config, apex, credentials: &credentials, base: PathBuf::new(), definitions };
    open(&opening).unwrap_or_else(|e| panic!("{id}: {e}"))
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
