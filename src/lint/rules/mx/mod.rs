//! Mail exchangers.

pub mod bad_null_mx;
pub mod duplicate_mx;
pub mod mx_to_address;
pub mod mx_to_alias;
pub mod mx_unresolvable;
pub mod no_mx;
