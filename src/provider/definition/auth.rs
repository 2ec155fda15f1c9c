//! How requests are authenticated.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::provider::definition::Call;

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
        /// The fields of the other requests; templates. Without any the bodies carry it.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// By a bearer token that a client buys with its secret (RFC 6749 §4.4).
    OauthClient {
        /// The whole URL that tokens come from; a template.
        url: String,
        /// The form that is sent there; templates.
        form: BTreeMap<String, String>,
    },
    /// By the signature of each request that OVH defines: SHA-1 over secret, consumer key and request.
    OvhSignature {
        /// The application key; a template.
        application: String,
        /// The application's secret; a template.
        secret: String,
        /// The consumer key; a template.
        consumer: String,
        /// The path that answers with the server's time, in seconds of the Unix epoch.
        time: String,
    },
    /// By a bearer token that a service account of Google buys with a signed assertion (RFC 7523 §2.1).
    GoogleJwt {
        /// The account's key, JSON or the path of a file that holds it; a template.
        key: String,
        /// What the token is to allow.
        scope: String,
    },
}
