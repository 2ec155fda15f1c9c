//! The shape of `providers/NAME.yaml`: one DNS provider, without a line of code.
//!
//! Strict: what is not named here is an error, so that a slip in a definition cannot pass as a setting.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

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
    /// What is written at once.
    pub model: Model,
    /// What record types are called, where that is not their name: `{TXT: 3}`.
    #[serde(default)]
    pub types: BTreeMap<String, Value>,
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
    /// How to wait for a write that is done later.
    #[serde(default)]
    pub poll: Option<Poll>,
}

/// What is written at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// One record, known by an id.
    Record,
    /// All records of a name and type.
    Rrset,
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

/// How requests are authenticated.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// By header fields.
    Header {
        /// The fields; templates.
        headers: BTreeMap<String, String>,
    },
    /// By HTTP Basic (RFC 7617).
    Basic {
        /// A template.
        username: String,
        /// A template.
        password: String,
    },
    /// By members of every body.
    Body {
        /// The members; templates.
        fields: BTreeMap<String, String>,
    },
    /// By parameters of every query.
    Query {
        /// The parameters; templates.
        params: BTreeMap<String, String>,
    },
    /// By a login whose answer holds what the other requests carry.
    Session {
        /// The login; what it captures is `session.NAME`.
        login: Call,
        /// The fields of the other requests; templates.
        headers: BTreeMap<String, String>,
    },
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
}

impl Default for Retry {
    fn default() -> Self {
        Retry { status: too_many_requests(), max: three() }
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

/// How the zone is found.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneForm {
    /// The call that finds it; without one the zone's name is enough.
    #[serde(default)]
    pub lookup: Option<Lookup>,
}

/// The call that finds the zone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The method.
    pub method: Method,
    /// The path below the endpoint; a template.
    pub path: String,
    /// The query; templates.
    #[serde(default)]
    pub query: BTreeMap<String, Value>,
    /// The whole query as one encoded string; a template.
    #[serde(default)]
    pub raw_query: Option<String>,
    /// More header fields; templates.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body; templates.
    #[serde(default)]
    pub body: Option<Value>,
    /// Where the list of zones is (RFC 6901); without it the answer is one zone.
    #[serde(default)]
    pub items: Option<String>,
    /// How the list goes on.
    #[serde(default)]
    pub paginate: Option<Paginate>,
    /// What the zone has where; templates.
    #[serde(rename = "match", default)]
    pub matches: BTreeMap<String, String>,
    /// What to keep of it, by pointer: `zone_NAME` in templates.
    #[serde(default)]
    pub capture: BTreeMap<String, String>,
}

/// How the zone is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// The method.
    #[serde(default)]
    pub method: Method,
    /// The path below the endpoint; a template.
    pub path: String,
    /// The query; templates.
    #[serde(default)]
    pub query: BTreeMap<String, Value>,
    /// The body; templates.
    #[serde(default)]
    pub body: Option<Value>,
    /// Where the records or sets are (RFC 6901); empty for the whole answer.
    pub items: String,
    /// How the list goes on.
    #[serde(default)]
    pub paginate: Option<Paginate>,
    /// Where an item has what.
    pub fields: Fields,
}

/// Where an item has what (RFC 6901).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// Its id (model `record`).
    #[serde(default)]
    pub id: Option<String>,
    /// The owner name.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: String,
    /// The TTL.
    #[serde(default)]
    pub ttl: Option<String>,
    /// The list of values (model `rrset`).
    #[serde(default)]
    pub values: Option<String>,
    /// The value; in a list of values, where each has it, if it is not the value itself.
    #[serde(default)]
    pub value: Option<String>,
    /// The preference of an MX record, where it stands apart.
    #[serde(default)]
    pub prio: Option<String>,
    /// Whether it cannot be changed.
    #[serde(default)]
    pub readonly: Option<String>,
    /// Whether it is switched off; in a list of values, of each.
    #[serde(default)]
    pub disabled: Option<String>,
}

/// How a list goes on.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Paginate {
    /// By a page's number, from 1.
    Page {
        /// The query parameter.
        param: String,
        /// Where the answer has the number of pages.
        #[serde(default)]
        total_pages: Option<String>,
        /// Where the answer has the number of items.
        #[serde(default)]
        total_items: Option<String>,
        /// Where the answer has the next page's number, null at the end.
        #[serde(default)]
        next_page: Option<String>,
    },
    /// By a mark in the answer, empty at the end.
    Cursor {
        /// The query parameter.
        param: String,
        /// Where the answer has it.
        next: String,
    },
    /// By a URL in the answer.
    NextUrl {
        /// Where the answer has it.
        pointer: String,
    },
    /// By the header field Link (RFC 8288), `rel="next"`.
    LinkHeader {},
}

/// One request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The path below the endpoint; a template.
    #[serde(default)]
    pub path: String,
    /// A whole URL instead; a template.
    #[serde(default)]
    pub url: Option<String>,
    /// The query; templates.
    #[serde(default)]
    pub query: BTreeMap<String, Value>,
    /// The body; templates.
    #[serde(default)]
    pub body: Option<Value>,
    /// When it is made at all.
    #[serde(default)]
    pub when: Option<When>,
    /// What to keep of the answer, by pointer.
    #[serde(default)]
    pub capture: BTreeMap<String, Capture>,
}

/// A condition of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The TTL becomes another.
    TtlChanged,
}

/// Where an answer has something: a pointer into its body, or the name of a header field.
#[derive(Clone, Debug)]
pub enum Capture {
    /// RFC 6901.
    Pointer(String),
    /// A header field.
    Header(String),
}

/// A call that writes several sets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bulk {
    /// The method.
    pub method: Method,
    /// The path below the endpoint; a template.
    pub path: String,
    /// The body; templates, with `$each: rrsets`.
    pub body: Value,
    /// How many sets one request may hold.
    #[serde(default)]
    pub max: Option<usize>,
}

/// How to wait for a write that is done later.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// What to keep of the write's answer, by pointer; without it there is nothing to wait for.
    pub capture: BTreeMap<String, String>,
    /// The path to ask; a template.
    pub path: String,
    /// Where the answer has the status.
    pub status: String,
    /// Statuses that mean: wait.
    pub pending: Vec<String>,
    /// Statuses that mean: done.
    pub done: Vec<String>,
    /// Where an answer of any other status has its reason.
    #[serde(default)]
    pub error: Option<String>,
}

/// The methods that providers use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    #[default]
    Get,
    /// Makes, mostly.
    Post,
    /// Puts in place.
    Put,
    /// Changes.
    Patch,
    /// Takes away.
    Delete,
}

impl<'de> Deserialize<'de> for Capture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Capture;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a pointer, or `header: NAME`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Capture, E> {
                Ok(Capture::Pointer(text.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Capture, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Header {
                    header: String,
                }
                Header::deserialize(de::value::MapAccessDeserializer::new(map)).map(|h| Capture::Header(h.header))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// One call, or several that are made one after the other.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Call>, D::Error> {
    struct Either;
    impl<'de> Visitor<'de> for Either {
        type Value = Vec<Call>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a call or a list of calls")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Vec<Call>, A::Error> {
            Vec::deserialize(de::value::SeqAccessDeserializer::new(seq))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<Call>, A::Error> {
            Call::deserialize(de::value::MapAccessDeserializer::new(map)).map(|call| vec![call])
        }
    }
    deserializer.deserialize_any(Either)
}

fn yes() -> bool {
    true
}

fn too_many_requests() -> Vec<u16> {
    vec![429]
}

fn three() -> u32 {
    3
}
