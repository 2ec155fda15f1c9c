//! The shape of `providers/NAME.yaml`: one DNS provider, without a line of code.
//!
//! Strict: what is not named here is an error, so that a slip in a definition cannot pass as a setting.

mod auth;
mod call;
mod listing;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

pub use auth::Auth;
use call::one_or_many;
pub use call::{Bulk, Call, Capture, Guard, Method, Poll, When};
pub use listing::{Fields, Lines, Listing, Lookup, Paginate, TypeFields, ZoneForm};

/// One provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The version of this form; 1.
    pub schema: u32,
    /// What profiles call it: lower case, digits and `-`.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Where its API and its credentials are explained.
    #[serde(default)]
    pub docs: Option<String>,
    /// Patterns of its name servers' names, to recognise it by: `*.ns.example.net`.
    #[serde(default)]
    pub nameservers: Vec<String>,
    /// Scheme, host and base path of its API; a template.
    pub endpoint: String,
    /// What it must be told, by the name templates use: `cred.NAME`.
    #[serde(default)]
    pub credentials: BTreeMap<String, Credential>,
    /// What it may be told in the profile's settings, by the name templates use: `setting.NAME`.
    #[serde(default)]
    pub settings: BTreeMap<String, Setting>,
    /// How requests are authenticated.
    pub auth: Auth,
    /// How a good answer is told from a bad one where the status does not say it.
    #[serde(default)]
    pub success: Option<Success>,
    /// Where an answer that reports an error has its text.
    #[serde(default)]
    pub error: ErrorForm,
    /// When to ask again.
    #[serde(default)]
    pub retry: Retry,
    /// How long an answer may take, in seconds; a minute where it says nothing.
    #[serde(default)]
    pub timeout: Option<u64>,
    /// How many requests it takes.
    #[serde(default)]
    pub rate: Option<Rate>,
    /// What record types are called, where that is not their name: `{TXT: 3}`. A type may have several words, of which
    /// the first is written.
    #[serde(default)]
    pub types: BTreeMap<String, Words>,
    /// What is written at once.
    pub model: Model,
    /// How owner names are written.
    pub name: NameForm,
    /// How names inside data are written.
    #[serde(default)]
    pub target: TargetForm,
    /// How TXT data is written.
    pub txt: TextForm,
    /// What TTLs are taken.
    #[serde(default)]
    pub ttl: TtlForm,
    /// Calls that come first, such as the one for the account's number.
    #[serde(default)]
    pub prepare: Vec<Call>,
    /// How the zone is found.
    #[serde(default)]
    pub zone: ZoneForm,
    /// How the zone is read.
    pub list: Listing,
    /// Makes a record (model `record`) or a set (model `rrset`).
    #[serde(default, deserialize_with = "one_or_many")]
    pub create: Vec<Call>,
    /// Changes a record in place (model `record`).
    #[serde(default, deserialize_with = "one_or_many")]
    pub update: Vec<Call>,
    /// Puts a set in the place of one that is there (model `rrset`).
    #[serde(default, deserialize_with = "one_or_many")]
    pub replace: Vec<Call>,
    /// Takes a record or a set away.
    #[serde(default, deserialize_with = "one_or_many")]
    pub delete: Vec<Call>,
    /// Writes several sets at once, all or nothing; an empty set takes one away (model `rrset`).
    #[serde(default)]
    pub bulk: Option<Bulk>,
    /// Puts the whole zone in the place of the one that is there (model `zone`).
    #[serde(default)]
    pub put: Option<Call>,
    /// Lists that must be empty before anything is written.
    #[serde(default)]
    pub guard: Vec<Guard>,
    /// How to wait for a write that is done later.
    #[serde(default)]
    pub poll: Option<Poll>,
    /// Puts into effect what was written; made once, after everything else.
    #[serde(default, deserialize_with = "one_or_many")]
    pub commit: Vec<Call>,
}

/// What is written at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// One record, known by an id.
    Record,
    /// All records of a name and type.
    Rrset,
    /// The whole zone: what is not ours is put back to the letter.
    Zone,
}

/// Something secret, or that belongs to a secret.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The environment variable it is looked for under.
    pub env: String,
    /// What it is, for people: `API key`.
    pub what: String,
    /// Whether it is secret; a user name is not.
    #[serde(default = "yes")]
    pub secret: bool,
    /// Where a person gets it.
    #[serde(default)]
    pub hint: Option<String>,
}

/// Something that may be set in the profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// What it is, for people.
    pub what: String,
    /// Its value where the profile has none; without one the profile must.
    #[serde(default)]
    pub default: Option<String>,
}

