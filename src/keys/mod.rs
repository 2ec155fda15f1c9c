//! DKIM key pairs: made, read, named, kept in files.

pub mod algorithm;
pub mod pair;
pub mod selector;
pub mod store;
