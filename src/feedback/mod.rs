//! What receivers report back: DMARC aggregate reports (RFC 9990, RFC 7489), failure reports (RFC 6591, RFC 9991) and
//! TLS reports (RFC 8460), read with suspicion, kept in one SQLite file, and summed up.
//!
//! Reports come from strangers. What is read is bounded everywhere; see [`limits`].

mod advice;
mod aggregate;
mod aggregate_xml;
mod damage;
mod digest;
mod failure;
mod intake;
pub mod limits;
mod parts;
mod readiness;
mod report;
mod store;
mod text_report;
mod tls;
mod unpack;

pub use advice::{Advice, Step};
pub use aggregate::{Aggregate, DkimAuth, Form, OverrideReason, PublishedPolicy, Row, SpfAuth};
pub use damage::Damage;
pub use digest::{Digest, DigestOptions, Source, Standing, TlsLine, digest};
pub use failure::Failure;
pub use intake::{Found, read_file};
pub use parts::reports_in_message;
pub use readiness::{Readiness, readiness};
pub use report::{Report, read_document};
pub use store::{Added, Span, Store};
pub use tls::{TlsFailure, TlsPolicy, TlsReport};
pub use unpack::{Document, unpack};