/// What a record type is called: one word or number, or several of which the first is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// Several.
    Many(Vec<Value>),
    /// One.
    One(Value),
}

impl Words {
    /// Every word, the one that is written first.
    pub fn all(&self) -> &[Value] {
        match self {
            Words::One(word) => std::slice::from_ref(word),
            Words::Many(words) => words,
        }
    }
}

/// How many requests a provider takes in a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// So many.
    pub requests: usize,
    /// In so many seconds.
    pub seconds: u64,
}

/// What a good answer holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Success {
    /// Where (RFC 6901).
    pub pointer: String,
    /// What.
    pub equals: Value,
}

/// Where an error has its text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorForm {
    /// The sentence for people (RFC 6901).
    #[serde(default)]
    pub message: Option<String>,
    /// The code for programs (RFC 6901).
    #[serde(default)]
    pub code: Option<String>,
    /// Codes of answers to a list that is empty: with some providers that is an error.
    #[serde(default)]
    pub empty: Vec<Value>,
}

/// When to ask again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Statuses that say that nothing was done and a later try may work.
    #[serde(default = "too_many_requests")]
    pub status: Vec<u16>,
    /// How often.
    #[serde(default = "three")]
    pub max: u32,
    /// The first pause where the provider names none, in milliseconds; it doubles.
    #[serde(default = "quarter_second")]
    pub pause: u64,
}

impl Default for Retry {
    fn default() -> Self {
        Retry { status: too_many_requests(), max: three(), pause: quarter_second() }
    }
}

/// How a name is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameStyle {
    /// Without the zone.
    Relative,
    /// With the zone, without the last dot.
    #[default]
    Fqdn,
    /// With the zone and the last dot.
    FqdnDot,
}

/// How owner names are written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameForm {
    /// In requests.
    pub write: NameStyle,
    /// In answers.
    pub read: NameStyle,
    /// The zone's own name where names are relative.
    #[serde(default)]
    pub apex: String,
}

/// How names inside data are written, such as the target of a CNAME.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetForm {
    /// In requests; answers are read either way.
    #[serde(default)]
    pub write: NameStyle,
}

/// How TXT data is written in requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextWrite {
    /// As it is.
    Raw,
    /// One string in quotes, however long.
    QuotedSingle,
    /// Strings of at most 255 octets in quotes.
    QuotedChunks,
    /// A JSON list of strings of at most 255 octets.
    Array,
}

/// How TXT data is read in answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextRead {
    /// As it is.
    Raw,
    /// Strings in quotes.
    Quoted,
    /// In quotes if it begins with one.
    Auto,
    /// A JSON list of strings.
    Array,
}

/// How TXT data is written, and what of it is not stored.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextForm {
    /// In requests.
    pub write: TextWrite,
    /// In answers.
    pub read: TextRead,
    /// The longest value, in octets.
    #[serde(default)]
    pub max: Option<usize>,
    /// The longest value once written in quoted strings, in characters.
    #[serde(default)]
    pub max_encoded: Option<usize>,
    /// Texts that must not occur in it.
    #[serde(default)]
    pub forbid: Vec<String>,
    /// Whether it must not end in a space.
    #[serde(default)]
    pub forbid_trailing_space: bool,
}

/// What has a TTL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TtlScope {
    /// Each record or set.
    #[default]
    #[serde(alias = "rrset")]
    Record,
    /// The zone; nothing of ours changes it.
    Zone,
}

/// What TTLs are taken, in seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TtlForm {
    /// The least.
    #[serde(default)]
    pub min: Option<u32>,
    /// A captured variable that holds the least of this zone.
    #[serde(default)]
    pub min_from: Option<String>,
    /// The most.
    #[serde(default)]
    pub max: Option<u32>,
    /// Whether records have one of their own, or the zone has one for all: `default_from`.
    #[serde(default)]
    pub scope: TtlScope,
    /// The only ones there are.
    #[serde(default)]
    pub allowed: Vec<u32>,
    /// A number that stands for "whatever you like", and is no TTL.
    #[serde(default)]
    pub auto: Option<u32>,
    /// A captured variable that holds what no TTL, or the number 0 where `zero_means_default`, stands for.
    #[serde(default)]
    pub default_from: Option<String>,
    /// Whether the number 0 stands for the zone's default.
    #[serde(default)]
    pub zero_means_default: bool,
}

fn yes() -> bool {
    true
}

fn too_many_requests() -> Vec<u16> {
    vec![429]
}

fn quarter_second() -> u64 {
    250
}

fn three() -> u32 {
    3
}
