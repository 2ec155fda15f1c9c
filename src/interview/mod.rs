//! The wizard's questions, with a terminal or from an answers file.

pub mod asker;
pub mod detect;
pub mod flow;
pub mod ids;
pub mod memory;
pub mod plain;
pub mod remembered;
pub mod review;
pub mod scripted;
pub mod terminal;
