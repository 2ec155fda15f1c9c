//! The rules, a file each.

pub mod spf;
pub mod prelude;
