//! One request of a definition, and what is done with its answer.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

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
    /// More header fields; templates. One that comes out empty is left out.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body; templates.
    #[serde(default)]
    pub body: Option<Value>,
    /// The record types that it is for; all where none is named.
    #[serde(default)]
    pub types: Vec<String>,
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

/// A list that must be empty before anything is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The path below the endpoint; a template.
    pub path: String,
    /// Where the list is (RFC 6901).
    pub items: String,
    /// What it means that it is not empty; a sentence without a full stop.
    pub message: String,
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
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Call>, D::Error> {
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
