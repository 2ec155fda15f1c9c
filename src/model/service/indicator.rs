//! A BIMI indicator as it was fetched.

use serde::Serialize;

use crate::model::service::{FetchFault, TlsFacts};
use crate::model::svg_tiny_ps::ProfileFault;

/// The logo of a domain.
#[derive(Clone, Debug, Serialize)]
pub struct Indicator {
    /// The selector whose record names it.
    pub selector: String,
    /// Where it is.
    pub url: String,
    /// What TLS showed, if it came so far.
    pub tls: Option<TlsFacts>,
    /// `Content-Type`, as the server gives it.
    pub content_type: Option<String>,
    /// Why there is none.
    pub fault: Option<FetchFault>,
    /// Its size in octets, uncompressed.
    pub octets: usize,
    /// What keeps it from being SVG Tiny PS.
    pub faults: Vec<ProfileFault>,
}
