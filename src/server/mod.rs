//! The software on a mail server: its configuration rendered from the profile, and read back.
//!
//! Rendering and reading are pure; [`install`] alone writes, below the root that it is given.

pub mod hosted;
pub mod install;
pub mod key_value;
pub mod manifest;
pub mod merge;
pub mod postfix;
pub mod render;
pub mod setting;
pub mod setup;
pub mod side;
pub mod software;
pub mod system;
pub mod tree;
pub mod ucl;
