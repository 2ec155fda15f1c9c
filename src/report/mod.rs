//! What people see.

pub mod cells;
pub mod probes;
pub mod harmless;
pub mod published;
pub mod record_list;
pub mod screen;
pub mod wrap;
