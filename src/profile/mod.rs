//! The profile, `mailproof.yaml`: what a domain is meant to be.

pub mod desired;
pub mod load;
pub mod schema;
pub mod write;
