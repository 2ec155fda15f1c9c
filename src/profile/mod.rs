//! The profile, `mailproof.yaml`: what a domain is meant to be.

pub mod cross;
pub mod desired;
pub mod edit;
pub mod key_files;
pub mod leaf;
pub mod lint_settings;
pub mod load;
pub mod preset;
pub mod rollout;
pub mod schema;
pub mod shape;
pub mod tree;
pub mod write;
