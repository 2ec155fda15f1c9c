//! How the zone is found and read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::provider::definition::Method;

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
    /// The path of each item where the list has their ids only, as `item`; a template.
    #[serde(default)]
    pub each: Option<String>,
    /// The zone is one text of lines, of this form.
    #[serde(default)]
    pub lines: Option<Lines>,
    /// Where an item has what.
    #[serde(default)]
    pub fields: Fields,
    /// Where items of a type have it elsewhere, by type.
    #[serde(default)]
    pub by_type: BTreeMap<String, TypeFields>,
    /// What to keep of the answer, by pointer: `list_NAME` in templates.
    #[serde(default)]
    pub capture: BTreeMap<String, String>,
}

/// A zone that is one text: a record a line, words parted by blanks (model `zone`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// A line; a template of `type`, `name`, `value`, whose last word takes the rest of the line.
    pub form: String,
    /// A line of types that have another form, by type; these know `prio` besides.
    #[serde(default)]
    pub by_type: BTreeMap<String, String>,
}

/// Where items of one type have their values (RFC 6901).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeFields {
    /// The list of values, or the one value.
    pub values: String,
    /// The value in each.
    #[serde(default)]
    pub value: Option<String>,
    /// The preference of an MX record in each.
    #[serde(default)]
    pub prio: Option<String>,
}

/// Where an item has what (RFC 6901).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// Its id (needed by model `record`); `id` in templates.
    #[serde(default)]
    pub id: Option<String>,
    /// The owner name.
    #[serde(default)]
    pub name: String,
    /// The type.
    #[serde(rename = "type", default)]
    pub rtype: String,
    /// What stands before the type in its field.
    #[serde(default)]
    pub type_prefix: String,
    /// Its version, such as an etag; `version` in templates.
    #[serde(default)]
    pub version: Option<String>,
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
    /// By the number of items that came before; a page that is not full is the last.
    Offset {
        /// The query parameter.
        param: String,
        /// The items of a full page.
        size: usize,
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
