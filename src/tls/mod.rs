//! TLS as a client: whom we trust, and what a handshake that failed says about the server.

mod any_certificate;
mod explain;
mod trust;

pub use explain::{explain, fault_of_tls, speaks_no_tls};
pub use trust::Trust;
