//! DNS providers: definitions in YAML read by one engine, and drivers where YAML cannot say it.
//!
//! | where the zone is kept | file |
//! |---|---|
//! | behind an HTTP API | `providers/NAME.yaml`, read by the [`engine`] |
//! | Route 53: XML and signatures of its own | [`route53`] |
//! | Namecheap: XML, every host record at once | [`namecheap`] |
//! | a name server that takes RFC 2136 updates | [`rfc2136`] |
//! | a master file on disk | [`zone_file`] |
//! | nowhere: tests and `demo` | [`sandbox`] |

pub mod builtin;
pub mod credential;
pub mod definition;
pub mod definition_check;
pub mod engine;
pub mod namecheap;
pub mod open;
pub mod recognise;
pub mod rfc2136;
pub mod route53;
pub mod sandbox;
pub mod xml;
pub mod zone_file;
pub mod zone_includes;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use async_trait::async_trait;

use crate::error::{Error, ErrorKind, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, RecordSet, Snapshot};
use crate::plan::change::{Change, Form};

/// What a provider says a zone holds.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The zone, or what of it could be read.
    pub snapshot: Snapshot,
    /// Only the names asked for were read, for the server gives out no whole zone.
    pub partial: bool,
    /// The provider's own texts of each set, where they say more than the data does.
    pub forms: BTreeMap<Key, Vec<Form>>,
    /// What a person should know, each a sentence without a full stop.
    pub notes: Vec<String>,
}

impl Reading {
    /// A whole zone with nothing more to say about it.
    pub fn whole(snapshot: Snapshot) -> Self {
        Reading { snapshot, partial: false, forms: BTreeMap::new(), notes: Vec::new() }
    }
}

/// The cause of an error of a request that never left: nothing can have come of it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NeverSent(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl NeverSent {
    /// Whether `error` came before anything was sent.
    pub fn caused(error: &Error) -> bool {
        std::error::Error::source(error).is_some_and(|cause| cause.is::<NeverSent>())
    }
}

/// The error of a provider, called `place`, that does not have the zone at `apex`.
pub fn no_zone(place: &str, apex: &Name) -> Error {
    Error::config(format!("{place}{NO_ZONE}{}", name::show(apex)))
}

/// Whether `error` of a reading is one that [`no_zone`] made.
pub fn lacks_zone(error: &Error) -> bool {
    error.kind() == ErrorKind::Config && error.message().contains(NO_ZONE)
}

const NO_ZONE: &str = " has no zone ";

/// The cause of an error of a request that was not answered in time: it may still be carried out later, whatever the zone
/// holds now.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct MayStillCome(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl MayStillCome {
    /// Whether what `error` is about may still be carried out.
    pub fn caused(error: &Error) -> bool {
        std::error::Error::source(error).is_some_and(|cause| cause.is::<MayStillCome>())
    }
}

/// One zone at one provider.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The provider's id, as the profile has it.
    fn id(&self) -> &str;

    /// The provider and its place for people, such as `PowerDNS at http://127.0.0.1:8081`.
    fn title(&self) -> String;

    /// Reads the zone. A provider that cannot give a whole zone reads the names of `wanted`, every type there,
    /// and says that the reading is partial.
    ///
    /// # Errors
    /// A configuration error for a credential that is refused or a zone that is not there; unreachable otherwise.
    async fn read(&self, wanted: &[Key]) -> Result<Reading>;

    /// Brings a set that is to be written within what the provider takes - such as the TTL - and says what it did.
    /// The plan is made of what comes out: nothing may change after it.
    ///
    /// # Errors
    /// A refusal for what the provider cannot store: too long, a character it loses, a type it does not have.
    fn normalise(&self, set: &mut RecordSet) -> Result<Vec<String>>;

    /// Splits changes into units that this provider applies whole or not at all, in the order in which they are to be
    /// applied. By default every change is its own unit.
    fn units(&self, changes: Vec<Change>) -> Vec<Vec<Change>> {
        changes.into_iter().map(|c| vec![c]).collect()
    }

    /// Applies one unit.
    ///
    /// # Errors
    /// Refused or a configuration error: nothing of the unit was applied. Unreachable: it may have been, whole or in part,
    /// unless [`NeverSent`] is the cause.
    async fn apply(&self, unit: &[Change]) -> Result<()>;

    /// Whether what was applied must be put into effect by [`Provider::commit`].
    fn commits(&self) -> bool {
        false
    }

    /// Puts into effect what was applied. Asked for twice it does no harm.
    ///
    /// # Errors
    /// Whatever was applied is not in effect, or that is not known.
    async fn commit(&self) -> Result<()> {
        Ok(())
    }

    /// Whether what was applied is answered without anybody doing something more.
    fn answers_by_itself(&self) -> bool {
        true
    }

    /// The name servers to wait for after a push, if they are not those of the zone's NS records.
    fn nameservers(&self) -> Vec<SocketAddr> {
        Vec::new()
    }
}
