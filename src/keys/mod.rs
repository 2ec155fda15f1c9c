//! DKIM key pairs: made, read, named, kept in files.

pub mod algorithm;
pub mod pair;
pub mod pem;
pub mod public;
pub mod published;
pub mod selector;
pub mod store;
